package shell

import "strings"

// manager is how a system package manager's command line reads.
type manager struct {
	name   string            // the name that Packages gives
	verbs  map[string]action // what its subcommands do
	valued []string          // options that take the next word
}

// action is what a subcommand does.
type action int

const (
	install action = iota + 1
	remove
	update
	clean
	configure
	query
	download
)

var (
	aptManager = manager{
		name: "apt",
		verbs: map[string]action{
			"install": install, "reinstall": install, "build-dep": install, "satisfy": install,
			"remove": remove, "purge": remove, "autoremove": remove, "autopurge": remove, "auto-remove": remove,
			"update": update, "upgrade": update, "dist-upgrade": update, "full-upgrade": update, "safe-upgrade": update,
			"clean": clean, "autoclean": clean, "auto-clean": clean, "distclean": clean, "dist-clean": clean,
			"download": download, "source": download, "edit-sources": configure,
			"list": query, "show": query, "search": query, "policy": query, "check": query, "changelog": query,
		},
		valued: []string{"-o", "--option", "-t", "--target-release", "--default-release", "-c", "--config-file", "-a", "--host-architecture", "-P", "--build-profiles"},
	}
	apkManager = manager{
		name: "apk",
		verbs: map[string]action{
			"add": install, "del": remove, "update": update, "upgrade": update, "cache": clean, "fix": update,
			"fetch": download, "info": query, "list": query, "search": query, "version": query, "policy": query, "stats": query,
		},
		valued: []string{"-t", "--virtual", "-X", "--repository", "-p", "--root", "--keys-dir", "--repositories-file",
			"--arch", "--wait", "--cache-dir", "--cache-max-age", "--progress-fd", "--timeout"},
	}
	yumManager = manager{
		name: "yum",
		verbs: map[string]action{
			"install": install, "localinstall": install, "groupinstall": install, "reinstall": install, "group": install,
			"builddep": install, "swap": install, "in": install,
			"remove": remove, "erase": remove, "autoremove": remove, "rm": remove,
			"update": update, "upgrade": update, "makecache": update, "check-update": update, "distro-sync": update, "upgrade-minimal": update, "update-minimal": update,
			"clean": clean, "config-manager": configure, "module": configure, "copr": configure,
			"download": download, "list": query, "info": query, "search": query, "repolist": query, "repoquery": query, "provides": query,
		},
		valued: []string{"--setopt", "--enablerepo", "--disablerepo", "--repo", "--repoid", "--releasever", "--installroot",
			"--exclude", "-x", "-c", "--config", "-d", "-e", "--rpmverbosity", "--downloaddir", "--destdir", "--forcearch", "--advisory"},
	}
	zypperManager = manager{
		name: "zypper",
		verbs: map[string]action{
			"install": install, "in": install, "source-install": install, "si": install,
			"remove": remove, "rm": remove,
			"refresh": update, "ref": update, "update": update, "up": update, "dist-upgrade": update, "dup": update, "patch": update,
			"clean": clean, "cc": clean, "addrepo": configure, "ar": configure, "removerepo": configure, "rr": configure,
			"modifyrepo": configure, "mr": configure, "addlock": configure, "al": configure,
			"download": download, "search": query, "se": query, "info": query, "repos": query, "lr": query,
		},
		valued: []string{"--from", "-r", "--repo", "-t", "--type", "-p", "--plus-repo", "--root", "-R", "--reposd-dir", "-D", "--cache-dir", "-C"},
	}
	managers = map[string]*manager{
		"apt": &aptManager, "apt-get": &aptManager, "aptitude": &aptManager,
		"apk": &apkManager,
		"yum": &yumManager, "dnf": &yumManager, "dnf5": &yumManager, "microdnf": &yumManager, "tdnf": &yumManager,
		"zypper": &zypperManager,
	}
)

// Packages are the names in a command that installs system packages, each with
// its place; flags and their values are left out. manager is "apt", "apk", "yum"
// (dnf, microdnf) or "zypper", and "" where the command installs nothing. A name
// may carry a version (PackageName takes it off), may be a local file
// (./x.deb), and is not Literal where it is a variable.
func Packages(c Command) (manager string, words []Word) { return operands(c, install) }

// Removed are the names in a command that removes system packages, as Packages
// gives them: of apk's `del .build-deps` the name of the virtual package.
func Removed(c Command) (manager string, words []Word) { return operands(c, remove) }

func operands(c Command, want action) (string, []Word) {
	c = c.Unwrapped()
	m, verb, rest := c.manager()
	if m == nil || m.verbs[verb] != want {
		return "", nil
	}
	return m.name, m.positional(rest)
}

// Virtual is the name that apk add --virtual gives to a group of packages, "" if
// none.
func Virtual(c Command) string {
	c = c.Unwrapped()
	if c.Name() != "apk" {
		return ""
	}
	for i, arg := range c.Args {
		if name, ok := strings.CutPrefix(arg.Text, "--virtual="); ok {
			return name
		}
		if (arg.Text == "--virtual" || apkShortVirtual(arg.Text)) && i+1 < len(c.Args) {
			return c.Args[i+1].Text
		}
	}
	return ""
}

// apkShortVirtual reports -t, also as the last of several letters (-Ut).
func apkShortVirtual(option string) bool {
	return len(option) >= 2 && option[0] == '-' && option[1] != '-' && option[len(option)-1] == 't'
}

// PackageName takes version, release and architecture off a package's name as a
// manager's command line has it: curl=7.88.1-10 (apt), libpq~=15 and foo@edge
// (apk), gcc:amd64, foo/bookworm-backports. For yum a version cannot be told from
// the name, so it stays.
func PackageName(manager, text string) string {
	switch manager {
	case "apt":
		if strings.HasPrefix(text, "/") || strings.HasPrefix(text, ".") {
			return text
		}
		text, _, _ = strings.Cut(text, "=")
		text, _, _ = strings.Cut(text, "/")
		text, _, _ = strings.Cut(text, ":")
	case "apk":
		if i := strings.IndexAny(text, "=<>~@"); i > 0 {
			return text[:i]
		}
	case "zypper":
		if i := strings.IndexAny(text, "=<>"); i > 0 {
			return text[:i]
		}
	}
	return text
}

// manager finds the package manager of a command, its subcommand, and the words
// behind that.
func (c Command) manager() (m *manager, verb string, rest []Word) {
	m = managers[c.Name()]
	if m == nil {
		return nil, "", nil
	}
	for i := 1; i < len(c.Args); i++ {
		text := c.Args[i].Text
		if strings.HasPrefix(text, "-") {
			if m.takesNext(text) {
				i++
			}
			continue
		}
		return m, text, c.Args[i+1:]
	}
	return m, "", nil
}

// takesNext reports an option whose value is the next word.
func (m *manager) takesNext(option string) bool {
	for _, v := range m.valued {
		if option == v {
			return true
		}
	}
	return m == &apkManager && apkShortVirtual(option)
}

// positional are the words that are not options or their values.
func (m *manager) positional(words []Word) []Word {
	var out []Word
	for i := 0; i < len(words); i++ {
		text := words[i].Text
		if text == "--" {
			return append(out, words[i+1:]...)
		}
		if strings.HasPrefix(text, "-") && len(text) > 1 {
			if m.takesNext(text) {
				i++
			}
			continue
		}
		out = append(out, words[i])
	}
	return out
}
