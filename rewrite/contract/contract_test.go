package contract_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/multistage-app/multistage/rewrite/contract"
)

func TestOf(t *testing.T) {
	c, err := contract.Of("Dockerfile", []byte(`FROM scratch AS other
USER nobody

FROM scratch
ARG VERSION=2
ENV PORT=80 V=$VERSION
WORKDIR /srv
WORKDIR app
LABEL a=b
EXPOSE 80 53/udp
VOLUME /data
STOPSIGNAL SIGINT
HEALTHCHECK --interval=5s --retries=2 CMD ["/bin/ok"]
USER 1000
ENTRYPOINT ["/bin/run"]
CMD ["-v"]
`))
	if err != nil {
		t.Fatal(err)
	}
	want := contract.Contract{
		Entrypoint: []string{"/bin/run"}, Cmd: []string{"-v"}, User: "1000", Workdir: "/srv/app", StopSignal: "SIGINT",
		Health: "--interval=5s --retries=2 CMD /bin/ok",
		Labels: map[string]string{"a": "b"}, Ports: map[string]bool{"80/tcp": true, "53/udp": true}, Volumes: map[string]bool{"/data": true},
	}
	if c.Env["PORT"] != "80" || c.Env["V"] != "2" {
		t.Errorf("environment: %v", c.Env)
	}
	c.Env, c.Base = nil, nil
	if diff := cmp.Diff(want, c); diff != "" {
		t.Error(diff)
	}
	if got, want := c.Argv(), []string{"/bin/run", "-v"}; !cmp.Equal(got, want) {
		t.Errorf("argv %q, want %q", got, want)
	}
}

// What the base image gives counts: a base of the table has its configuration.
func TestBaseConfiguration(t *testing.T) {
	c, err := contract.Of("Dockerfile", []byte("FROM golang:1.24\nCMD [\"x\"]\n"))
	if err != nil {
		t.Fatal(err)
	}
	if c.Workdir != "/go" || c.Base["GOPATH"] != "/go" {
		t.Errorf("working directory %s, base %v", c.Workdir, c.Base)
	}
}

func TestLint(t *testing.T) {
	warnings, err := contract.Lint("Dockerfile", []byte("FROM scratch as build\nMAINTAINER me\nCMD run\n"))
	if err != nil {
		t.Fatal(err)
	}
	var rules []string
	for _, w := range warnings {
		rules = append(rules, w.Rule)
		if w.Line == 0 || !strings.HasPrefix(w.URL, "https://") {
			t.Errorf("%s: line %d, %s", w.Rule, w.Line, w.URL)
		}
	}
	if got := strings.Join(rules, " "); !strings.Contains(got, "FromAsCasing") || !strings.Contains(got, "MaintainerDeprecated") {
		t.Errorf("got %s", got)
	}
}

// BuildKit's own error is the answer, never a panic.
func TestErrors(t *testing.T) {
	for _, source := range []string{"", "FROM", "FROM scratch\nCOPY --from=9 a b\nRUN --mount=type=nonsense x\n", "FROM ${A}\n"} {
		if _, err := contract.Of("Dockerfile", []byte(source)); err == nil {
			t.Errorf("%q: no error", source)
		}
	}
}

func BenchmarkOf(b *testing.B) {
	source := []byte("FROM golang:1.24 AS build\nCOPY . .\nRUN go build\nFROM alpine:3.20\nCOPY --from=build /x /x\nCMD [\"/x\"]\n")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := contract.Of("Dockerfile", source); err != nil {
			b.Fatal(err)
		}
	}
}
