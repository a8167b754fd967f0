package buildkit

import (
	"strings"
	"testing"
	"time"

	"github.com/multistage-app/multistage/rewrite"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/proof"
)

// canary is in the environment of the client, under names that tools look for.
const canary = "canary-6f1d0c"

// pair proves two files by hand over a folder with nothing else in it.
func pair(t testing.TB, repository, original, rewritten string) Job {
	t.Helper()
	dir := folder(t, map[string]string{"Dockerfile": original, "note.txt": "from the context\n"})
	return Job{Repository: repository, Dir: dir, Result: rewrite.Result{
		Path: "Dockerfile", Context: ".", Verdict: plan.Rewritten,
		Files: []rewrite.FileChange{{Path: "Dockerfile", Mode: 0o644, Before: []byte(original), After: []byte(rewritten)}},
	}}
}

// nosy looks for everything that a build must not see and prints what it found.
const nosy = `FROM busybox
RUN --mount=type=secret,id=GIT_AUTH_TOKEN --mount=type=secret,id=GIT_AUTH_HEADER --mount=type=secret,id=npmrc,target=/tmp/npmrc \
    { echo "secrets: $(ls -A /run/secrets 2>/dev/null) $(cat /run/secrets/* /tmp/npmrc 2>/dev/null)"; } > /found
RUN --mount=type=secret,id=HIDDEN,env=HIDDEN --mount=type=ssh \
    { echo "agent: $(ls -A /run/buildkit 2>/dev/null)"; echo "variable: $HIDDEN"; env; } >> /found
RUN { echo "tokens: $(grep -l -r canary /run /proc/self/environ /root /etc 2>/dev/null)"; } >> /found
CMD ["cat", "/found"]
`

// TestHostileFindsNothing builds a file that asks for secrets, for the agent and for the
// environment of whoever proves it: as an original and as a rewrite.
func TestHostileFindsNothing(t *testing.T) {
	for _, name := range []string{"HIDDEN", "GIT_AUTH_TOKEN", "GIT_AUTH_HEADER", "NPM_TOKEN", "GITHUB_TOKEN"} {
		t.Setenv(name, canary)
	}
	secret := folder(t, map[string]string{"agent": canary})
	t.Setenv("SSH_AUTH_SOCK", secret+"/agent")
	c := testClient(t, Limits{Start: 5 * time.Second})
	_, p, err := c.Prove(t.Context(), pair(t, "hostile/nosy", nosy, nosy+"# as a rewrite\n"))
	if err != nil {
		t.Fatal(err)
	}
	for name, img := range map[string]proof.Image{"original": p.Original, "rewrite": p.Rewrite} {
		log := img.Start.Log
		if img.Start.State != proof.Exited || img.Start.ExitCode != 0 || !strings.Contains(log, "tokens:") {
			t.Fatalf("%s: the file did not get to its end: %+v, %+v", name, img.Start, p.Failure)
		}
		for line := range strings.Lines(log) {
			for _, what := range []string{"secrets:", "agent:", "variable:", "tokens:"} {
				if found, ok := strings.CutPrefix(line, what); ok && strings.TrimSpace(found) != "" {
					t.Errorf("%s: the build sees %s", name, line)
				}
			}
		}
		if strings.Contains(log, canary) || strings.Contains(log, secret) {
			t.Errorf("%s: the build sees what is the client's:\n%s", name, log)
		}
	}
}

