package buildkit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// unavailable holds an error of a proof against the reason that it must have.
func unavailable(t *testing.T, err error, reason Reason) {
	t.Helper()
	var u *Unavailable
	if !errors.As(err, &u) || u.Reason != reason || u.Detail == "" {
		t.Fatalf("want %s, got %#v: %v", reason, err, err)
	}
}

// soon fails a test that waited longer than anybody would.
func soon(t *testing.T, began time.Time, limit time.Duration) {
	t.Helper()
	if took := time.Since(began); took > limit {
		t.Errorf("it took %s to say so", took)
	}
}

func TestDaemonAbsent(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := "tcp://" + listener.Addr().String()
	listener.Close()
	for _, host := range []string{"unix://" + t.TempDir() + "/no.sock", closed} {
		c, err := New(Config{Host: host})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		began := time.Now()
		_, p, err := c.Prove(t.Context(), pair(t, "absent", "FROM scratch\n", "FROM scratch\n#\n"))
		unavailable(t, err, DaemonAbsent)
		soon(t, began, 15*time.Second)
		if p != nil {
			t.Errorf("there is a proof: %+v", p)
		}
	}
}

func TestDaemonThatOnlyAccepts(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			defer conn.Close()
		}
	}()
	c, err := New(Config{Host: "tcp://" + listener.Addr().String(), Limits: Limits{Silence: time.Second}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	unavailable(t, c.Ping(t.Context()), DaemonHangs)
}

// sleepy is a job over nothing but the tests' own program: the rewrite's build sleeps.
func sleepy(t *testing.T) (works, sleeps Job) {
	t.Helper()
	const image, start = "FROM scratch\nCOPY app /app\n", "CMD [\"/app\", \"exit\", \"0\", \"done\"]\n"
	works = pair(t, "daemon/sleepy", image+start, image+"WORKDIR /\n"+start)
	data, err := os.ReadFile(program(t, "app", "./testdata/app"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(works.Dir, "app"), data, 0o755); err != nil {
		t.Fatal(err)
	}
	sleeps = works
	sleeps.Result.Files = append(sleeps.Result.Files[:0:0], works.Result.Files...)
	sleeps.Result.Files[0].After = []byte(image + fmt.Sprintf("RUN [\"/app\", \"sleep\", \"%s\"]\n", nonce()) + start)
	return works, sleeps
}

func nonce() string { return fmt.Sprint("n", time.Now().UnixNano()) }

// atSleep calls fn once, when the build sleeps.
func atSleep(job Job, fn func()) Job {
	called := false
	job.Progress = func(e Event) {
		if !called && !e.Done && strings.Contains(e.Step, "RUN [") {
			called = true
			time.AfterFunc(300*time.Millisecond, fn)
		}
	}
	return job
}

// proves sees that the next job works.
func proves(t *testing.T, c *Client, job Job) {
	t.Helper()
	if _, p, err := c.Prove(t.Context(), job); err != nil || !p.Proven() {
		t.Fatalf("the next job does not work: %v, %+v", err, p)
	}
}

func TestDaemonDies(t *testing.T) {
	d := startOwn(t, "")
	c := clientOf(t, d.host, Limits{Silence: 2 * time.Second, Build: time.Minute})
	works, sleeps := sleepy(t)
	var killed time.Time
	_, _, err := c.Prove(t.Context(), atSleep(sleeps, func() { killed = time.Now(); d.kill() }))
	unavailable(t, err, DaemonDied)
	soon(t, killed, 20*time.Second)
	_, _, err = c.Prove(t.Context(), works)
	unavailable(t, err, DaemonAbsent)
	d.start(t)
	proves(t, c, works)
}

// TestDaemonDiesWithAContainer kills the daemon while an image runs: a container's Wait
// does not return by itself then.
func TestDaemonDiesWithAContainer(t *testing.T) {
	d := startOwn(t, "")
	c := clientOf(t, d.host, Limits{Silence: 2 * time.Second, Start: time.Minute})
	works, _ := sleepy(t)
	runs := works
	runs.Result.Files = append(works.Result.Files[:0:0], works.Result.Files...)
	runs.Result.Files[0].Before = []byte("FROM scratch\nCOPY app /app\nEXPOSE 8080\nCMD [\"/app\", \"sleep\"]\n")
	var killed time.Time
	runs.Progress = func(e Event) {
		if killed.IsZero() && e.Step == "starting the image" {
			killed = time.Now()
			time.AfterFunc(time.Second, d.kill)
		}
	}
	_, _, err := c.Prove(t.Context(), runs)
	unavailable(t, err, DaemonDied)
	soon(t, killed, 20*time.Second)
	d.start(t)
	proves(t, c, works)
}

func TestDaemonHangs(t *testing.T) {
	d := startOwn(t, "")
	c := clientOf(t, d.host, Limits{Silence: 2 * time.Second, Build: time.Minute})
	works, sleeps := sleepy(t)
	var stopped time.Time
	_, _, err := c.Prove(t.Context(), atSleep(sleeps, func() { stopped = time.Now(); d.signal(syscall.SIGSTOP) }))
	unavailable(t, err, DaemonHangs)
	soon(t, stopped, 30*time.Second)
	_, _, err = c.Prove(t.Context(), works)
	unavailable(t, err, DaemonHangs)
	d.signal(syscall.SIGCONT)
	proves(t, c, works)
}

func TestDaemonDiskFull(t *testing.T) {
	d := startOwn(t, "96m")
	c := clientOf(t, d.host, Limits{})
	works, _ := sleepy(t)
	large, _ := sleepy(t)
	big, err := os.Create(filepath.Join(large.Dir, "big"))
	if err != nil {
		t.Fatal(err)
	}
	defer big.Close()
	if err := big.Truncate(150 << 20); err != nil {
		t.Fatal(err)
	}
	large.Result.Files[0].Before = []byte("FROM scratch\nCOPY . /\nCMD [\"/app\", \"exit\", \"0\", \"done\"]\n")
	for range 2 { // the daemon stays full until somebody makes room
		_, _, err = c.Prove(t.Context(), large)
		unavailable(t, err, DiskFull)
	}
	d.resize(t, "512m")
	proves(t, c, works)
}

func TestDaemonDiskFullInAStep(t *testing.T) {
	c := testClient(t, Limits{})
	const works = "FROM busybox\nCMD [\"true\"]\n"
	full := "FROM busybox\nRUN echo 'cp: write error: No space left on device' >&2; exit 1\nCMD [\"true\"]\n"
	_, _, err := c.Prove(t.Context(), pair(t, "daemon/full", works, full))
	unavailable(t, err, DiskFull)
	_, _, err = c.Prove(t.Context(), pair(t, "daemon/full", full, works))
	unavailable(t, err, DiskFull)
	proves(t, c, pair(t, "daemon/full", works, works+"#\n"))
}

// TestDaemonClipsALog fails a step whose reason comes after more output than the daemon
// keeps: either the reason is known, or it is said that it is not.
func TestDaemonClipsALog(t *testing.T) {
	c := testClient(t, Limits{})
	const works = "FROM busybox\nCMD [\"true\"]\n"
	loud := "FROM busybox\nRUN yes compiling | head -c 307200; echo 'the reason: " + nonce() + "' >&2; exit 3\nCMD [\"true\"]\n"
	_, p, err := c.Prove(t.Context(), pair(t, "daemon/loud", works, loud))
	if err == nil {
		if p.Failure == nil || !strings.Contains(p.Failure.Cause, "the reason: ") {
			t.Fatalf("a verdict without the reason: %s %+v", p.Outcome, p.Failure)
		}
		return
	}
	unavailable(t, err, LogClipped)
}

// TestCancelled cancels a proof in the middle of a step: nothing of it is left, neither
// here nor in the daemon.
func TestCancelled(t *testing.T) {
	c := testClient(t, Limits{})
	works, sleeps := sleepy(t)
	t.Setenv("TMPDIR", t.TempDir())
	proves(t, c, works)
	before := runtime.NumGoroutine()
	word := strings.Split(string(sleeps.Result.Files[0].After), `"`)[5]
	for range 3 {
		ctx, cancel := context.WithCancel(t.Context())
		var cancelled time.Time
		ran := false
		_, _, err := c.Prove(ctx, atSleep(sleeps, func() {
			for range 30 {
				if ran = running(word); ran {
					break
				}
				time.Sleep(100 * time.Millisecond)
			}
			cancelled = time.Now()
			cancel()
		}))
		unavailable(t, err, Cancelled)
		soon(t, cancelled, 15*time.Second)
		if !ran {
			t.Log("the daemon is elsewhere: its processes are not seen")
		}
	}
	eventually(t, func() string {
		if running(word) {
			return "the step still runs"
		}
		if n := runtime.NumGoroutine(); n > before+5 {
			return fmt.Sprintf("%d goroutines, %d before", n, before)
		}
		return ""
	})
	if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) > 0 {
		t.Errorf("files are left: %v, %v", left, err)
	}
	proves(t, c, works)
}

func TestTimeout(t *testing.T) {
	c := testClient(t, Limits{Build: 3 * time.Second})
	works, sleeps := sleepy(t)
	_, _, err := c.Prove(t.Context(), sleeps)
	unavailable(t, err, Timeout)
	proves(t, c, works)
}

// running reports whether a process on this machine has the word among its arguments.
func running(word string) bool {
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, file := range files {
		if data, err := os.ReadFile(file); err == nil && bytes.Contains(data, []byte(word)) && !bytes.Contains(data, []byte("buildkitd")) {
			return true
		}
	}
	return false
}

// eventually waits until nothing is wrong any more.
func eventually(t *testing.T, wrong func() string) {
	t.Helper()
	what := ""
	for range 100 {
		if what = wrong(); what == "" {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Error(what)
}

func TestContextTooLarge(t *testing.T) {
	for name, limits := range map[string]Limits{"bytes": {ContextBytes: 20}, "files": {ContextFiles: 1}} {
		c := testClient(t, limits)
		job := pair(t, "large/context", "FROM busybox\nCOPY . /context\nCMD [\"true\"]\n", "FROM busybox\nCOPY . /context/\nCMD [\"true\"]\n")
		_, _, err := c.Prove(t.Context(), job)
		if unavailable(t, err, TooLarge); !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
