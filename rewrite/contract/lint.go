package contract

import (
	"context"
	"fmt"

	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
)

// Warning is one warning of BuildKit's build checks.
// See https://docs.docker.com/reference/build-checks/.
type Warning struct {
	Rule   string // "JSONArgsRecommended"
	Title  string // BuildKit's description of the rule
	Detail string // BuildKit's words about this place
	URL    string
	Line   int // counted from 1; 0 where BuildKit gives none
}

// Lint runs BuildKit's checks over all stages. The error is BuildKit's own about
// a file that it would not build.
func Lint(path string, source []byte) (warnings []Warning, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s: BuildKit's checks gave up: %v", path, p)
		}
	}()
	results, err := dockerfile2llb.DockerfileLint(context.Background(), source, options(path, source))
	if err != nil {
		return nil, err
	}
	for _, w := range results.Warnings {
		warning := Warning{Rule: w.RuleName, Title: w.Description, Detail: w.Detail, URL: w.URL}
		if w.Location != nil && len(w.Location.Ranges) > 0 && w.Location.Ranges[0].Start != nil {
			warning.Line = int(w.Location.Ranges[0].Start.Line)
		}
		warnings = append(warnings, warning)
	}
	if results.Error != nil {
		return warnings, fmt.Errorf("%s: %s", path, results.Error.Message)
	}
	return warnings, nil
}
