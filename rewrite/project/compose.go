package project

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

var (
	reComposeFile = regexp.MustCompile(`(^|/)(docker-)?compose([.-][\w.-]+)?\.ya?ml$`)
	reComposeBase = regexp.MustCompile(`(^|/)(docker-)?compose\.ya?ml$`)
	reOverride    = regexp.MustCompile(`(^|/)(docker-)?compose\.override\.ya?ml$`)
)

const maxExtends = 5

// composeReader merges compose files as compose does.
// See https://docs.docker.com/reference/compose-file/merge/.
type composeReader struct {
	p     *Project
	files map[string]*value // services by file; nil for one that cannot be read
	order []string
}

// readCompose gives the services of every compose file of the repository. Which files
// somebody gives to -f is not known, so a file is read alone where it builds, and each
// pair of a folder's first file with another that only adds to it.
func (p *Project) readCompose() []Service {
	r := &composeReader{p: p, files: map[string]*value{}}
	for _, e := range p.entries {
		if reComposeFile.MatchString(e.Path) && len(r.order) < maxKindFiles {
			r.load(e.Path, 0)
		}
	}
	var out []Service
	for _, file := range r.order {
		services := r.files[file]
		base := r.base(file)
		for _, name := range services.names() {
			s := r.extended(services.fields[name], file, 0)
			if over := s.at("build") == nil || reOverride.MatchString(file); over && base != nil {
				s = mergeService(base.at(name), s)
			}
			if c, ok := composeService(name, services.fields[name], s); ok && len(out) < maxConsumers {
				out = append(out, c)
			}
		}
	}
	return out
}

// load reads a file and those that it includes.
func (r *composeReader) load(file string, depth int) {
	if _, done := r.files[file]; done || depth > maxExtends || len(r.order) >= maxKindFiles {
		return
	}
	r.files[file] = nil
	docs, err := parseYAML(file, r.p.small(file))
	if err != nil || len(docs) == 0 {
		return
	}
	services := &value{fields: map[string]*value{}}
	for _, name := range docs[0].at("services").names() {
		services.set(name, placedService(docs[0].at("services", name), path.Dir(file)))
	}
	r.files[file] = services
	r.order = append(r.order, file)
	for _, v := range docs[0].at("include").each() {
		names := v.words()
		if v.fields != nil {
			names = v.at("path").words()
		}
		for _, name := range names {
			r.load(path.Join(path.Dir(file), name), depth+1)
		}
	}
}

// base are the services of the first compose file of the folder, for another file.
func (r *composeReader) base(file string) *value {
	if reComposeBase.MatchString(file) {
		return nil
	}
	for _, name := range []string{"compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"} {
		if v := r.files[path.Join(path.Dir(file), name)]; v != nil {
			services := &value{fields: map[string]*value{}}
			for _, n := range v.names() {
				services.set(n, r.extended(v.fields[n], path.Join(path.Dir(file), name), 0))
			}
			return services
		}
	}
	return nil
}

// extended merges a service over the one that it extends.
func (r *composeReader) extended(s *value, file string, depth int) *value {
	from := s.at("extends")
	if from == nil || depth > maxExtends {
		return s
	}
	other, name := file, from.str()
	if from.fields != nil {
		name = from.at("service").str()
		if f := from.at("file").str(); f != "" {
			other = path.Join(path.Dir(file), f)
		}
	}
	r.load(other, depth+1)
	parent := r.files[other].at(name)
	if parent == nil || parent == s {
		return s
	}
	return mergeService(r.extended(parent, other, depth+1), s)
}

// placedService gives a service's build as a mapping with its folder from the root.
func placedService(s *value, dir string) *value {
	build := s.at("build")
	if build == nil {
		return s
	}
	out := &value{file: s.file, line: s.line, fields: map[string]*value{}}
	for _, k := range s.keys {
		out.set(k, s.fields[k])
	}
	b := &value{file: build.file, line: build.line, tag: build.tag, fields: map[string]*value{}}
	for _, k := range build.keys {
		b.set(k, build.fields[k])
	}
	if context := build.at("context"); context != nil || build.fields == nil {
		if context == nil {
			context = build
		}
		at := *context
		at.text = interpolate(at.text)
		if !strings.Contains(at.text, "://") {
			at.text = path.Join(dir, at.text)
		}
		b.set("context", &at)
	} else if build.at("dockerfile") != nil {
		b.set("context", &value{file: build.file, line: build.line, text: dir})
	}
	out.fields["build"] = b
	return out
}

