package project

import (
	"bytes"
	"fmt"
	"path"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

// ignorer says what .dockerignore leaves out of the context.
type ignorer struct {
	path    string // of the file that was read, from the root; "" for none
	matcher *patternmatcher.PatternMatcher
}

// readIgnore reads <Dockerfile>.dockerignore, which has precedence, or the
// context's .dockerignore.
// See https://docs.docker.com/build/concepts/context/#dockerignore-files.
func (p *Project) readIgnore() (*ignorer, error) {
	for _, name := range []string{p.Dockerfile + ".dockerignore", p.Join(".dockerignore")} {
		if !p.HasFile(name) {
			continue
		}
		data, err := p.Read(name)
		if err != nil {
			return nil, fmt.Errorf("reading what the build leaves out: %w", err)
		}
		patterns, err := ignorefile.ReadAll(bytes.NewReader(data))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		matcher, err := patternmatcher.New(patterns)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		return &ignorer{path: name, matcher: matcher}, nil
	}
	return nil, nil
}

func (g *ignorer) matches(name string) bool {
	if g == nil {
		return false
	}
	ignored, err := g.matcher.MatchesOrParentMatches(path.Clean(name))
	return err == nil && ignored
}

// IgnoreFile is the .dockerignore that applies, from the root; "" for none.
func (p *Project) IgnoreFile() string {
	if p.ignore == nil {
		return ""
	}
	return p.ignore.path
}
