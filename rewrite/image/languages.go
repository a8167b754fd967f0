package image

import "strings"

// languages are the repositories of language images.
var languages = map[string]resolver{
	"golang": official("go", goDebian, goAlpine, goConfig),
	"node":   official("node", nodeDebian, nodeAlpine, nodeConfig),
	"python": official("python", pythonDebian, pythonAlpine, pythonConfig),
	"rust":   official("rust", rustDebian, rustAlpine, rustConfig),
	"ruby":   official("ruby", rubyDebian, rubyAlpine, rubyConfig),
	"php":    official("php", phpDebian, phpAlpine, phpConfig),

	"rustlang/rust":             official("rust", nil, nil, rustConfig),
	"ghcr.io/rust-lang/rust":    official("rust", nil, nil, rustConfig),
	"lukemathwalker/cargo-chef": official("rust", nil, nil, rustConfig),
	"ghcr.io/astral-sh/uv":      uv,
	"oven/bun":                  bun,
	"denoland/deno":             deno,
	"nikolaik/python-nodejs":    pythonNode,

	"tiangolo/uvicorn-gunicorn":           uvicornGunicorn,
	"tiangolo/uvicorn-gunicorn-fastapi":   uvicornGunicorn,
	"tiangolo/uvicorn-gunicorn-starlette": uvicornGunicorn,

	"eclipse-temurin":                        java("", temurinSuite, temurinConfig),
	"adoptopenjdk":                           java("", nil, temurinConfig),
	"openjdk":                                java("", openjdkSuite, openjdkConfig),
	"java":                                   java("", openjdkSuite, openjdkConfig),
	"amazoncorretto":                         java("", correttoSuite, correttoConfig),
	"ibm-semeru-runtimes":                    java("", nil, temurinLikeConfig),
	"sapmachine":                             java("", nil, temurinLikeConfig),
	"azul-zulu":                              java("", nil, temurinLikeConfig),
	"azul/zulu-openjdk":                      java("", nil, temurinLikeConfig),
	"azul/zulu-openjdk-alpine":               java("", nil, temurinLikeConfig),
	"azul/zulu-openjdk-debian":               java("", nil, temurinLikeConfig),
	"bellsoft/liberica-openjdk-debian":       java("", nil, temurinLikeConfig),
	"bellsoft/liberica-openjdk-alpine":       java("", nil, temurinLikeConfig),
	"bellsoft/liberica-openjre-alpine":       java("", nil, temurinLikeConfig),
	"bellsoft/liberica-openjre-debian":       java("", nil, temurinLikeConfig),
	"mcr.microsoft.com/openjdk/jdk":          java("", nil, temurinLikeConfig),
	"ghcr.io/graalvm/jdk-community":          java("", nil, temurinLikeConfig),
	"ghcr.io/graalvm/native-image-community": java("", nil, temurinLikeConfig),
	"maven":                                  java("maven", nil, mavenConfig),
	"gradle":                                 java("gradle", nil, gradleConfig),

	"mcr.microsoft.com/playwright": toolchain("node"),
	"ghcr.io/puppeteer/puppeteer":  toolchain("node"),
	"cypress/base":                 toolchain("node"),
	"cypress/included":             toolchain("node"),
	"cypress/browsers":             toolchain("node"),
}

// nodeReleases are Node.js's names of release lines.
var nodeReleases = map[string]string{
	"argon": "4", "boron": "6", "carbon": "8", "dubnium": "10", "erbium": "12", "fermium": "14", "gallium": "16", "hydrogen": "18",
	"iron": "20", "jod": "22", "krypton": "24", "lts": "24", "current": "26",
}

// official is a Docker official image with the usual variants: the full one on
// buildpack-deps, slim, and alpine.
func official(language string, debian, alpine *history, config func(*Base, tag)) resolver {
	return func(b *Base, t tag) bool {
		b.Language, b.Version, b.Slim = language, t.version, t.slim
		if language == "node" && t.version == "" {
			b.Version = nodeReleases[t.parts[0]]
		}
		b.Family = Debian
		if t.alpine {
			b.Family = Alpine
		}
		h, suite := debian, (*history).at
		if t.alpine {
			h = alpine
		}
		if b.Digest != "" {
			suite = (*history).settled
		}
		if b.Suite == "" {
			b.Suite = suite(h, b.Version)
		}
		switch language {
		case "rust": // the slim variant has a linker and libc's headers, and so has alpine's
			b.Tools = true
		case "php": // its toolchain comes and goes with docker-php-ext-install
		default:
			b.Tools = !t.slim && !t.alpine
		}
		config(b, t)
		b.Size = sizeOf(b)
		return true
	}
}

