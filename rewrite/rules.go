package rewrite

// Rules are all rules, in the order of the sections. A language package names one
// in a plan.Fact; this package's own checks are in findings.go and
// consumers_findings.go; what BuildKit's checks cover is taken from them.
var Rules = []Rule{
	{
		Name: "build-tools-in-image", Section: Architecture, Level: Warning,
		Title:  "the image keeps the tools that built it",
		Why:    "Compilers, package managers and headers are needed to make the application and not to run it. They are most of the image's size and most of what a scanner reports.",
		Before: "FROM golang:1.24\nCOPY . .\nRUN go build -o /server .\nCMD [\"/server\"]",
		After:  "FROM golang:1.24 AS builder\nCOPY . .\nRUN go build -o /server .\n\nFROM gcr.io/distroless/static-debian12\nCOPY --from=builder /server /server\nCMD [\"/server\"]",
	},
	{
		Name: "development-dependencies-in-image", Section: Architecture, Level: Warning,
		Title:  "development dependencies are in the image",
		Why:    "Bundlers, compilers and test runners come with a full install. Production starts without them.",
		Before: "RUN npm ci\nCMD [\"node\", \"server.js\"]",
		After:  "RUN npm ci --omit=dev\nCMD [\"node\", \"server.js\"]",
	},
	{
		Name: "development-dependency-at-runtime", Section: Architecture, Level: Notice,
		Title:  "a development dependency is needed at run time",
		Why:    "The start command or the code that it starts uses a package that the manifest lists for development only. An install without development dependencies would break the start, so they stay.",
		Before: "\"scripts\": {\"start\": \"ts-node src/main.ts\"}",
		After:  "\"scripts\": {\"build\": \"tsc\", \"start\": \"node dist/main.js\"}",
	},
	{
		Name: "runtime-files", Section: Architecture, Level: Notice,
		Title:  "files that the program reads at run time come along",
		Why:    "Templates, static files, migrations and configuration are read by the running program. Each that was found is copied to the same path; where the set cannot be told, everything but the sources' tools is.",
		Before: "COPY --from=builder /app/server ./",
		After:  "COPY --from=builder /app/server ./\nCOPY --from=builder /app/templates ./templates",
	},
	{
		Name: "start-changed", Section: Architecture, Level: Notice,
		Title:  "the start command was changed",
		Why:    "The original starts through a build tool or a shell that the final image does not need. The command starts the same program directly.",
		Before: "CMD [\"go\", \"run\", \"main.go\"]",
		After:  "CMD [\"./main\"]",
	},
	{
		Name: "native-code", Section: Architecture, Level: Notice,
		Title:  "compiled code decides the base",
		Why:    "Binaries that link against the C library must run on the family and suite that they were built on. Builder and runtime are kept alike.",
		Before: "FROM node:22\nFROM node:22-alpine",
		After:  "FROM node:22\nFROM node:22-slim",
	},
	{
		Name: "static-binary", Section: Architecture, Level: Notice,
		Title:  "the binary is built static",
		Why:    "Nothing in the repository needs cgo, so CGO_ENABLED=0 is set and the binary runs without any library of the system. Name and user look-ups then use Go's own code instead of the C library's.",
		Before: "RUN go build -o /server .",
		After:  "ENV CGO_ENABLED=0\nRUN go build -o /server .",
	},
	{
		Name: "runs-programs", Section: Architecture, Level: Notice,
		Title:  "the program starts other programs",
		Why:    "The code starts programs of the system, such as git or ffmpeg. The production stage has a base that they can be installed on, and those that were found.",
		Before: "FROM gcr.io/distroless/static-debian12",
		After:  "FROM debian:bookworm-slim\nRUN apt-get update && apt-get install -y --no-install-recommends git && rm -rf /var/lib/apt/lists/*",
	},
	{
		Name: "node-env-production", Section: Optimization, Level: Notice,
		Title:  "NODE_ENV is set to production",
		Why:    "Express, React and many others are faster and show no stack traces to strangers when NODE_ENV is production. It is set in the production stage alone, so that development dependencies are installed where they are needed.",
		Before: "CMD [\"node\", \"server.js\"]",
		After:  "ENV NODE_ENV=production\nCMD [\"node\", \"server.js\"]",
	},
	{
		Name: "compose-overrides", Section: Architecture, Level: Warning,
		Title:  "a compose service uses the image in another way",
		Why:    "A compose file replaces the command, mounts a folder over the application or names a stage. What it needs has to be in the image or in a stage that it names.",
		Before: "services:\n  web:\n    build: .\n    command: npm run dev",
		After:  "services:\n  web:\n    build:\n      context: .\n      target: dev-deps\n    command: npm run dev",
	},
	{
		Name: "consumer-target", Section: Architecture, Level: Warning,
		Title:  "somebody builds a stage by its name",
		Why:    "A compose service, bake target, job or script names the stage that it builds. A service with a command of its own, such as a development server over mounted sources, is given the stage of the build, which has all that the image had; a name that the file does not have builds nothing.",
		Before: "services:\n  web:\n    build: .\n    command: npm run dev\n    volumes:\n      - .:/app",
		After:  "services:\n  web:\n    build:\n      context: .\n      target: builder\n    command: npm run dev\n    volumes:\n      - .:/app",
	},
	{
		Name: "consumer-command", Section: Testing, Level: Notice,
		Title:  "a job or script runs another program in the image",
		Why:    "A make target, workflow or script starts something in the image that the image itself does not start: tests, a tool of the build, a shell. The final image is made for its own start command; a stage of the build has the tools.",
		Before: "docker build -t shop .\ndocker run --rm shop npm test",
		After:  "docker build --target build -t shop-build .\ndocker run --rm shop-build npm test",
	},
	{
		Name: "runtime-base", Section: Architecture, Level: Notice,
		Title:  "the runtime image is another one, of the same family and suite",
		Why:    "Production starts from the slim or runtime image of the family and suite that the program was built on, so that it finds the same libraries. Where the original pins a digest, the new image has to be pinned again: digests cannot be told without a registry.",
		Before: "FROM node:22-bookworm@sha256:…",
		After:  "FROM node:22-bookworm@sha256:… AS build\n\nFROM node:22-bookworm-slim@sha256:…",
	},
	{
		Name: "virtual-environment", Section: Architecture, Level: Notice,
		Title:  "packages are installed into a folder of their own",
		Why:    "Packages in a virtual environment lie in one folder, which production takes as a whole and without the tools that compiled them. It is made at its final path, since its scripts name that path.",
		Before: "RUN pip install -r requirements.txt",
		After:  "RUN python -m venv /opt/venv\nENV PATH=/opt/venv/bin:$PATH\nRUN pip install -r requirements.txt",
	},
	{
		Name: "repaired", Section: Architecture, Level: Notice,
		Title:  "the first design failed its proof and was repaired",
		Why:    "The design was built and started, and something was missing that the files of the repository do not show. What the proof showed decides the design that is offered, which was proven again from the beginning.",
		Before: "FROM debian:bookworm-slim\nCOPY --from=builder /app/server /app/server",
		After:  "FROM debian:bookworm-slim\nRUN apt-get update && apt-get install -y --no-install-recommends libpq5 && rm -rf /var/lib/apt/lists/*\nCOPY --from=builder /app/server /app/server",
	},
	{
		Name: "one-stage-rewrite", Section: Architecture, Level: Notice,
		Title:  "the rewrite has one stage",
		Why:    "A rewrite that was made by hand need not have several stages. It is held against the original all the same; what the build needs is still in the image.",
		Before: "FROM node:22\nRUN npm ci\nCMD [\"node\", \"server.js\"]",
		After:  "FROM node:22-slim\nRUN npm ci --omit=dev\nCMD [\"node\", \"server.js\"]",
	},
	{
		Name: "broken-original", Section: Architecture, Level: Warning,
		Title:  "the original has an error of its own",
		Why:    "The file or the project shows something that fails as it stands. It is named, and not repaired in passing.",
		Before: "COPY missing.txt .",
		After:  "COPY present.txt .",
	},
	{
		Name: "runs-as-root", Section: Security, Level: Warning,
		Title:  "the process runs as root",
		Why:    "A process that is broken into has root's rights inside the container. A numeric user without rights costs nothing where the program neither listens below port 1024 nor writes to root's files.",
		Before: "CMD [\"/server\"]",
		After:  "USER 65532:65532\nCMD [\"/server\"]",
	},
	{
		Name: "user-kept-root", Section: Security, Level: Notice,
		Title:  "the user is still root",
		Why:    "Something shows that the process may need root: a port below 1024, a volume or a folder that root wrote. A change of user is proposed and not applied.",
		Before: "VOLUME /data",
		After:  "VOLUME /data\nUSER 65532:65532",
	},
	{
		Name: "secret-in-image", Section: Security, Level: Warning,
		Title:  "a secret is copied or set in the image",
		Why:    "What a layer holds can be read by everyone who can pull the image, also when a later step removes it. A secret mount is seen by one step and is in no layer.",
		Before: "COPY .npmrc .\nRUN npm ci",
		After:  "RUN --mount=type=secret,id=npmrc,target=/app/.npmrc npm ci",
	},
	{
		Name: "no-dockerignore", Section: Security, Level: Notice,
		Title:  "no .dockerignore, and everything is copied",
		Why:    "Without one, COPY . . takes local builds, dependencies, .git and .env files along, and every change of any of them runs the build again.",
		Before: "COPY . .",
		After:  "# .dockerignore\n.git\n.env\nnode_modules",
	},
	{
		Name: "copy-before-install", Section: Optimization, Level: Notice,
		Title:  "dependencies are installed anew after every change",
		Why:    "The whole context is copied before dependencies are installed, so any edit makes the install run again. With the manifests copied first it is served from the cache.",
		Before: "COPY . .\nRUN npm ci",
		After:  "COPY package.json package-lock.json ./\nRUN npm ci\nCOPY . .",
	},
	{
		Name: "package-lists-left", Section: Optimization, Level: Notice,
		Title:  "package lists stay in the layer",
		Why:    "apt-get update leaves some 20 to 50 MB of package lists unless the same RUN removes them.",
		Before: "RUN apt-get update && apt-get install -y curl",
		After:  "RUN apt-get update && apt-get install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*",
	},
	{
		Name: "lock-file-missing", Section: Optimization, Level: Notice,
		Title:  "no lock file that fits the manifest",
		Why:    "Without a lock file two builds of the same commit may install different versions. The author's own install command is kept.",
		Before: "COPY package.json ./\nRUN npm install",
		After:  "COPY package.json package-lock.json ./\nRUN npm ci",
	},
	{
		Name: "tests-not-run", Section: Testing, Level: Notice,
		Title:  "the project's tests have a stage of their own",
		Why:    "The project has tests that the original file does not run. A stage beside the build runs them with docker build --target test and is in no image.",
		Before: "RUN go build -o /server .",
		After:  "FROM builder AS test\nRUN go test ./...",
	},
	{
		Name: "tests-need-services", Section: Testing, Level: Notice,
		Title:  "the tests need a service beside them",
		Why:    "Tests that start containers or ask a database cannot pass during a build, which has neither. No test stage is proposed that would fail.",
		Before: "RUN go test ./...",
		After:  "docker compose run --rm test",
	},
	{
		Name: "lint-without-linter", Section: Testing, Level: Notice,
		Title:  "a lint stage was asked for, and the project has no linter",
		Why:    "A lint stage runs the linters that the project already has among its packages. None was found, and none is chosen for the author.",
		Before: "docker build --target lint .",
		After:  "FROM builder AS lint\nRUN ruff check .",
	},
	{
		Name: "unpinned-base", Section: Experience, Level: Notice,
		Title:  "the base image has no version",
		Why:    "latest moves: the same file gives another image tomorrow, with another language version.",
		Before: "FROM node",
		After:  "FROM node:22",
	},
	{
		Name: "buildkit-check", Section: Experience, Level: Notice,
		Title:  "a warning of BuildKit's build checks",
		Why:    "BuildKit checks every build and warns of what is likely a mistake. The words and the link are BuildKit's.",
		Before: "MAINTAINER somebody",
		After:  "LABEL org.opencontainers.image.authors=\"somebody\"",
	},
}

// RuleNamed finds a rule.
func RuleNamed(name string) (Rule, bool) {
	for _, r := range Rules {
		if r.Name == name {
			return r, true
		}
	}
	return Rule{}, false
}