// mergeService merges a service over another: mappings by key, lists one behind the
// other, a command as a whole.
func mergeService(under, over *value) *value {
	switch {
	case under == nil || under.fields == nil:
		return over
	case over == nil || over.fields == nil:
		return under
	}
	out := &value{file: over.file, line: over.line, fields: map[string]*value{}}
	for _, k := range under.keys {
		out.set(k, under.fields[k])
	}
	for _, k := range over.keys {
		a, b := under.fields[k], over.fields[k]
		switch {
		case b.tag == "!reset":
			out.set(k, nil)
		case a == nil || b.tag == "!override":
			out.set(k, b)
		case k == "build" || k == "healthcheck" || k == "args":
			out.set(k, mergeService(a, b))
		case a.list && b.list && k != "command" && k != "entrypoint" && k != "test":
			out.set(k, &value{file: b.file, line: b.line, list: true, items: append(slices.Clone(a.items), b.items...)})
		default:
			out.set(k, b)
		}
	}
	return out
}

// composeService is a service that builds an image, or starts one by its name.
func composeService(name string, at, s *value) (Service, bool) {
	if s == nil || at == nil {
		return Service{}, false
	}
	c := Service{
		Kind: Compose, File: at.file, Line: max(at.line, 1), Name: name, Image: interpolate(s.at("image").str()),
		Command: text(s.at("command")), Entrypoint: text(s.at("entrypoint")), Workdir: s.at("working_dir").str(),
		User: interpolate(s.at("user").str()), ReadOnly: s.at("read_only").str() == "true", Env: pairs(s.at("environment")),
	}
	if !slices.Contains([]string{"true", "yes"}, s.at("healthcheck", "disable").str()) && text(s.at("healthcheck", "test")) != "NONE" {
		c.Health = text(s.at("healthcheck", "test"))
	}
	targets := map[string]int{}
	for _, v := range s.at("volumes").each() {
		m := mount(v)
		_, target, _ := strings.Cut(m, ":")
		if i, ok := targets[target]; ok && target != "" {
			c.Volumes[i] = m
			continue
		}
		targets[target] = len(c.Volumes)
		c.Volumes = append(c.Volumes, m)
	}
	for _, v := range s.at("ports").each() {
		if port := portOf(v); port != "" && !slices.Contains(c.Ports, port) {
			c.Ports = append(c.Ports, port)
		}
	}
	for _, field := range []string{"build", "command", "entrypoint", "volumes", "user", "ports"} {
		c.note(field, s.at(field))
	}
	c.note("target", s.at("build", "target"))
	c.note("health", s.at("healthcheck", "test"))
	return c, c.build(s.at("build")) || c.Image != ""
}

// build reads a service's build.
func (s *Service) build(b *value) bool {
	if b == nil {
		return false
	}
	context := b.at("context")
	if context == nil {
		context = &value{text: path.Dir(s.File)}
	}
	file := interpolate(b.at("dockerfile").str())
	if file == "" {
		file = "Dockerfile"
	}
	s.Builds, s.Context = true, path.Clean(context.str())
	s.Dockerfile = path.Join(s.Context, file)
	if b.at("dockerfile_inline") != nil {
		s.Dockerfile = ""
	}
	s.Target, s.Args = interpolate(b.at("target").str()), pairs(b.at("args"))
	return true
}

var reInterpolate = regexp.MustCompile(`\$\{[A-Za-z_]\w*:?[-=]([^${}]*)\}`)

// interpolate puts the defaults of variables in; one without a default stays.
func interpolate(text string) string { return reInterpolate.ReplaceAllString(text, "$1") }

// text is a command as compose takes it, a string or a list, as one line that a shell
// would read as the same words.
func text(v *value) string {
	if v == nil || !v.list {
		return strings.TrimSpace(v.str())
	}
	words := v.words()
	if len(words) > 0 && words[0] == "CMD-SHELL" {
		return strings.Join(words, " ")
	}
	for i, w := range words {
		if strings.ContainsAny(w, " \t\n;&|<>()'\"") {
			words[i] = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
	}
	return strings.Join(words, " ")
}

// pairs are KEY=VALUE of a mapping or a list.
func pairs(v *value) []string {
	if v == nil || v.fields == nil {
		return v.words()
	}
	var out []string
	for _, k := range v.names() {
		out = append(out, k+"="+v.fields[k].str())
	}
	return out
}

// mount is a volume in compose's short form.
func mount(v *value) string {
	if v == nil || v.fields == nil {
		return interpolate(v.str())
	}
	if v.at("type").str() == "tmpfs" {
		return v.at("target").str()
	}
	return v.at("source").str() + ":" + v.at("target").str()
}

// portOf is a port in compose's short form.
func portOf(v *value) string {
	if v == nil || v.fields == nil {
		return interpolate(v.str())
	}
	return strings.TrimPrefix(v.at("published").str()+":"+v.at("target").str(), ":")
}
