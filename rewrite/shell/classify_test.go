package shell_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/multistage-app/multistage/rewrite/shell"
)

// first is the first command of a script.
func first(t *testing.T, script string) shell.Command {
	t.Helper()
	s, err := shell.Parse(script, 0)
	if err != nil {
		t.Fatalf("%q: %v", script, err)
	}
	return s.Commands[0]
}

func TestClassify(t *testing.T) {
	for class, scripts := range map[shell.Class]string{
		shell.SystemPackage: `
			apt-get install -y gcc
			apt-get -y --no-install-recommends install gcc
			apt-get -o Acquire::Retries=3 install -y gcc
			sudo -E apt install gcc
			DEBIAN_FRONTEND=noninteractive apt-get install -y tzdata
			env DEBIAN_FRONTEND=noninteractive apt-get install -y tzdata
			apk add --no-cache gcc
			apk --update add gcc
			/usr/bin/apk add gcc
			yum -y install gcc
			microdnf install gcc
			dnf --setopt=tsflags=nodocs install -y gcc
			zypper --non-interactive in gcc
			zypper install -y gcc
			dpkg -i /tmp/x.deb
			rpm -Uvh x.rpm
			pacman -Sy --noconfirm gcc
			apt-get build-dep -y python3`,
		shell.SystemUpdate: `
			apt-get update -qq
			apt-get -qq update
			apt-get dist-upgrade -y
			apk update
			apk upgrade --no-cache
			yum update -y
			zypper ref
			pacman -Syu`,
		shell.CleanUp: `
			rm -rf /var/lib/apt/lists/*
			rm -rf /tmp/* /var/tmp/* /root/.cache
			rm -fr ~/.npm
			apt-get clean
			apt-get purge -y --auto-remove gcc
			apk del .build-deps
			yum clean all
			npm cache clean --force
			yarn cache clean
			pip cache purge
			conda clean -afy
			go clean -modcache
			find /var/log -type f -delete`,
		shell.Fetch: `
			curl -fsSL https://example.org/x -o /x
			wget -q https://example.org/x
			git clone https://example.org/x
			git -C /x pull`,
		shell.User: `
			useradd -m app
			addgroup -S app
			adduser --system app`,
		shell.Permission: `
			chmod +x /entrypoint.sh
			chown -R app:app /app
			find . -name '*.sh' -exec chmod +x {} +`,
		shell.Files: `
			mkdir -p /app/logs
			cp -r a b
			rm -rf src
			rm /tmp/../etc/passwd
			find / -name '*.pyc' -delete
			ln -sf a b
			tar xzf x.tgz
			touch x`,
		shell.Configuration: `
			echo x > /etc/x
			printf x >> /etc/x
			cat a > b
			sed -i 's/a/b/' /etc/x
			locale-gen
			ldconfig
			git config --global user.name x
			npm config set registry x
			ssh-keyscan example.org
			tee /etc/x
			apt-mark manual x
			X=1 > /etc/x
			dpkg --add-architecture i386`,
		shell.Nothing: `
			set -eux
			cd /app
			export A=1
			echo x
			echo x > /dev/null
			echo x >&2
			true
			:
			A=1
			node --version
			npm -v
			sed 's/a/b/' x
			[ -f x ]
			[[ -f x ]]
			find . -name x
			dpkg --print-architecture
			ls -la /app
			test -f x`,
		shell.UnknownClass: `
			npm ci
			make
			$CMD install
			./configure
			pip install x
			go build ./...
			bash -c "apt-get install x"
			apt-get
			apt-get frobnicate
			exec "$@"
			command -v go
			sudo
			perl -e 1
			git checkout v1
			go version x
			poetry install`,
	} {
		for _, line := range strings.Split(strings.TrimSpace(scripts), "\n") {
			script := strings.TrimSpace(line)
			if got := shell.Classify(first(t, script)); got != class {
				t.Errorf("Classify(%s) = %s, want %s", script, got, class)
			}
		}
	}
}

func TestUnwrapped(t *testing.T) {
	for script, want := range map[string]string{
		"sudo -u app -H env A=1 B=2 nice -n 5 npm ci": "npm ci",
		"exec node server.js":                         "node server.js",
		"timeout -k 5 30 curl x":                      "curl x",
		"command -v node":                             "command -v node",
		"env":                                         "env",
		"exec $X":                                     "exec $X",
		"time make":                                   "make",
		"nohup java -jar x.jar":                       "java -jar x.jar",
		"sudo -- make":                                "make",
	} {
		if got := strings.Join(first(t, script).Unwrapped().Words(), " "); got != want {
			t.Errorf("%s is %q without its wrappers, want %q", script, got, want)
		}
	}
	c := first(t, "env A=1 npm ci").Unwrapped()
	if len(c.Assigns) != 1 || c.Assigns[0].Name != "A" || c.Assigns[0].Value.Text != "1" {
		t.Errorf("assignments of env are %+v", c.Assigns)
	}
}

