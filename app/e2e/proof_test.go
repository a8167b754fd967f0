package e2e_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/multistage-app/multistage/app"
	"github.com/multistage-app/multistage/app/buildkit"
	"github.com/multistage-app/multistage/app/github/githubtest"
	"github.com/multistage-app/multistage/rewrite"
	"github.com/multistage-app/multistage/rewrite/proof"
)

// proofOf is a proof with figures.
func proofOf(outcome proof.Outcome) *proof.Proof {
	image := func(mb int64) proof.Image {
		return proof.Image{Built: true, Seconds: 30, Steps: 7, Sizes: proof.Sizes{Compressed: mb << 20, Unpacked: 3 * mb << 20},
			Start: proof.Start{State: proof.Listening, Ports: []string{"8080/tcp"}}}
	}
	p := &proof.Proof{Outcome: outcome, Original: image(321), Rewrite: image(12),
		Checks: []proof.Check{{Name: "listens on 8080/tcp", Passed: outcome == proof.Proven}}}
	switch outcome {
	case proof.Disproven:
		p.Failure = &proof.Failure{Step: proof.StepStart, Kind: proof.MissingLibrary, Subject: "libpq.so.5", Cause: "libpq.so.5 is not in the image"}
	case proof.OriginalBroken:
		p.Original, p.Rewrite = proof.Image{}, proof.Image{}
		p.Failure = &proof.Failure{Step: proof.StepBuild, Kind: proof.Other, Cause: "the command go build fails"}
	}
	return p
}

// prover is a stand-in for the daemon. It holds that the job has the head's files.
type prover struct {
	mu      sync.Mutex
	jobs    []buildkit.Job
	outcome proof.Outcome
	fails   error  // instead of a proof
	during  func() // called while it builds
	hangs   bool   // until it is cancelled, once
}

func (p *prover) prove(ctx context.Context, job buildkit.Job) (rewrite.Result, *proof.Proof, error) {
	p.mu.Lock()
	p.jobs = append(p.jobs, job)
	outcome, fails, during, hangs := p.outcome, p.fails, p.during, p.hangs
	p.hangs = false
	p.mu.Unlock()
	if text, err := os.ReadFile(filepath.Join(job.Dir, job.Result.Path)); err != nil || string(text) != string(job.Result.Files[0].Before) {
		return job.Result, nil, fmt.Errorf("%s on disk is not what was designed from: %w", job.Result.Path, err)
	}
	if during != nil {
		during()
	}
	if hangs {
		<-ctx.Done()
		return job.Result, nil, &buildkit.Unavailable{Reason: buildkit.Cancelled, Detail: "it was cancelled", Err: ctx.Err()}
	}
	if fails != nil {
		return job.Result, nil, fails
	}
	return job.Result, proofOf(outcome), nil
}

// set changes what the next proofs give.
func (p *prover) set(outcome proof.Outcome, fails error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.outcome, p.fails = outcome, fails
}

func (p *prover) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.jobs)
}

// proving is a world whose App proves in a mode.
func proving(t *testing.T, mode string) (*world, *prover) {
	w, p := newWorld(t), &prover{outcome: proof.Proven}
	w.verify, w.prove = mode, p.prove
	return w, p
}

// noFiles sees that nothing of the builds is left on disk.
func (w *world) noFiles() {
	w.t.Helper()
	left, err := filepath.Glob(filepath.Join(w.workDir, "proofs", "*", "*"))
	if w.check(err); len(left) != 0 {
		w.t.Errorf("left on disk: %v", left)
	}
}

