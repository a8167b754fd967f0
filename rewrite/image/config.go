package image

// systemPath is the PATH that the images of Debian, Ubuntu, Alpine and distroless
// set.
const systemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// pathEnv is PATH with a folder in front.
func pathEnv(front string) string {
	if front == "" {
		return "PATH=" + systemPath
	}
	return "PATH=" + front + ":" + systemPath
}

// shellCmd is the CMD that language images inherit from their system.
func shellCmd(b *Base) []string {
	switch b.Family {
	case Alpine:
		return []string{"/bin/sh"}
	case Debian:
		return []string{"bash"}
	}
	return []string{"/bin/bash"}
}

// versioned is NAME=version where the tag has one. The tag may be shorter than
// what the image says.
func versioned(name, version string) []string {
	if version == "" {
		return []string{name + "="}
	}
	return []string{name + "=" + version}
}

// goConfig: docker-library/golang.
func goConfig(b *Base, _ tag) {
	env := append([]string{pathEnv("/go/bin:/usr/local/go/bin")}, versioned("GOLANG_VERSION", b.Version)...)
	if b.Version == "" || compareVersions(numbers(b.Version), []int{1, 21}) >= 0 {
		env = append(env, "GOTOOLCHAIN=local")
	}
	b.Config = Config{Env: append(env, "GOPATH=/go"), Cmd: shellCmd(b), WorkingDir: "/go"}
}

// nodeConfig: nodejs/docker-node. From 26 on Yarn is not in the image.
func nodeConfig(b *Base, _ tag) {
	env := append([]string{pathEnv("")}, versioned("NODE_VERSION", b.Version)...)
	if v := numbers(b.Version); len(v) > 0 && v[0] < 26 {
		env = append(env, "YARN_VERSION=1.22.22")
	}
	b.Config = Config{Env: env, Entrypoint: []string{"docker-entrypoint.sh"}, Cmd: []string{"node"}}
}

// pythonConfig: docker-library/python.
func pythonConfig(b *Base, _ tag) {
	cmd := "python3"
	if major(b.Version) == "2" {
		cmd = "python2"
	}
	b.Config = Config{
		Env: append([]string{pathEnv("/usr/local/bin"), "LANG=C.UTF-8"}, versioned("PYTHON_VERSION", b.Version)...),
		Cmd: []string{cmd},
	}
}

// rustConfig: rust-lang/docker-rust.
func rustConfig(b *Base, _ tag) {
	b.Config = Config{
		Env: append([]string{pathEnv("/usr/local/cargo/bin"), "RUSTUP_HOME=/usr/local/rustup", "CARGO_HOME=/usr/local/cargo"},
			versioned("RUST_VERSION", b.Version)...),
		Cmd: shellCmd(b),
	}
}

// rubyConfig: docker-library/ruby.
func rubyConfig(b *Base, _ tag) {
	b.Config = Config{
		Env: append([]string{pathEnv("/usr/local/bundle/bin"), "LANG=C.UTF-8", "GEM_HOME=/usr/local/bundle",
			"BUNDLE_SILENCE_ROOT_WARNING=1", "BUNDLE_APP_CONFIG=/usr/local/bundle"}, versioned("RUBY_VERSION", b.Version)...),
		Cmd: []string{"irb"},
	}
}

// phpConfig: docker-library/php, whose variants are cli, fpm, apache and zts.
func phpConfig(b *Base, t tag) {
	c := Config{
		Env:        append([]string{pathEnv(""), "PHP_INI_DIR=/usr/local/etc/php"}, versioned("PHP_VERSION", b.Version)...),
		Entrypoint: []string{"docker-php-entrypoint"}, Cmd: []string{"php", "-a"},
	}
	switch {
	case t.has("apache"):
		c.Cmd, c.WorkingDir, c.StopSignal, c.ExposedPorts = []string{"apache2-foreground"}, "/var/www/html", "SIGWINCH", []string{"80/tcp"}
		c.Env = append(c.Env, "APACHE_CONFDIR=/etc/apache2", "APACHE_ENVVARS=/etc/apache2/envvars")
	case t.has("fpm"):
		c.Cmd, c.WorkingDir, c.StopSignal, c.ExposedPorts = []string{"php-fpm"}, "/var/www/html", "SIGQUIT", []string{"9000/tcp"}
	}
	b.Config = c
}

// temurinConfig: adoptium/containers. The entrypoint came to the lines that were
// alive in 2023.
func temurinConfig(b *Base, t tag) {
	temurinLikeConfig(b, t)
	b.Config.Env = append(b.Config.Env, "LANG=en_US.UTF-8", "LANGUAGE=en_US:en", "LC_ALL=en_US.UTF-8")
	switch b.Version {
	case "16", "18", "19":
	default:
		if b.Name == "eclipse-temurin" {
			b.Config.Entrypoint = []string{"/__cacert_entrypoint.sh"}
			b.Config.Cmd = nil
		}
	}
	if b.Tools && b.Version != "8" {
		b.Config.Cmd = []string{"jshell"}
	}
}

// temurinLikeConfig is what the other vendors' images have in common with it.
func temurinLikeConfig(b *Base, _ tag) {
	b.Config = Config{
		Env: append([]string{pathEnv("/opt/java/openjdk/bin"), "JAVA_HOME=/opt/java/openjdk"}, versioned("JAVA_VERSION", b.Version)...),
		Cmd: shellCmd(b),
	}
	if home, ok := javaHomes[b.Name]; ok {
		b.Config.Env[0], b.Config.Env[1] = pathEnv(home+"/bin"), "JAVA_HOME="+home
	}
}