// uv's own images: the binaries alone, or on top of a system or of Python's.
func uv(b *Base, t tag) bool {
	b.Language, b.Slim = "python", t.slim
	b.Version = t.prefixed("python")
	b.Family = familyOf(t)
	switch {
	case b.Family == Other && b.Version == "" && !t.has("debian"):
		b.Family, b.Language, b.Product = Scratch, "", "uv"
		b.Config = Config{Entrypoint: []string{"/uv"}, WorkingDir: "/io"}
		return true
	case b.Family == Other:
		b.Family = Debian
		b.Suite = ""
	}
	b.Tools = !t.slim && !t.alpine
	b.Config = Config{Cmd: []string{"/usr/local/bin/uv"}, Env: []string{pathEnv(""), "UV_TOOL_BIN_DIR=/usr/local/bin"}}
	if b.Version != "" {
		pythonConfig(b, t)
		b.Config.Env = append(b.Config.Env, "UV_TOOL_BIN_DIR=/usr/local/bin")
		b.Config.Cmd = []string{"/usr/local/bin/uv"}
	}
	b.Size = sizeOf(b)
	return true
}

// bun's images; the default and slim ones are Debian.
func bun(b *Base, t tag) bool {
	b.Language, b.Version, b.Slim, b.Family = "bun", t.version, t.slim, Debian
	switch {
	case t.alpine:
		b.Family = Alpine
	case t.has("distroless"):
		b.Family = Distroless
	}
	b.Config = Config{
		Env:        []string{pathEnv("") + ":/usr/local/bun-node-fallback-bin", "BUN_RUNTIME_TRANSPILER_CACHE_PATH=0", "BUN_INSTALL_BIN=/usr/local/bin"},
		Entrypoint: []string{"/usr/local/bin/docker-entrypoint.sh"}, Cmd: []string{"/usr/local/bin/bun"}, WorkingDir: "/home/bun/app",
	}
	if b.Family == Distroless {
		b.Config.Entrypoint, b.Config.Cmd = []string{"/usr/local/bin/bun"}, nil
	}
	b.Size = sizeOf(b)
	return true
}

// deno's images: debian by default, alpine, ubuntu, distroless.
func deno(b *Base, t tag) bool {
	b.Language, b.Family = "deno", Debian
	for _, part := range t.parts {
		if b.Version == "" && versionLike(part) && !alpineRelease(part) {
			b.Version = part
		}
	}
	switch {
	case t.alpine:
		b.Family = Alpine
	case t.has("ubuntu"):
		b.Family = Ubuntu
	case t.has("distroless"):
		b.Family = Distroless
	case t.has("bin"):
		b.Family = Scratch
	}
	b.Config = Config{
		Env:        []string{pathEnv(""), "DENO_USE_CGROUPS=1", "DENO_DIR=/deno-dir/", "DENO_INSTALL_ROOT=/usr/local"},
		Entrypoint: []string{"/tini", "--", "docker-entrypoint.sh"}, Cmd: []string{"eval", "console.log('Welcome to Deno!')"},
	}
	if b.Family == Distroless {
		b.Config.Entrypoint = []string{"/bin/deno"}
	}
	b.Size = sizeOf(b)
	return true
}

// pythonNode is Python's image with Node.js: python3.12-nodejs20-slim.
func pythonNode(b *Base, t tag) bool {
	b.Language, b.Version, b.Slim, b.Tools = "python", t.prefixed("python"), t.slim, !t.slim && !t.alpine
	b.Family = Debian
	if t.alpine {
		b.Family = Alpine
	}
	pythonConfig(b, t)
	return true
}

// uvicornGunicorn is Python's image with a server and a start script that looks
// for the application in /app.
func uvicornGunicorn(b *Base, t tag) bool {
	b.Language, b.Version, b.Slim, b.Tools, b.Family = "python", t.prefixed("python"), t.slim, !t.slim && !t.alpine, Debian
	if t.alpine {
		b.Family = Alpine
	}
	pythonConfig(b, t)
	c := &b.Config
	c.Env, c.Cmd, c.WorkingDir, c.ExposedPorts = append(c.Env, "PYTHONPATH=/app"), []string{"/start.sh"}, "/app/", []string{"80/tcp"}
	return true
}

// dotnet is Microsoft's sdk, aspnet, runtime and runtime-deps.
func dotnet(b *Base, t tag) bool {
	kind := b.Name[strings.LastIndexByte(b.Name, '/')+1:]
	switch kind {
	case "sdk", "aspnet", "runtime", "runtime-deps":
	default:
		return false
	}
	b.Language, b.Version, b.Tools, b.Slim = "dotnet", t.version, kind == "sdk", kind != "sdk"
	b.Family = familyOf(t)
	if b.Family == Other {
		b.Family, b.Suite = Debian, dotnetSuites[majorMinor(t.version)]
		if suites[b.Suite].family == Ubuntu {
			b.Family = Ubuntu
		}
	}
	if t.has("chiseled") || t.has("distroless") {
		b.Family = Distroless
	}
	dotnetConfig(b, kind)
	b.Size = sizeOf(b)
	return true
}

// dotnetSuites are the systems of tags that name none.
var dotnetSuites = map[string]string{
	"2.1": "stretch", "3.1": "buster", "5.0": "buster", "6.0": "bullseye", "7.0": "bullseye", "8.0": "bookworm", "9.0": "bookworm", "10.0": "noble",
}

// majorMinor are the first two numbers of a version.
func majorMinor(version string) string {
	parts := strings.SplitN(version, ".", 3)
	if len(parts) < 2 {
		return version
	}
	return parts[0] + "." + parts[1]
}
