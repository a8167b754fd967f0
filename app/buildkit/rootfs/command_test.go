package rootfs_test

import (
	"testing"

	"github.com/multistage-app/multistage/app/buildkit/rootfs"
	"github.com/multistage-app/multistage/rewrite/proof"
)

func TestCommands(t *testing.T) {
	static := program{static: true}
	for _, c := range []check{
		{name: "found through PATH", image: nodeImage().file("/app/dist/main.js", ""), config: cmd("node", "dist/main.js")},
		{name: "in no folder of PATH", image: debian(), config: cmd("gunicorn", "app:app"), kind: proof.MissingCommand, subject: "gunicorn", cause: "no folder of PATH has"},
		{name: "default PATH", image: nodeImage().file("/app/a.js", ""), config: rootfs.Config{Cmd: []string{"node", "/app/a.js"}}},
		{name: "PATH of the image", image: debian().elf("/opt/bin/tool", static), config: rootfs.Config{Cmd: []string{"tool"}, Env: []string{"PATH=/opt/bin"}}},
		{name: "absolute path", image: newImage().elf("/server", static), config: cmd("/server")},
		{name: "absolute path that is missing", image: newImage().dir("/app"), config: cmd("/server"), kind: proof.MissingFile, subject: "/server", cause: "the image starts /server"},
		{name: "relative to the working directory", image: newImage().elf("/app/server", static), config: cmd("./server")},
		{name: "a folder", image: newImage().dir("/app/server"), config: cmd("/app/server"), kind: proof.NoPermission, subject: "/app/server", cause: "is a folder"},
		{name: "not executable", image: newImage().file("/app/server", string(static.bytes())), config: cmd("/app/server"), kind: proof.NoPermission, subject: "/app/server", cause: "not executable"},
		{name: "neither program nor script", image: debian().exec("/app/run", "echo hello\n"), config: cmd("/app/run"), kind: proof.Other, subject: "/app/run"},
		{name: "the same started by a shell", image: debian().exec("/app/run", "echo hello\n"), config: cmd("sh", "-c", "/app/run")},
		{name: "behind a folder that was not read", image: broken(debian(), "/usr/local"), config: cmd("gunicorn")},
		{name: "no command", image: debian(), config: rootfs.Config{}},
		{name: "behind tini", image: nodeImage().elf("/sbin/tini", static), config: cmd("/sbin/tini", "-g", "--", "nodemon"), kind: proof.MissingCommand, subject: "nodemon"},
		{name: "behind dumb-init with an option", image: nodeImage().elf("/usr/bin/dumb-init", static), config: cmd("dumb-init", "--rewrite=15:3", "nodemon")},
		{name: "behind gosu as nobody that there is", image: debian().elf("/usr/bin/gosu", static), config: cmd("gosu", "app", "curl"), kind: proof.NoUser, subject: "app"},
		{name: "health check", image: debian().elf("/app/server", static),
			config: rootfs.Config{Cmd: []string{"/app/server"}, Healthcheck: []string{"CMD", "wget", "-q"}}, kind: proof.MissingCommand, subject: "wget", cause: "the health check"},
		{name: "health check in shell form", image: debian().elf("/app/server", static),
			config: rootfs.Config{Cmd: []string{"/app/server"}, Healthcheck: []string{"CMD-SHELL", "wget -q http://localhost || exit 1"}}, kind: proof.MissingCommand, subject: "wget"},
		{name: "health check that finds its command", image: debian().elf("/app/server", static),
			config: rootfs.Config{Cmd: []string{"/app/server"}, Healthcheck: []string{"CMD-SHELL", "curl -f http://localhost || exit 1"}}},
		{name: "health check that can do without", image: debian().elf("/app/server", static),
			config: rootfs.Config{Cmd: []string{"/app/server"}, Healthcheck: []string{"CMD-SHELL", "wget -q http://localhost || curl http://localhost"}}},
	} {
		c.run(t)
	}
}

func broken(i *image, dir string) *image {
	i.dir(dir)
	i.broken[dir] = true
	return i
}

func TestSymbolicLinks(t *testing.T) {
	static := program{static: true}
	for _, c := range []check{
		{name: "absolute, in the root", image: newImage().elf("/opt/s", static).link("/app/s", "/opt/s"), config: cmd("/app/s")},
		{name: "relative, and above the root", image: newImage().elf("/opt/s", static).link("/app/s", "../../../../opt/s"), config: cmd("/app/s")},
		{name: "of a folder on the way", image: newImage().elf("/opt/v2/bin/s", static).link("/opt/current", "v2"), config: cmd("/opt/current/bin/s")},
		{name: "dangling", image: newImage().link("/app/s", "/opt/s"), config: cmd("/app/s"), kind: proof.MissingFile, subject: "/opt/s", cause: "leads to /opt/s"},
		{name: "a loop", image: newImage().link("/app/s", "t").link("/app/t", "s"), config: cmd("/app/s"), kind: proof.MissingFile, subject: "/app/s", cause: "symbolic link"},
		{name: "to what a container has", image: newImage().link("/app/s", "/proc/self/exe"), config: cmd("/app/s")},
		{name: "a file as a folder", image: newImage().file("/app/s", ""), config: cmd("/app/s/t"), kind: proof.MissingFile, subject: "/app/s/t"},
	} {
		c.run(t)
	}
}

