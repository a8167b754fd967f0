package e2e_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/multistage-app/multistage/app"
	"github.com/multistage-app/multistage/app/github/githubtest"
)

const fork = "hubot/shop"

// forked opens a pull request from hubot's fork, and answers it. The clock goes on.
func (w *world) forked(p *app.Process) githubtest.Pull {
	w.t.Helper()
	_, err := w.Fork(shop, "hubot")
	w.check(err)
	w.pushFork(dockerfile)
	pull, err := w.OpenPull(githubtest.PullOptions{Repository: shop, Head: "hubot:docker", Author: "hubot", Title: "Add a Dockerfile"})
	w.check(err)
	w.settle(p)
	w.Advance(time.Minute)
	return pull
}

// pushFork pushes to the head in the fork.
func (w *world) pushFork(text string) string {
	w.t.Helper()
	sha, err := w.Push(fork, "docker", githubtest.Change{Author: "hubot", Message: "Change", Files: map[string]string{"Dockerfile": text}})
	w.check(err)
	return sha
}

// says writes a comment and settles. It gives the last comment then.
func (w *world) says(p *app.Process, number int, login, text string) string {
	w.t.Helper()
	_, err := w.Comment(shop, number, login, text)
	w.check(err)
	w.settle(p)
	comments := w.state(number).IssueComments
	return comments[len(comments)-1].Body
}

// A fork is built when somebody with write permission asks for it, and not before.
func TestForkIsBuiltWhenAsked(t *testing.T) {
	for _, mode := range []string{app.VerifyAsync, app.VerifyRequired} {
		t.Run(mode, func(t *testing.T) {
			w, builds := proving(t, mode)
			p := w.serve()
			pull := w.forked(p)
			got := w.state(pull.Number)
			checks := checksOn(got, got.HeadSHA)
			if builds.count() != 0 || len(checks) != 1 || checks[0].Conclusion != "neutral" || checks[0].Status != "completed" ||
				!strings.Contains(checks[0].Output.Summary, "/multistage verify") {
				t.Fatalf("%d proofs, check runs %+v", builds.count(), checks)
			}
			if n := len(got.Reviews); mode == app.VerifyRequired && n != 0 || mode == app.VerifyAsync && n != 1 {
				t.Errorf("%d reviews before a proof", n)
			}
			if answer := w.says(p, pull.Number, "hubot", "/multistage verify"); builds.count() != 0 || !strings.Contains(answer, "write permission") {
				t.Fatalf("the author asked: %d proofs, %q", builds.count(), answer)
			}
			w.says(p, pull.Number, "hubot", "/multistage")
			if builds.count() != 0 {
				t.Fatal("the author's review command built the fork")
			}
			if answer := w.says(p, pull.Number, "mona", "/multistage verify"); builds.count() != 1 || !strings.Contains(answer, "Built and compared") {
				t.Fatalf("a writer asked: %d proofs, %q", builds.count(), answer)
			}
			if job := builds.jobs[0]; !strings.HasSuffix(job.Repository, "/"+fork) {
				t.Errorf("the fork was built with the caches of %s", job.Repository)
			}
			got = w.state(pull.Number)
			if checks = checksOn(got, got.HeadSHA); len(got.Reviews) != 1 || len(checks) != 1 || checks[0].Status != "completed" {
				t.Errorf("%d reviews, check runs %+v", len(got.Reviews), checks)
			}
			// What the author may ask for takes nothing away again, and builds nothing.
			before := got.Reviews[0].Body
			w.says(p, pull.Number, "hubot", "/multistage")
			if now := w.state(pull.Number); builds.count() != 1 || now.Reviews[0].Body != before {
				t.Errorf("%d proofs, the review is now %s", builds.count(), now.Reviews[0].Body)
			}
		})
	}
}

// Nobody gets a head built that the one who asked did not mean.
func TestForkMovesAfterTheQuestion(t *testing.T) {
	tests := map[string]func(w *world, p *app.Process, number int, first string){
		"pushed before the comment was delivered": func(w *world, p *app.Process, number int, _ string) {
			_, err := w.Comment(shop, number, "mona", "/multistage verify")
			w.check(err)
			w.pushFork(dockerfile + "# more\n")
			w.settle(p)
		},
		"pushed and answered before the comment was delivered": func(w *world, p *app.Process, number int, _ string) {
			refuse := w.Fail(githubtest.Rule{Method: http.MethodGet, Path: "/repos/{owner}/{repo}/collaborators/{username}/permission", Status: http.StatusBadGateway})
			_, err := w.Comment(shop, number, "mona", "/multistage verify")
			w.check(err)
			w.settle(p)
			w.Advance(time.Minute)
			w.pushFork(dockerfile + "# more\n")
			refuse()
			w.settle(p)
		},
		"pushed while it was asked": func(w *world, p *app.Process, number int, _ string) {
			w.Fail(githubtest.Rule{Method: http.MethodGet, Path: "/repos/{owner}/{repo}/collaborators/{username}/permission", Times: 1,
				Do: func() { w.pushFork(dockerfile + "# more\n") }})
			_, err := w.Comment(shop, number, "mona", "/multistage verify")
			w.check(err)
			w.settle(p)
		},
		"pushed in the same second": func(w *world, p *app.Process, number int, _ string) {
			begun := time.Now()
			w.Advance(time.Second - time.Duration(begun.Nanosecond())) // to the start of a second
			w.pushFork(dockerfile + "# more\n")
			w.settle(p)
			w.Advance(-time.Since(begun)) // and back to it, however long that took
			_, err := w.Comment(shop, number, "mona", "/multistage verify")
			w.check(err)
			w.settle(p)
		},
		"an older head came back": func(w *world, p *app.Process, number int, first string) {
			w.pushFork(dockerfile + "# harmless\n")
			w.settle(p)
			w.Advance(time.Minute)
			_, err := w.Comment(shop, number, "mona", "/multistage verify")
			w.check(err)
			w.check(w.MoveBranch(fork, "docker", first, "hubot"))
			w.settle(p)
		},
	}
	for name, moves := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, builds := proving(t, app.VerifyAsync)
			p := w.serve()
			pull := w.forked(p)
			moves(w, p, pull.Number, pull.HeadSHA)
			w.settleLater(p, func() bool {
				got := w.state(pull.Number)
				return len(checksOn(got, got.HeadSHA)) == 1 && len(got.IssueComments) == 2
			})
			got := w.state(pull.Number)
			if builds.count() != 0 {
				t.Errorf("%d proofs of a head that nobody asked for", builds.count())
			}
			if answer := got.IssueComments[1].Body; !strings.Contains(answer, "moved since you asked") {
				t.Errorf("the answer is %q", answer)
			}
		})
	}
}

