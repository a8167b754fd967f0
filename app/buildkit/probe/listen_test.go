package probe

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"

// proc writes a folder as /proc has it.
func proc(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// listening is a line of /proc/net/tcp for a socket on 127.0.0.1.
func listening(port int) string {
	return fmt.Sprintf("   0: 0100007F:%04X 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0\n", port)
}

func TestListeners(t *testing.T) {
	dir := proc(t, map[string]string{
		"self/net/tcp": head +
			"   0: 0100007F:0CEA 00000000:0000 0A 0:0 00:0 0 0 0 1\n" + // 3306 on 127.0.0.1
			"   1: 00000000:0016 00000000:0000 0A 0:0 00:0 0 0 0 1\n" + // 22 on all
			"   2: 0100007F:1F91 00000000:0000 0A 0:0 00:0 0 0 0 1\n" + // 8081 on 127.0.0.1, and on [::]
			"   3: 0100007F:C001 0100007F:1F90 01 0:0 00:0 0 0 0 1\n", // a connection
		"self/net/tcp6": head +
			"   0: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 1\n" + // 8080 on [::]
			"   1: 00000000000000000000000000000000:1F91 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 1\n" +
			"   2: 00000000000000000000000001000000:0BB8 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 1\n" + // 3000 on ::1
			"   3: 0000000000000000FFFF00000100007F:0BB9 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 1\n", // 3001 on ::ffff:127.0.0.1
		"self/net/udp": head +
			"   0: 00000000:14E9 00000000:0000 07 0:0 00:0 0 0 0 1\n" + // 5353, expected
			"   1: 00000000:9C40 00000000:0000 07 0:0 00:0 0 0 0 1\n", // 40000, a client's
	})
	got := listeners(filepath.Join(dir, "self", "net"), []string{"5353/udp"})
	want := []Listener{
		{22, "tcp", false, "127.0.0.1"}, {3000, "tcp", true, "::1"}, {3001, "tcp", true, "127.0.0.1"},
		{3306, "tcp", true, "127.0.0.1"}, {5353, "udp", false, "127.0.0.1"}, {8080, "tcp", false, "127.0.0.1"}, {8081, "tcp", false, "127.0.0.1"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestWaitForListeners(t *testing.T) {
	const short, long = 60 * time.Millisecond, 20 * time.Second
	for _, test := range []struct {
		name    string
		request Request
		ports   []int         // that listen from the beginning
		late    []int         // that listen 300 ms later
		want    []int         // nil for none
		least   time.Duration // that it takes
	}{
		{name: "one port, none expected", request: Request{Settle: short}, ports: []int{80}, want: []int{80}},
		{name: "a second port that is expected", request: Request{Settle: short, Partial: long, Expect: []string{"80/tcp", "81/tcp"}},
			ports: []int{80}, late: []int{81}, want: []int{80, 81}, least: 300 * time.Millisecond},
		{name: "an expected port that never comes", request: Request{Settle: short, Partial: 4 * short, Expect: []string{"80/tcp", "81/tcp"}},
			ports: []int{80}, want: []int{80}, least: 4 * short},
		{name: "nothing, none expected", request: Request{Idle: 2 * short}, least: 2 * short},
		{name: "nothing, though expected", request: Request{Idle: short, Wait: 5 * short, Expect: []string{"80/tcp"}}, least: 5 * short},
		{name: "late, and expected", request: Request{Idle: short, Settle: short, Expect: []string{"81/tcp"}}, late: []int{81}, want: []int{81}, least: 300 * time.Millisecond},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			table := func(ports ...int) string {
				text := head
				for _, p := range ports {
					text += listening(p)
				}
				return text
			}
			test.request.Proc = proc(t, map[string]string{"self/net/tcp": table(test.ports...)})
			if test.late != nil {
				timer := time.AfterFunc(300*time.Millisecond, func() {
					path := filepath.Join(test.request.Proc, "self/net/tcp")
					_ = os.WriteFile(path+".new", []byte(table(append(test.ports, test.late...)...)), 0o644)
					_ = os.Rename(path+".new", path)
				})
				defer timer.Stop()
			}
			begin := time.Now()
			got, first := waitForListeners(context.Background(), test.request.withDefaults())
			var ports []int
			for _, l := range got {
				ports = append(ports, l.Port)
			}
			if !slices.Equal(ports, test.want) || (first > 0) != (test.want != nil) {
				t.Errorf("listens on %v after %.3f s, want %v", ports, first, test.want)
			}
			if took := time.Since(begin); took < test.least || took > test.least+10*time.Second {
				t.Errorf("took %s, want %s", took, test.least)
			}
		})
	}
}

func TestSignalsOf(t *testing.T) {
	for _, test := range []struct {
		name, status string
		want         uint64
	}{
		{"caught and held back", "Name:\tx\nSigBlk:\t0000000000004000\nSigIgn:\t0000000000001000\nSigCgt:\t0000000000000002\n", 0x4002},
		{"no lines", "Name:\tx\n", ^uint64(0)},
		{"no number", "SigBlk:\tx\nSigCgt:\t0\n", ^uint64(0)},
	} {
		if got := signalsOf(proc(t, map[string]string{"1/status": test.status})); got != test.want {
			t.Errorf("%s: %x, want %x", test.name, got, test.want)
		}
	}
	if got := signalsOf(t.TempDir()); got != ^uint64(0) {
		t.Errorf("no file: %x, want all", got)
	}
}

func FuzzParseSockets(f *testing.F) {
	f.Add(head + listening(80))
	f.Add("0: 00000000000000000000000001000000:0BB8 0:0 0A")
	f.Add("0: :: :: 0A\n0: 0100007F:FFFFF 0 0A\n0: 01:1 0 0A")
	f.Fuzz(func(t *testing.T, text string) {
		for _, s := range parseSockets([]byte(text), stateListen) {
			if !s.IsValid() || s.Port() == 0 {
				t.Errorf("%v of %q", s, text)
			}
		}
		if n := len(parseSockets([]byte(text), stateListen)); n > strings.Count(text, "\n")+1 {
			t.Errorf("%d sockets of %q", n, text)
		}
	})
}