func TestShebangs(t *testing.T) {
	for _, c := range []check{
		{name: "interpreter is there", image: debian().exec("/e.sh", "#!/bin/sh -e\nexec \"$@\"\n"), config: rootfs.Config{Entrypoint: []string{"/e.sh"}, Cmd: []string{"curl"}}},
		{name: "interpreter is missing", image: alpine().exec("/e.sh", "#!/bin/bash\n"), config: cmd("/e.sh"), kind: proof.MissingCommand, subject: "/bin/bash", cause: "/e.sh starts with #!/bin/bash, which the image does not have"},
		{name: "env finds it", image: debian().exec("/e.sh", "#!/usr/bin/env bash\n"), config: cmd("/e.sh")},
		{name: "env does not find it", image: debian().exec("/e.py", "#!/usr/bin/env python3\n"), config: cmd("/e.py"), kind: proof.MissingCommand, subject: "python3", cause: "no folder of PATH has python3"},
		{name: "env -S", image: debian().exec("/e.js", "#!/usr/bin/env -S FOO=1 deno run\n"), config: cmd("/e.js"), kind: proof.MissingCommand, subject: "deno"},
		{name: "env -S with quotes", image: debian().exec("/e.js", "#!/usr/bin/env -S 'deno' run\n"), config: cmd("/e.js")},
		{name: "Windows line endings", image: debian().exec("/e.sh", "#!/bin/sh\r\nexec \"$@\"\r\n"), config: cmd("/e.sh"), kind: proof.Other, subject: "/e.sh", cause: "Windows line endings"},
		{name: "Windows line endings behind env", image: debian().exec("/e.sh", "#!/usr/bin/env bash\r\n"), config: cmd("/e.sh"), kind: proof.Other, subject: "/e.sh", cause: "Windows line endings"},
		{name: "arguments are passed on", image: debian().exec("/e.sh", "#!/bin/sh\nset -e\nexec \"$@\"\n"), config: rootfs.Config{Entrypoint: []string{"/e.sh"}, Cmd: []string{"gunicorn"}}, kind: proof.MissingCommand, subject: "gunicorn", cause: "/e.sh starts gunicorn"},
		{name: "arguments are changed first", image: debian().exec("/e.sh", "#!/bin/sh\nset -- curl \"$@\"\nexec \"$@\"\n"), config: rootfs.Config{Entrypoint: []string{"/e.sh"}, Cmd: []string{"app.js"}}},
		{name: "arguments are not passed on", image: debian().exec("/e.sh", "#!/bin/sh\nexec curl\n"), config: rootfs.Config{Entrypoint: []string{"/e.sh"}, Cmd: []string{"gunicorn"}}},
		{name: "console script of a moved environment", image: pythonImage().exec("/app/venv/bin/gunicorn", "#!/build/venv/bin/python\n"), config: cmd("/app/venv/bin/gunicorn"), kind: proof.MissingCommand, subject: "/build/venv/bin/python"},
	} {
		c.run(t)
	}
}

