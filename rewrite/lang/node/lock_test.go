package node

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const lockV3 = `{
  "name": "shop", "lockfileVersion": 3, "requires": true,
  "packages": {
    "": {"name": "shop", "dependencies": {"express": "^4.0.0"}, "devDependencies": {"jest": "^29.0.0"}},
    "node_modules/express": {"version": "4.19.2", "dependencies": {"accepts": "~1.3.8"}, "engines": {"node": ">= 0.10.0"}},
    "node_modules/bcrypt": {"version": "5.1.1", "hasInstallScript": true},
    "node_modules/jest": {"version": "29.7.0", "dev": true, "bin": {"jest": "bin/jest.js"}},
    "node_modules/fsevents": {"version": "2.3.3", "dev": true, "hasInstallScript": true, "os": ["darwin"]}
  }
}`

func TestParseLock(t *testing.T) {
	l, err := parseLock("package-lock.json", []byte(lockV3))
	if err != nil {
		t.Fatal(err)
	}
	if l.Version != 3 || len(l.packages) != 4 {
		t.Errorf("version %d with %d packages, want 3 with 4", l.Version, len(l.packages))
	}
	if p, ok := l.top("jest"); !ok || !p.Dev {
		t.Errorf("jest is %+v, %v, want a development dependency", p, ok)
	}
	if diff := cmp.Diff([]string{"bcrypt"}, l.native()); diff != "" {
		t.Errorf("native: %s", diff)
	}
}

func TestParseLockVersion1(t *testing.T) {
	l, err := parseLock("package-lock.json", []byte(`{"lockfileVersion": 1, "dependencies": {
		"express": {"version": "4.19.2", "requires": {"accepts": "~1.3.8"}},
		"jest": {"version": "26.0.0", "dev": true, "dependencies": {"x": {"version": "1.0.0"}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if p, ok := l.top("jest"); !ok || !p.Dev {
		t.Errorf("jest is %+v, %v, want a development dependency", p, ok)
	}
	if _, ok := l.fits(&manifest{Dependencies: map[string]string{"express": "^4.0.0"}}); !ok {
		t.Error("a lock file of version 1 with the package does not fit")
	}
	if why, ok := l.fits(&manifest{Dependencies: map[string]string{"koa": "^2.0.0"}}); ok || !strings.Contains(why, "koa") {
		t.Errorf("a lock file without the package fits: %q", why)
	}
}

func TestLockFits(t *testing.T) {
	l, err := parseLock("package-lock.json", []byte(lockV3))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		m    manifest
		want bool
	}{
		{"same", manifest{Dependencies: map[string]string{"express": "^4.0.0"}, DevDependencies: map[string]string{"jest": "^29.0.0"}}, true},
		{"moved between sections", manifest{Dependencies: map[string]string{"jest": "^29.0.0"}}, true},
		{"other range", manifest{Dependencies: map[string]string{"express": "^5.0.0"}}, false},
		{"missing", manifest{Dependencies: map[string]string{"morgan": "^1.0.0"}}, false},
		{"optional elsewhere", manifest{Dependencies: map[string]string{"x": "1"}, OptionalDependencies: map[string]string{"x": "1"}}, true},
	} {
		if why, ok := l.fits(&test.m); ok != test.want {
			t.Errorf("%s: fits is %v (%s), want %v", test.name, ok, why, test.want)
		}
	}
}

func TestParseLockRefusesOtherFiles(t *testing.T) {
	for _, text := range []string{"", "[]", "{", `{"a": "b"`, "# yarn lockfile v1", "{}", `{"packages": 3}`, strings.Repeat("[", 100000)} {
		if _, err := parseLock("package-lock.json", []byte(text)); err == nil {
			t.Errorf("%.20q is taken for a lock file", text)
		}
	}
}

// The scanner agrees with encoding/json on everything that is JSON, and ends on
// everything else.
func FuzzScanner(f *testing.F) {
	f.Add([]byte(lockV3))
	f.Add([]byte(`{"a": [1, {"b": "]}\"", "c": null}], "d": -1.5e3}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		got := map[string]string{}
		s := scanner{data: data}
		err := s.object(func(key []byte) error {
			raw, err := s.value()
			got[string(key)] = strings.TrimSpace(string(raw))
			return err
		})
		var want map[string]json.RawMessage
		if json.Unmarshal(data, &want) != nil || want == nil {
			return
		}
		if err != nil {
			t.Fatalf("valid JSON is refused: %v", err)
		}
		for key, raw := range want {
			if _, plain := got[key]; !plain {
				continue // the key has escapes
			}
			if got[key] != string(raw) {
				t.Errorf("%q is %q, want %q", key, got[key], raw)
			}
		}
	})
}

func FuzzParseLock(f *testing.F) {
	f.Add([]byte(lockV3))
	f.Fuzz(func(t *testing.T, data []byte) {
		l, err := parseLock("package-lock.json", data)
		if (l == nil) == (err == nil) {
			t.Errorf("lock %v and error %v", l, err)
		}
	})
}

func TestRelaxed(t *testing.T) {
	text := "\ufeff{ // line\n \"a\": \"// no comment\", /* block, */ \"b\": [1, 2,],\n \"c\": {\"d\": \"\\\"\",},\n}"
	var got map[string]any
	if err := json.Unmarshal(relaxed([]byte(text)), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"a": "// no comment", "b": []any{1.0, 2.0}, "c": map[string]any{"d": `"`}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func FuzzRelaxed(f *testing.F) {
	f.Add([]byte("{/* a */}"))
	f.Add([]byte("{/*"))
	f.Add([]byte(`{"a": "\`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if got := relaxed(data); len(got) > len(data) {
			t.Errorf("%d bytes became %d", len(data), len(got))
		}
	})
}

// A lock file of a megabyte is read in a few milliseconds.
func BenchmarkParseLock(b *testing.B) {
	var text strings.Builder
	text.WriteString(`{"lockfileVersion": 3, "packages": {"": {"name": "x"}`)
	for i := 0; text.Len() < 1<<20; i++ {
		fmt.Fprintf(&text, `,
    "node_modules/package-%d": {
      "version": "1.%d.0",
      "resolved": "https://example.com/package-%d/-/package-%d-1.%d.0.tgz",
      "integrity": "sha512-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==",
      "dev": true,
      "dependencies": {"left": "^1.0.0", "right": "^2.0.0"},
      "engines": {"node": ">=6.9.0"}
    }`, i, i, i, i, i)
	}
	text.WriteString("}}")
	data := []byte(text.String())
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := parseLock("package-lock.json", data); err != nil {
			b.Fatal(err)
		}
	}
}
