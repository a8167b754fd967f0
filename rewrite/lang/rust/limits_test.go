package rust_test

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/multistage-app/multistage/rewrite"
)

// TestLimits: a manifest, lock file or source made to be slow to read stops at a
// limit.
func TestLimits(t *testing.T) {
	dockerfile := "FROM rust:1.79\nWORKDIR /app\nCOPY . .\nRUN cargo build --release\nCMD [\"./target/release/guestbook\"]\n"
	cargo := "[package]\nname = \"guestbook\"\n"
	for name, files := range map[string]map[string]string{
		"nested tables":   {"Cargo.toml": cargo + "a = " + strings.Repeat("{a=", 50_000)},
		"nested arrays":   {"Cargo.toml": cargo + "a = " + strings.Repeat("[", 200_000)},
		"dotted keys":     {"Cargo.toml": cargo + "[" + strings.Repeat("a.", 100_000) + "a]\n"},
		"long lock file":  {"Cargo.toml": cargo, "Cargo.lock": strings.Repeat("[[package]]\nname = \"a\"\ndependencies = [\n \"b\",\n]\n", 50_000)},
		"open comments":   {"Cargo.toml": cargo, "src/main.rs": strings.Repeat("/*", 500_000)},
		"open brackets":   {"Cargo.toml": cargo, "src/main.rs": strings.Repeat("f(", 500_000)},
		"open raw string": {"Cargo.toml": cargo, "src/main.rs": strings.Repeat("r#\"", 300_000)},
		"quotes":          {"Cargo.toml": cargo, "src/main.rs": strings.Repeat("'\\", 500_000)},
	} {
		t.Run(name, func(t *testing.T) {
			tree := fstest.MapFS{"Dockerfile": {Data: []byte(dockerfile)}}
			for path, data := range files {
				tree[path] = &fstest.MapFile{Data: []byte(data)}
			}
			start := time.Now()
			rewrite.Rewrite("Dockerfile", []byte(dockerfile), tree, rewrite.Options{})
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
}
