package buildkit

import (
	"reflect"
	"strings"
	"testing"
	"time"

	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"

	"github.com/multistage-app/multistage/rewrite/proof"
)

func TestResolveUser(t *testing.T) {
	const passwd = "root:x:0:0:root:/root:/bin/sh\nbroken\nweb:x:101:102:Web:/srv/web:/bin/false\nnode:x:1000:1000::/home/node:\n"
	const group = "root:x:0:\nweb:x:102:\nlogs:x:300:web,node\nnode:x:1000:\n"
	for _, test := range []struct {
		spec string
		want account
		ok   bool
	}{
		{"web", account{101, 102, []int{300}, "/srv/web"}, true},
		{"101", account{101, 102, []int{300}, "/srv/web"}, true},
		{"web:logs", account{101, 300, nil, "/srv/web"}, true},
		{"web:7", account{101, 7, nil, "/srv/web"}, true},
		{"65532", account{65532, 0, nil, "/"}, true},
		{"65532:65532", account{65532, 65532, nil, "/"}, true},
		{"nobody", account{}, false},
		{"web:nothing", account{}, false},
		{"-1", account{}, false},
		{"99999999999999", account{}, false},
	} {
		got, ok := resolveUser(test.spec, passwd, group)
		if ok != test.ok || ok && !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: %+v, %v; want %+v, %v", test.spec, got, ok, test.want, test.ok)
		}
	}
	if got, ok := resolveUser("1000:1000", "", ""); !ok || got.uid != 1000 || got.gid != 1000 {
		t.Errorf("numbers in an image without files: %+v, %v", got, ok)
	}
}

func FuzzResolveUser(f *testing.F) {
	f.Add("web:logs", "web:x:1:2:::", "logs:x:3:web")
	f.Fuzz(func(t *testing.T, spec, passwd, group string) {
		if user, ok := resolveUser(spec, passwd, group); ok && !strings.Contains(passwd, "-") && !strings.Contains(group, "-") && (user.uid < 0 || user.gid < 0) {
			t.Errorf("%q: %+v", spec, user)
		}
	})
}

func TestCaptureKeepsHeadAndTail(t *testing.T) {
	c := &capture{}
	for range 1 << 10 {
		if n, err := c.Write([]byte(strings.Repeat("x", 1023) + "\n")); n != 1024 || err != nil {
			t.Fatal(n, err)
		}
	}
	c.Write([]byte("the end"))
	if text := c.text(); len(text) > 2*captured+20 || !strings.HasPrefix(text, "xxx") || !strings.HasSuffix(text, "the end") || !strings.Contains(text, "[…]") {
		t.Errorf("%d bytes kept", len(text))
	}
	whole := &capture{}
	whole.Write([]byte(strings.Repeat("a", captured)))
	whole.Write([]byte("b"))
	if got := whole.text(); got != strings.Repeat("a", captured)+"b" {
		t.Errorf("%d bytes kept of %d", len(got), captured+1)
	}
}

func TestLastLine(t *testing.T) {
	l := &lastLine{}
	for _, part := range []string{"{1}\n{", "2}\n", "{3"} {
		l.Write([]byte(part))
	}
	if got := string(l.last()); got != "{2}" {
		t.Errorf("%q", got)
	}
	l.Write([]byte(strings.Repeat("x", maxLine+1)))
	l.Write([]byte("\n{4}\n"))
	if got := string(l.last()); got != "{4}" {
		t.Errorf("%d bytes", len(got))
	}
}

func TestQuestions(t *testing.T) {
	c := config{}
	c.ExposedPorts = map[string]struct{}{"8080/tcp": {}, "80/tcp": {}, "53/udp": {}}
	c.Healthcheck = &dockerspec.HealthcheckConfig{Test: []string{"CMD-SHELL", "curl -f http://localhost:${PORT}/api/v1/ping || exit 1"}}
	first := askOriginal(c, nil, time.Minute)
	if got := strings.Join(first.Expect, " "); got != "80/tcp 8080/tcp" {
		t.Errorf("expects %q", got)
	}
	if got := strings.Join(first.Paths, " "); got != "/ /health /healthz /api/health /ready /no/such/page /api/v1/ping" {
		t.Errorf("asks for %q", got)
	}
	second := askRewrite(c, nil, time.Minute, proof.Start{State: proof.Listening, Seconds: 40, Ports: []string{"80/tcp", "41000/tcp"}})
	if second.Wait != 85*time.Second || second.Partial != 85*time.Second || strings.Join(second.Expect, " ") != "80/tcp" {
		t.Errorf("after 40 s: %+v", second)
	}
	was := page("80/tcp", answer("/style.css", func(a *proof.Answer) { a.Path = "/own/ping" }))
	if got := strings.Join(askRewrite(config{}, nil, time.Minute, was).Paths, " "); got != strings.Join(commonPaths, " ")+" /own/ping" {
		t.Errorf("a rewrite is asked for %q", got)
	}
	if third := askRewrite(c, nil, time.Minute, proof.Start{State: proof.Exited, Seconds: 20}); third.Idle != 45*time.Second || len(third.Expect) != 0 {
		t.Errorf("after an end at 20 s: %+v", third)
	}
}

func TestStopSignal(t *testing.T) {
	for text, want := range map[string]int{"": 15, "SIGQUIT": 3, "quit": 3, "9": 9, "SIGRTMIN+3": 37, "nonsense": 15, "70": 15} {
		if got := int(stopSignal(text)); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}
