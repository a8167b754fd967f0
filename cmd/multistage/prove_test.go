package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/multistage-app/multistage/app/buildkit"
	"github.com/multistage-app/multistage/rewrite"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/proof"
)

const serverDockerfile = `FROM golang:1.24
WORKDIR /app
COPY . .
RUN go build -o server .
EXPOSE 8080
CMD ["./server"]
`

// writeTree writes files below a folder.
func writeTree(t *testing.T, dir string, files map[string]string) string {
	t.Helper()
	for name, content := range files {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func server(t *testing.T, dir string) string {
	return writeTree(t, dir, map[string]string{
		"Dockerfile": serverDockerfile,
		"go.mod":     "module example.com/server\n\ngo 1.24\n",
		"main.go":    "package main\n\nimport \"net/http\"\n\nfunc main() { http.ListenAndServe(\":8080\", nil) }\n",
	})
}

// provenProof is a proof with something in every field.
func provenProof() *proof.Proof {
	answers := []proof.Answer{{Port: "8080/tcp", Path: "/", Protocol: "http", Status: 200, Type: "text/html", Length: 12}}
	return &proof.Proof{
		Outcome: proof.Proven,
		Original: proof.Image{
			Built: true, Seconds: 41.24, Steps: 5, Cached: 2, Sizes: proof.Sizes{Compressed: 312_400_000, Unpacked: 850_000_000},
			Contents: proof.Contents{Files: 9000, Packages: 412, Setuid: 12, Shell: "/bin/sh", PackageManager: "/usr/bin/apt-get",
				Leftovers: []proof.Leftover{{Kind: "compiler", Path: "/usr/local/go", Size: 240_000_000}}},
			Start:   proof.Start{State: proof.Listening, Seconds: 0.31, Ports: []string{"8080/tcp"}, Answers: answers},
			Rebuild: &proof.Rebuild{Path: "main.go", Steps: 3, Seconds: 8.2},
		},
		Rewrite: proof.Image{
			Built: true, Seconds: 12.1, Steps: 9, Sizes: proof.Sizes{Compressed: 14_200_000, Unpacked: 30_000_000},
			Contents: proof.Contents{Files: 1400},
			Start:    proof.Start{State: proof.Listening, Seconds: 0.12, Ports: []string{"8080/tcp"}, Answers: answers},
			Rebuild:  &proof.Rebuild{Path: "main.go", Steps: 2, Seconds: 1.1},
		},
		Causes:  []proof.Cause{{Name: proof.GroupToolchain, Before: 240_000_000}, {Name: proof.GroupSources, Before: 10, After: 4000}},
		Targets: []proof.Target{{Name: "builder", Built: true, Seconds: 0.2}, {Name: "test", Test: true, Tail: "--- FAIL: TestTide"}},
		Checks:  []proof.Check{{Name: "starts", Passed: true}, {Name: "no key left", Detail: "/app/id_rsa"}},
		Rounds:  []proof.Round{{Failure: proof.Failure{Step: proof.StepFiles, Cause: "libpq.so.5 is missing"}, Repair: "libpq5 is installed"}},
		Notes:   []string{"The original answers differently each time"},
	}
}

func disprovenProof() *proof.Proof {
	return &proof.Proof{
		Outcome:  proof.Disproven,
		Original: proof.Image{Built: true, Steps: 5, Seconds: 3},
		Rewrite:  proof.Image{Steps: 9, Seconds: 2},
		Failure: &proof.Failure{Step: proof.StepBuild, Kind: proof.MissingCommand, Subject: "gcc", Line: 1,
			Cause: "gcc is \x1b[31mnot there", Tail: "one\ntwo \x1b]0;owned\x07three\n"},
	}
}

func always(p *proof.Proof, err error) prover {
	return func(_ context.Context, _ buildkit.Config, job buildkit.Job) (rewrite.Result, *proof.Proof, error) {
		return job.Result, p, err
	}
}

// call runs the program with a prover of the test's.
func call(t *testing.T, prove prover, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	root := newRoot(prove)
	root.SetOut(&out)
	root.SetErr(&errs)
	root.SetIn(strings.NewReader(stdin))
	code = execute(t.Context(), root, args)
	return code, out.String(), errs.String()
}

func TestVerifyExits(t *testing.T) {
	t.Setenv("BUILDKIT_HOST", "unix:///nowhere")
	file := filepath.Join(server(t, t.TempDir()), "Dockerfile")
	broken := disprovenProof()
	broken.Outcome = proof.OriginalBroken
	for name, c := range map[string]struct {
		prove  prover
		code   int
		stdout string // that standard output has; "" for nothing at all
		stderr string
	}{
		"proven":    {always(provenProof(), nil), exitOK, "proven: Dockerfile: the rewrite builds and behaves", ""},
		"disproven": {always(disprovenProof(), nil), exitFindings, "not proven: Dockerfile: the rewrite does not do", ""},
		"original":  {always(broken, nil), exitFindings, "the original does not build", ""},
		"no room": {always(nil, &buildkit.Unavailable{Reason: buildkit.DiskFull, Detail: "the daemon has no room"}),
			exitFailure, "", "buildctl prune"},
		"absent": {always(nil, &buildkit.Unavailable{Reason: buildkit.DaemonAbsent, Detail: "no daemon answers"}),
			exitFailure, "", "docker run --rm -d --name buildkitd"},
		"failure":    {always(nil, errors.New("lost the thread")), exitFailure, "", "lost the thread"},
		"no outcome": {always(nil, nil), exitFailure, "", "no outcome"},
	} {
		code, stdout, stderr := call(t, c.prove, "", "verify", file)
		if code != c.code {
			t.Errorf("%s: exit %d, want %d\n%s", name, code, c.code, stderr)
		}
		if c.stdout == "" && stdout != "" || !strings.Contains(stdout, c.stdout) {
			t.Errorf("%s: stdout is %q", name, stdout)
		}
		if !strings.Contains(stderr, c.stderr) {
			t.Errorf("%s: stderr is %q", name, stderr)
		}
		if strings.ContainsAny(stdout+stderr, "\x1b\x07") {
			t.Errorf("%s: an escape sequence came through", name)
		}
	}
}

// The job says what the flags say.
func TestVerifyJob(t *testing.T) {
	dir := server(t, t.TempDir())
	var got buildkit.Job
	var config buildkit.Config
	prove := func(_ context.Context, c buildkit.Config, job buildkit.Job) (rewrite.Result, *proof.Proof, error) {
		got, config = job, c
		return job.Result, provenProof(), nil
	}
	code, _, stderr := call(t, prove, "", "verify", "--buildkit-host", "tcp://127.0.0.1:1", "--build-arg", "A=1", "--build-arg", "B=x=y,z",
		"--env", "C=3", "--no-rebuild", "--timeout", "7m", "--progress", "none", filepath.Join(dir, "Dockerfile"))
	if code != exitOK {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	if got.Dir != dir || got.Result.Path != "Dockerfile" || got.BuildArgs["B"] != "x=y,z" || len(got.BuildArgs) != 2 ||
		len(got.Env) != 1 || got.Env[0] != "C=3" || got.Rebuild {
		t.Errorf("the job is %+v", got)
	}
	if config.Host != "tcp://127.0.0.1:1" || config.Limits.Proof.Minutes() != 7 {
		t.Errorf("the configuration is %+v", config)
	}
	if stderr != "" {
		t.Errorf("--progress none writes %q", stderr)
	}
}

// At every exit but wrong usage the document is whole.
func TestVerifyJSON(t *testing.T) {
	t.Setenv("BUILDKIT_HOST", "unix:///nowhere")
	file := filepath.Join(server(t, t.TempDir()), "Dockerfile")
	for name, c := range map[string]struct {
		prove   prover
		code    int
		outcome proof.Outcome
		reason  buildkit.Reason
	}{
		"proven":    {always(provenProof(), nil), exitOK, proof.Proven, ""},
		"disproven": {always(disprovenProof(), nil), exitFindings, proof.Disproven, ""},
		"timeout":   {always(nil, &buildkit.Unavailable{Reason: buildkit.Timeout, Detail: "over"}), exitFailure, "", buildkit.Timeout},
	} {
		code, stdout, _ := call(t, c.prove, "", "verify", "--format", "json", file)
		var d document
		if err := json.Unmarshal([]byte(stdout), &d); err != nil || code != c.code {
			t.Fatalf("%s: exit %d, %v: %s", name, code, err, stdout)
		}
		if d.Verdict != plan.Rewritten || len(d.Files) == 0 {
			t.Errorf("%s: the result is not whole: %s", name, stdout)
		}
		if c.outcome != "" && (d.Proof == nil || d.Proof.Outcome != c.outcome) {
			t.Errorf("%s: the proof is %+v", name, d.Proof)
		}
		if c.reason != "" && (d.Unavailable == nil || d.Unavailable.Reason != c.reason) {
			t.Errorf("%s: unavailable is %+v", name, d.Unavailable)
		}
	}
}

// Everything of a proof is in its document: reading it back and comparing the figures
// that differ from zero would miss a field that was forgotten.
func TestProofDocumentIsWhole(t *testing.T) {
	p := provenProof()
	p.Failure = disprovenProof().Failure
	p.Rewrite.Start.Health = &proof.Health{ExitCode: 7, Output: "health says"}
	p.Rewrite.Start.Stopped, p.Rewrite.Start.Error, p.Rewrite.Start.Log = "exit 143", "first error", "last log"
	p.Rewrite.Contents.Groups = map[string]int64{proof.GroupCaches: 77}
	data, err := json.Marshal(newProofDocument(p))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"health says"`, `"exit 143"`, `"first error"`, `"last log"`, `"package caches":77`, `"compressed_bytes":312400000`,
		`"cached_steps":2`, `"rebuild":{"path":"main.go","steps":3,"seconds":8.2}`, `"leftovers":[{"kind":"compiler"`,
		`"repair":"libpq5 is installed"`, `"notes":["The original`, `"kind":"missing-command","subject":"gcc","line":1`,
		`"targets":[{"name":"builder","built":true`, `"checks":[{"name":"starts","passed":true`, `"causes":[{"name":"compilers`,
	} {
		if !strings.Contains(string(data), want) {
			t.Errorf("%s is missing in %s", want, data)
		}
	}
}

// A rewrite that was brought is proven as it is, and its contract comes first.
func TestVerifyRewrite(t *testing.T) {
	t.Setenv("BUILDKIT_HOST", "unix:///nowhere")
	dir := server(t, t.TempDir())
	file := filepath.Join(dir, "Dockerfile")
	mine := "FROM golang:1.24 AS build\nWORKDIR /app\nCOPY . .\nRUN go build -o server .\n\n" +
		"FROM debian:bookworm-slim\nWORKDIR /app\nCOPY --from=build /app/server .\nEXPOSE 8080\nCMD [\"./server\"]\n"
	asked := 0
	prove := func(_ context.Context, _ buildkit.Config, job buildkit.Job) (rewrite.Result, *proof.Proof, error) {
		asked++
		if got := string(job.Result.Dockerfile()); got != mine {
			t.Errorf("another file is proven: %q", got)
		}
		return job.Result, provenProof(), nil
	}
	if code, _, stderr := call(t, prove, mine, "verify", "--rewrite", "-", file); code != exitOK || asked != 1 {
		t.Errorf("exit %d after %d proofs: %s", code, asked, stderr)
	}
	other := strings.Replace(mine, "EXPOSE 8080", "EXPOSE 9090", 1)
	code, stdout, stderr := call(t, prove, other, "verify", "--rewrite", "-", file)
	if code != exitFindings || asked != 1 || !strings.Contains(stdout, "contract: ") || !strings.Contains(stdout, "EXPOSE") {
		t.Errorf("exit %d after %d proofs: %s%s", code, asked, stdout, stderr)
	}
}

// design --verify prints what is proven, as it prints it without, and else nothing.
func TestDesignVerify(t *testing.T) {
	t.Setenv("BUILDKIT_HOST", "unix:///nowhere")
	file := filepath.Join(server(t, t.TempDir()), "Dockerfile")
	for _, format := range []string{"dockerfile", "diff"} {
		_, plain, _ := call(t, nil, "", "design", "--format", format, file)
		code, proven, _ := call(t, always(provenProof(), nil), "", "design", "--verify", "--format", format, file)
		if code != exitOK || proven != plain || plain == "" {
			t.Errorf("%s: exit %d, and standard output differs:\n%s\n%s", format, code, proven, plain)
		}
		code, stdout, stderr := call(t, always(disprovenProof(), nil), "", "design", "--verify", "--format", format, file)
		if code != exitFindings || stdout != "" || !strings.Contains(stderr, "proof-failed") || !strings.Contains(stderr, "gcc is not there") {
			t.Errorf("%s: exit %d: %q, %q", format, code, stdout, stderr)
		}
	}
	code, stdout, _ := call(t, always(disprovenProof(), nil), "", "design", "--verify", "--format", "json", file)
	var d document
	if err := json.Unmarshal([]byte(stdout), &d); err != nil || code != exitFindings || d.Code != plan.ProofFailed || len(d.Files) != 0 || d.Proof == nil {
		t.Errorf("exit %d, %v: %s", code, err, stdout)
	}
	code, stdout, _ = call(t, always(nil, &buildkit.Unavailable{Reason: buildkit.Network, Detail: "no network"}), "", "design", "--verify", file)
	if code != exitFailure || stdout != "" {
		t.Errorf("without a verdict: exit %d: %q", code, stdout)
	}
}

// The table says what is the same once, and what differs.
func TestProofTable(t *testing.T) {
	p := provenProof()
	for _, path := range []string{"/a", "/b"} {
		same := proof.Answer{Port: "8080/tcp", Path: path, Protocol: "http", Status: 404, Type: "text/plain"}
		p.Original.Start.Answers = append(p.Original.Start.Answers, same)
		p.Rewrite.Start.Answers = append(p.Rewrite.Start.Answers, same)
	}
	p.Original.Start.Answers = append(p.Original.Start.Answers, proof.Answer{Port: "9/tcp", Protocol: "other"})
	p.Rewrite.Start.Answers = append(p.Rewrite.Start.Answers, proof.Answer{Port: "8080/tcp", Path: "/new\x1b[2J", Status: 302, Location: "/login"})
	r := rewrite.Result{Path: "Dockerfile", Contract: []rewrite.Promise{{Field: plan.FieldUser, After: "65532"}}}
	var b strings.Builder
	proofTable{w: &b}.write(r, p)
	want := `proven: Dockerfile: the rewrite builds and behaves as the original does, in an image 95 % smaller

                 original                        rewrite
built            41.2s, 2 of 5 steps cached      12.1s, 9 steps
starts           listens on 8080/tcp after 310ms  listens on 8080/tcp after 120ms
answers          8080/tcp / 200 text/html        8080/tcp / 200 text/html
answers          9/tcp accepts                   -
answers          -                               8080/tcp /new 302 to /login
                 and 2 more                      with the same status and type
user             root                            65532
compressed       312.4 MB                        14.2 MB (−95 %)
unpacked         850.0 MB                        30.0 MB (−96 %)
                 ████████████████████████        █
packages         412                             0
setuid           12                              0
shell            /bin/sh                         none
package manager  /usr/bin/apt-get                none
rebuild          8.2s, 3 steps                   1.1s, 2 steps
rebuild: after a change of one line of main.go

what made the difference   original  rewrite     saved
compilers and build tools  240.0 MB      0 B  240.0 MB
application                    10 B   4.0 kB   +4.0 kB

left behind that a production image should not have: 1 in the original, 0 in the rewrite

targets
  ✓ builder: builds in 0.2s
  ✗ test: does not pass
  | --- FAIL: TestTide

checks
  ✓ starts
  ✗ no key left: /app/id_rsa

repairs
  1. files: libpq.so.5 is missing
     libpq5 is installed

note: The original answers differently each time
`
	squeeze := func(s string) string {
		return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == ' ' }), " ")
	}
	if squeeze(b.String()) != squeeze(want) {
		t.Errorf("got\n%s", b.String())
	}
}

// On a terminal no line wraps, however narrow.
func TestProofTableFits(t *testing.T) {
	p := provenProof()
	p.Original.Start.Answers[0].Type = strings.Repeat("very/long", 20)
	r := rewrite.Result{Path: "Dockerfile"}
	var b strings.Builder
	for _, width := range []int{40, 80, 200} {
		b.Reset()
		proofTable{w: &b, width: width}.images(r, p)
		for line := range strings.Lines(b.String()) {
			if n := columns(strings.TrimRight(line, "\n")); n > width {
				t.Errorf("a line of %d columns for a terminal of %d: %q", n, width, line)
			}
		}
	}
}
