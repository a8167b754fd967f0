package review

import (
	"io/fs"
	"strings"

	"github.com/aymanbagabas/go-udiff"

	"github.com/multistage-app/multistage/rewrite"
)

// Patch is a unified diff of all changes, which `git apply` takes. Files that
// stay as they are leave no trace; the order is that of files.
func Patch(files []rewrite.FileChange) string {
	var b strings.Builder
	for _, f := range files {
		b.WriteString(filePatch(f))
	}
	return b.String()
}

func filePatch(f rewrite.FileChange) string {
	before, after := string(f.Before), string(f.After)
	isNew := f.Before == nil
	if !isNew && before == after {
		return ""
	}
	a, b := gitQuote("a/"+f.Path), gitQuote("b/"+f.Path)
	header := "diff --git " + a + " " + b + "\n"
	if isNew {
		header += "new file mode " + gitMode(f.Mode) + "\n"
		a = "/dev/null"
	}
	return header + udiff.Unified(a, b, before, after)
}

// gitMode is a file's mode in git's words. Links and folders are never changed.
func gitMode(m fs.FileMode) string {
	if m&0o111 != 0 {
		return "100755"
	}
	return "100644"
}

// gitQuote quotes a name in a diff's header as git does with core.quotePath off,
// see https://git-scm.com/docs/git-config#Documentation/git-config.txt-corequotePath.
func gitQuote(name string) string {
	var b strings.Builder
	quoted := false
	for i := range len(name) {
		c := name[i]
		switch {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
			quoted = true
		case c < ' ' || c == 0x7f:
			b.WriteByte('\\')
			b.Write([]byte{'0' + c>>6, '0' + c>>3&7, '0' + c&7})
			quoted = true
		default:
			b.WriteByte(c)
		}
	}
	if quoted {
		return `"` + b.String() + `"`
	}
	return name
}
