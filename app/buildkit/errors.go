package buildkit

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	gwpb "github.com/moby/buildkit/frontend/gateway/pb"
	"github.com/moby/buildkit/solver/errdefs"
	digest "github.com/opencontainers/go-digest"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/multistage-app/multistage/rewrite"
	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/proof"
)

// broken is a build that failed by itself.
type broken struct{ failure proof.Failure }

func (b *broken) Error() string { return b.failure.Cause }

// explain says what an error of the daemon means: a [broken] build, or an
// [Unavailable]. Texts and codes are BuildKit's of v0.34.
func (s *session) explain(ctx context.Context, err error) error {
	var known *broken
	var unavailable *Unavailable
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known), errors.As(err, &unavailable):
		return err
	case ctx.Err() != nil:
		return interrupted(ctx)
	}
	log := ""
	var vertex *errdefs.VertexError
	if errors.As(err, &vertex) {
		log = s.log.logOf(digest.Digest(vertex.Digest))
	}
	if u := infrastructure(err, log, vertex != nil); u != nil {
		return u
	}
	failure := s.failure(err, log)
	if failure.Kind == proof.Other && clipped(log) {
		return &Unavailable{Reason: LogClipped, Detail: failure.Cause +
			"; the daemon clipped its log before the reason: set BUILDKIT_STEP_LOG_MAX_SIZE=-1 and BUILDKIT_STEP_LOG_MAX_SPEED=-1 for buildkitd"}
	}
	return &broken{failure}
}

// sign is how the world, and not a Dockerfile, shows in an error.
type sign struct {
	reason Reason
	inLog  bool // of a step's log as well
	match  *regexp.Regexp
	detail string
}

// signs are looked for in order. What a step writes is the author's text: it can only
// make a verdict into none.
var signs = []sign{
	{DiskFull, true, regexp.MustCompile(`(?i)no space left on device|disk quota exceeded|ENOSPC`), "the BuildKit daemon has no room on its disk"},
	{Denied, false, regexp.MustCompile(`denied by policy|not allowed by policy`), "the source policy does not allow an image or a source of this build"},
	{Network, false, regexp.MustCompile(`(?i)toomanyrequests|429 Too Many|pull access denied|insufficient_scope|authorization failed`), "the registry did not hand out a base image"},
	{Network, false, regexp.MustCompile(`(?i)failed to do request|dial tcp|i/o timeout|no such host|TLS handshake|connection (refused|reset)|unexpected status.*5\d\d|unexpected EOF`), "a registry could not be reached"},
	{Network, true, regexp.MustCompile(`(?i)could not resolve host|temporary failure (in name resolution|resolving)|getaddrinfo (ENOTFOUND|EAI_AGAIN)|ETIMEDOUT|ECONNRESET|ECONNREFUSED|network is unreachable|Failed to connect to|Could not connect to|connection timed out|Connection refused|name or service not known|no route to host|lookup \S+( on \S+)?: no such host|dial tcp\b.*(timeout|refused)|TLS handshake timeout|ReadTimeoutError|\b(502 Bad Gateway|503 Service Unavailable|504 Gateway)|Could not transfer artifact|Failed to fetch http|from Google Fonts`), "a step of the build could not reach a server on the network"},
}

// infrastructure says whether an error is about the daemon, its disk or the network.
func infrastructure(err error, log string, inStep bool) *Unavailable {
	text := err.Error()
	switch code := status.Code(err); {
	case code == codes.Unavailable || strings.Contains(text, "code = Unavailable"):
		return &Unavailable{Reason: DaemonDied, Detail: "the BuildKit daemon went away during the proof", Err: err}
	case code == codes.DeadlineExceeded:
		return &Unavailable{Reason: Timeout, Detail: "the time for the proof is over"}
	}
	var exit *gwpb.ExitError
	if errors.As(err, &exit) && exit.ExitCode == 137 {
		return &Unavailable{Reason: OutOfMemory, Detail: "a step of the build was killed (exit code 137): the daemon is short of memory, or a limit on memory was reached"}
	}
	tail := lastBytes(log, 8<<10)
	for _, s := range signs {
		switch {
		case !inStep && s.match.MatchString(text):
			return &Unavailable{Reason: s.reason, Detail: s.detail, Err: errors.New(firstLine(text))}
		case inStep && s.reason == DiskFull && s.match.MatchString(text):
			return &Unavailable{Reason: s.reason, Detail: s.detail}
		case inStep && s.inLog:
			if at := s.match.FindStringIndex(tail); at != nil {
				return &Unavailable{Reason: s.reason, Detail: s.detail, Err: errors.New(lineAt(tail, at[0]))}
			}
		}
	}
	return nil
}

// failure says which instruction failed and why.
func (s *session) failure(err error, log string) proof.Failure {
	f := proof.Failure{Step: proof.StepBuild, Tail: tail(log, 30)}
	f.Kind, f.Subject = rewrite.Diagnose(log + "\n" + err.Error())
	instruction := ""
	if sources := errdefs.Sources(err); len(sources) > 0 && len(sources[0].Ranges) > 0 {
		ranges := sources[0].Ranges
		f.Line = int(ranges[0].Start.Line)
		f.Span = lines(s.source.file, f.Line, int(ranges[len(ranges)-1].End.Line))
		instruction = firstLine(string(s.source.file[f.Span.Start:f.Span.End]))
	}
	f.Cause = cause(err, log, instruction)
	return f
}

var (
	exitCode = regexp.MustCompile(`did not complete successfully: (exit code: \d+)`)
	notFound = regexp.MustCompile(`failed to calculate checksum of ref \S+: ("[^"]*"): not found`)
	noImage  = regexp.MustCompile(`^(\S+): (?:failed to resolve source metadata for )?.*not found`)
)

// cause words a failed instruction in one sentence.
func cause(err error, log, instruction string) string {
	text := strings.TrimPrefix(firstLine(err.Error()), "failed to solve: ")
	at := func(what string) string {
		if instruction == "" {
			return what
		}
		return fmt.Sprintf("%s: %s", firstRunes(instruction, 120), what)
	}
	switch {
	case exitCode.MatchString(text):
		why := exitCode.FindStringSubmatch(text)[1]
		if line := firstError(lastBytes(log, 8<<10)); line != "" {
			return at(why + ": " + firstRunes(line, 200))
		}
		return at(why)
	case notFound.MatchString(text):
		return at("there is no " + notFound.FindStringSubmatch(text)[1] + " to copy")
	case noImage.MatchString(text) && strings.HasPrefix(strings.ToUpper(instruction), "FROM"):
		return at("there is no such image")
	}
	if i := strings.LastIndex(text, "failed to compute cache key: "); i >= 0 {
		text = text[i:]
	}
	return at(firstRunes(text, 300))
}

// clipped reports whether the daemon cut a log.
func clipped(log string) bool { return strings.Contains(log, "[output clipped, log limit") }

// lines is the span of whole lines, counted from 1.
func lines(source []byte, from, to int) dockerfile.Span {
	span := dockerfile.Span{}
	line := 1
	for i := 0; i <= len(source); i++ {
		if i > 0 && source[i-1] == '\n' {
			line++
			if line == from {
				span.Start = i
			}
		}
		if i == len(source) || source[i] == '\n' {
			if line == to {
				span.End = i
				break
			}
		}
	}
	if span.End < span.Start {
		span.End = span.Start
	}
	return span
}