// TestHostileIsRefused builds files that require what a session never carries or asks
// for: they do not build, as an original and as a rewrite.
func TestHostileIsRefused(t *testing.T) {
	t.Setenv("GIT_AUTH_TOKEN", canary)
	c := testClient(t, Limits{Start: 5 * time.Second})
	const plainFile = "FROM busybox\nCMD [\"true\"]\n"
	for name, test := range map[string]struct{ run, cause string }{
		"a required secret":    {"RUN --mount=type=secret,id=GIT_AUTH_TOKEN,required=true cat /run/secrets/GIT_AUTH_TOKEN", "GIT_AUTH_TOKEN: not found"},
		"a required agent":     {"RUN --mount=type=ssh,required=true ls $SSH_AUTH_SOCK", "no SSH key"},
		"the host's network":   {"RUN --network=host cat /proc/net/tcp", "network.host is not allowed"},
		"an insecure process":  {"RUN --security=insecure mount -t tmpfs none /mnt", "security.insecure is not allowed"},
		"a device of the host": {"RUN --device=vendor.example/disk=all,required ls /dev", "vendor.example/disk"},
	} {
		t.Run(name, func(t *testing.T) {
			file := "# syntax=docker/dockerfile:1-labs\nFROM busybox\n" + test.run + "\nCMD [\"true\"]\n"
			_, p, err := c.Prove(t.Context(), pair(t, "hostile/refused", file, plainFile))
			if err != nil {
				t.Fatal(err)
			}
			if p.Outcome != proof.OriginalBroken || !strings.Contains(p.Failure.Cause, test.cause) {
				t.Errorf("as an original: %s, %+v", p.Outcome, p.Failure)
			}
			_, p, err = c.Prove(t.Context(), pair(t, "hostile/refused", plainFile, file))
			if err != nil {
				t.Fatal(err)
			}
			if p.Outcome != proof.Disproven || p.Failure.Step != proof.StepBuild || !strings.Contains(p.Failure.Cause, test.cause) {
				t.Errorf("as a rewrite: %s, %+v", p.Outcome, p.Failure)
			}
		})
	}
}

// TestHostileCaches writes into a cache mount in one repository and reads the mount of
// the same name in another, which has the very same file: neither the mount nor what the
// step made of it is shared.
func TestHostileCaches(t *testing.T) {
	c := testClient(t, Limits{Start: 5 * time.Second})
	nonce := strings.ReplaceAll(time.Now().Format("150405.000000000"), ".", "")
	const mount = "RUN --mount=type=cache,\\\nid=shared-with-nobody,target=/cache " // its name on a line of its own
	file := func(step string) string {
		return "FROM busybox\nENV NONCE=" + nonce + "\n" + mount + step + "\nCMD [\"cat\", \"/found\"]\n"
	}
	read := file(`echo "cached: $(cat /cache/* 2>/dev/null)" > /found`)
	write := file(`echo written-by-its-owner > /cache/note && echo wrote > /found`)
	found := func(repository, original string, args map[string]string) string {
		t.Helper()
		job := pair(t, repository, original, original+"# as a rewrite\n")
		job.BuildArgs = args
		_, p, err := c.Prove(t.Context(), job)
		if err != nil {
			t.Fatal(err)
		}
		if !p.Proven() {
			t.Fatalf("%s: %+v", p.Outcome, p.Failure)
		}
		return p.Original.Start.Log + p.Rewrite.Start.Log
	}
	found("hostile/owner-"+nonce, write, nil)
	if got := found("hostile/owner-"+nonce, read, nil); !strings.Contains(got, "written-by-its-owner") {
		t.Errorf("a repository does not see its own cache, so that this test says nothing: %s", got)
	}
	if got := found("hostile/other-"+nonce, read, nil); strings.Contains(got, "written-by-its-owner") {
		t.Errorf("another repository sees the cache: %s", got)
	}
	job := pair(t, "hostile/other", read, read+"#\n")
	job.BuildArgs = map[string]string{"BUILDKIT_CACHE_MOUNT_NS": (&Job{Repository: "hostile/owner-" + nonce}).cacheName()}
	if _, _, err := c.Prove(t.Context(), job); err == nil {
		t.Error("a job names the caches of another repository")
	}
}

// TestHostileSyntax names an image as its frontend: it is not run.
func TestHostileSyntax(t *testing.T) {
	c := testClient(t, Limits{Start: 5 * time.Second})
	file := "# syntax=registry.invalid/no/such-frontend:1\nFROM busybox\nCMD [\"true\"]\n"
	_, p, err := c.Prove(t.Context(), pair(t, "hostile/syntax", file, file+"# as a rewrite\n"))
	if err != nil || !p.Proven() {
		t.Errorf("%v, %+v", err, p)
	}
}
