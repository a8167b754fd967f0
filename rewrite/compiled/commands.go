package compiled

// providers are the packages that bring a command, where the names differ, for
// Debian and Alpine alike unless both have their own.
var providers = map[string][]string{
	"nc": {"netcat-openbsd", "netcat", "netcat-traditional", "busybox-extras"}, "psql": {"postgresql-client", "postgresql"}, "pg_isready": {"postgresql-client", "postgresql"},
	"pg_dump": {"postgresql-client", "postgresql"}, "mysql": {"default-mysql-client", "mariadb-client", "mysql-client"}, "mysqladmin": {"default-mysql-client", "mariadb-client", "mysql-client"},
	"mysqldump": {"default-mysql-client", "mariadb-client", "mysql-client"}, "redis-cli": {"redis-tools", "redis"}, "ssh": {"openssh-client", "openssh"},
	"ssh-keygen": {"openssh-client", "openssh-keygen", "openssh"}, "scp": {"openssh-client", "openssh"}, "ps": {"procps"}, "top": {"procps"}, "pkill": {"procps"}, "dig": {"dnsutils", "bind-tools"},
	"envsubst": {"gettext-base", "gettext"}, "ping": {"iputils-ping", "iputils"}, "convert": {"imagemagick"}, "magick": {"imagemagick"}, "identify": {"imagemagick"}, "pdftotext": {"poppler-utils"}, "pdftoppm": {"poppler-utils"},
	"tesseract": {"tesseract-ocr"}, "soffice": {"libreoffice"}, "libreoffice": {"libreoffice"}, "chromium-browser": {"chromium"}, "python": {"python3"}, "pip": {"python3-pip"}, "node": {"nodejs"},
	"docker": {"docker.io", "docker-cli", "docker"}, "sqlite3": {"sqlite3", "sqlite"}, "ffprobe": {"ffmpeg"}, "tini": {"tini"}, "gs": {"ghostscript"}, "xz": {"xz-utils", "xz"}, "7z": {"p7zip-full", "p7zip"}, "hg": {"mercurial"}, "svn": {"subversion"},
	"ip": {"iproute2"}, "iptables": {"iptables"}, "update-ca-certificates": {"ca-certificates"}, "setcap": {"libcap2-bin", "libcap"},
}

// InFull are the commands that a full language image of Debian's has and Debian's slim image
// has not, with their packages.
var InFull = map[string]string{
	"curl": "curl", "wget": "wget", "git": "git", "ssh": "openssh-client", "scp": "openssh-client", "ssh-keygen": "openssh-client", "gpg": "gnupg", "hg": "mercurial",
	"svn": "subversion", "ps": "procps", "top": "procps", "pkill": "procps", "pgrep": "procps", "openssl": "openssl", "unzip": "unzip", "xz": "xz-utils", "perl": "perl", "python3": "python3", "file": "file", "patch": "patch",
}

// Unmistakable are those of them that are no common words.
var Unmistakable = Words("curl wget git ssh scp ssh-keygen gpg openssl unzip pgrep pkill python3")

// Compilers are commands of the build side; a program that runs them needs them.
var Compilers = Words("gcc g++ cc c++ make ld as pkg-config cpp gdb")

// SystemCommands are commands that every image with a shell has.
var SystemCommands = Words("sh ash dash bash cat cp mv ls echo printf sleep true false test [ [[ mkdir rm ln chmod chown chgrp grep sed awk cut sort uniq head tail tr wc env id " +
	"date touch xargs find expr basename dirname tee kill sync mktemp readlink realpath stat seq timeout hostname uname whoami su nohup tar gzip gunzip base64 md5sum sha256sum " +
	"cd set export exit exec trap wait shift read eval source . : unset local return if then while until for do done case esac fi let (( type command umask ulimit pwd break continue getopts alias declare readonly ((")