// The button on the check run names the commit that it is on.
func TestForkByButton(t *testing.T) {
	w, builds := proving(t, app.VerifyRequired)
	p := w.serve()
	pull := w.forked(p)
	check := checksOn(w.state(pull.Number), pull.HeadSHA)[0]
	w.check(w.RequestAction(shop, check.ID, "verify", "hubot"))
	w.settle(p)
	if builds.count() != 0 {
		t.Fatal("somebody without write permission had the fork built")
	}
	w.pushFork(dockerfile + "# more\n")
	w.check(w.RequestAction(shop, check.ID, "verify", "mona"))
	w.settle(p)
	if builds.count() != 0 {
		t.Fatal("the button of an older head built the new one")
	}
	got := w.state(pull.Number)
	check = checksOn(got, got.HeadSHA)[0]
	w.check(w.RequestAction(shop, check.ID, "verify", "mona"))
	w.settle(p)
	got = w.state(pull.Number)
	if checks := checksOn(got, got.HeadSHA); builds.count() != 1 || len(shown(got)) != 1 || len(checks) != 1 {
		t.Errorf("%d proofs, %d reviews, check runs %+v", builds.count(), len(shown(got)), checks)
	}
}

// The commands for a proof, and what they need.
func TestVerifyCommand(t *testing.T) {
	t.Run("off", func(t *testing.T) {
		w := newWorld(t)
		p := w.serve()
		pull := w.adds("docker", "Dockerfile", dockerfile)
		w.settle(p)
		before := w.state(pull.Number)
		if answer := w.says(p, pull.Number, "mona", "/multistage verify"); !strings.Contains(answer, "Nothing was built") {
			t.Errorf("the answer is %q", answer)
		}
		if got := w.state(pull.Number); got.Reviews[0].Body != before.Reviews[0].Body {
			t.Error("the review changed")
		}
		check := checksOn(w.state(pull.Number), pull.HeadSHA)[0]
		w.check(w.Rerequest(shop, check.ID, "mona"))
		w.settle(p)
		w.oneOfEach(pull.Number)
		if again := checksOn(w.state(pull.Number), pull.HeadSHA)[0]; again.Output.Title != check.Output.Title || again.Conclusion != check.Conclusion {
			t.Errorf("after the re-run the check run is %+v, want %+v", again, check)
		}
	})
	t.Run("async", func(t *testing.T) {
		w, builds := proving(t, app.VerifyAsync)
		p := w.serve()
		pull := w.adds("docker", "Dockerfile", dockerfile)
		w.settle(p)
		if answer := w.says(p, pull.Number, "mona", "/multistage verify db/Dockerfile"); builds.count() != 1 || !strings.Contains(answer, "there is no rewrite for") {
			t.Errorf("of another file: %d proofs, %q", builds.count(), answer)
		}
		w.says(p, pull.Number, "mona", "/multistage")
		if builds.count() != 1 {
			t.Error("a review command built again what was just built")
		}
		if w.says(p, pull.Number, "mona", "/multistage verify Dockerfile"); builds.count() != 2 {
			t.Errorf("%d proofs after it was asked for again", builds.count())
		}
		if first, again := builds.jobs[0], builds.jobs[1]; first.Originals == "" || again.Originals != "" {
			t.Errorf("what the original showed is taken from %q at first, and from %q when asked for again", first.Originals, again.Originals)
		}
		check := checksOn(w.state(pull.Number), pull.HeadSHA)[0]
		w.check(w.Rerequest(shop, check.ID, "mona"))
		if w.settle(p); builds.count() != 3 {
			t.Errorf("%d proofs after the check was re-run", builds.count())
		}
		w.oneOfEach(pull.Number)
		if again := checksOn(w.state(pull.Number), pull.HeadSHA)[0]; again.Output.Title != check.Output.Title || again.Conclusion != check.Conclusion {
			t.Errorf("after the re-run the check run is %+v, want %+v", again, check)
		}
	})
}
