package shell_test

import (
	"testing"

	"github.com/multistage-app/multistage/rewrite/shell"
)

func TestMentions(t *testing.T) {
	for _, c := range []struct {
		text, name string
		want       bool
	}{
		{"$GOPATH/bin", "GOPATH", true},
		{"${GOPATH:-/go}", "GOPATH", true},
		{"$GOPATHS", "GOPATH", false},
		{"GOPATH", "GOPATH", false},
		{"$A$GOPATH", "GOPATH", true},
	} {
		if got := shell.Mentions(c.text, c.name); got != c.want {
			t.Errorf("mentions(%q, %q) = %v", c.text, c.name, got)
		}
	}
}

func TestExecForm(t *testing.T) {
	if got, want := shell.ExecForm([]string{"sh", "-c", `echo "a" && b < c > d`}), `["sh", "-c", "echo \"a\" && b < c > d"]`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
