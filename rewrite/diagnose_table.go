package rewrite

import (
	"regexp"

	"github.com/multistage-app/multistage/rewrite/proof"
)

func re(pattern string) *regexp.Regexp { return regexp.MustCompile(pattern) }

// causes are the known causes. The first row that matches a line counts, so what is
// more special comes first.
var causes = append(append(append(append([]cause{}, libraryCauses...), moduleCauses...), rightCauses...), fileCauses...)

// libraryCauses are those of the dynamic linker.
var libraryCauses = []cause{
	{word: "not found", pattern: re("version [`']((?:GLIBC|GLIBCXX|CXXABI|GCC)_[0-9A-Za-z.]+)' not found"), kind: proof.LibcVersion},
	{word: "cannot open shared object file", pattern: re(`([^\s:'"]+\.so[.\w]*): cannot open shared object file`), read: readLibrary},
	{word: "Error loading shared library", pattern: re(`Error loading shared library ([^\s:]+):`), read: readLibrary},
	{word: "Error relocating", pattern: re(`Error relocating ([^\s:]+):`), kind: proof.WrongLibc},
	{word: "java.library.path", pattern: re(`no (\w+) in java\.library\.path`), read: func(m, _ []string, _ int) (proof.Kind, string, bool) {
		return proof.MissingLibrary, "lib" + m[1] + ".so", true
	}},
	{word: "libssl/openssl", pattern: re(`(?i)prisma failed to detect the libssl/openssl version`), read: subject(proof.MissingCommand, "openssl")},
	// The kernel's word for a file that is there and whose interpreter is not.
	{word: "required file not found", pattern: re(`(\S+): cannot execute: required file not found`), kind: proof.WrongLibc},
	{word: "no such file or directory", pattern: re(`(?:^|[\s:])exec (/\S+): no such file or directory`), kind: proof.WrongLibc},
	{word: "bad interpreter", pattern: re(`(\S+): bad interpreter: No such file or directory`), kind: proof.MissingCommand},
}

// moduleCauses are those of the languages and of package managers.
var moduleCauses = []cause{
	{word: "@prisma/client did not initialize", pattern: re(`@prisma/client did not initialize`), read: subject(proof.MissingModule, ".prisma/client")},
	{word: "uery", pattern: re(`(?i)could not locate the query engine|query engine .*could not be found`), read: subject(proof.MissingModule, ".prisma/client")},
	{word: "Cannot find ", pattern: re(`Cannot find (?:module|package) ['"]([^'"]+)['"]`), read: readModule},
	{word: "esolve", pattern: re(`(?:Can't resolve|failed to resolve import|Failed to resolve import|Could not resolve) ['"]([^'"]+)['"]`), read: readModule},
	{word: "Cannot find type definition file", pattern: re(`Cannot find type definition file for '([^']+)'`), kind: proof.MissingModule},
	{word: "No module named", pattern: re(`No module named '?([\w.]+)`), kind: proof.MissingModule},
	{word: "ClassNotFoundException", pattern: re(`ClassNotFoundException: ([\w.$]+)`), kind: proof.MissingModule},
	{word: "NoClassDefFoundError", pattern: re(`NoClassDefFoundError: ([\w./$]+)`), kind: proof.MissingModule},
	{word: "main class", pattern: re(`Could not find or load main class ([\w.$]+)`), kind: proof.MissingModule},
	{word: "cgo", pattern: re(`requires cgo to work|CGO_ENABLED=0', .*requires cgo|source files not allowed when not using cgo|cgo: C compiler .* not found|requires? cgo; enable cgo`), read: subject(proof.MissingModule, "C")},
	{word: "build constraints exclude all Go files", pattern: re(`build constraints exclude all Go files`), read: subject(proof.MissingModule, "C")},
	{word: "PNPM", pattern: re(`ERR_PNPM_(?:OUTDATED_LOCKFILE|NO_LOCKFILE|FROZEN_LOCKFILE|LOCKFILE_\w+)`), read: subject(proof.MissingFile, "pnpm-lock.yaml")},
	{word: "lockfile", pattern: re(`Your lockfile needs to be updated|lockfile would have been (?:modified|created)`), read: subject(proof.MissingFile, "yarn.lock")},
	{word: "npm ci", pattern: re("npm ci` (?:can only install|command can only install)"), read: subject(proof.MissingFile, "package-lock.json")},
	{word: "lookup view", pattern: re(`Failed to lookup view "[^"]*" in views director(?:y|ies) "([^"]+)"`), kind: proof.MissingFile},
	{word: "TemplateNotFound", pattern: re(`TemplateNotFound: (\S+)`), kind: proof.MissingFile},
	{word: "TemplateDoesNotExist", pattern: re(`TemplateDoesNotExist: (\S+)`), kind: proof.MissingFile},
	{word: "kind: NotFound", pattern: re(`kind: NotFound, (?:error|message): "([^":]+): `), kind: proof.MissingFile},
	{word: "pattern matches no files", pattern: re("pattern matches no files: [`\"]?([^`\"]+)"), kind: proof.MissingFile},
}

