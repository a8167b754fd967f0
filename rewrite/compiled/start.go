package compiled

import (
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// Start is how the image starts.
type Start struct {
	Entry, Cmd *plan.Item // the last ENTRYPOINT and CMD
	Argv       []string   // of the exec form, or of a shell form that has no need of a shell; nil otherwise
	Shell      bool       // a shell is part of the start command
	Convert    bool       // a shell form that becomes an exec form
	Commands   []StartCommand
	Inherited  bool // nothing but the base image's own command
}

// StartCommand is one program that is started, by the image or by a service.
type StartCommand struct {
	Words []string // its name first
	At    plan.Evidence
	Dir   string
}

// ReadStart reads the image's own ENTRYPOINT and CMD.
func ReadStart(in *plan.Input) Start {
	var s Start
	for i := range in.Items {
		switch in.Items[i].Keyword {
		case "ENTRYPOINT":
			s.Entry = &in.Items[i]
		case "CMD":
			s.Cmd = &in.Items[i]
		}
	}
	if s.Entry == nil && s.Cmd == nil {
		s.Inherited = true
		return s
	}
	if s.Entry != nil && (!s.Entry.JSON || len(s.Entry.Argv) > 0) {
		s.Add(in, *s.Entry)
		if s.Entry.JSON && s.Cmd != nil {
			s.addArguments(in, *s.Cmd)
		}
		return s
	}
	if s.Cmd != nil {
		s.Add(in, *s.Cmd)
	}
	return s
}

// add reads an instruction that names a program.
func (s *Start) Add(in *plan.Input, it plan.Item) {
	at := in.Evidence(it, "")
	dir := in.End.Workdir
	if it.JSON {
		s.Argv = append([]string{}, it.Argv...)
		if text, ok := shell.Unwrap(it.Argv); ok {
			s.Shell = true
			s.addScript(text, at, dir)
			return
		}
		s.Commands = append(s.Commands, StartCommand{Words: s.Argv, At: at, Dir: dir})
		return
	}
	text := in.File.Text(it.Args)
	if argv, ok := shell.Argv(it.Script, text); ok && len(in.End.Shell) == 0 && !in.Hints.AsWritten {
		s.Argv, s.Convert = argv, true
		if inner, ok := shell.Unwrap(argv); ok {
			s.Shell = true
			s.addScript(inner, at, dir)
			return
		}
		s.Commands = append(s.Commands, StartCommand{Words: argv, At: at, Dir: dir})
		return
	}
	s.Shell = true
	if it.Script != nil {
		s.AddCommands(it.Script.Commands, at, dir)
	}
}

// addArguments puts CMD behind ENTRYPOINT's exec form, as the runtime does.
func (s *Start) addArguments(in *plan.Input, it plan.Item) {
	if !it.JSON {
		s.Argv = append(s.Argv, "/bin/sh", "-c", strings.TrimSpace(in.File.Text(it.Args)))
		s.Shell = true
		return
	}
	s.Argv = append(s.Argv, it.Argv...)
	if n := len(s.Commands); n > 0 && !s.Shell {
		s.Commands[n-1].Words = s.Argv
	}
}

func (s *Start) addScript(text string, at plan.Evidence, dir string) {
	script, err := shell.ParseFile(text)
	if err != nil {
		return
	}
	s.AddCommands(script.Commands, at, dir)
}

// AddCommands takes the commands of a script along.
func (s *Start) AddCommands(list []shell.Command, at plan.Evidence, dir string) {
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
			s.Commands = append(s.Commands, StartCommand{Words: c.Words(), At: at, Dir: dir})
		}
	}
}

// wrapperTools start another program behind their own words.
var wrapperTools = Words("tini dumb-init gosu su-exec exec env nohup catatonit dockerize wait-for-it.sh wait-for-it wait-for wait-for.sh wait.sh " +
	"docker-init setpriv chroot nice ionice time stdbuf entrypoint.sh docker-entrypoint.sh")

// Unwrapped is the program behind wrappers such as tini: the words from the first
// one that is a program of the image's own, or the build tool.
func (c StartCommand) Unwrapped(tool string, known func(string) bool) []string {
	words := c.Words
	if len(words) == 0 || !wrapperTools[path.Base(words[0])] {
		return words
	}
	for i := 1; i < len(words); i++ {
		if known(words[i]) || words[i] == tool {
			return words[i:]
		}
	}
	return words
}

// ShellByItself reports a base image that starts a shell where nobody says otherwise.
func (d *Design) ShellByItself() bool {
	c := d.In.Base.Config
	return len(c.Entrypoint) == 0 && len(c.Cmd) == 1 && Shells[path.Base(c.Cmd[0])]
}
