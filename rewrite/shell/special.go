package shell

import (
	"slices"
	"strings"
)

// cachePaths are the folders whose files no program needs: package lists, caches,
// temporary files, documentation and logs.
var cachePaths = []string{
	"/var/lib/apt/lists", "/var/cache", "/tmp", "/var/tmp", "/var/log", "/var/lib/dnf", "/var/lib/yum", "/var/lib/cache",
	"/usr/share/doc", "/usr/share/man", "/usr/share/info", "/usr/share/locale", "/usr/share/lintian",
	"/root/.cache", "/root/.npm", "/root/.gem", "/root/.composer/cache", "/root/.m2", "/root/.gradle", "/root/.pearrc", "/root/.node-gyp",
	"~/.cache", "~/.npm", "~/.m2", "~/.gradle", "~/.gem", "~/.node-gyp", "~/.composer/cache",
	"$HOME/.cache", "$HOME/.npm", "${HOME}/.cache", "${HOME}/.npm",
	"/go/pkg/mod/cache", "/usr/local/share/.cache", "/usr/local/cargo/registry", "/usr/local/cargo/git", "/lib/apk/db/.cache", "/opt/conda/pkgs",
	"/home/*/.cache", "/var/spool",
}

// cachePath reports a path at or under one of them.
func cachePath(path string) bool {
	if strings.Contains(path, "..") {
		return false
	}
	path = strings.TrimRight(path, "/*")
	for _, cache := range cachePaths {
		if path == cache || strings.HasPrefix(path, cache+"/") {
			return true
		}
	}
	return false
}

// removal is rm: clean-up where it takes away only what no program needs.
func removal(c Command) Class {
	paths := 0
	for _, arg := range c.Args[1:] {
		if strings.HasPrefix(arg.Text, "-") {
			continue
		}
		if strings.HasPrefix(arg.Text, "0") && c.Name() == "truncate" {
			continue
		}
		if !cachePath(arg.Text) {
			return Files
		}
		paths++
	}
	if paths == 0 {
		return Files
	}
	return CleanUp
}

// finding is find: what it does with the files that it finds.
func finding(c Command) Class {
	words := c.Words()[1:]
	var does Class
	for i, word := range words {
		switch word {
		case "-delete":
			does = Files
		case "-exec", "-execdir", "-ok":
			if i+1 >= len(words) {
				return UnknownClass
			}
			inner := Command{Args: c.Args[i+2:]}
			if inner.Name() == "rm" {
				does = Files
			} else {
				does = Classify(inner)
			}
		}
	}
	switch {
	case does == "":
		return c.orConfiguration(Nothing)
	case does != Files:
		return does
	}
	for i, word := range words {
		if strings.HasPrefix(word, "-") || word == "(" || word == "!" {
			if i > 0 {
				return CleanUp
			}
			break
		}
		if !cachePath(word) {
			break
		}
	}
	return Files
}

// editing is sed or perl: a change of a file in place, or a filter.
func editing(c Command) Class {
	for _, word := range c.Words()[1:] {
		if word == "--in-place" || strings.HasPrefix(word, "--in-place=") {
			return Configuration
		}
		if len(word) > 1 && word[0] == '-' && word[1] != '-' && strings.Contains(word[1:], "i") {
			return Configuration
		}
	}
	if c.Name() == "perl" {
		return UnknownClass
	}
	return c.orConfiguration(Nothing)
}

// git fetches, configures or does something of its own.
func git(c Command) Class {
	words := c.Words()[1:]
	for len(words) > 0 && strings.HasPrefix(words[0], "-") {
		if (words[0] == "-C" || words[0] == "-c") && len(words) > 1 {
			words = words[1:]
		}
		words = words[1:]
	}
	if len(words) == 0 {
		return c.orConfiguration(Nothing)
	}
	switch words[0] {
	case "clone", "fetch", "pull", "submodule", "lfs":
		return Fetch
	case "config":
		return Configuration
	case "rev-parse", "describe", "log", "status", "show", "rev-list", "ls-files", "diff", "version":
		return c.orConfiguration(Nothing)
	}
	return UnknownClass
}

func dpkg(c Command) Class {
	words := c.Words()[1:]
	switch {
	case slices.ContainsFunc(words, isOne("-i", "--install", "--unpack")):
		return SystemPackage
	case slices.ContainsFunc(words, isOne("-r", "-P", "--remove", "--purge")):
		return CleanUp
	case slices.ContainsFunc(words, isOne("--add-architecture", "--configure", "--remove-architecture")):
		return Configuration
	case slices.ContainsFunc(words, isOne("--print-architecture", "-l", "-L", "-s", "-S", "--list", "--version", "--compare-versions")):
		return c.orConfiguration(Nothing)
	}
	return UnknownClass
}

func rpm(c Command) Class {
	for _, word := range c.Words()[1:] {
		switch {
		case word == "--import":
			return Configuration
		case word == "--install" || word == "--upgrade" || shortOption(word, "iUF") && !shortOption(word, "q"):
			return SystemPackage
		case word == "--erase" || shortOption(word, "e"):
			return CleanUp
		case word == "--query" || shortOption(word, "qE"):
			return c.orConfiguration(Nothing)
		}
	}
	return UnknownClass
}

func pacman(c Command) Class {
	names := 0
	option := ""
	for _, word := range c.Words()[1:] {
		switch {
		case strings.HasPrefix(word, "--"):
		case strings.HasPrefix(word, "-"):
			option += word[1:]
		default:
			names++
		}
	}
	switch {
	case strings.Contains(option, "S") && strings.Contains(option, "c"), strings.Contains(option, "R"):
		return CleanUp
	case strings.Contains(option, "S") && names > 0, strings.Contains(option, "U"):
		return SystemPackage
	case strings.Contains(option, "S"):
		return SystemUpdate
	case strings.Contains(option, "Q"):
		return c.orConfiguration(Nothing)
	}
	return UnknownClass
}

// shortOption reports -abc with one of the letters.
func shortOption(word, letters string) bool {
	return len(word) > 1 && word[0] == '-' && word[1] != '-' && strings.ContainsAny(word[1:], letters)
}

func isOne(options ...string) func(string) bool {
	return func(word string) bool { return slices.Contains(options, word) }
}