// The review comes first, and the figures are put into it.
func TestProofAfterTheReview(t *testing.T) {
	w, builds := proving(t, app.VerifyAsync)
	var number int
	var during githubtest.Pull
	builds.during = func() { during = w.state(number) }
	p := w.serve()
	pull := w.adds("docker", "Dockerfile", dockerfile)
	number = pull.Number
	w.settle(p)
	if len(during.Reviews) != 1 || len(during.CheckRuns) != 0 || !strings.Contains(during.Reviews[0].Body, "proof=pending") {
		t.Fatalf("while it was built: reviews %+v, check runs %+v", during.Reviews, during.CheckRuns)
	}
	w.oneOfEach(pull.Number)
	got := w.state(pull.Number)
	if got.Reviews[0].ID != during.Reviews[0].ID || got.Reviews[0].Body == during.Reviews[0].Body || strings.Contains(got.Reviews[0].Body, "proof=pending") {
		t.Errorf("the figures are not in the review: %s", got.Reviews[0].Body)
	}
	if job := builds.jobs[0]; len(builds.jobs) != 1 || !strings.HasSuffix(job.Repository, "/acme/shop") || !job.Rebuild {
		t.Errorf("jobs: %+v", builds.jobs)
	}
	w.noFiles()

	// The same head again: nothing is built, nothing is said.
	w.Reset()
	_, err := w.Push(shop, "docker", githubtest.Change{Author: "mona", Message: "Reword", Files: map[string]string{"README.md": "# The shop\n"}})
	w.check(err)
	w.settle(p)
	if n := len(w.calls()); builds.count() != 1 || n > 2 {
		t.Errorf("a push beside the Dockerfile: %d proofs, %d calls", builds.count(), n)
	}
}

// Nothing is offered before it is proven, and what is being built shows.
func TestProofBeforeTheReview(t *testing.T) {
	w, builds := proving(t, app.VerifyRequired)
	var number int
	var during githubtest.Pull
	var commits []githubtest.Commit
	builds.during = func() { during = w.state(number); commits = w.suggested(during) }
	p := w.serve()
	pull := w.adds("docker", "Dockerfile", dockerfile)
	number = pull.Number
	w.settle(p)
	if len(during.Reviews)+len(commits) != 0 || len(during.CheckRuns) != 1 || during.CheckRuns[0].Status != "in_progress" {
		t.Fatalf("while it was built: reviews %+v, commits %+v, check runs %+v", during.Reviews, commits, during.CheckRuns)
	}
	w.oneOfEach(pull.Number)
	if got := w.state(pull.Number); got.CheckRuns[0].ID != during.CheckRuns[0].ID {
		t.Error("there is another check run than while it was built")
	}
	w.noFiles()
}

// The proof adds at most three calls to those of a first review.
func TestCallsOfAProof(t *testing.T) {
	for _, mode := range []string{app.VerifyAsync, app.VerifyRequired} {
		w, _ := proving(t, mode)
		p := w.serve()
		w.adds("docker", "Dockerfile", dockerfile)
		w.settle(p)
		if calls := w.calls(); len(calls) > 14 {
			t.Errorf("%s: %d calls:\n%s", mode, len(calls), strings.Join(calls, "\n"))
		} else {
			t.Logf("%s: %d calls", mode, len(calls))
		}
	}
}

// What each outcome comes to.
func TestOutcomes(t *testing.T) {
	disk := &buildkit.Unavailable{Reason: buildkit.DiskFull, Detail: "the daemon has no room"}
	tests := map[string]struct {
		outcome  proof.Outcome
		fails    error
		reviews  map[string]int // that are shown, by mode
		says     string         // in the check run
		metrics  string
		unproven bool // a command asks again
	}{
		"disproven":       {proof.Disproven, nil, map[string]int{}, "libpq.so.5 is not in the image", "disproven", false},
		"original broken": {proof.OriginalBroken, nil, map[string]int{app.VerifyAsync: 1}, "go build", "original-broken", true},
		"no room":         {"", disk, map[string]int{app.VerifyAsync: 1}, "the daemon has no room", "disk-full", true},
		"other error":     {"", fmt.Errorf("secret detail"), map[string]int{app.VerifyAsync: 1}, "something went wrong on the server", "error", true},
	}
	for name, tt := range tests {
		for _, mode := range []string{app.VerifyAsync, app.VerifyRequired} {
			t.Run(name+" "+mode, func(t *testing.T) {
				t.Parallel()
				w, builds := proving(t, mode)
				builds.set(tt.outcome, tt.fails)
				p := w.serve()
				pull := w.adds("docker", "Dockerfile", dockerfile)
				w.settle(p)
				got := w.state(pull.Number)
				if n := len(shown(got)); n != tt.reviews[mode] {
					t.Errorf("%d reviews are shown, want %d", n, tt.reviews[mode])
				}
				checks := checksOn(got, got.HeadSHA)
				if len(checks) != 1 || checks[0].Conclusion != "neutral" || !strings.Contains(checks[0].Output.Title+checks[0].Output.Summary+checks[0].Output.Text, tt.says) {
					t.Errorf("check runs: %+v, want one that says %q", checks, tt.says)
				}
				text, err := metrics(w.ctx, p.Server.OpsAddr())
				if w.check(err); !strings.Contains(text, `multistage_proofs_total{outcome="`+tt.metrics+`"} 1`) {
					t.Errorf("the proof is not counted as %s", tt.metrics)
				}
				if tt.outcome == proof.Disproven {
					_, err := w.Comment(shop, pull.Number, "mona", "/multistage apply")
					w.check(err)
					w.settle(p)
					if now := w.state(pull.Number); now.HeadSHA != got.HeadSHA || builds.count() != 1 {
						t.Errorf("a disproven rewrite was applied, or built again: %d proofs", builds.count())
					}
				}
				builds.set(proof.Proven, nil)
				_, err = w.Comment(shop, pull.Number, "mona", "/multistage verify")
				w.check(err)
				w.settle(p)
				got = w.state(pull.Number)
				checks = checksOn(got, got.HeadSHA)
				if n := len(shown(got)); n != 1 || len(checks) != 1 || checks[0].Status != "completed" || builds.count() != 2 {
					t.Errorf("after it was asked for again: %d reviews shown, check runs %+v, %d proofs", n, checks, builds.count())
				}
				if last := got.IssueComments[len(got.IssueComments)-1].Body; !strings.Contains(last, "Built and compared") {
					t.Errorf("the answer is %q", last)
				}
				w.noFiles()
			})
		}
	}
}

