package rust

import (
	"path"
	"sort"
	"strings"

	"github.com/multistage-app/multistage/rewrite/compiled"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// Limits on the sources that are read for one design.
const (
	maxSourceFiles = 3000
	maxSourceBytes = 16 << 20
)

// source is what the program's own sources say.
type source struct {
	literals []literal
	opaque   []plan.Evidence          // reads files whose names are not in the code
	writes   []plan.Evidence          // creates or changes files
	execs    map[string]plan.Evidence // programs that it runs
	unnamed  []plan.Evidence          // runs programs whose names are not in the code
	traits   map[string]plan.Evidence // other calls that matter, by name
	env      map[string]bool          // strings that may be names of environment variables
	compiled map[string]bool          // environment variables that the compiler or build.rs reads
	low      bool                     // a number in it is a port below 1024
	high     bool                     // a string or number in it is a port from 1024 on
	files    int
	partial  bool // the limits were reached
}

// literal is one string of the sources that is there at run time.
type literal struct {
	text string
	dir  string // of the source file, in the image
}

// rustFiles are the Rust sources of the image, sorted, without other people's and
// those of tests.
func rustFiles(t *tree) []string {
	var out []string
	all := t.Paths()
	for p := range t.Gone {
		all = append(all, p)
	}
	sort.Strings(all)
	for _, p := range all {
		if !strings.HasSuffix(p, ".rs") {
			continue
		}
		skip := false
		for _, part := range strings.Split(p, "/") {
			switch part {
			case "vendor", "target", "tests", "benches", "node_modules", ".git":
				skip = true
			}
		}
		if !skip {
			out = append(out, p)
		}
	}
	return out
}

// readSources reads the sources of the project.
func (d *design) readSources() *plan.Refusal {
	s := &source{execs: map[string]plan.Evidence{}, traits: map[string]plan.Evidence{}, env: map[string]bool{}, compiled: map[string]bool{}}
	d.source = s
	bytes := 0
	for _, p := range rustFiles(d.Tree) {
		data, ok := d.Tree.Read(p)
		if bytes += len(data); !ok && d.Tree.Source(p) != "" || s.files >= maxSourceFiles || bytes > maxSourceBytes {
			s.partial = true
			continue
		}
		if !ok || strings.Contains(p, "/examples/") && !d.buildsExamples() {
			continue
		}
		s.files++
		r := &reader{s: s, file: d.Tree.Source(p), dir: path.Dir(p), debug: d.debugProfile(), tokens: lex(string(data))}
		if path.Base(p) == "build.rs" {
			r.buildScript()
			continue
		}
		r.read()
	}
	from := plan.Evidence{Line: d.In.File.Line(d.In.Stage.From)}
	if s.files == 0 && d.Clones {
		return compiled.RefuseAt(plan.UnknownWriteSet, from, "the sources come from the network during the build, so what the program needs at run time cannot be told", "build from the repository's own sources")
	}
	if s.files == 0 {
		return compiled.RefuseAt(plan.BrokenOriginal, from, "no Rust source of the program is in the image", "")
	}
	for _, name := range []string{"CARGO_MANIFEST_DIR", "CARGO_PKG_VERSION", "CARGO_PKG_NAME"} {
		if d.ran != nil && s.env[name] {
			return compiled.RefuseAt(plan.NeedsBuildTool, d.StartEvidence(), "the program reads "+name+" at run time, which only cargo sets", "set it by ENV and start the compiled program")
		}
	}
	if at, ok := s.traits["library"]; ok {
		return compiled.RefuseAt(plan.NeedsBuildTool, at, "it loads shared objects at run time, which have to be built by the same tool chain", "")
	}
	return nil
}

func (d *design) buildsExamples() bool {
	for _, a := range d.programs {
		if strings.Contains(a.path, "/examples/") {
			return true
		}
	}
	return false
}

// debugProfile reports a program without optimisation: rust-embed reads its files at
// run time there.
func (d *design) debugProfile() bool {
	for _, a := range d.programs {
		if a.line.verb != "install" && a.line.profileDir() == "debug" || a.line.has("debug") {
			return true
		}
	}
	return false
}

// reader goes through the tokens of one file.
type reader struct {
	s        *source
	file     string // from the repository's root
	dir      string // in the image
	debug    bool
	tokens   []token
	calls    []call // the brackets that are open
	process  bool   // the file uses std::process or tokio::process
	tested   int    // depth at which a module of tests began, 0 for none
	attrTest bool
}

// call is an open bracket with what stands before it.
type call struct {
	name  string // env!, fs::read_to_string, #template
	close byte
	named bool // a string stood in it
	reads bool
	line  int
}

// Macros and attributes whose strings are used up by the compiler.
var compileTime = compiled.Words("include_str! include_bytes! include_dir! include! embed_migrations! migrate! query_file! query_file_as! query_file_scalar! env! option_env! dotenv! " +
	"query! query_as! query_scalar! concat_env! i18n! static_loader! include_flate! include_image! cfg! compile_error! #template #folder #grammar #include #exclude #path #doc #cfg #link #deprecated #allow #cfg_attr")

// readCalls open files under the names that they are given.
var readCalls = compiled.Words("fs::read fs::read_to_string fs::read_dir File::open NamedFile::open NamedFile::open_async ServeDir::new ServeFile::new Files::new FileServer::from FileServer::new " +
	"FileServer::new_without_index Tera::new Tera::parse fs::dir fs::file fs::canonicalize fs::metadata fs::copy .read_dir .open .register_template_file .register_templates_directory .set_loader File::with_name File::from " +
	"StaticDir::new StaticFiles::new load_yaml .add_source Ini::load_from_file fs::try_exists path_loader .extend_from_glob glob")

// writeCalls create or change files.
var writeCalls = compiled.Words("File::create File::create_new File::options fs::write fs::create_dir fs::create_dir_all fs::rename fs::remove_file fs::remove_dir_all fs::copy OpenOptions::new fs::set_permissions " +
	"NamedTempFile::new DirBuilder::new rolling::daily rolling::hourly rolling::never UnixListener::bind Connection::open Db::open sled::open")

// read notes what the file says.
func (r *reader) read() {
	for i, t := range r.tokens {
		if t.kind == 'i' && t.text == "process" && i > 2 && (r.tokens[i-3].text == "std" || r.tokens[i-3].text == "tokio" || r.tokens[i-3].text == "async_process") {
			r.process = true
		}
	}
	for i := 0; i < len(r.tokens); i++ {
		switch t := r.tokens[i]; t.kind {
		case '(', '[', '{':
			r.open(i)
		case ')', ']', '}':
			r.closed(t.kind)
		case 's':
			r.text(t)
		case 'n':
			r.number(t.text)
		case 'i':
			r.word(i)
		}
	}
}

// open notes a bracket with the name of the call before it.
func (r *reader) open(i int) {
	t := r.tokens[i]
	c := call{close: map[byte]byte{'(': ')', '[': ']', '{': '}'}[t.kind], line: t.line}
	switch {
	case t.kind == '[' && i > 0 && (r.tokens[i-1].kind == '#' || r.tokens[i-1].kind == '!' && i > 1 && r.tokens[i-2].kind == '#'):
		if i+1 < len(r.tokens) {
			c.name = "#" + r.tokens[i+1].text
			for _, inner := range r.tokens[i+1 : min(i+5, len(r.tokens))] {
				r.attrTest = r.attrTest || c.name == "#cfg" && inner.text == "test"
			}
		}
	case t.kind == '{' && r.attrTest && r.tested == 0:
		r.tested, r.attrTest = len(r.calls)+1, false
	default:
		c.name = r.called(i)
	}
	c.reads = readCalls[c.name]
	if len(r.calls) < 10_000 {
		r.calls = append(r.calls, c)
	}
	if r.tested == 0 {
		r.noteCall(c)
	}
}

// called is the name of what is called before the bracket at i: name!, a::b or .b.
func (r *reader) called(i int) string {
	i--
	if i < 0 {
		return ""
	}
	if r.tokens[i].kind == '!' && i > 0 && r.tokens[i-1].kind == 'i' {
		return r.tokens[i-1].text + "!"
	}
	if r.tokens[i].kind != 'i' {
		return ""
	}
	name := r.tokens[i].text
	switch {
	case i > 2 && r.tokens[i-1].kind == ':' && r.tokens[i-3].kind == 'i':
		return r.tokens[i-3].text + "::" + name
	case i > 0 && r.tokens[i-1].kind == '.':
		return "." + name
	}
	return name
}

func (r *reader) at(line int, text string) plan.Evidence {
	return plan.Evidence{Path: r.file, Line: line, Text: text}
}

// noteCall notes calls by their name.
func (r *reader) noteCall(c call) {
	switch {
	case writeCalls[c.name]:
		r.s.writes = append(r.s.writes, r.at(c.line, "writes files ("+c.name+")"))
	case c.name == "env::current_exe" || c.name == "current_exe":
		r.trait("executable", c.line)
	case c.name == "Library::new" || c.name == "Container::load":
		r.trait("library", c.line)
	case strings.HasSuffix(c.name, "dotenv") || strings.HasPrefix(c.name, "dotenv") || strings.HasPrefix(c.name, "dotenvy"):
		r.trait("dotenv", c.line)
	case strings.Contains(c.name, "home_dir") || c.name == "ProjectDirs::from" || c.name == "BaseDirs::new":
		r.trait("home", c.line)
	}
}

func (r *reader) trait(name string, line int) {
	if _, ok := r.s.traits[name]; !ok {
		r.s.traits[name] = r.at(line, "")
	}
}

// closed takes the innermost bracket off. A call that reads a file and was given no
// string reads one whose name is not in the code.
func (r *reader) closed(kind byte) {
	if len(r.calls) == 0 {
		return
	}
	c := r.calls[len(r.calls)-1]
	r.calls = r.calls[:len(r.calls)-1]
	if r.tested > len(r.calls) {
		r.tested = 0
		return
	}
	if r.tested > 0 || kind != c.close {
		return
	}
	switch {
	case c.reads && !c.named && c.name != ".open" && c.name != "glob" && c.name != ".add_source":
		r.s.opaque = append(r.s.opaque, r.at(c.line, "it reads files under a name that is not in the code"))
	case c.name == "Command::new" && r.process && !c.named:
		r.s.unnamed = append(r.s.unnamed, r.at(c.line, ""))
	}
}

// text notes one string.
func (r *reader) text(t token) {
	inner := ""
	for i := len(r.calls) - 1; i >= 0 && i >= len(r.calls)-6; i-- {
		c := &r.calls[i]
		c.named = true
		if inner == "" {
			inner = c.name
		}
		if compileTime[c.name] && !(r.debug && c.name == "#folder") {
			if c.name == "env!" || c.name == "option_env!" || c.name == "dotenv!" {
				r.s.compiled[t.text] = true
			}
			return
		}
	}
	if r.tested > 0 {
		return
	}
	if inner == "Command::new" && r.process {
		if _, ok := r.s.execs[t.text]; !ok && t.text != "" {
			r.s.execs[t.text] = r.at(t.line, "the program runs "+t.text)
		}
	}
	if upperName(t.text) {
		r.s.env[t.text] = true
	}
	if len(t.text) > 300 || t.text == "" {
		return
	}
	r.port(t.text)
	r.s.literals = append(r.s.literals, literal{text: t.text, dir: r.dir})
}

// word notes identifiers that matter by themselves.
func (r *reader) word(i int) {
	t := r.tokens[i]
	if r.tested > 0 {
		return
	}
	if t.text == "env" && i+3 < len(r.tokens) && r.tokens[i+1].kind == '!' && r.tokens[i+3].text == "CARGO_MANIFEST_DIR" {
		r.s.opaque = append(r.s.opaque, r.at(t.line, "it finds files by the place of its sources"))
	}
}

// upperName reports SOME_NAME.
func upperName(s string) bool {
	if s == "" || len(s) > 80 || s[0] < 'A' || s[0] > 'Z' {
		return false
	}
	return strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") == ""
}

// number and port note ports.
func (r *reader) number(text string) {
	switch text = strings.ReplaceAll(strings.TrimSuffix(text, "u16"), "_", ""); {
	case text == "80" || text == "443":
		r.s.low = true
	case len(text) == 4 && text >= "1024" || len(text) == 5:
		r.s.high = r.s.high || strings.Trim(text, "0123456789") == ""
	}
}

func (r *reader) port(text string) {
	if i := strings.LastIndexByte(text, ':'); i >= 0 && len(text) < 40 && !strings.Contains(text, "/") {
		text = text[i+1:]
	}
	r.number(text)
}

// buildScript notes the variables that build.rs may read.
func (r *reader) buildScript() {
	for _, t := range r.tokens {
		if t.kind == 's' && upperName(t.text) {
			r.s.compiled[t.text] = true
		}
	}
}
