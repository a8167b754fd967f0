package buildkit

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	gwpb "github.com/moby/buildkit/frontend/gateway/pb"
	"github.com/moby/buildkit/solver/errdefs"
	"github.com/moby/buildkit/solver/pb"
	digest "github.com/opencontainers/go-digest"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/multistage-app/multistage/rewrite/proof"
)

const failing = digest.Digest("sha256:1111111111111111111111111111111111111111111111111111111111111111")

// inStep is the error of a RUN that ended with a code.
func inStep(code uint32) error {
	err := fmt.Errorf("process %q did not complete successfully: %w", "/bin/sh -c make", &gwpb.ExitError{ExitCode: code, Err: fmt.Errorf("exit code: %d", code)})
	return errdefs.WrapVertex(err, failing)
}

func TestInfrastructureIsNoVerdict(t *testing.T) {
	for _, test := range []struct {
		name   string
		err    error
		log    string
		reason Reason // "" is a verdict
	}{
		{"the daemon went away", status.Error(codes.Unavailable, "error reading from server: EOF"), "", DaemonDied},
		{"the daemon has no room", status.Error(codes.ResourceExhausted, "write /var/lib/x: no space left on device"), "", DiskFull},
		{"a step has no room", inStep(1), "cc1: fatal error: error closing /tmp/a.s: No space left on device\n", DiskFull},
		{"node has no room", inStep(228), "npm error code ENOSPC\nnpm error nospc ENOSPC: no space left on device, write\n", DiskFull},
		{"a step was killed", inStep(137), "Killed\n", OutOfMemory},
		{"the policy forbids an image", errors.New(`source "docker-image://example.com/a:1" denied by policy`), "", Denied},
		{"the registry limits", errors.New("docker.io/library/node:20: failed to copy: httpReadSeeker: 429 Too Many Requests - toomanyrequests"), "", Network},
		{"no registry", errors.New("example.com/a:1: failed to do request: Head: dial tcp: lookup example.com: no such host"), "", Network},
		{"no package server", inStep(100), "Err:1 http://deb.example.org stable InRelease\n  Temporary failure resolving 'deb.example.org'\n", Network},
		{"npm has no network", inStep(1), "npm error code EAI_AGAIN\nnpm error request failed, reason: getaddrinfo EAI_AGAIN registry.example.org\n", Network},
		{"a bundler wants fonts", inStep(1), "next/font: error:\nFailed to fetch `Geist` from Google Fonts.\n", Network},
		{"the log was clipped before the reason", inStep(2), "compiling a\n[output clipped, log limit 200KiB/s reached]\n", LogClipped},
		{"a compiler complains", inStep(1), "main.go:7:2: undefined: serve\n", ""},
		{"a clipped log that still says why", inStep(1), "[output clipped, log limit 2MiB reached]\nError: Cannot find module 'express'\n", ""},
		{"there is no such image", errors.New("docker.io/library/nodee:20: not found"), "", ""},
		{"there is no such file", errors.New(`failed to compute cache key: failed to calculate checksum of ref abc::def: "/dist": not found`), "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := &session{log: newProgress("rewrite", nil), source: source{file: []byte("FROM a\nRUN make\n")}}
			s.log.logs[failing] = []byte(test.log)
			err := s.explain(t.Context(), test.err)
			var u *Unavailable
			var b *broken
			switch {
			case test.reason == "" && !errors.As(err, &b):
				t.Fatalf("want a failed build, got %v", err)
			case test.reason != "" && (!errors.As(err, &u) || u.Reason != test.reason):
				t.Fatalf("want %s, got %v", test.reason, err)
			}
		})
	}
}

func TestAFailedStepIsNamed(t *testing.T) {
	file := "FROM golang:1.26\nWORKDIR /src\nCOPY . .\nRUN go build \\\n    -o /app .\n"
	s := &session{log: newProgress("rewrite", nil), source: source{file: []byte(file)}}
	s.log.logs[failing] = []byte("\x1b[31mmain.go:7:2: undefined: serve\x1b[0m\n\n")
	source := &errdefs.Source{Info: &pb.SourceInfo{}, Ranges: []*pb.Range{
		{Start: &pb.Position{Line: 4}, End: &pb.Position{Line: 4}}, {Start: &pb.Position{Line: 5}, End: &pb.Position{Line: 5}},
	}}
	err := s.explain(t.Context(), source.WrapError(inStep(1)))
	var b *broken
	if !errors.As(err, &b) {
		t.Fatalf("want a failed build, got %v", err)
	}
	f := b.failure
	if f.Line != 4 || file[f.Span.Start:f.Span.End] != "RUN go build \\\n    -o /app ." {
		t.Errorf("line %d, span %q", f.Line, file[f.Span.Start:f.Span.End])
	}
	if want := "RUN go build \\: exit code: 1: main.go:7:2: undefined: serve"; f.Cause != want {
		t.Errorf("cause\n got %q\nwant %q", f.Cause, want)
	}
	if strings.Contains(f.Tail, "\x1b") || f.Step != proof.StepBuild {
		t.Errorf("tail %q, step %s", f.Tail, f.Step)
	}
}

func TestEndedContextsSayWhy(t *testing.T) {
	limited, cancel := within(context.Background(), time.Nanosecond, "the build of the rewrite")
	defer cancel()
	<-limited.Done()
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	hung, hang := context.WithCancelCause(context.Background())
	hang(&Unavailable{Reason: DaemonHangs, Detail: "it hangs"})
	for _, test := range []struct {
		ctx    context.Context
		reason Reason
	}{{limited, Timeout}, {cancelled, Cancelled}, {hung, DaemonHangs}} {
		s := &session{log: newProgress("rewrite", nil)}
		var u *Unavailable
		if err := s.explain(test.ctx, inStep(1)); !errors.As(err, &u) || u.Reason != test.reason {
			t.Errorf("want %s, got %v", test.reason, err)
		}
	}
}
