package buildkit

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/moby/buildkit/client"
)

// daemon is a client of the BuildKit that BUILDKIT_HOST names. Without one the test is
// skipped, and fails where TEST_REQUIRE_BUILDKIT=1 says that there must be one.
func daemon(t testing.TB) *client.Client {
	t.Helper()
	host := os.Getenv("BUILDKIT_HOST")
	if host == "" {
		lacking(t, "BUILDKIT_HOST names no daemon")
	}
	c, err := client.New(t.Context(), host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if _, err := c.Info(ctx); err != nil {
		lacking(t, fmt.Sprintf("no BuildKit daemon answers at %s: %v", host, err))
	}
	return c
}

// lacking ends a test for want of something: as skipped, or as failed where
// TEST_REQUIRE_BUILDKIT=1 says that nothing may be skipped.
func lacking(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("TEST_REQUIRE_BUILDKIT") == "1" {
		t.Fatal(what)
	}
	t.Skip("skipped, needs BuildKit: " + what)
}

// program is a static build of a command of this module, built once for all tests.
func program(t testing.TB, name, pkg string, flags ...string) string {
	t.Helper()
	programs.Lock()
	defer programs.Unlock()
	if path, ok := programs.paths[name]; ok {
		return path
	}
	if programs.dir == "" {
		dir, err := os.MkdirTemp("", "multistage-test-")
		if err != nil {
			t.Fatal(err)
		}
		programs.dir = dir
	}
	path := filepath.Join(programs.dir, name)
	command := exec.Command("go", append(append([]string{"build", "-buildvcs=false", "-ldflags=-s -w", "-o", path}, flags...), pkg)...)
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	programs.paths[name] = path
	return path
}

var programs = struct {
	sync.Mutex
	dir   string
	paths map[string]string
}{paths: map[string]string{}}

// multistage is a static multistage, as a probe.
func multistage(t testing.TB) string {
	return program(t, "multistage", "github.com/multistage-app/multistage/cmd/multistage")
}

func TestMain(m *testing.M) {
	code := m.Run()
	if programs.dir != "" {
		os.RemoveAll(programs.dir)
	}
	os.Exit(code)
}
