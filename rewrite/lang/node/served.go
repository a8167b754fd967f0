package node

import (
	"path"
	"strings"
)

// servesOne takes the folder that a static server is told to serve for what the build
// makes, where nothing else is started: whatever else a build writes, run time does not
// read it.
func (d *designer) servesOne() {
	folder, ok := d.served()
	if !ok || !d.built.any || d.app.tree.HasDir(d.app.path(folder)) {
		return
	}
	d.built.outputs, d.built.unknown = []string{folder}, nil
}

// served is the one folder of the project that is served, and nothing else is started.
func (d *designer) served() (folder string, ok bool) {
	r := d.run
	if len(r.servers) != 1 || len(r.entries)+len(r.unknown)+len(r.compilers)+len(r.migrators)+len(r.dev)+len(r.files) > 0 ||
		r.next != nil || r.preview != nil || r.nest != nil || len(r.tools) > 1 {
		return "", false
	}
	words := positional(r.server.Args)
	if len(words) != 1 || strings.ContainsAny(words[0], "$*") {
		return "", false
	}
	full := words[0]
	if !path.IsAbs(full) {
		full = path.Join(d.in.End.Workdir, full)
	}
	folder, inside := d.app.rel(path.Clean(full))
	return folder, inside && folder != ""
}

// serverValues are options of static servers that take the next word.
var serverValues = set("-l --listen -p --port -c --config -a --address -d --debug-level -P --proxy -S --ssl -C --cert -K --key -t --cache --host -H --max-age --ssl-cert --ssl-key")

// positional are the words of a static server that are neither options nor their values.
func positional(args []string) []string {
	var out []string
	for i := 0; i < len(args); i++ {
		switch {
		case serverValues[args[i]]:
			i++
		case !strings.HasPrefix(args[i], "-"):
			out = append(out, args[i])
		}
	}
	return out
}
