package buildkit

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/multistage-app/multistage/rewrite"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/proof"
)

// A mutant is a rewrite that works, broken by one edit.
type mutant struct {
	project  string
	name     string
	old, new string // the edit; old must be there
	kind     proof.Kind
	cause    string // a regular expression that the failure's cause must match
}

// result is the broken rewrite with the promises of the whole one. It has no design,
// so that no repair can hide what is wrong.
func (m mutant) result(t *testing.T, f *fixture) rewrite.Result {
	t.Helper()
	whole := string(f.result.Dockerfile())
	broken := strings.Replace(whole, m.old, m.new, 1)
	if m.old == "" || broken == whole {
		t.Fatalf("the edit does not apply any more: %q is not in\n%s", m.old, whole)
	}
	r := f.result
	file := r.Files[0]
	file.After = []byte(broken)
	return rewrite.Result{
		Path: r.Path, Context: r.Context, Verdict: plan.Rewritten, Language: r.Language, Source: r.Source,
		Contract: r.Contract, Files: append([]rewrite.FileChange{file}, r.Files[1:]...),
	}
}

// TestMutants sees that a rewrite that does not work is never proven, is never taken
// for trouble with the daemon, and that the failure names the cause.
func TestMutants(t *testing.T) {
	c := testClient(t, Limits{Start: 8 * time.Second})
	fixtures, originals := map[string]*fixture{}, t.TempDir()
	seen := map[string]bool{}
	for _, m := range mutants {
		if seen[m.project+m.name] {
			t.Errorf("two mutants of %s are named %q", m.project, m.name)
		}
		seen[m.project+m.name] = true
		if fixtures[m.project] == nil {
			fixtures[m.project] = readFixture(t, filepath.Join("testdata", "projects", m.project+".txtar"))
		}
	}
	if len(mutants) < 30 {
		t.Errorf("%d mutants are too few", len(mutants))
	}
	t.Run("of", func(t *testing.T) {
		for _, m := range mutants {
			t.Run(m.project+"/"+m.name, func(t *testing.T) {
				t.Parallel()
				f := fixtures[m.project]
				job := f.job()
				job.Result, job.Originals = m.result(t, f), originals
				_, p, err := c.Prove(t.Context(), job)
				if err != nil {
					t.Fatalf("no verdict: %v", err)
				}
				m.judge(t, p)
			})
		}
	})
}

func (m mutant) judge(t *testing.T, p *proof.Proof) {
	t.Helper()
	if p.Outcome != proof.Disproven {
		t.Fatalf("NOT CAUGHT: %s %+v\n%s\n%s", p.Outcome, p.Failure, p.Rewrite.Start.Log, m.new)
	}
	f := p.Failure
	if f.Kind != m.kind || !regexp.MustCompile(m.cause).MatchString(f.Cause) {
		t.Errorf("step %s, kind %s of %q: %q\nwant %s, %s\ntail: %s", f.Step, f.Kind, f.Subject, f.Cause, m.kind, m.cause, f.Tail)
	}
	if len(p.Rounds) > 0 {
		t.Errorf("it was repaired: %+v", p.Rounds)
	}
	t.Logf("%s, %s: %s", f.Step, f.Kind, f.Cause)
}
