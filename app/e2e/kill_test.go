package e2e_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/multistage-app/multistage/app"
	"github.com/multistage-app/multistage/app/github/githubtest"
	"github.com/multistage-app/multistage/rewrite/proof"
)

// childKey tells the test binary to be the App, in a process that can be killed.
const childKey = "E2E_APP"

func TestMain(m *testing.M) {
	if os.Getenv(childKey) != "" {
		child()
	}
	os.Exit(m.Run())
}

// child serves until it is killed. The environment has its settings.
func child() {
	cfg, err := app.ParseConfig(os.Environ(), nil)
	if err == nil {
		cfg.Pace = -1
		if cfg.Verify != app.VerifyOff {
			cfg.Prove = (&prover{outcome: proof.Proven}).prove
		}
		var p *app.Process
		p, err = app.New(context.Background(), cfg, zerolog.New(os.Stderr).Level(zerolog.WarnLevel))
		if err == nil {
			fmt.Println(p.Server.Addr(), p.Server.OpsAddr())
			err = p.Run(context.Background())
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// process is the App in a process of its own.
type process struct {
	cmd  *exec.Cmd
	ops  string
	once sync.Once
}

// start starts the App on the database and points the webhook at it.
func (w *world) start(database string) *process {
	w.t.Helper()
	cfg := w.config(database)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childKey+"=1",
		fmt.Sprintf("MULTISTAGE_APP_ID=%d", cfg.AppID), "MULTISTAGE_PRIVATE_KEY="+string(cfg.PrivateKey),
		"MULTISTAGE_WEBHOOK_SECRETS="+secret, "MULTISTAGE_LISTEN="+cfg.Listen, "MULTISTAGE_OPS_LISTEN="+cfg.OpsListen,
		"MULTISTAGE_DATABASE="+string(cfg.Database), "MULTISTAGE_GITHUB_URL="+cfg.GitHubURL, "MULTISTAGE_VERIFY="+cfg.Verify,
		"MULTISTAGE_WORK_DIR="+cfg.WorkDir, "BUILDKIT_HOST=tcp://127.0.0.1:1")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	w.check(err)
	w.check(cmd.Start())
	p := &process{cmd: cmd}
	w.t.Cleanup(p.kill)
	var addr string
	if _, err := fmt.Fscan(bufio.NewReader(out), &addr, &p.ops); err != nil {
		w.t.Fatalf("the App did not start: %v", err)
	}
	w.SetWebhook("http://"+addr+"/webhook", secret)
	return p
}

// kill is kill -9, and waits until the process is gone.
func (p *process) kill() {
	p.once.Do(func() {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	})
}

// redeliver asks for what nobody took, as the reconciler does after its delay.
func (w *world) redeliver() {
	w.t.Helper()
	for _, d := range w.Deliveries() {
		if !d.Sent.IsZero() && d.StatusCode/100 != 2 {
			_, err := w.Redeliver(w.ctx, d.ID)
			w.check(err)
		}
	}
}

// idle waits until the App has no work left, by its own metrics.
func (w *world) idle(p *process) {
	w.t.Helper()
	for end := time.Now().Add(wait); ; time.Sleep(20 * time.Millisecond) {
		if text, err := metrics(w.ctx, p.ops); err == nil && !busy(text) {
			return
		}
		if time.Now().After(end) {
			w.t.Fatal("the App does not get done")
		}
	}
}

func metrics(ctx context.Context, ops string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+ops+"/metrics", nil)
	if err != nil {
		return "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return string(text), err
}

// busy reports deliveries that wait for their work.
func busy(text string) bool {
	return !strings.Contains(text, "multistage_queue_deliveries{state=\"waiting\"} 0\n")
}

// Kill -9 before and after every step of a job that talks to GitHub, then start
// again: nothing is lost and nothing is done twice.
func TestKilledAnywhere(t *testing.T) {
	steps := callsOfAFirstReview(t, app.VerifyOff)
	if steps < 8 {
		t.Fatalf("a first review makes %d calls: the stories below would show little", steps)
	}
	for step := range steps {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("call %d, carried out %v", step+1, after), func(t *testing.T) {
				t.Parallel()
				killedAt(t, app.VerifyOff, step, after)
			})
		}
	}
}

