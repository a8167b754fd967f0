package rootfs_test

import (
	"testing"

	"github.com/multistage-app/multistage/app/buildkit/rootfs"
	"github.com/multistage-app/multistage/rewrite/proof"
)

func TestNode(t *testing.T) {
	missing := func(argv ...string) check {
		return check{image: nodeImage(), config: cmd(argv...), kind: proof.MissingFile}
	}
	for _, c := range []check{
		{name: "a file", image: nodeImage().file("/app/dist/main.js", ""), config: cmd("node", "dist/main.js")},
		{name: "without its ending", image: nodeImage().file("/app/dist/main.js", ""), config: cmd("node", "dist/main")},
		{name: "another ending", image: nodeImage().file("/app/dist/main.cjs", ""), config: cmd("node", "dist/main")},
		{name: "a folder with an index", image: nodeImage().file("/app/dist/index.js", ""), config: cmd("node", "dist")},
		{name: "a folder with nothing", image: nodeImage().dir("/app/dist"), config: cmd("node", "dist"), kind: proof.MissingFile, subject: "/app/dist/index.js"},
		{name: "options", image: nodeImage().file("/app/a.js", ""), config: cmd("node", "--enable-source-maps", "--max-old-space-size=512", "a.js")},
		{name: "an option that may take a word", image: nodeImage(), config: cmd("node", "--whatever", "a", "b.js")},
		{name: "no script", image: nodeImage(), config: cmd("node", "-e", "1")},
		{name: "-r of a package", image: nodeImage().file("/app/a.js", "").file("/app/node_modules/dotenv/config.js", ""), config: cmd("node", "-r", "dotenv/config", "a.js")},
		{name: "-r of a package above", image: nodeImage().file("/app/a.js", "").dir("/node_modules/@x/y"), config: cmd("node", "--import=@x/y/z", "a.js")},
		{name: "-r of a package that is missing", image: nodeImage().file("/app/a.js", ""), config: cmd("node", "-r", "ts-node/register", "a.js"), kind: proof.MissingModule, subject: "ts-node"},
		{name: "-r with Plug'n'Play", image: nodeImage().file("/app/a.js", "").file("/app/.pnp.cjs", ""), config: cmd("node", "-r", "ts-node/register", "a.js")},
	} {
		c.run(t)
	}
	c := missing("node", "dist/main.js")
	c.name, c.subject, c.cause = "a file that is missing", "/app/dist/main.js", "node opens /app/dist/main.js, which the image does not have"
	c.run(t)
	c = missing("node", "--enable-source-maps", "-r", "./tracing", "a.js")
	c.name, c.subject = "-r of a file that is missing", "/app/tracing"
	c.run(t)
}

func TestPackageScripts(t *testing.T) {
	app := func(scripts string) *image {
		return nodeImage().file("/app/package.json", `{"scripts":{`+scripts+`}}`).file("/app/server.js", "")
	}
	start := cmd("npm", "start")
	for _, c := range []check{
		{name: "start", image: app(`"start":"node server.js"`), config: start},
		{name: "script that starts what is missing", image: app(`"start":"node dist/main.js"`), config: start, kind: proof.MissingFile, subject: "/app/dist/main.js"},
		{name: "command of a development dependency", image: app(`"start":"ts-node src/main.ts"`), config: start, kind: proof.MissingCommand, subject: "ts-node", cause: "the script start of /app/package.json"},
		{name: "command in node_modules/.bin", image: app(`"start":"next start"`).exec("/app/node_modules/next/dist/bin/next", "#!/usr/bin/env node\n").link("/app/node_modules/.bin/next", "../next/dist/bin/next"), config: start},
		{name: "without a start script", image: app(``), config: start},
		{name: "run of a script that is missing", image: app(``), config: cmd("npm", "run", "serve"), kind: proof.Other, subject: "serve"},
		{name: "no package.json", image: nodeImage(), config: start, kind: proof.MissingFile, subject: "/app/package.json"},
		{name: "a package.json above", image: nodeImage().file("/package.json", "{}"), config: start},
		{name: "another folder by an option", image: nodeImage(), config: cmd("npm", "--prefix", "web", "start")},
		{name: "broken package.json", image: nodeImage().file("/app/package.json", "{"), config: start},
		{name: "from the health check", image: app(`"start":"node server.js"`), config: rootfs.Config{Cmd: start.Cmd, WorkingDir: "/app", Healthcheck: []string{"CMD", "npm", "run", "health"}}, kind: proof.Other, subject: "health"},
	} {
		c.run(t)
	}
}

