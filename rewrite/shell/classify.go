package shell

import (
	"slices"
	"strings"
)

// Classify tells the kind of work that a command does. What runs under sudo, env,
// exec, time, nice and their like is looked at, not the wrapper. A command whose
// name is a variable is unknown.
func Classify(c Command) Class {
	c = c.Unwrapped()
	if len(c.Args) == 0 {
		return c.orConfiguration(Nothing)
	}
	name := c.Name()
	if m, verb, _ := c.manager(); m != nil {
		return classOf(m.verbs[verb])
	}
	if name == "find" {
		return finding(c)
	}
	if special, ok := specials[name]; ok {
		return special(c)
	}
	class, ok := classes[name]
	switch {
	case !ok && asksVersion(c):
		class = Nothing
	case !ok:
		return UnknownClass
	}
	return c.orConfiguration(class)
}

// classOf is the class of a package manager's action.
func classOf(a action) Class {
	switch a {
	case install:
		return SystemPackage
	case update:
		return SystemUpdate
	case remove, clean:
		return CleanUp
	case configure:
		return Configuration
	case download:
		return Fetch
	case query:
		return Nothing
	}
	return UnknownClass
}

// orConfiguration makes a command without effect one that writes a file where its
// output goes to one.
func (c Command) orConfiguration(class Class) Class {
	if class == Nothing && c.WritesFile() {
		return Configuration
	}
	return class
}

// WritesFile reports a redirection of output to a file.
func (c Command) WritesFile() bool {
	for _, r := range c.Redirects {
		switch r.Op {
		case ">", ">>", ">|", "&>", "&>>", "<>":
			if r.File.Text != "/dev/null" && r.File.Text != "/dev/stdout" && r.File.Text != "/dev/stderr" {
				return true
			}
		}
	}
	return false
}

// asksVersion reports "x --version", by which builds show what they installed.
func asksVersion(c Command) bool {
	return len(c.Args) == 2 && c.Name() != "" && (c.Args[1].Text == "--version" || c.Args[1].Text == "-version" || c.Args[1].Text == "--help")
}

// classes are the commands whose class does not depend on their words.
var classes = byClass(map[Class]string{
	Fetch:      "curl wget aria2c svn scp sftp ftp",
	User:       "useradd groupadd adduser addgroup usermod groupmod deluser delgroup userdel groupdel passwd chpasswd gpasswd chsh",
	Permission: "chmod chown chgrp setcap setfacl chattr",
	Files: "mkdir cp mv ln touch install rmdir unlink tar unzip gzip gunzip bzip2 bunzip2 xz unxz zstd 7z cpio dd rsync mktemp patch " +
		"mkfifo mknod link",
	Configuration: "tee locale-gen localedef update-locale update-ca-certificates update-alternatives dpkg-reconfigure ldconfig " +
		"a2enmod a2dismod a2ensite a2dissite a2enconf phpenmod phpdismod crontab debconf-set-selections apt-key " +
		"add-apt-repository apt-add-repository apt-mark yum-config-manager subscription-manager pacman-key gpg envsubst " +
		"git-lfs visudo ssh-keyscan ssh-keygen update-crypto-policies alternatives setup-timezone",
	Nothing: "cd pushd popd set echo export : true printf pwd ls cat which type test [ [[ (( let exit umask unset shopt ulimit sleep date id " +
		"whoami env hostname uname nproc arch head tail wc grep egrep fgrep cut sort uniq tr awk gawk basename dirname realpath readlink " +
		"dpkg-query dpkg-architecture ldd file hash local readonly declare typeset return shift read trap wait alias false tree du df " +
		"stat md5sum sha1sum sha256sum sha512sum getent locale printenv seq expr jq diff cmp yes",
})

// byClass turns lists of names around.
func byClass(lists map[Class]string) map[string]Class {
	out := map[string]Class{}
	for class, names := range lists {
		for _, name := range strings.Fields(names) {
			out[name] = class
		}
	}
	return out
}

// specials are the commands whose words have to be looked at.
var specials = map[string]func(Command) Class{
	"rm":       removal,
	"truncate": removal,
	"sed":      editing,
	"perl":     editing,
	"git":      git,
	"dpkg":     dpkg,
	"rpm":      rpm,
	"pacman":   pacman,
	"npm":      byWords(cacheWords, Configuration, "config", "set"),
	"yarn":     byWords(cacheWords, Configuration, "config", "set"),
	"pnpm":     byWords(cacheWords, Configuration, "config", "set"),
	"pip":      byWords(cacheWords, Configuration, "config", "set"),
	"pip3":     byWords(cacheWords, Configuration, "config", "set"),
	"conda":    byWords(cacheWords, Configuration, "config"),
	"mamba":    byWords(cacheWords, Configuration, "config"),
	"poetry":   byWords(cacheWords, Configuration, "config"),
	"uv":       byWords(cacheWords, UnknownClass),
	"composer": byWords(cacheWords, Configuration, "config"),
	"go":       byWords(cacheWords, Configuration, "env", "-w"),
	"gem":      byWords(cacheWords, UnknownClass),
	"dotnet":   byWords(cacheWords, UnknownClass),
}

// cacheWords are the subcommands by which language tools empty their caches.
var cacheWords = [][]string{
	{"cache", "clean"}, {"cache", "clear"}, {"cache", "purge"}, {"cache", "prune"}, {"clear-cache"}, {"clearcache"},
	{"store", "prune"}, {"clean", "-a"}, {"clean", "--all"}, {"clean", "-afy"}, {"clean", "-ay"}, {"clean", "-tipsy"}, {"clean", "-tipy"},
	{"clean", "--yes", "--all"}, {"clean", "-cache"}, {"clean", "-modcache"}, {"cleanup"}, {"nuget", "locals"},
}

// byWords classes a language tool: a cache is emptied, a setting is made, or it
// is for the language's own package to say.
func byWords(caches [][]string, class Class, config ...string) func(Command) Class {
	return func(c Command) Class {
		words := c.Words()[1:]
		for _, cache := range caches {
			if hasPrefix(words, cache) {
				return CleanUp
			}
		}
		switch {
		case len(config) > 0 && hasPrefix(words, config):
			return class
		case asksVersion(c) || len(words) == 1 && (words[0] == "-v" || words[0] == "-V" || words[0] == "version"):
			return c.orConfiguration(Nothing)
		}
		return UnknownClass
	}
}

func hasPrefix(words, prefix []string) bool {
	return len(words) >= len(prefix) && slices.Equal(words[:len(prefix)], prefix)
}