// rightCauses are commands that are not there, users, rights and ports.
var rightCauses = []cause{
	{word: "executable file not found", pattern: re(`exec: "([^"]+)": executable file not found`), read: readStarted},
	{word: "no such file or directory", pattern: re(`exec: "([^"]+)": stat [^:]+: no such file or directory`), read: readStarted},
	{word: "no such file or directory", pattern: re(`fork/exec (\S+): no such file or directory`), read: readStarted},
	{word: "ENOENT", pattern: re(`spawn (\S+) ENOENT`), read: readStarted},
	{word: "env: ", pattern: re(`env: (?:can't execute )?'?([^\s':]+)'?: No such file or directory`), read: readStarted},
	{word: ": command not found", pattern: re(`(?:^|[\s:])([^\s:]+): command not found`), read: readCommand},
	{word: ": not found", pattern: re(`(?:^|[\s/])(?:sh|ash|dash|bash)(?:: line \d+|: \d+)?: (?:\d+: )?([^\s:]+): not found`), read: readCommand},
	{word: ": not found", pattern: re(`(?:^|\s)\S+: line \d+: ([^\s:]+): not found`), read: readCommand},
	{word: "unable to find", pattern: re(`unable to find (?:user|group) ([^\s:]+)`), kind: proof.NoUser},
	{word: "can't find", pattern: re(`can't find [ug]id for (?:user|group) ([^\s:]+)`), kind: proof.NoUser},
	{word: "invalid", pattern: re(`(?:chown|install|su|gosu): invalid (?:user|group): '?([^\s']+)`), kind: proof.NoUser},
	{word: "unknown", pattern: re(`(?:chown|chgrp|su-exec|su|adduser): unknown (?:user|group)(?:/group)?:? (\S+)`), kind: proof.NoUser},
	{word: "getpwnam", pattern: re(`getpwnam\("([^"]+)"\) failed`), kind: proof.NoUser},
	{word: "does not exist", pattern: re(`user '?([\w.-]+)'? does not exist`), kind: proof.NoUser},
	{word: "EACCES", pattern: re(`listen EACCES: permission denied \S*?(\d+)\s*$`), read: readBind},
	{word: "ermission denied", pattern: re(`:(\d+): bind: permission denied`), read: readBind},
	{word: "ermission denied", pattern: re(`bind\(\) to \S*?(\d+) failed \(13`), read: readBind},
	{word: "ermission denied", pattern: re(`bind on address \('[^']*', (\d+)\)?.*ermission denied`), read: readBind},
	{word: "EADDRINUSE", pattern: re(`EADDRINUSE\S* address already in use \S*?(\d+)\s*$`), read: readInUse},
	{word: "ddress already in use", pattern: re(`:(\d+): bind: address already in use`), read: readInUse},
	{word: "ddress already in use", pattern: re(`\('[^']*', (\d+)\)?.*ddress already in use`), read: readInUse},
	{word: "EACCES", pattern: re(`EACCES: permission denied, \w+ '([^']+)'`), kind: proof.NoPermission},
	{word: "Permission", pattern: re(`Permission ?(?:Error: \[Errno 13\] Permission )?denied: '([^']+)'`), kind: proof.NoPermission},
	{word: "ermission denied", pattern: re(`exec: "([^"]+)": permission denied`), kind: proof.NoPermission},
	{word: "ermission denied", pattern: re(`(?:^|\s)(?:open|mkdir|rename|unlink|remove|create|chmod|chown|truncate|fork/exec|exec|symlink|link|openat|lstat|stat) ([^\s:]+): permission denied`), kind: proof.NoPermission},
	{word: "ermission denied", pattern: re(`(?:cannot create directory|cannot touch|cannot open|cannot create|can't create|can't open|cannot remove|cannot create regular file|can't create directory|preserving permissions for) '?([^\s':]+)'?:.*ermission denied`), kind: proof.NoPermission},
	{word: "AccessDeniedException", pattern: re(`AccessDeniedException: (\S+)`), kind: proof.NoPermission},
	{word: "FileNotFoundException", pattern: re(`FileNotFoundException: (\S+) \(Permission denied\)`), kind: proof.NoPermission},
	{word: "readonly database", pattern: re(`attempt to write a readonly database`), kind: proof.NoPermission},
	{word: "unable to open database file", pattern: re(`unable to open database file`), kind: proof.NoPermission},
	{word: ": Permission denied", pattern: re(`(?:^|\s)(?:\S+: )?(?:line \d+: |\d+: )?(/[^\s:]+): Permission denied`), kind: proof.NoPermission},
}

