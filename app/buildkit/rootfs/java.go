package rootfs

import (
	"slices"
	"strings"
)

// javaValued are options of java(1) whose value is the next word.
var javaValued = []string{
	"-cp", "-classpath", "--class-path", "-p", "--module-path", "--upgrade-module-path", "--add-modules", "--enable-native-access",
	"--add-opens", "--add-exports", "--add-reads", "--limit-modules", "--patch-module", "-d", "--describe-module", "--source",
}

// java finds the archive of java -jar, and the agents that must be there.
// https://docs.oracle.com/en/java/javase/21/docs/specs/man/java.html
func (in *inspector) java(args []string, r run) {
	for _, options := range []string{"JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS"} {
		if value := in.env[options]; !strings.ContainsAny(value, `'"\`) {
			for _, o := range strings.Fields(value) {
				in.javaAgent(o, r)
			}
		}
	}
	for i := 0; i < len(args); i++ {
		switch a := args[i]; {
		case a == "-jar" && i+1 < len(args):
			if f, _ := in.argument(args[i+1], r, nil); f != nil {
				in.step(r.row, args[i+1])
			}
			return
		case slices.Contains(javaValued, a):
			i++
		case strings.HasPrefix(a, "-javaagent:"):
			in.javaAgent(a, r)
		case !strings.HasPrefix(a, "-") || strings.Contains(a, unknownWord):
			return // a class, or a file of arguments
		}
	}
}

func (in *inspector) javaAgent(option string, r run) {
	if file, ok := strings.CutPrefix(option, "-javaagent:"); ok {
		file, _, _ = strings.Cut(file, "=")
		in.argument(file, r, nil)
	}
}
