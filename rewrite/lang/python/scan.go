package python

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/multistage-app/multistage/rewrite/image"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// Limits on the sources that are looked at.
const (
	maxSources    = 4000
	maxSourceSize = 1 << 20
	maxSourceSum  = 24 << 20
	maxWriting    = 128 << 10 // what is looked through for writes
)

// scan is what the sources show of what run time needs.
type scan struct {
	started     map[string]plan.Evidence // programs of the full image that the sources start
	modules     map[string]plan.Evidence // modules that are imported, of those in libraryPackages and compilesAtRun
	absolute    *plan.Evidence           // names the interpreter's folders
	writes      *plan.Evidence           // writes files
	read        int                      // bytes of Python sources
	dataFiles   bool                     // a setup script has data_files
	modulesRead bool                     // names node_modules
	partial     bool                     // not everything was read
}

var (
	reLiteral  = regexp.MustCompile(`["']([A-Za-z][A-Za-z0-9_+.-]{0,20})(?:["' ])`)
	reAbsolute = regexp.MustCompile(`/usr/local/(bin/([A-Za-z0-9_.-]+)|lib/python\d)`)
	reOpen     = regexp.MustCompile(`open\([^)\n]*["'][wax]b?\+?["']`)
)

// spawning are modules that start programs, with the words of a source that does it by
// them: none where the import says enough. writing are words of sources that write
// files.
var (
	spawning = map[string][]string{
		"subprocess": nil, "pexpect": nil, "sh": nil, "fabric": nil, "plumbum": nil, "invoke": nil, "pty": nil,
		"os": {"os.system", "os.popen", "os.exec", "os.spawn", "from os import", "import os as"}, "shutil": {"which"}, "asyncio": {"create_subprocess"},
	}
	writing = []string{".mkdir(", "makedirs(", "sqlite", "FileHandler", ".to_csv(", ".to_excel(", ".to_parquet(", "savefig(", ".save(", "write_text(", "write_bytes(", "shutil.copy", "shutil.move",
		"shelve", "pickle.dump", "joblib.dump", "json.dump(", "UPLOAD", "MEDIA_ROOT", "tempfile", "np.save", "urlretrieve", "FileSystemStorage"}
)

// firstOf is the place of the first of some words that a text has; -1 for none.
func firstOf(text string, words []string) int {
	for _, w := range words {
		if i := strings.Index(text, w); i >= 0 {
			return i
		}
	}
	return -1
}

// fullPrograms are programs that the full image of Python has, which is made from
// buildpack-deps, and the slim one has not. See
// https://github.com/docker-library/buildpack-deps.
var fullPrograms = words("curl wget git hg svn ssh scp ssh-keygen gpg ps top pgrep pkill free convert identify mogrify file unzip xz bzip2 patch make gcc g++ cc mysql_config pg_config")

// scanSources reads the project's Python and shell files that are in the image.
func (d *designer) scanSources() *scan {
	s := &scan{started: map[string]plan.Evidence{}, modules: map[string]plan.Evidence{}}
	sum, count := 0, 0
	for _, name := range d.tree.Names {
		ext := path.Ext(name)
		if ext != "" && ext != ".py" && ext != ".sh" && ext != ".cfg" && ext != ".toml" && ext != ".ini" && ext != ".conf" && ext != ".yml" && ext != ".yaml" && ext != ".service" || strings.Contains(name, "/node_modules/") || strings.Contains(name, "/site-packages/") {
			continue
		}
		file := d.tree.Files[name].Source
		entry, ok := d.in.Project.Stat(d.in.Project.Join(file))
		if ok && (entry.Size > maxSourceSize || ext == "" && entry.Size > maxScriptSize) {
			continue
		}
		if count++; count > maxSources || sum > maxSourceSum {
			s.partial = true
			break
		}
		data, err := d.in.Project.Read(d.in.Project.Join(file))
		if err != nil {
			s.partial = true
			continue
		}
		sum += len(data)
		s.file(d, d.in.Project.Join(file), string(data), ext)
	}
	return s
}

// otherPrograms lie in /usr/local/bin as well and are none of Python's.
var otherPrograms = words("docker docker-entrypoint.sh docker-compose kubectl helm node npm npx dumb-init tini gosu wait-for-it wait-for-it.sh wait-for go terraform aws ffmpeg ffprobe chromedriver geckodriver")

// namesInterpreter is the place of a path below /usr/local that may lead to the
// interpreter, its programs or its packages; -1 where there is none.
func (d *designer) namesInterpreter(text string) int {
	if !strings.Contains(text, "/usr/local/") {
		return -1
	}
	for _, m := range reAbsolute.FindAllStringSubmatchIndex(text, 50) {
		if m[4] < 0 {
			return m[0]
		}
		name := text[m[4]:m[5]]
		if !otherPrograms[name] && !d.tree.Has("/usr/local/bin/"+name) {
			return m[0]
		}
	}
	return -1
}

