package rust

import (
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// start is how the image starts.
type start struct {
	entry, cmd *plan.Item // the last ENTRYPOINT and CMD
	argv       []string   // of the exec form, or of a shell form that has no need of a shell; nil otherwise
	shell      bool       // a shell is part of the start command
	convert    bool       // a shell form that becomes an exec form
	commands   []startCommand
	inherited  bool // nothing but the base image's own command
}

// startCommand is one program that is started, by the image or by a service.
type startCommand struct {
	words []string // its name first
	at    plan.Evidence
	dir   string
}

// readStart reads the image's own ENTRYPOINT and CMD.
func readStart(in *plan.Input) start {
	var s start
	for i := range in.Items {
		switch in.Items[i].Keyword {
		case "ENTRYPOINT":
			s.entry = &in.Items[i]
		case "CMD":
			s.cmd = &in.Items[i]
		}
	}
	if s.entry == nil && s.cmd == nil {
		s.inherited = true
		return s
	}
	if s.entry != nil && (!s.entry.JSON || len(s.entry.Argv) > 0) {
		s.add(in, *s.entry)
		if s.entry.JSON && s.cmd != nil {
			s.addArguments(in, *s.cmd)
		}
		return s
	}
	if s.cmd != nil {
		s.add(in, *s.cmd)
	}
	return s
}

// add reads an instruction that names a program.
func (s *start) add(in *plan.Input, it plan.Item) {
	at := in.Evidence(it, "")
	dir := in.End.Workdir
	if it.JSON {
		s.argv = append([]string{}, it.Argv...)
		if text, ok := shell.Unwrap(it.Argv); ok {
			s.shell = true
			s.addScript(text, at, dir)
			return
		}
		s.commands = append(s.commands, startCommand{words: s.argv, at: at, dir: dir})
		return
	}
	text := in.File.Text(it.Args)
	if argv, ok := shell.Argv(it.Script, text); ok && len(in.End.Shell) == 0 && !in.Hints.AsWritten {
		s.argv, s.convert = argv, true
		if inner, ok := shell.Unwrap(argv); ok {
			s.shell = true
			s.addScript(inner, at, dir)
			return
		}
		s.commands = append(s.commands, startCommand{words: argv, at: at, dir: dir})
		return
	}
	s.shell = true
	if it.Script != nil {
		s.addCommands(it.Script.Commands, at, dir)
	}
}

// addArguments puts CMD behind ENTRYPOINT's exec form, as the runtime does.
func (s *start) addArguments(in *plan.Input, it plan.Item) {
	if !it.JSON {
		s.argv = append(s.argv, "/bin/sh", "-c", strings.TrimSpace(in.File.Text(it.Args)))
		s.shell = true
		return
	}
	s.argv = append(s.argv, it.Argv...)
	if n := len(s.commands); n > 0 && !s.shell {
		s.commands[n-1].words = s.argv
	}
}

func (s *start) addScript(text string, at plan.Evidence, dir string) {
	script, err := shell.ParseFile(text)
	if err != nil {
		return
	}
	s.addCommands(script.Commands, at, dir)
}

func (s *start) addCommands(list []shell.Command, at plan.Evidence, dir string) {
	for _, c := range list {
		c = c.Unwrapped()
		if c.Name() == "cd" && len(c.Args) == 2 && c.Args[1].Literal {
			dir = c.Args[1].Text
			if !path.IsAbs(dir) {
				dir = path.Join("/", dir)
			}
			continue
		}
		if len(c.Args) > 0 {
			s.commands = append(s.commands, startCommand{words: c.Words(), at: at, dir: dir})
		}
	}
}

// wrappers start another program behind their own words.
var wrapperTools = wordSet("tini dumb-init gosu su-exec exec env nohup catatonit dockerize wait-for-it.sh wait-for-it wait-for wait-for.sh wait.sh " +
	"docker-init setpriv chroot nice ionice time stdbuf entrypoint.sh docker-entrypoint.sh")

// unwrapped is the program behind wrappers such as tini: the words from the first
// one that is a program of the image's own.
func (c startCommand) unwrapped(known func(string) bool) []string {
	words := c.words
	if len(words) == 0 || !wrapperTools[path.Base(words[0])] {
		return words
	}
	for i := 1; i < len(words); i++ {
		if known(words[i]) || words[i] == "cargo" {
			return words[i:]
		}
	}
	return words
}

// cargoTools need the tool chain or are part of it.
var cargoTools = wordSet("cargo rustc rustup trunk wasm-pack cargo-watch cargo-shuttle cross just")
