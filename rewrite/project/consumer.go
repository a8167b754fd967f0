package project

import (
	"path"
	"strings"
)

// Kind is the kind of file in which a consumer of the image stands.
type Kind string

// The kinds, in words that a sentence can hold: "the compose service web".
const (
	Compose  Kind = "compose service"
	Bake     Kind = "bake target"
	Workflow Kind = "workflow job"
	Pipeline Kind = "GitLab job"
	Make     Kind = "make target"
	Script   Kind = "script"
	Skaffold Kind = "Skaffold artifact"
	Manifest Kind = "container"
)

// Limits on consumers. What is beyond them is not read.
const (
	maxPerFile   = 200 // consumers, list items and keys of one file
	maxConsumers = 600
	maxKindFiles = 60  // files of one kind
	maxLookedAt  = 400 // YAML files that are looked at for manifests

	maxConsumerSum = 8 << 20 // bytes that are looked at in all
)

// Service is a consumer of the image: a compose service, a bake target, a job, a
// container of a Pod, and what it says about how the image is built and used. The
// name is compose's, which says most. See https://github.com/compose-spec/compose-spec.
type Service struct {
	Kind       Kind
	File       string // that it stands in, from the root
	Line       int    // of its name
	Name       string
	Image      string   // that it builds or starts, as written; "" where not given
	Builds     bool     // it builds the image; the others start it
	Context    string   // folder from the root; "" where it does not build
	Dockerfile string   // path from the root; "" where it is not told
	Target     string   // build.target
	Args       []string // build arguments, KEY=VALUE
	Command    string   // as text; "" where not given; with Entrypoint it is in there
	Entrypoint string   // as text; "" where not given
	Workdir    string   // instead of WORKDIR; "" where not given
	Volumes    []string // destinations in the container, with the source in front: "src:dst"
	Ports      []string
	Env        []string // KEY=VALUE
	User       string
	Health     string   // the health check's or the probes' command as text
	ReadOnly   bool     // the root file system is read-only
	NonRoot    bool     // it must not run as root
	Sync       []string // folders of the container that the sources are copied to while it runs

	places  map[string]Place
	service string // the compose service whose image it starts
}

// Place is where a consumer says something.
type Place struct {
	File string
	Line int
}

// At is where one field of the consumer stands: build, target, command, volumes,
// health. What is not noted stands at its name.
func (s Service) At(field string) Place {
	if p, ok := s.places[field]; ok && p.Line > 0 {
		return p
	}
	return Place{s.File, s.Line}
}

// note keeps where a field stands.
func (s *Service) note(field string, v *value) {
	if v == nil {
		return
	}
	if s.places == nil {
		s.places = map[string]Place{}
	}
	s.places[field] = Place{v.file, v.line}
}

// String is the consumer in a sentence: "the compose service web".
func (s Service) String() string { return "the " + string(s.Kind) + " " + s.Name }

// Starts reports a consumer that says something about the running image.
func (s Service) Starts() bool {
	return s.Command != "" || s.Entrypoint != "" || s.Workdir != "" || s.User != "" || s.Health != "" || s.ReadOnly ||
		len(s.Volumes)+len(s.Ports)+len(s.Env) > 0
}

// Mounts are the folders of the container over which a folder of the repository is
// mounted.
func (s Service) Mounts() []string {
	var out []string
	for _, v := range s.Volumes {
		source, rest, ok := strings.Cut(v, ":")
		target, _, _ := strings.Cut(rest, ":")
		if ok && path.IsAbs(target) && ofRepository(source) {
			out = append(out, path.Clean(target))
		}
	}
	return out
}

// ofRepository reports a source of a bind mount that is taken from the working copy.
func ofRepository(source string) bool {
	for _, prefix := range []string{".", "$PWD", "${PWD", "$(PWD", "$(pwd", "`pwd", "$(CURDIR", "${CURDIR", "${{ github.workspace"} {
		if strings.HasPrefix(source, prefix) {
			return true
		}
	}
	return false
}

// Services are the consumers that bound the design of this project's Dockerfile:
// compose services, and whatever else says how the image is started or which stage is
// built. Those that were set aside are not among them.
func (p *Project) Services() []Service {
	var mine []Service
	for _, s := range p.Consumers() {
		if p.aside[s.key()] {
			continue
		}
		if s.Kind == Compose || s.Kind == Manifest && s.Starts() || s.Builds && s.Target != "" {
			mine = append(mine, s)
		}
	}
	return mine
}

// Consumers are all that build or start the image of this project's Dockerfile, in
// the order of the kinds and then of the files.
func (p *Project) Consumers() []Service {
	if !p.parsed {
		p.consumers, p.parsed = p.readConsumers(), true
	}
	if p.own == nil || p.ownOf != p.Dockerfile {
		p.own, p.ownOf = append([]Service{}, p.mine(p.consumers)...), p.Dockerfile
	}
	return p.own
}

// Aside is the same project without some consumers: they will not use the image that
// is designed.
func (p *Project) Aside(services []Service) *Project {
	q := *p
	q.aside = map[string]bool{}
	for _, s := range services {
		q.aside[s.key()] = true
	}
	return &q
}

func (s Service) key() string {
	return strings.Join([]string{string(s.Kind), s.File, s.Name, s.Command}, "\x00")
}

// readConsumers reads the files of every kind. One that cannot be read says nothing:
// its own tool would refuse it too.
func (p *Project) readConsumers() []Service {
	var all []Service
	for _, read := range []func(*Project) []Service{
		(*Project).readCompose, (*Project).readBake, (*Project).readWorkflows, (*Project).readPipelines,
		(*Project).readSkaffold, (*Project).readMakefiles, (*Project).readScripts, (*Project).readManifests,
	} {
		all = append(all, read(p)...)
	}
	all = all[:min(len(all), maxConsumers)]
	built := map[string]string{}
	for _, s := range all {
		if s.Kind == Compose && s.Builds && built[s.Name] == "" {
			built[s.Name] = s.Dockerfile
		}
	}
	for i := range all {
		s := &all[i]
		if s.service != "" {
			s.Dockerfile = built[s.service]
		}
		if s.Entrypoint != "" && s.Command != "" {
			s.Entrypoint, s.Command = s.Entrypoint+" "+s.Command, ""
		}
	}
	return all
}

// small reads a file that is within the limits for consumers; nil for others.
func (p *Project) small(name string) []byte {
	entry, ok := p.Stat(name)
	if !ok || entry.Size > maxConsumerFile || p.looked > maxConsumerSum {
		return nil
	}
	data, err := p.Read(name)
	p.looked += int64(len(data))
	if err != nil || len(data) > maxConsumerFile {
		return nil
	}
	return data
}

// documents reads the small YAML files whose names are wanted and that hold one of
// the words, each with its documents, of which there is at least one.
func (p *Project) documents(wanted func(name string) bool, words []string, use func(file string, docs []*value)) {
	files := 0
	for _, e := range p.entries {
		if files >= maxKindFiles || !wanted(e.Path) {
			continue
		}
		data := p.small(e.Path)
		if !hasAny(string(data), words) {
			continue
		}
		files++
		if docs, err := parseYAML(e.Path, data); err == nil && len(docs) > 0 {
			use(e.Path, docs)
		}
	}
}

func hasAny(text string, words []string) bool {
	for _, w := range words {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}

func isYAML(name string) bool {
	ext := path.Ext(name)
	return ext == ".yml" || ext == ".yaml"
}