func (s *scan) file(d *designer, name, text, ext string) {
	if ext == "" { // a program of the project, a crontab, or a text for people
		switch {
		case !strings.HasPrefix(text, "#!") && !strings.Contains(path.Base(name), "cron"):
			return
		case strings.Contains(text[:min(len(text), 60)], "python"):
			ext = ".py"
		default:
			ext = ".sh"
		}
	}
	note := func(at int, what string) *plan.Evidence {
		return &plan.Evidence{Path: name, Line: 1 + strings.Count(text[:at], "\n"), Text: what}
	}
	if s.absolute == nil {
		if at := d.namesInterpreter(text); at >= 0 {
			s.absolute = note(at, "it names a program or folder of the interpreter by its path")
		}
	}
	switch ext {
	case ".cfg", ".toml":
		s.dataFiles = s.dataFiles || strings.Contains(text, "data_files") || strings.Contains(text, "data-files")
		return
	case ".sh":
		s.programs(text, note)
		return
	case ".py":
	default:
		return
	}
	spawns := s.imports(text, note)
	s.modulesRead = s.modulesRead || strings.Contains(text, "node_modules")
	if spawns {
		s.programs(text, note)
	}
	if strings.Contains(text, "torch.compile(") {
		s.modules["torch.compile"] = *note(strings.Index(text, "torch.compile("), "torch.compile compiles at run time")
	}
	if s.read += len(text); s.writes == nil && s.read < maxWriting {
		at := firstOf(text, writing)
		if at < 0 && strings.Contains(text, "open(") {
			if loc := reOpen.FindStringIndex(text); loc != nil {
				at = loc[0]
			}
		}
		if at >= 0 {
			s.writes = note(at, "it writes files")
		}
	}
	s.dataFiles = s.dataFiles || path.Base(name) == "setup.py" && strings.Contains(text, "data_files")
}

// imports notes the modules of interest that a source file imports, and reports one
// that starts programs.
func (s *scan) imports(text string, note func(int, string) *plan.Evidence) (spawns bool) {
	var tried []string
	for at := 0; at < len(text); {
		end := strings.IndexByte(text[at:], '\n')
		if end < 0 {
			end = len(text) - at
		}
		line := strings.TrimLeft(text[at:at+end], " \t")
		rest, ok := strings.CutPrefix(line, "import ")
		if !ok {
			rest, ok = strings.CutPrefix(line, "from ")
		}
		if ok {
			for more := true; more; {
				var name string
				name, rest, more = strings.Cut(rest, ",")
				module := moduleName(name)
				if how, can := spawning[module]; can && !slices.Contains(tried, module) {
					tried = append(tried, module)
					spawns = spawns || how == nil || firstOf(text, how) >= 0
				}
				if _, seen := s.modules[module]; !seen && (libraries[module].imports || compilesAtRun[module] || module == "git") {
					s.modules[module] = *note(at, "it imports "+module)
				}
			}
		}
		at += end + 1
	}
	return spawns
}

// moduleName is the package at the beginning of what is imported.
func moduleName(text string) string {
	text = strings.TrimLeft(text, " \t")
	end := 0
	for end < len(text) && (text[end] == '_' || '0' <= text[end] && text[end] <= '9' || 'A' <= text[end] && text[end] <= 'Z' || 'a' <= text[end] && text[end] <= 'z') {
		end++
	}
	return text[:end]
}

var reWord = regexp.MustCompile(`[A-Za-z][A-Za-z0-9_+-]*`)

// programs notes what a script calls, or what a source file that starts programs has
// among its literals.
func (s *scan) programs(text string, note func(int, string) *plan.Evidence) {
	re := reLiteral
	group := 2
	if !reLiteral.MatchString(text) || strings.HasPrefix(text, "#!") && !strings.Contains(text[:min(40, len(text))], "python") {
		re, group = reWord, 0
	}
	for _, m := range re.FindAllStringSubmatchIndex(text, 20000) {
		name := text[m[group]:m[group+1]]
		if _, ok := s.started[name]; !ok && fullPrograms[name] && name != "file" && name != "free" && name != "top" && name != "patch" && name != "convert" && name != "make" && name != "cc" {
			s.started[name] = *note(m[group], "it starts "+name)
		}
	}
}

// runPrograms are the programs of the system that run time calls: in start commands,
// health checks, scripts, sources and the steps that production keeps.
func (d *designer) runPrograms() map[string]plan.Evidence {
	out := map[string]plan.Evidence{}
	for name, ev := range d.run.programs {
		out[name] = ev
	}
	for name, ev := range d.scan.started {
		out[name] = ev
	}
	if _, ok := d.scan.modules["git"]; ok || d.names["gitpython"] {
		out["git"] = plan.Evidence{Text: "GitPython calls git"}
	}
	for _, s := range d.steps {
		if s.Keyword != "RUN" {
			continue
		}
		for _, t := range s.Tasks {
			if !d.keepsTask(s, t) {
				continue
			}
			out[t.Unwrapped().Name()] = d.in.Evidence(s.Item, "this step calls "+t.Unwrapped().Name())
			for _, name := range inner(t) {
				out[name] = d.in.Evidence(s.Item, "this step calls "+name)
			}
		}
	}
	return out
}

// inner are programs in a command's own words: "bash -c", "xargs curl", $(curl …).
func inner(t task) []string {
	var out []string
	for _, w := range t.Words() {
		for _, name := range reWord.FindAllString(w, 40) {
			if fullPrograms[name] && name != "file" && name != "free" && name != "top" && name != "patch" && name != "make" && name != "cc" && name != "git" {
				out = append(out, name)
			}
		}
	}
	return out
}

// commandPackage is the package of a program that the full image has; known is false
// for a program for which none is added.
func (d *designer) commandPackage(name string) (pkg string, known bool) {
	switch name {
	case "mogrify":
		return "imagemagick", true
	case "top", "free":
		return "procps", true
	case "patch":
		return "patch", true
	}
	return image.CommandPackage(d.in.Base.Family, name)
}
