package image

import "strings"

// CommandPackage is the package that brings a command on a family's system. ok is
// false where that is not known, and for what every image with a shell has.
func CommandPackage(family Family, command string) (name string, ok bool) {
	command = command[strings.LastIndexByte(command, '/')+1:]
	if family == Ubuntu {
		family = Debian
	}
	row, ok := commandPackages[command]
	switch {
	case !ok:
		return "", false
	case family == Debian:
		name = row[0]
	case family == Alpine:
		name = row[1]
	}
	return name, name != ""
}

// commandPackages are the packages of commands, on Debian and on Alpine. An empty
// string: the slim image has it, or no package of that system is certain.
var commandPackages = map[string][2]string{
	"bash":                   {"", "bash"},
	"bzip2":                  {"bzip2", ""},
	"convert":                {"imagemagick", "imagemagick"},
	"curl":                   {"curl", "curl"},
	"dig":                    {"dnsutils", "bind-tools"},
	"dumb-init":              {"dumb-init", "dumb-init"},
	"envsubst":               {"gettext-base", "gettext-envsubst"},
	"ffmpeg":                 {"ffmpeg", "ffmpeg"},
	"ffprobe":                {"ffmpeg", "ffmpeg"},
	"file":                   {"file", "file"},
	"git":                    {"git", "git"},
	"gosu":                   {"gosu", ""},
	"gpg":                    {"gnupg", "gnupg"},
	"gs":                     {"ghostscript", "ghostscript"},
	"hg":                     {"mercurial", "mercurial"},
	"identify":               {"imagemagick", "imagemagick"},
	"ip":                     {"iproute2", "iproute2"},
	"jq":                     {"jq", "jq"},
	"make":                   {"make", "make"},
	"mysql":                  {"default-mysql-client", "mysql-client"},
	"mysqldump":              {"default-mysql-client", "mysql-client"},
	"nc":                     {"netcat-openbsd", ""},
	"openssl":                {"openssl", "openssl"},
	"pdftoppm":               {"poppler-utils", "poppler-utils"},
	"pdftotext":              {"poppler-utils", "poppler-utils"},
	"pg_dump":                {"postgresql-client", "postgresql-client"},
	"pg_isready":             {"postgresql-client", "postgresql-client"},
	"pgrep":                  {"procps", ""},
	"ping":                   {"iputils-ping", ""},
	"pkill":                  {"procps", ""},
	"ps":                     {"procps", ""},
	"psql":                   {"postgresql-client", "postgresql-client"},
	"python3":                {"python3", "python3"},
	"redis-cli":              {"redis-tools", ""},
	"scp":                    {"openssh-client", "openssh-client"},
	"sqlite3":                {"sqlite3", "sqlite"},
	"ssh":                    {"openssh-client", "openssh-client"},
	"ssh-keygen":             {"openssh-client", "openssh-keygen"},
	"su-exec":                {"", "su-exec"},
	"sudo":                   {"sudo", "sudo"},
	"svn":                    {"subversion", "subversion"},
	"tesseract":              {"tesseract-ocr", "tesseract-ocr"},
	"tini":                   {"tini", "tini"},
	"unzip":                  {"unzip", ""},
	"update-ca-certificates": {"ca-certificates", "ca-certificates"},
	"wget":                   {"wget", ""},
	"xz":                     {"xz-utils", "xz"},
	"zip":                    {"zip", "zip"},
}
