package buildkit

import (
	"context"
	"debug/elf"
	"encoding/binary"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/client/llb"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/util/staticfs"
	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	"github.com/tonistiigi/fsutil"
	fstypes "github.com/tonistiigi/fsutil/types"

	"github.com/multistage-app/multistage/rewrite/proof"
)

// starter builds Dockerfiles from one context and starts the images.
type starter struct {
	client  *client.Client
	context fsutil.FS
	probe   fsutil.FS
	key     string
}

func newStarter(t testing.TB) *starter {
	t.Helper()
	c := daemon(t)
	dir := t.TempDir()
	for name, source := range map[string]string{
		"app":     program(t, "app", "./testdata/app"),
		"dynamic": program(t, "dynamic", "./testdata/app", "-buildmode=pie"),
	} {
		data, err := os.ReadFile(source)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{
		"passwd": "root:x:0:0:root:/root:/bin/sh\nweb:x:1234:1235:Web:/srv/web:/bin/false\n",
		"group":  "root:x:0:\nweb:x:1235:\nlogs:x:1300:web,other\n",
		"script": "#!/no/such/interpreter\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	files, err := fsutil.NewFS(dir)
	if err != nil {
		t.Fatal(err)
	}
	probe, key, err := probeFS(multistage(t))
	if err != nil {
		t.Fatal(err)
	}
	return &starter{client: c, context: files, probe: probe, key: key}
}

// with builds the Dockerfile and calls fn with the image, in one session.
func (s *starter) with(t testing.TB, dockerfile string, fn func(context.Context, gateway.Client, *image, gateway.Reference)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	file := staticfs.NewFS()
	file.Add("Dockerfile", &fstypes.Stat{Path: "Dockerfile", Mode: 0o644, Size: int64(len(dockerfile))}, []byte(dockerfile))
	options := client.SolveOpt{
		LocalMounts: map[string]fsutil.FS{"context": s.context, "dockerfile": file, probeMount: s.probe},
		SharedKey:   "multistage-start-test",
	}
	_, err := s.client.Build(ctx, options, "", func(ctx context.Context, gw gateway.Client) (*gateway.Result, error) {
		definition, err := llb.Local(probeMount, llb.SharedKeyHint(s.key)).Marshal(ctx)
		if err != nil {
			return nil, err
		}
		loaded, err := gw.Solve(ctx, gateway.SolveRequest{Definition: definition.ToPB(), Evaluate: true})
		if err != nil {
			return nil, err
		}
		probe, err := loaded.SingleRef()
		if err != nil {
			return nil, err
		}
		built, err := gw.Solve(ctx, gateway.SolveRequest{Frontend: "dockerfile.v0", FrontendOpt: map[string]string{"cmdline": "x"}, Evaluate: true})
		if err != nil {
			return nil, err
		}
		ref, err := built.SingleRef()
		if err != nil {
			return nil, err
		}
		var document dockerspec.DockerOCIImage
		if err := json.Unmarshal(built.Metadata["containerimage.config"], &document); err != nil {
			return nil, err
		}
		fn(ctx, gw, &image{ref: ref, config: document.Config}, probe)
		return gateway.NewResult(), nil
	}, nil)
	if err != nil {
		t.Error(err)
	}
}

func (s *starter) start(t testing.TB, dockerfile string, ask startRequest) proof.Start {
	t.Helper()
	var seen proof.Start
	s.with(t, dockerfile, func(ctx context.Context, gw gateway.Client, img *image, probe gateway.Reference) {
		var err error
		if seen, err = startImage(ctx, gw, img, probe, ask); err != nil {
			t.Error(err)
		}
	})
	return seen
}

const withUsers = "FROM scratch\nCOPY passwd group /etc/\nCOPY app /app\n"

func TestStartImage(t *testing.T) {
	s := newStarter(t)
	quick := startRequest{Idle: time.Second, Wait: 5 * time.Second}
	root := func(answer func(proof.Answer) bool) func(proof.Start) bool {
		return func(s proof.Start) bool {
			return slices.ContainsFunc(s.Answers, func(a proof.Answer) bool { return a.Path == "/" && answer(a) })
		}
	}
	tests := []struct {
		name       string
		dockerfile string
		ask        startRequest
		state      proof.State
		ports      string
		exit       int
		stopped    string
		error      string // a part of it
		more       func(proof.Start) bool
	}{
		{name: "listens and answers", dockerfile: "FROM scratch\nCOPY app /app\nEXPOSE 8080\nCMD [\"/app\",\"listen\",\":8080\"]",
			state: proof.Listening, ports: "8080/tcp", stopped: "exit 0", more: func(s proof.Start) bool {
				return root(func(a proof.Answer) bool { return a.Status == 200 && a.Type == "text/html" && a.Protocol == "http" })(s) &&
					slices.ContainsFunc(s.Answers, func(a proof.Answer) bool { return a.Path == "/style.css" && a.Type == "text/css" }) &&
					slices.ContainsFunc(s.Answers, func(a proof.Answer) bool { return a.Path == "/health" && a.Status == 404 })
			}},
		{name: "root on port 80", dockerfile: "FROM scratch\nCOPY app /app\nEXPOSE 80\nCMD [\"/app\",\"whoami\",\":80\"]",
			state: proof.Listening, ports: "80/tcp", stopped: "exit 2",
			more: root(func(a proof.Answer) bool { return strings.HasPrefix(a.Body, "uid 0 gid 0 ") })},
		{name: "named user on port 80", dockerfile: withUsers + "USER web\nEXPOSE 80\nCMD [\"/app\",\"whoami\",\":80\"]",
			state: proof.Listening, ports: "80/tcp", stopped: "exit 2",
			more: root(func(a proof.Answer) bool {
				return strings.HasPrefix(a.Body, "uid 1234 gid 1235 groups [1235 1300] home /srv/web")
			})},
		{name: "numeric user on port 80, no EXPOSE", dockerfile: "FROM scratch\nCOPY app /app\nUSER 65532:65532\nCMD [\"/app\",\"whoami\",\":80\"]",
			ask: startRequest{Expect: []string{"80/tcp"}}, state: proof.Listening, ports: "80/tcp", stopped: "exit 2",
			more: root(func(a proof.Answer) bool { return strings.HasPrefix(a.Body, "uid 65532 gid 65532 ") })},
		{name: "the same user as BuildKit starts it", dockerfile: withUsers + "USER web\nEXPOSE 8080\nCMD [\"/app\",\"whoami\",\":8080\"]",
			state: proof.Listening, ports: "8080/tcp", stopped: "exit 2",
			more: root(func(a proof.Answer) bool {
				return strings.HasPrefix(a.Body, "uid 1234 gid 1235 groups [1235 1300] home /srv/web")
			})},
		{name: "exits 0", dockerfile: "FROM scratch\nCOPY app /app\nCMD [\"/app\",\"exit\",\"0\",\"done\"]",
			state: proof.Exited, more: func(s proof.Start) bool { return s.Log == "done" }},
		{name: "exits 1 with an error", dockerfile: "FROM scratch\nCOPY app /app\nCMD [\"/app\",\"exit\",\"1\",\"Error: no database at db:5432\"]",
			state: proof.Exited, exit: 1, error: "Error: no database at db:5432"},
		{name: "exits 255", dockerfile: "FROM scratch\nCOPY app /app\nCMD [\"/app\",\"exit\",\"255\",\"Error: no\"]",
			state: proof.Exited, exit: 255, error: "Error: no"},
		{name: "ends by SIGKILL", dockerfile: "FROM scratch\nCOPY app /app\nCMD [\"/app\",\"kill\"]",
			state: proof.Exited, exit: 137, error: "out of memory perhaps"},
		{name: "ends when it is asked", dockerfile: "FROM scratch\nCOPY app /app\nCMD [\"/app\",\"crash-when-asked\",\":8080\"]",
			state: proof.Exited, exit: 2, ports: "8080/tcp", error: "panic: asked"},
		{name: "leaves children that hold its output", dockerfile: "FROM scratch\nCOPY app /app\nCMD [\"/app\",\"orphans\"]",
			state: proof.Exited, more: func(s proof.Start) bool { return s.Log == "children are left" }},
		{name: "no command", dockerfile: "FROM scratch\nCOPY app /app", state: proof.NotStartable, error: "no command"},
		{name: "command is missing", dockerfile: "FROM scratch\nCOPY app /app\nCMD [\"serve\"]",
			state: proof.NotStartable, error: `exec: "serve": executable file not found in $PATH`},
		{name: "file is missing", dockerfile: "FROM scratch\nCOPY app /app\nCMD [\"/srv/serve\"]",
			state: proof.NotStartable, error: `exec: "/srv/serve": stat /srv/serve: no such file or directory`},
		{name: "command is missing, as a user on port 80", dockerfile: "FROM scratch\nCOPY app /app\nUSER 1000\nEXPOSE 80\nCMD [\"serve\"]",
			state: proof.NotStartable, error: `exec: "serve": executable file not found in $PATH`},
		{name: "ELF interpreter is missing", dockerfile: "FROM scratch\nCOPY dynamic /app\nCMD [\"/app\",\"listen\",\":8080\"]",
			state: proof.NotStartable, error: "exec /app: no such file or directory"},
		{name: "interpreter of a script is missing", dockerfile: "FROM scratch\nCOPY script /script\nCMD [\"/script\"]",
			state: proof.NotStartable, error: "exec /script: no such file or directory"},
		{name: "no program at all", dockerfile: "FROM scratch\nCOPY --chmod=755 passwd /app\nCMD [\"/app\"]",
			state: proof.NotStartable, error: "exec format error"},
		{name: "not executable", dockerfile: "FROM scratch\nCOPY --chmod=644 app /app\nCMD [\"/app\"]",
			state: proof.NotStartable, error: "permission denied"},
		{name: "unknown user", dockerfile: "FROM scratch\nCOPY app /app\nUSER nobody-here\nCMD [\"/app\",\"sleep\"]",
			state: proof.NotStartable, error: "unable to find user nobody-here"},
		{name: "unknown user on port 80", dockerfile: withUsers + "USER nobody-here\nEXPOSE 80\nCMD [\"/app\",\"sleep\"]",
			state: proof.NotStartable, error: "unable to find user nobody-here"},
		{name: "takes no notice of SIGTERM", dockerfile: "FROM scratch\nCOPY app /app\nCMD [\"/app\",\"stubborn\",\":8080\"]",
			state: proof.Listening, ports: "8080/tcp", stopped: "killed"},
		{name: "stops at a signal of its own", dockerfile: "FROM scratch\nCOPY app /app\nSTOPSIGNAL SIGQUIT\nCMD [\"/app\",\"stubborn\",\":8080\"]",
			state: proof.Listening, ports: "8080/tcp", stopped: "exit 2"},
		{name: "prints 64 MB", dockerfile: "FROM scratch\nCOPY app /app\nEXPOSE 8080\nCMD [\"/app\",\"shout\",\":8080\"]",
			ask: startRequest{Wait: 50 * time.Second}, state: proof.Listening, ports: "8080/tcp", stopped: "exit 0"},
		{name: "never listens", dockerfile: "FROM scratch\nCOPY app /app\nCMD [\"/app\",\"deaf\"]", ask: quick,
			state: proof.Running, stopped: "killed"},
		{name: "exposes a port and never listens", dockerfile: "FROM scratch\nCOPY app /app\nEXPOSE 80\nCMD [\"/app\",\"deaf\"]",
			ask: startRequest{Wait: 2 * time.Second}, state: proof.Running, stopped: "killed"},
		{name: "listens on the loopback address alone", dockerfile: "FROM scratch\nCOPY app /app\nCMD [\"/app\",\"listen\",\"127.0.0.1:3000\"]",
			state: proof.Listening, ports: "3000/tcp", stopped: "exit 0", more: func(s proof.Start) bool {
				return slices.Equal(s.Loopback, []string{"3000/tcp"}) && root(func(a proof.Answer) bool { return a.Status == 200 })(s)
			}},
		{name: "HEALTHCHECK fails", dockerfile: "FROM scratch\nCOPY app /app\nHEALTHCHECK CMD [\"/app\",\"exit\",\"3\",\"not well\"]\nCMD [\"/app\",\"listen\",\":8080\"]",
			state: proof.Listening, ports: "8080/tcp", stopped: "exit 0",
			more: func(s proof.Start) bool {
				return s.Health != nil && *s.Health == proof.Health{ExitCode: 3, Output: "not well"}
			}},
		{name: "HEALTHCHECK without its command", dockerfile: "FROM scratch\nCOPY app /app\nHEALTHCHECK CMD curl -f http://localhost:8080/\nCMD [\"/app\",\"listen\",\":8080\"]",
			state: proof.Listening, ports: "8080/tcp", stopped: "exit 0",
			more: func(s proof.Start) bool { return s.Health != nil && s.Health.ExitCode == 127 }},
		{name: "HEALTHCHECK leaves a child", dockerfile: "FROM scratch\nCOPY app /app\nHEALTHCHECK CMD [\"/app\",\"orphans\"]\nCMD [\"/app\",\"listen\",\":8080\"]",
			state: proof.Listening, ports: "8080/tcp", stopped: "exit 0",
			more: func(s proof.Start) bool { return s.Health != nil && s.Health.ExitCode == 0 }},
		{name: "distroless", dockerfile: "FROM gcr.io/distroless/static-debian12:nonroot\nCOPY app /app\nEXPOSE 80\nCMD [\"/app\",\"whoami\",\":80\"]",
			state: proof.Listening, ports: "80/tcp", stopped: "exit 2",
			more: root(func(a proof.Answer) bool { return strings.HasPrefix(a.Body, "uid 65532 gid 65532 ") })},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.ask.Grace = 20 * time.Second // none but those that are deaf may be killed
			got := s.start(t, test.dockerfile, test.ask)
			if got.State != test.state || strings.Join(got.Ports, " ") != test.ports || got.ExitCode != test.exit || got.Stopped != test.stopped {
				t.Errorf("%s, ports %v, exit %d, stopped %q; want %s, %q, %d, %q", got.State, got.Ports, got.ExitCode, got.Stopped, test.state, test.ports, test.exit, test.stopped)
			}
			if test.error == "" && got.Error != "" || !strings.Contains(got.Error, test.error) {
				t.Errorf("error %q, want %q", got.Error, test.error)
			}
			if test.more != nil && !test.more(got) || t.Failed() {
				t.Errorf("seen: %+v", got)
			}
		})
	}
}