// fileCauses are files that are not there. The last row is the least certain.
var fileCauses = []cause{
	{word: "checksum of ref", pattern: re(`failed to calculate checksum of ref \S+ "?([^"\s]+?)"?: not found`), kind: proof.MissingFile},
	{word: "ENOENT", pattern: re(`ENOENT: no such file or directory, \w+ '([^']+)'`), kind: proof.MissingFile},
	{word: "FileNotFoundError", pattern: re(`FileNotFoundError: \[Errno 2\] No such file or directory: '([^']+)'`), read: readOpened},
	{word: "can't open file", pattern: re(`can't open file '([^']+)'`), kind: proof.MissingFile},
	{word: "FileNotFoundException", pattern: re(`FileNotFoundException: (\S+) \(No such file or directory\)`), kind: proof.MissingFile},
	{word: "NoSuchFileException", pattern: re(`NoSuchFileException: (\S+)`), kind: proof.MissingFile},
	{word: "Unable to access jarfile", pattern: re(`Unable to access jarfile (\S+)`), kind: proof.MissingFile},
	{word: "no such file or directory", pattern: re(`(?:^|[\s(])(?:open|stat|lstat|read|readdirent|chdir|mkdir|openat|rename|unlinkat|unlink|remove) "?([^\s:"]+)"?: no such file or directory`), kind: proof.MissingFile},
	{word: "o such file or directory", pattern: re(`(?:cannot stat|cannot access|can't open|cannot open|can't stat) '?([^\s':]+)'?: No such file or directory`), kind: proof.MissingFile},
	{word: "No such file or directory", pattern: re(`(?:^|\s)(?:cat|cp|mv|ls|rm|ln|cd|sh|bash|head|tail|tar|node|sed|grep|chmod|chown|source|\.): (?:line \d+: |\d+: )?'?([^\s':]+)'?: No such file or directory`), kind: proof.MissingFile},
	{word: "can't cd to", pattern: re(`can't cd to (\S+)`), kind: proof.MissingFile},
}

// subject is a cause whose line does not spell its subject.
func subject(kind proof.Kind, name string) func(m, lines []string, at int) (proof.Kind, string, bool) {
	return func([]string, []string, int) (proof.Kind, string, bool) { return kind, name, true }
}
