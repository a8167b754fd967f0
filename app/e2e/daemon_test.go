package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/multistage-app/multistage/app"
	"github.com/multistage-app/multistage/app/buildkit"
)

// The whole way with a real daemon: a pull request, its review, and the figures of what
// was built and started from GitHub's archive.
func TestProofByADaemon(t *testing.T) {
	host := os.Getenv("BUILDKIT_HOST")
	if host == "" {
		if os.Getenv("TEST_REQUIRE_BUILDKIT") == "1" {
			t.Fatal("BUILDKIT_HOST names no daemon")
		}
		t.Skip("skipped, needs BuildKit: BUILDKIT_HOST names no daemon")
	}
	probe := filepath.Join(t.TempDir(), "multistage")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", probe, "github.com/multistage-app/multistage/cmd/multistage")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	client, err := buildkit.New(buildkit.Config{Host: host, Probe: probe})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	w := newWorld(t)
	w.verify, w.prove = app.VerifyAsync, client.Prove
	p := w.serve()
	pull := w.adds("docker", "Dockerfile", dockerfile)
	w.settleLater(p, func() bool {
		reviews := w.state(pull.Number).Reviews
		return len(reviews) == 1 && strings.Contains(reviews[0].Body, "Both images were built")
	})
	w.oneOfEach(pull.Number)
	w.noFiles()
	got := w.state(pull.Number)
	if body := got.Reviews[0].Body; !strings.Contains(body, "8080/tcp") || !strings.Contains(body, "−9") {
		t.Errorf("the review has no figures:\n%s", body)
	}
	if check := checksOn(got, got.HeadSHA)[0]; !strings.Contains(check.Output.Title, "proven") {
		t.Errorf("the check run is %q", check.Output.Title)
	}
}