func TestPackages(t *testing.T) {
	for _, c := range []struct{ script, manager, words string }{
		{"apt-get install -y --no-install-recommends gcc libpq-dev=15.1 $EXTRA", "apt", "gcc libpq-dev=15.1 $EXTRA"},
		{"apt-get install -t bookworm-backports -o X=y -y curl", "apt", "curl"},
		{"sudo apt install ./x.deb", "apt", "./x.deb"},
		{"apk add --no-cache --virtual .build-deps gcc musl-dev", "apk", "gcc musl-dev"},
		{"apk add -t .d gcc", "apk", "gcc"},
		{"apk add --virtual=.d 'postgresql-dev~=15' --repository http://x libfoo@edge", "apk", "postgresql-dev~=15 libfoo@edge"},
		{"dnf install -y --setopt install_weak_deps=0 --enablerepo=crb gcc @development", "yum", "gcc @development"},
		{"zypper -n in --no-recommends gcc", "zypper", "gcc"},
		{"apt-get update", "", ""}, {"apt-get remove gcc", "", ""}, {"npm install x", "", ""}, {"apt-get", "", ""},
	} {
		manager, words := shell.Packages(first(t, c.script))
		if got := texts(words); manager != c.manager || got != c.words {
			t.Errorf("Packages(%s) = %q %q, want %q %q", c.script, manager, got, c.manager, c.words)
		}
		for _, w := range words {
			if source := c.script[w.Start:w.End]; !strings.Contains(source, w.Text) {
				t.Errorf("Packages(%s): %q stands at %q", c.script, w.Text, source)
			}
		}
	}
	if manager, words := shell.Removed(first(t, "apk del --purge .build-deps gcc")); manager != "apk" || texts(words) != ".build-deps gcc" {
		t.Errorf("Removed = %q %q", manager, texts(words))
	}
}

func texts(words []shell.Word) string {
	var out []string
	for _, w := range words {
		out = append(out, w.Text)
	}
	return strings.Join(out, " ")
}

func TestVirtual(t *testing.T) {
	for script, want := range map[string]string{
		"apk add --virtual .b gcc": ".b", "apk add --virtual=.b gcc": ".b", "apk add -t .b gcc": ".b", "apk add gcc": "", "apt-get install -t x gcc": "", "apk add gcc -t": "",
	} {
		if got := shell.Virtual(first(t, script)); got != want {
			t.Errorf("Virtual(%s) = %q, want %q", script, got, want)
		}
	}
}

func TestPackageName(t *testing.T) {
	for _, c := range []struct{ manager, text, want string }{
		{"apt", "curl=7.88.1-10", "curl"}, {"apt", "gcc:amd64", "gcc"}, {"apt", "foo/bookworm", "foo"}, {"apt", "./x_1.0.deb", "./x_1.0.deb"}, {"apt", "g++", "g++"},
		{"apk", "libpq~=15", "libpq"}, {"apk", "foo@edge", "foo"}, {"apk", "foo>1", "foo"}, {"apk", ".build-deps", ".build-deps"}, {"yum", "gcc-12.1", "gcc-12.1"},
	} {
		if got := shell.PackageName(c.manager, c.text); got != c.want {
			t.Errorf("PackageName(%s, %s) = %q, want %q", c.manager, c.text, got, c.want)
		}
	}
}

func TestArgv(t *testing.T) {
	for script, want := range map[string][]string{
		"node server.js":              {"node", "server.js"},
		"  exec  npm start ":          {"npm", "start"},
		`gunicorn "a b:app" -b :8000`: {"gunicorn", "a b:app", "-b", ":8000"},
		"java \\\n -jar x.jar":        {"java", "-jar", "x.jar"},
		"python -c 'print(1)'":        {"python", "-c", "print(1)"},
		"node server.js;":             nil, "node server.js # now": nil, "node $FILE": nil, "a && b": nil, "a | b": nil, "A=1 a": nil, "a > b": nil, "ls *.js": nil,
		"cd /app": nil, "node ~/x": nil, "a &": nil, "! a": nil, "exec": nil, "exec -a x y": nil, "": nil, "source x": nil, "echo $(date)": nil, "(a)": nil, "a {b,c}": nil,
	} {
		s, err := shell.Parse(script, 30)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := shell.Argv(s, script); ok != (want != nil) || !reflect.DeepEqual(got, want) && ok {
			t.Errorf("Argv(%q) = %q, %v, want %q", script, got, ok, want)
		}
	}
	if _, ok := shell.Argv(nil, ""); ok {
		t.Error("Argv takes no script for one")
	}
}

func TestUnwrap(t *testing.T) {
	for _, c := range []struct {
		argv   []string
		script string
		ok     bool
	}{
		{[]string{"sh", "-c", "a && b"}, "a && b", true}, {[]string{"/bin/bash", "-lc", "a"}, "a", true}, {[]string{"bash", "-o", "pipefail", "-c", "a"}, "a", true},
		{[]string{"bash", "-euxo", "pipefail", "-c", "a"}, "a", true}, {[]string{"sh", "-c", "a", "b"}, "", false}, {[]string{"sh", "x.sh", "y"}, "", false},
		{[]string{"sh", "-c"}, "", false}, {[]string{"node", "-c", "x"}, "", false}, {nil, "", false}, {[]string{"bash", "--login", "-c", "a"}, "a", true}, {[]string{"sh", "-e", "x"}, "", false},
	} {
		if script, ok := shell.Unwrap(c.argv); script != c.script || ok != c.ok {
			t.Errorf("Unwrap(%q) = %q, %v, want %q, %v", c.argv, script, ok, c.script, c.ok)
		}
	}
}