// TestForeignProbe: a probe for another platform is nobody's verdict.
func TestForeignProbe(t *testing.T) {
	s := newStarter(t)
	foreign := filepath.Join(t.TempDir(), "probe")
	data, err := os.ReadFile(program(t, "app", "./testdata/app"))
	if err != nil {
		t.Fatal(err)
	}
	binary.LittleEndian.PutUint16(data[18:], uint16(elf.EM_S390)) // e_machine: no test runs there
	if err := os.WriteFile(foreign, data, 0o755); err != nil {
		t.Fatal(err)
	}
	if s.probe, s.key, err = probeFS(foreign); err != nil {
		t.Fatal(err)
	}
	s.key += "-foreign" // its build identifier is the program's that it was made of
	s.with(t, "FROM scratch\nCOPY app /app\nCMD [\"/app\",\"listen\",\":8080\"]",
		func(ctx context.Context, gw gateway.Client, img *image, probe gateway.Reference) {
			got, err := startImage(ctx, gw, img, probe, startRequest{})
			var u *Unavailable
			if !errors.As(err, &u) || u.Reason != NoProbe {
				t.Errorf("%+v, error %v", got, err)
			}
		})
}

func TestProbeFS(t *testing.T) {
	if _, key, err := probeFS(program(t, "app", "./testdata/app")); err != nil || !strings.HasPrefix(key, "multistage-probe-") {
		t.Errorf("static: %q, %v", key, err)
	}
	script := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(script, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{
		"dynamic": program(t, "dynamic", "./testdata/app", "-buildmode=pie"), "no program": script, "not there": script + "x",
	} {
		_, _, err := probeFS(path)
		var u *Unavailable
		if !errors.As(err, &u) || u.Reason != NoProbe {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// BenchmarkStartImage is what a start costs beyond the application's own time: this one
// listens at once and ends at SIGTERM. Half a second of it is the wait for further ports.
func BenchmarkStartImage(b *testing.B) {
	s := newStarter(b)
	s.with(b, "FROM scratch\nCOPY app /app\nEXPOSE 8080\nCMD [\"/app\",\"listen\",\":8080\"]",
		func(ctx context.Context, gw gateway.Client, img *image, probe gateway.Reference) {
			for b.Loop() {
				if _, err := startImage(ctx, gw, img, probe, startRequest{}); err != nil {
					b.Error(err)
				}
			}
		})
}