func TestPython(t *testing.T) {
	for _, c := range []check{
		{name: "a file", image: pythonImage().file("/app/app.py", ""), config: cmd("python", "-u", "app.py")},
		{name: "a file that is missing", image: pythonImage(), config: cmd("python", "app.py"), kind: proof.MissingFile, subject: "/app/app.py"},
		{name: "behind an option with a word", image: pythonImage(), config: cmd("python3", "-W", "ignore", "app.py"), kind: proof.MissingFile, subject: "/app/app.py"},
		{name: "a folder", image: pythonImage().file("/app/pkg/__main__.py", ""), config: cmd("python", "pkg")},
		{name: "a folder without a main", image: pythonImage().file("/app/pkg/x.py", ""), config: cmd("python", "pkg"), kind: proof.MissingFile, subject: "/app/pkg/__main__.py"},
		{name: "a module", image: pythonImage().dir("/usr/local/lib/python3.12/site-packages/uvicorn"), config: cmd("python", "-m", "uvicorn", "app:app")},
		{name: "a module of the library", image: pythonImage(), config: cmd("python", "-um", "http.server")},
		{name: "a module that is missing", image: pythonImage(), config: cmd("python", "-m", "uvicorn", "app:app"), kind: proof.MissingModule, subject: "uvicorn"},
		{name: "a command", image: pythonImage(), config: cmd("python", "-c", "import x")},
		{name: "shared library of the interpreter is missing", image: pythonImage().remove("/usr/local/lib/libpython3.12.so.1.0"), config: cmd("python"), kind: proof.MissingLibrary, subject: "libpython3.12.so.1.0"},
	} {
		c.run(t)
	}
}

func TestJava(t *testing.T) {
	java := func() *image {
		return debian().elf("/opt/java/bin/java", program{interp: glibcLoader, needed: []string{"libjli.so"}, runpath: "$ORIGIN/../lib"}).
			elf("/opt/java/lib/libjli.so", program{needed: []string{"libc.so.6"}})
	}
	run := func(argv ...string) rootfs.Config {
		c := cmd(append([]string{"/opt/java/bin/java"}, argv...)...)
		c.Env = []string{"JAVA_TOOL_OPTIONS=-Xmx512m"}
		return c
	}
	agent := run("-version")
	agent.Env = []string{"JAVA_TOOL_OPTIONS=-javaagent:/agent.jar=x"}
	for _, c := range []check{
		{name: "an archive", image: java().file("/app/app.jar", ""), config: run("-Xmx1g", "-jar", "app.jar")},
		{name: "an archive that is missing", image: java(), config: run("-Xmx1g", "-cp", "x", "-jar", "app.jar"), kind: proof.MissingFile, subject: "/app/app.jar"},
		{name: "-jar of the application itself", image: java(), config: run("com.example.Main", "-jar", "app.jar")},
		{name: "a variable", image: java(), config: cmd("sh", "-c", "/opt/java/bin/java $OPTS -jar app.jar")},
		{name: "an agent that is missing", image: java(), config: agent, kind: proof.MissingFile, subject: "/agent.jar"},
		{name: "an agent", image: java().file("/agent.jar", ""), config: agent},
	} {
		c.run(t)
	}
}

func TestOtherInterpreters(t *testing.T) {
	dotnet := func() *image { return debian().elf("/usr/bin/dotnet", program{static: true}) }
	for _, c := range []check{
		{name: "assembly", image: dotnet().file("/app/api.dll", ""), config: cmd("dotnet", "api.dll")},
		{name: "assembly that is missing", image: dotnet(), config: cmd("dotnet", "api.dll"), kind: proof.MissingFile, subject: "/app/api.dll"},
		{name: "command", image: dotnet(), config: cmd("dotnet", "run")},
	} {
		c.run(t)
	}
}
