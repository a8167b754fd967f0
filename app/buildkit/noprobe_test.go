package buildkit

import (
	"os"
	"testing"
	"time"
)

// TestAnotherProgramAsProbe names programs as the probe that know nothing of one. What
// they do to a container is no verdict: the first ends it, for both images alike.
func TestAnotherProgramAsProbe(t *testing.T) {
	daemon(t)
	for name, path := range map[string]string{
		"fails": program(t, "gofmt", "cmd/gofmt"),
		"ends":  program(t, "app", "./testdata/app"),
	} {
		t.Run(name, func(t *testing.T) {
			c, err := New(Config{Host: os.Getenv("BUILDKIT_HOST"), Probe: path, Limits: Limits{Start: 5 * time.Second}})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			const file = "FROM busybox\nCMD [\"sleep\", \"1000\"]\n"
			_, p, err := c.Prove(t.Context(), pair(t, "no/probe", file, file+"#\n"))
			unavailable(t, err, NoProbe)
			if p != nil {
				t.Errorf("there is a proof: %+v", p)
			}
		})
	}
}