// A daemon that is not there is said, and stops nothing.
func TestDaemonAbsent(t *testing.T) {
	for _, mode := range []string{app.VerifyAsync, app.VerifyRequired} {
		t.Run(mode, func(t *testing.T) {
			w := newWorld(t)
			w.verify, w.buildkit = mode, "unix://"+filepath.Join(t.TempDir(), "buildkitd.sock")
			p := w.serve()
			pull := w.adds("docker", "Dockerfile", dockerfile)
			w.settle(p)
			got := w.state(pull.Number)
			checks := checksOn(got, got.HeadSHA)
			if len(checks) != 1 || checks[0].Conclusion != "neutral" || checks[0].Status != "completed" || !strings.Contains(checks[0].Output.Summary, "BuildKit daemon does not answer") {
				t.Errorf("check runs: %+v", checks)
			}
			if len(checks) == 1 && strings.Contains(strings.ReplaceAll(checks[0].Output.Summary, "\u200b", ""), "buildkitd.sock") {
				t.Errorf("the daemon's address is shown: %s", checks[0].Output.Summary)
			}
			alone := w.adds("db", "db/Dockerfile", "FROM postgres:16\nCOPY init.sql /docker-entrypoint-initdb.d/\n")
			w.settle(p)
			if got := w.state(alone.Number); len(checksOn(got, got.HeadSHA)) != 1 {
				t.Error("the next pull request was not looked at")
			}
		})
	}
}

// A push ends the proof that runs, and the new head is proven.
func TestPushWhileProving(t *testing.T) {
	for _, mode := range []string{app.VerifyAsync, app.VerifyRequired} {
		t.Run(mode, func(t *testing.T) {
			w, builds := proving(t, mode)
			builds.hangs = true
			p := w.serve()
			pull := w.adds("docker", "Dockerfile", dockerfile)
			old := pull.HeadSHA
			w.check(w.DeliverAll(w.ctx))
			w.until(func() bool { return builds.count() == 1 })
			_, err := w.Push(shop, "docker", githubtest.Change{Author: "mona", Message: "More", Files: map[string]string{"Dockerfile": dockerfile + "# more\n"}})
			w.check(err)
			w.settle(p)
			w.settleLater(p, func() bool { return builds.count() == 2 })
			got := w.state(pull.Number)
			for _, c := range checksOn(got, old) {
				if c.Status != "completed" || c.Conclusion != "neutral" {
					t.Errorf("on the old head: %+v", c)
				}
			}
			if checks := checksOn(got, got.HeadSHA); len(checks) != 1 || checks[0].Status != "completed" || len(shown(got)) != 1 {
				t.Errorf("on the new head: %d reviews, %+v", len(shown(got)), checks)
			}
			if mode == app.VerifyRequired {
				w.oneOfEach(pull.Number)
			}
			w.noFiles()
		})
	}
}