func TestScripts(t *testing.T) {
	sh := func(script string) rootfs.Config { return cmd("/bin/sh", "-c", script) }
	entry := func(script string) *image { return debian().exec("/e.sh", "#!/bin/sh\n"+script) }
	for _, c := range []check{
		{name: "exec", image: debian(), config: sh("exec gunicorn app:app"), kind: proof.MissingCommand, subject: "gunicorn"},
		{name: "a list of &&", image: debian(), config: sh("curl x && gunicorn app:app"), kind: proof.MissingCommand, subject: "gunicorn"},
		{name: "the words of an entry point in shell form", image: debian(), config: rootfs.Config{Entrypoint: []string{"/bin/sh", "-c", "gunicorn"}, Cmd: []string{"ignored"}}, kind: proof.MissingCommand, subject: "gunicorn"},
		{name: "cd before a relative path", image: debian().exec("/srv/run", "#!/bin/sh\n"), config: sh("cd /srv && ./run")},
		{name: "cd to another folder", image: debian().exec("/app/run", "#!/bin/sh\n"), config: sh("cd /srv && ./run"), kind: proof.MissingFile, subject: "/srv/run"},
		{name: "cd to what is not known", image: debian(), config: sh("cd $HOME && ./run")},
		{name: "a builtin", image: debian(), config: sh("ulimit -n 1024 && exec curl")},
		{name: "guarded by ||", image: debian(), config: sh("gunicorn || true")},
		{name: "behind ||", image: debian(), config: sh("curl x || gunicorn")},
		{name: "the other way round", image: debian(), config: sh("! gunicorn")},
		{name: "guarded by a question", image: debian(), config: sh("command -v gunicorn && gunicorn")},
		{name: "not the last, without set -e", image: debian(), config: sh("gunicorn; curl x")},
		{name: "not the last, with set -e", image: debian(), config: sh("set -e; gunicorn; curl x"), kind: proof.MissingCommand, subject: "gunicorn"},
		{name: "in the background", image: debian(), config: sh("gunicorn & curl x")},
		{name: "a variable", image: debian(), config: sh("$SERVER --port 80")},
		{name: "PATH is set", image: debian(), config: sh("PATH=/srv:$PATH gunicorn")},
		{name: "a function", image: entry("gunicorn() { curl x; }\ngunicorn\n"), config: cmd("/e.sh")},
		{name: "in a condition", image: entry("if [ -n \"$X\" ]; then gunicorn; fi\nexec curl\n"), config: cmd("/e.sh")},
		{name: "behind a condition that ends", image: entry("if [ -n \"$X\" ]; then exec curl; fi\nexec gunicorn\n"), config: cmd("/e.sh")},
		{name: "behind a condition that goes on", image: entry("if [ -n \"$X\" ]; then export Y=1; fi\nexec gunicorn\n"), config: cmd("/e.sh"), kind: proof.MissingCommand, subject: "gunicorn"},
		{name: "behind a file that is sourced", image: entry(". /env.sh\nexec gunicorn\n"), config: cmd("/e.sh")},
		{name: "not a script that can be read", image: entry("if [ -n; then\n"), config: cmd("/e.sh")},
		{name: "sh with a file", image: debian().file("/app/run.sh", "exec gunicorn\n"), config: cmd("sh", "run.sh"), kind: proof.MissingCommand, subject: "gunicorn", cause: "/app/run.sh"},
		{name: "sh with a file that is missing", image: debian(), config: cmd("bash", "run.sh"), kind: proof.MissingFile, subject: "/app/run.sh"},
		{name: "a library path is set", image: entry("export LD_LIBRARY_PATH=/x\nexec /app/s\n").elf("/app/s", program{interp: glibcLoader, needed: []string{"libx.so"}}), config: cmd("/e.sh")},
	} {
		c.run(t)
	}
}

func TestUsers(t *testing.T) {
	server := func() *image { return debian().elf("/app/server", program{static: true}) }
	as := func(user string) rootfs.Config {
		c := cmd("/app/server")
		c.User = user
		return c
	}
	for _, c := range []check{
		{name: "a name", image: server(), config: as("node")},
		{name: "a name that is missing", image: server(), config: as("app"), kind: proof.NoUser, subject: "app", cause: "the user app is not in /etc/passwd"},
		{name: "a number", image: server(), config: as("65532:65532")},
		{name: "a group that is missing", image: server(), config: as("1000:app"), kind: proof.NoUser, subject: "app", cause: "/etc/group"},
		{name: "root without a passwd", image: newImage().elf("/app/server", program{static: true}), config: as("root")},
		{name: "a name without a passwd", image: newImage().elf("/app/server", program{static: true}), config: as("nonroot"), kind: proof.NoUser, subject: "nonroot"},
		{name: "may not execute", image: server().own("/app/server", 0, 0o700), config: as("node"), kind: proof.NoPermission, subject: "/app/server", cause: "the user node may not execute"},
		{name: "owns it", image: server().own("/app/server", 1000, 0o700), config: as("node")},
		{name: "is in its group", image: server().own("/app/server", 999, 0o070), config: as("node")},
		{name: "names another group", image: server().own("/app/server", 999, 0o070), config: as("node:node"), kind: proof.NoPermission, subject: "/app/server"},
		{name: "may not enter the folder", image: server().own("/app", 0, 0o700), config: as("node"), kind: proof.NoPermission, subject: "/app/server", cause: "may not enter /app"},
		{name: "root may", image: server().own("/app", 1000, 0o700), config: as("")},
		{name: "may not read the script", image: nodeImage().file("/app/a.js", "").own("/app/a.js", 0, 0o600),
			config: rootfs.Config{Cmd: []string{"node", "/app/a.js"}, User: "node"}, kind: proof.NoPermission, subject: "/app/a.js", cause: "may not read"},
	} {
		c.run(t)
	}
}
