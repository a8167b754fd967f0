package rust

import (
	"strings"

	"github.com/multistage-app/multistage/rewrite/compiled"
)

// cargoCommand is a cargo command line, read: cargo build --release --bin app.
type cargoCommand struct {
	toolchain string // +nightly
	verb      string // build, install, run, …, "chef cook" in two words
	flags     []string
	values    map[string][]string // long names of flags → their values
	args      []string            // positional words
	rest      []string            // of run: the program's own arguments
}

// valued are the flags that take the next word; see cargo help build, run, install.
var valued = compiled.Words("package bin example test bench features target target-dir manifest-path profile message-format color jobs config root path git branch tag rev version registry index " +
	"recipe-path exclude timings-format")

// short are the letters of flags with their long names.
var short = map[byte]string{'p': "package", 'F': "features", 'j': "jobs", 'Z': "unstable", 'C': "directory", 'r': "release", 'q': "quiet", 'v': "verbose", 'f': "force"}

// pairs are the subcommands of cargo's plugins that are named with their own verb.
var pairs = compiled.Words("chef auditable leptos shuttle loco make deb tauri sqlx component")

// parseCargo reads the words behind "cargo".
func parseCargo(words []string) cargoCommand {
	c := cargoCommand{values: map[string][]string{}}
	for i := 0; i < len(words); i++ {
		w := words[i]
		switch {
		case w == "--" && c.verb != "":
			c.rest = words[i+1:]
			return c
		case strings.HasPrefix(w, "+") && c.verb == "":
			c.toolchain = w
		case strings.HasPrefix(w, "-") && len(w) > 1:
			i += c.flag(w, words[i+1:])
		case c.verb == "":
			c.verb = w
			if pairs[w] && i+1 < len(words) {
				i++
				c.verb += " " + words[i]
			}
		case c.verb == "run" || c.verb == "r":
			c.rest = words[i:] // the program's arguments begin at the first that is none of cargo's
			c.verb = "run"
			return c
		default:
			c.args = append(c.args, w)
		}
	}
	c.verb = longVerb(c.verb)
	return c
}

// longVerb writes out cargo's own abbreviations.
func longVerb(verb string) string {
	switch verb {
	case "b", "auditable build", "zigbuild":
		return "build"
	case "r":
		return "run"
	case "c":
		return "check"
	case "t":
		return "test"
	}
	return verb
}

// flag reads one flag and says how many of the words behind it belong to it.
func (c *cargoCommand) flag(w string, next []string) int {
	name, value, has := strings.Cut(strings.TrimLeft(w, "-"), "=")
	if !strings.HasPrefix(w, "--") {
		letter := w[1]
		name = short[letter]
		if name == "" {
			name = w[1:]
		}
		if len(w) > 2 {
			value, has = strings.TrimPrefix(w[2:], "="), true
		}
	}
	c.flags = append(c.flags, w)
	takes := valued[name] || name == "unstable" || name == "directory"
	if takes && !has && len(next) > 0 {
		c.flags = append(c.flags, next[0])
		c.values[name] = append(c.values[name], next[0])
		return 1
	}
	c.values[name] = append(c.values[name], value)
	return 0
}

func (c cargoCommand) has(flag string) bool { _, ok := c.values[flag]; return ok }

// value is the last value of a flag, "" for none.
func (c cargoCommand) value(flag string) string {
	if v := c.values[flag]; len(v) > 0 {
		return v[len(v)-1]
	}
	return ""
}

// profileDir is the folder below target that the profile's programs go to: debug for
// dev and test, release for release and bench, else the profile's own name.
func (c cargoCommand) profileDir() string {
	switch p := c.value("profile"); {
	case p == "dev" || p == "test":
		return "debug"
	case p == "bench":
		return "release"
	case p != "":
		return p
	case c.has("release"):
		return "release"
	}
	return "debug"
}

// features are what decides about the code that is compiled, as one text.
func (c cargoCommand) features() string {
	text := strings.Join(c.values["features"], ",")
	for _, flag := range []string{"all-features", "no-default-features"} {
		if c.has(flag) {
			text += " " + flag
		}
	}
	return c.toolchain + " " + strings.Join(c.values["config"], ",") + " " + strings.Join(c.values["unstable"], ",") + " " + text
}
