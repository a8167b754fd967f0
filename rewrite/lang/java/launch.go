package java

import (
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
)

// launch is a java command, taken apart.
// See https://docs.oracle.com/en/java/javase/21/docs/specs/man/java.html.
type launch struct {
	at        plan.Evidence
	jar       word   // behind -jar
	classpath []word // entries of -cp; "." where there is none
	main      string // the class
	source    bool   // a source file is started as it is
	files     []string
	open      bool // the program is not known
}

// valued are options whose value is the next word.
var valued = wordSet("-cp -classpath --class-path -p --module-path --upgrade-module-path --add-modules --limit-modules --add-opens --add-exports --add-reads --patch-module --enable-native-access -m --module")

// parseJava reads the words behind java.
func (d *designer) parseJava(words []word, at plan.Evidence) launch {
	l := launch{at: at}
	for len(words) > 0 {
		w := words[0]
		words = words[1:]
		switch {
		case w.open && strings.HasPrefix(w.text, "$"):
			if len(words) == 0 {
				l.open = true
			}
			continue // $JAVA_OPTS
		case w.text == "-jar" && len(words) > 0:
			l.jar = words[0]
			l.arguments(words[1:])
			return l
		case w.text == "-cp" || w.text == "-classpath" || w.text == "--class-path" || w.text == "-p" || w.text == "--module-path":
			if len(words) > 0 {
				l.entries(words[0])
				words = words[1:]
			}
		case strings.HasPrefix(w.text, "--class-path="):
			l.entries(word{text: strings.TrimPrefix(w.text, "--class-path="), open: w.open})
		case w.text == "-m" || w.text == "--module":
			l.main = "module"
			if len(words) > 0 {
				l.arguments(words[1:])
			}
			return l
		case valued[w.text] && len(words) > 0:
			words = words[1:]
		case strings.HasPrefix(w.text, "-") || strings.HasPrefix(w.text, "@"):
			l.option(w)
		default:
			l.main, l.open = w.text, w.open
			l.source = strings.HasSuffix(w.text, ".java")
			l.arguments(words)
			if len(l.classpath) == 0 {
				l.classpath = []word{{text: "."}}
			}
			return l
		}
	}
	l.open = true
	return l
}

// entries takes a class path apart.
func (l *launch) entries(w word) {
	for _, e := range strings.Split(w.text, ":") {
		if e == "" {
			e = "."
		}
		l.classpath = append(l.classpath, word{text: e, open: w.open && strings.ContainsAny(e, "$`")})
	}
}

// option notes the files that an option names: -javaagent:x.jar=…, -Dkey=file:x.
func (l *launch) option(w word) {
	text := w.text
	for _, prefix := range []string{"-javaagent:", "-agentpath:"} {
		if rest, ok := strings.CutPrefix(text, prefix); ok {
			file, options, _ := strings.Cut(rest, "=")
			l.files = append(l.files, file)
			text = "=" + options
		}
	}
	if rest, ok := strings.CutPrefix(text, "@"); ok {
		l.files = append(l.files, rest)
	}
	if _, value, ok := strings.Cut(text, "="); ok {
		l.value(value)
	}
}

// value notes what may be paths in the value of an option or argument.
func (l *launch) value(text string) {
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' || r == '=' }) {
		part = strings.TrimPrefix(strings.TrimPrefix(part, "optional:"), "file:")
		l.files = append(l.files, strings.TrimPrefix(part, "//"))
	}
}

func (l *launch) arguments(words []word) {
	for _, w := range words {
		if !w.open {
			l.value(w.text)
		}
	}
}