// The same with a proof between the calls. What is new after a call that was carried out
// is what the next start has to find again.
func TestKilledWhileProving(t *testing.T) {
	for _, mode := range []string{app.VerifyAsync, app.VerifyRequired} {
		for step := range callsOfAFirstReview(t, mode) {
			t.Run(fmt.Sprintf("%s, call %d", mode, step+1), func(t *testing.T) {
				t.Parallel()
				killedAt(t, mode, step, true)
			})
		}
	}
}

// callsOfAFirstReview counts the calls of a run that nobody kills.
func callsOfAFirstReview(t *testing.T, mode string) int {
	w, _ := proving(t, mode)
	p := w.serve()
	w.adds("docker", "Dockerfile", dockerfile)
	w.settle(p)
	return len(w.Calls())
}

func killedAt(t *testing.T, mode string, step int, after bool) {
	w := newWorld(t)
	w.verify = mode
	database := filepath.Join(t.TempDir(), "queue.db")
	first := w.start(database)
	killed := make(chan struct{})
	remove := w.Fail(githubtest.Rule{
		Skip: step, Times: 1, AfterApply: after, CloseConnection: !after,
		Do: func() { first.kill(); close(killed) },
	})
	pull := w.adds("docker", "Dockerfile", dockerfile)
	_ = w.DeliverAll(w.ctx) // nobody may be there any more
	select {
	case <-killed:
	case <-time.After(wait):
		t.Fatal("the call was never made")
	}
	remove()

	second := w.start(database)
	w.redeliver()
	for w.idle(second); w.Waiting() > 0; w.idle(second) {
		w.check(w.DeliverAll(w.ctx))
	}
	w.oneOfEach(pull.Number)
	w.noFiles()
	if got := w.state(pull.Number); len(got.ReviewComments) != 1 || len(got.IssueComments) != 0 {
		t.Errorf("%d inline comments, %d others", len(got.ReviewComments), len(got.IssueComments))
	}
}

// The same for apply: the branch is moved once, and there is one answer.
func TestKilledWhileApplying(t *testing.T) {
	for step := range 14 {
		t.Run(fmt.Sprintf("call %d", step+1), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			database := filepath.Join(t.TempDir(), "queue.db")
			p := w.start(database)
			pull := w.adds("docker", "Dockerfile", dockerfile)
			for w.Waiting() > 0 {
				w.check(w.DeliverAll(w.ctx))
				w.idle(p)
			}
			head := w.state(pull.Number).HeadSHA
			killed := make(chan struct{})
			remove := w.Fail(githubtest.Rule{Skip: step, Times: 1, AfterApply: true, Do: func() { p.kill(); close(killed) }})
			_, err := w.Comment(shop, pull.Number, "mona", "/multistage apply")
			w.check(err)
			_ = w.DeliverAll(w.ctx) // nobody may be there any more
			select {
			case <-killed:
			case <-time.After(3 * time.Second): // the run has fewer calls
			}
			remove()
			p.kill()

			again := w.start(database)
			w.redeliver()
			for w.idle(again); w.Waiting() > 0; w.idle(again) {
				w.check(w.DeliverAll(w.ctx))
			}
			got := w.state(pull.Number)
			c, err := w.Commit(shop, got.HeadSHA)
			w.check(err)
			if len(c.Parents) != 1 || c.Parents[0] != head || !c.Verified {
				t.Errorf("the head is %+v, want one verified commit on %s", c, head)
			}
			if n := len(got.IssueComments); n != 2 || !strings.Contains(got.IssueComments[1].Body, "Applied to") {
				t.Errorf("%d comments, want the command and its answer: %+v", n, got.IssueComments)
			}
			if c := checksOn(got, got.HeadSHA); len(c) != 1 || c[0].Status != "completed" {
				t.Errorf("check runs: %+v", c)
			}
		})
	}
}
