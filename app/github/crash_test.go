package github_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/multistage-app/multistage/app/github"
	"github.com/multistage-app/multistage/app/github/githubtest"
)

// A job ends at each of its calls in turn, before it is carried out or after, when its
// answer is lost. A new process starts it again. The end is the same every time.
func TestJobThatEndsAtAnyCall(t *testing.T) {
	const calls = 11
	for _, lost := range []bool{false, true} {
		for n := range calls {
			t.Run(fmt.Sprintf("call %d, carried out %t", n+1, lost), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				p := w.pull("docker", docker(nil))
				ctx, kill := context.WithCancel(context.Background())
				defer kill()
				// The rule of every call of the installation: what GitHub does not answer any
				// more, the killed process does not ask again.
				rule := githubtest.Rule{Path: "/repos/**", Skip: n - 1, Times: 1, CloseConnection: !lost, AfterApply: lost, Do: kill}
				if n == 0 {
					rule.Path, rule.Skip = "/graphql", 0
				}
				w.Fail(rule)
				if err := run(ctx, w.open(), p.Number); err == nil {
					t.Fatal("the job did not end")
				}
				w.app = w.newApp(github.Options{})
				for range 2 {
					w.check(run(context.Background(), w.open(), p.Number))
				}
				w.wantEnd(p.Number)
			})
		}
	}
}
