package project

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Service is a compose service that builds an image, with what it says about the
// image's use. See https://github.com/compose-spec/compose-spec.
type Service struct {
	File       string // the compose file, from the root
	Line       int    // of the service's name
	Name       string
	Context    string   // folder from the root
	Dockerfile string   // path from the root
	Target     string   // build.target
	Command    string   // as text; "" where not given
	Entrypoint string   // as text; "" where not given
	Volumes    []string // destinations in the container, with the source in front: "src:dst"
	Ports      []string
	User       string
	Health     string // the health check's command as text
}

var reComposeFile = regexp.MustCompile(`(^|/)(docker-)?compose([.-][\w.-]+)?\.ya?ml$`)

const maxComposeFiles = 50

// Services are the compose services of the repository that are built from this
// project's Dockerfile.
func (p *Project) Services() []Service {
	if !p.parsed {
		p.compose, p.parsed = p.readCompose(), true
	}
	var mine []Service
	for _, s := range p.compose {
		if s.Dockerfile == p.Dockerfile {
			mine = append(mine, s)
		}
	}
	return mine
}

// readCompose reads every compose file of the repository. A file that cannot be
// read says nothing: compose would refuse it too.
func (p *Project) readCompose() []Service {
	var services []Service
	files := 0
	for _, e := range p.entries {
		if !reComposeFile.MatchString(e.Path) {
			continue
		}
		if files++; files > maxComposeFiles {
			break
		}
		data, err := p.Read(e.Path)
		if err != nil {
			continue
		}
		found, err := parseCompose(e.Path, data)
		if err == nil {
			services = append(services, found...)
		}
	}
	return services
}

// composeFile is the part of a compose file that is read. Values that compose
// takes in several forms are kept open.
type composeFile struct {
	Services map[string]struct {
		Build       any    `yaml:"build"`
		Command     any    `yaml:"command"`
		Entrypoint  any    `yaml:"entrypoint"`
		Volumes     []any  `yaml:"volumes"`
		Ports       []any  `yaml:"ports"`
		User        string `yaml:"user"`
		Healthcheck struct {
			Test any `yaml:"test"`
		} `yaml:"healthcheck"`
	} `yaml:"services"`
}

func parseCompose(file string, data []byte) (services []Service, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%s: the parser gave up: %v", file, r)
		}
	}()
	tree, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, err
	}
	var doc composeFile
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, err
	}
	for _, at := range serviceNames(tree) {
		raw, ok := doc.Services[at.name]
		if !ok || raw.Build == nil {
			continue
		}
		s := Service{
			File: file, Line: at.line, Name: at.name,
			Command: text(raw.Command), Entrypoint: text(raw.Entrypoint),
			User: raw.User, Health: text(raw.Healthcheck.Test),
		}
		for _, v := range raw.Volumes {
			s.Volumes = append(s.Volumes, mount(v))
		}
		for _, v := range raw.Ports {
			s.Ports = append(s.Ports, text(v))
		}
		s.build(path.Dir(file), raw.Build)
		services = append(services, s)
	}
	return services, nil
}

// build reads a service's build, a folder or a mapping.
func (s *Service) build(dir string, raw any) {
	context, dockerfile := ".", "Dockerfile"
	switch b := raw.(type) {
	case string:
		context = b
	case map[string]any:
		if v, ok := b["context"].(string); ok {
			context = v
		}
		if v, ok := b["dockerfile"].(string); ok {
			dockerfile = v
		}
		s.Target, _ = b["target"].(string)
	}
	s.Context = path.Join(dir, context)
	s.Dockerfile = path.Join(s.Context, dockerfile)
}

type place struct {
	name string
	line int
}

// serviceNames are the services in the order of the file, with their lines.
func serviceNames(tree *ast.File) []place {
	var places []place
	for _, doc := range tree.Docs {
		root, ok := doc.Body.(*ast.MappingNode)
		if !ok {
			continue
		}
		for _, v := range root.Values {
			services, ok := v.Value.(*ast.MappingNode)
			if !ok || v.Key.String() != "services" {
				continue
			}
			for _, s := range services.Values {
				places = append(places, place{s.Key.GetToken().Value, s.Key.GetToken().Position.Line})
			}
		}
	}
	return places
}

// text is a command as compose takes it, a string or a list, as one line.
func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case []any:
		parts := make([]string, len(v))
		for i, p := range v {
			parts[i] = fmt.Sprint(p)
		}
		return strings.Join(parts, " ")
	}
	return fmt.Sprint(v)
}

// mount is a volume in compose's short form.
func mount(v any) string {
	long, ok := v.(map[string]any)
	if !ok {
		return text(v)
	}
	source, _ := long["source"].(string)
	target, _ := long["target"].(string)
	return source + ":" + target
}