// javaHomes are where vendors other than Adoptium put Java.
var javaHomes = map[string]string{
	"bellsoft/liberica-openjdk-alpine": "/usr/lib/jvm/jdk", "bellsoft/liberica-openjdk-debian": "/usr/lib/jvm/jdk",
	"bellsoft/liberica-openjre-alpine": "/usr/lib/jvm/jre", "bellsoft/liberica-openjre-debian": "/usr/lib/jvm/jre",
	"azul/zulu-openjdk": "/usr/lib/jvm/zulu", "azul/zulu-openjdk-alpine": "/usr/lib/jvm/zulu", "azul/zulu-openjdk-debian": "/usr/lib/jvm/zulu",
	"azul-zulu": "/usr/lib/jvm/zulu", "sapmachine": "/usr/lib/jvm/sapmachine",
}

// openjdkConfig: docker-library/openjdk, deprecated.
func openjdkConfig(b *Base, t tag) {
	home := "/usr/local/openjdk-" + b.Version
	switch {
	case b.Family == RHEL:
		home = "/usr/java/openjdk-" + b.Version
	case b.Family == Alpine && (b.Version == "7" || b.Version == "8"):
		home = "/usr/lib/jvm/java-1." + b.Version + "-openjdk"
	case b.Family == Alpine:
		home = "/opt/openjdk-" + b.Version
	}
	b.Config = Config{
		Env: append([]string{pathEnv(home + "/bin"), "JAVA_HOME=" + home, "LANG=C.UTF-8"}, versioned("JAVA_VERSION", b.Version)...),
		Cmd: shellCmd(b),
	}
	if b.Tools && b.Version != "" && b.Version != "7" && b.Version != "8" {
		b.Config.Cmd = []string{"jshell"}
	}
}

// correttoConfig: Amazon's images set JAVA_HOME and no PATH of their own.
func correttoConfig(b *Base, _ tag) {
	home := "/usr/lib/jvm/java-" + b.Version + "-amazon-corretto"
	if b.Family == Alpine {
		home = "/usr/lib/jvm/default-jvm"
	}
	b.Config = Config{Env: []string{pathEnv(""), "LANG=C.UTF-8", "JAVA_HOME=" + home}, Cmd: shellCmd(b)}
	if b.Family == Alpine {
		b.Config.Env[0] = pathEnv(home + "/bin")
	}
}

// mavenConfig: carlossg/docker-maven, on a vendor's JDK image.
func mavenConfig(b *Base, t tag) {
	switch {
	case t.has("amazoncorretto"):
		correttoConfig(b, t)
	case t.has("openjdk") || t.has("jdk"):
		openjdkConfig(b, t)
	default:
		temurinConfig(b, t)
	}
	b.Config.Env = append(b.Config.Env, "MAVEN_HOME=/usr/share/maven", "MAVEN_CONFIG=/root/.m2")
	b.Config.Entrypoint, b.Config.Cmd = []string{"/usr/local/bin/mvn-entrypoint.sh"}, []string{"mvn"}
}

// gradleConfig: keeganwitt/docker-gradle. The cache is a volume, so what a build
// leaves in it is not in the image.
func gradleConfig(b *Base, t tag) {
	temurinConfig(b, t)
	b.Config.Env = append(b.Config.Env, "GRADLE_HOME=/opt/gradle")
	b.Config.Env = append(b.Config.Env, versioned("GRADLE_VERSION", t.version)...)
	b.Config.Entrypoint = nil
	if b.Family == Ubuntu || b.Family == Alpine {
		b.Config.Entrypoint = []string{"/__cacert_entrypoint.sh"}
	}
	b.Config.Cmd, b.Config.WorkingDir = []string{"gradle"}, "/home/gradle"
	b.Config.Volumes = []string{"/home/gradle/.gradle"}
}

// dotnetConfig: dotnet/dotnet-docker. Before 8 the server listened on port 80.
func dotnetConfig(b *Base, kind string) {
	env := []string{pathEnv(""), "DOTNET_RUNNING_IN_CONTAINER=true"}
	modern := len(numbers(b.Version)) == 0 || numbers(b.Version)[0] >= 8
	if modern {
		env = append(env, "APP_UID=1654", "ASPNETCORE_HTTP_PORTS=8080")
	} else {
		env = append(env, "ASPNETCORE_URLS=http://+:80")
	}
	switch kind {
	case "sdk":
		env = append(env, "DOTNET_GENERATE_ASPNET_CERTIFICATE=false", "DOTNET_NOLOGO=true", "DOTNET_USE_POLLING_FILE_WATCHER=true", "NUGET_XMLDOC_MODE=skip")
		env = append(env, versioned("DOTNET_SDK_VERSION", b.Version)...)
	case "runtime", "aspnet":
		env = append(env, versioned("DOTNET_VERSION", b.Version)...)
	}
	b.Config = Config{Env: env}
	switch {
	case b.Family == Distroless && modern:
		b.Config.User = "1654"
	case b.Family != Distroless:
		b.Config.Cmd = shellCmd(b)
	}
}