// A pull request that is closed ends the proof that runs, and leaves nothing in progress.
func TestCloseWhileProving(t *testing.T) {
	w, builds := proving(t, app.VerifyRequired)
	builds.hangs = true
	p := w.serve()
	pull := w.adds("docker", "Dockerfile", dockerfile)
	w.check(w.DeliverAll(w.ctx))
	w.until(func() bool { return builds.count() == 1 })
	w.check(w.ClosePull(shop, pull.Number, "mona"))
	w.settle(p)
	got := w.state(pull.Number)
	if checks := checksOn(got, got.HeadSHA); len(checks) != 1 || checks[0].Status != "completed" || checks[0].Conclusion != "neutral" || len(got.Reviews) != 0 || builds.count() != 1 {
		t.Errorf("%d proofs, %d reviews, check runs %+v", builds.count(), len(got.Reviews), checks)
	}
	w.noFiles()
}

// What a killed process left in progress on a head that is not the head any more is
// completed by the next run.
func TestKilledAndPushed(t *testing.T) {
	w := newWorld(t)
	w.verify = app.VerifyRequired
	database := filepath.Join(t.TempDir(), "queue.db")
	first := w.start(database)
	killed := make(chan struct{})
	w.Fail(githubtest.Rule{Method: "GET", Path: "/repos/{owner}/{repo}/tarball/{ref}", Skip: 1, Times: 1, AfterApply: true,
		Do: func() { first.kill(); close(killed) }})
	pull := w.adds("docker", "Dockerfile", dockerfile)
	_ = w.DeliverAll(w.ctx) // nobody may be there any more
	<-killed
	_, err := w.Push(shop, "docker", githubtest.Change{Author: "mona", Message: "More", Files: map[string]string{"Dockerfile": dockerfile + "# more\n"}})
	w.check(err)
	second := w.start(database)
	for w.idle(second); w.Waiting() > 0; w.idle(second) {
		w.check(w.DeliverAll(w.ctx))
	}
	w.oneOfEach(pull.Number)
	for _, c := range w.state(pull.Number).CheckRuns {
		if c.Status != "completed" {
			t.Errorf("left in progress: %+v", c)
		}
	}
}

// The process ends in the middle of a proof: at once, and the next start does it.
func TestStopWhileProving(t *testing.T) {
	for _, mode := range []string{app.VerifyAsync, app.VerifyRequired} {
		t.Run(mode, func(t *testing.T) {
			w, builds := proving(t, mode)
			builds.hangs = true
			database := filepath.Join(t.TempDir(), "queue.db")
			_, stop := w.serveOn(database)
			pull := w.adds("docker", "Dockerfile", dockerfile)
			w.check(w.DeliverAll(w.ctx))
			w.until(func() bool { return builds.count() == 1 })
			start := time.Now()
			stop()
			if took := time.Since(start); took > 15*time.Second {
				t.Errorf("the process took %s to end", took)
			}
			p, _ := w.serveOn(database)
			w.settleLater(p, func() bool { return builds.count() == 2 })
			w.oneOfEach(pull.Number)
			w.noFiles()
		})
	}
}

// Only the first few Dockerfiles of a pull request are proven; a panic is no verdict.
func TestManyDockerfilesAndAPanic(t *testing.T) {
	w, builds := proving(t, app.VerifyAsync)
	builds.during = func() {
		if builds.count() == 1 {
			panic("no such thing")
		}
	}
	p := w.serve()
	many := map[string]string{}
	for n := range 7 {
		many[fmt.Sprintf("%d.Dockerfile", n)] = dockerfile
	}
	pull := w.pull("docker", githubtest.Change{Files: many})
	w.settle(p)
	got := w.state(pull.Number)
	checks := checksOn(got, got.HeadSHA)
	if len(checks) != 1 || checks[0].Status != "completed" || len(shown(got)) != 1 || builds.count() != 5 {
		t.Fatalf("%d reviews, %d proofs, check runs %+v", len(shown(got)), builds.count(), checks)
	}
	for _, says := range []string{"only the first 5 Dockerfiles", "something went wrong on the server"} {
		if !strings.Contains(checks[0].Output.Summary+shown(got)[0].Body, says) {
			t.Errorf("nobody says %q:\n%s", says, checks[0].Output.Summary)
		}
	}
}

// until waits for something that the App does while a run goes on.
func (w *world) until(done func() bool) {
	w.t.Helper()
	for end := time.Now().Add(wait); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatal("it does not come")
		}
	}
}
