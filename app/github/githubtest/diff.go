package githubtest

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// diffFile is one file of a difference between two trees.
type diffFile struct {
	Status         byte // A, M, D, R, T
	OldPath, Path  string
	OldMode, Mode  string
	OldSHA, SHA    string
	Added, Removed int
	Binary         bool
	Patch          string // from the first @@ on, without the last newline; "" when there is none
	parsed         []hunk
}

// hunk is one hunk of a patch. Start lines count from 1.
type hunk struct {
	oldStart, oldLines int
	newStart, newLines int
	header             string
	lines              []string // with their sign
	position           int      // of the header: 0 for the first hunk
}

// diff compares two commits, with renames, in one process.
func (r *repository) diff(from, to string, context int) ([]diffFile, error) {
	cached := fmt.Sprint(from, " ", to, " ", context)
	if files, ok := r.diffs[cached]; ok {
		return files, nil
	}
	out, err := r.run("diff-tree", "-r", "-z", "--raw", "--numstat", "--patch", "--find-renames", "--full-index",
		"--no-color", "--no-ext-diff", "--no-textconv", "--src-prefix=a/", "--dst-prefix=b/",
		"-U"+strconv.Itoa(context), from, to)
	if err != nil {
		return nil, err
	}
	files, rest, err := parseRaw(out)
	if err != nil {
		return nil, err
	}
	if err := parseNumstat(files, &rest); err != nil {
		return nil, err
	}
	attachPatches(files, rest)
	r.diffs[cached] = files
	return files, nil
}

// next cuts the text up to the next NUL off.
func next(rest *[]byte) string {
	field, after, _ := bytes.Cut(*rest, []byte{0})
	*rest = after
	return string(field)
}

// parseRaw reads the raw records at the head of git's output:
// ":mode mode sha sha status NUL path NUL [path NUL]".
func parseRaw(out []byte) ([]diffFile, []byte, error) {
	var files []diffFile
	for len(out) > 0 && out[0] == ':' {
		fields := strings.Fields(next(&out)[1:])
		if len(fields) != 5 {
			return nil, nil, fmt.Errorf("git diff-tree: unexpected record %q", fields)
		}
		f := diffFile{OldMode: fields[0], Mode: fields[1], OldSHA: fields[2], SHA: fields[3], Status: fields[4][0]}
		f.Path = next(&out)
		f.OldPath = f.Path
		if f.Status == 'R' || f.Status == 'C' {
			f.Path = next(&out)
		}
		files = append(files, f)
	}
	return files, out, nil
}

// parseNumstat reads "added TAB removed TAB path NUL", of a rename
// "added TAB removed TAB NUL old NUL new NUL". Binary files have "-".
func parseNumstat(files []diffFile, rest *[]byte) error {
	for i := range files {
		fields := strings.SplitN(next(rest), "\t", 3)
		if len(fields) != 3 {
			return fmt.Errorf("git diff-tree: unexpected counts %q", fields)
		}
		if fields[2] == "" {
			next(rest)
			next(rest)
		}
		files[i].Binary = fields[0] == "-"
		files[i].Added, _ = strconv.Atoi(fields[0])
		files[i].Removed, _ = strconv.Atoi(fields[1])
	}
	return nil
}

// attachPatches gives each file its part of the patch. The parts come in the
// order of the files; a change of type (file to link) has two.
func attachPatches(files []diffFile, text []byte) {
	text = bytes.TrimPrefix(text, []byte{0})
	var sections []string
	for section := range strings.SplitSeq("\n"+string(text), "\ndiff --git ") {
		sections = append(sections, section)
	}
	sections = sections[1:]
	for i := range files {
		if len(sections) == 0 {
			return
		}
		section := sections[0]
		sections = sections[1:]
		if files[i].Status == 'T' && len(sections) > 0 {
			sections = sections[1:]
			continue
		}
		if at := strings.Index(section, "\n@@ "); at >= 0 {
			files[i].Patch = strings.TrimSuffix(section[at+1:], "\n")
		}
	}
}

// hunks reads a file's patch.
func (f *diffFile) hunks() []hunk {
	if f.parsed != nil || f.Patch == "" {
		return f.parsed
	}
	for n, line := range strings.Split(f.Patch, "\n") {
		if strings.HasPrefix(line, "@@ ") {
			h := hunk{header: line, position: n}
			old, new, _ := strings.Cut(strings.TrimPrefix(line, "@@ -"), " +")
			h.oldStart, h.oldLines = span(old)
			new, _, _ = strings.Cut(new, " @@")
			h.newStart, h.newLines = span(new)
			f.parsed = append(f.parsed, h)
			continue
		}
		last := &f.parsed[len(f.parsed)-1]
		last.lines = append(last.lines, line)
	}
	return f.parsed
}

// span reads "start,lines" or "start".
func span(text string) (start, lines int) {
	a, b, ok := strings.Cut(text, ",")
	start, _ = strconv.Atoi(a)
	lines = 1
	if ok {
		lines, _ = strconv.Atoi(b)
	}
	return start, lines
}

// mergeBase is the commit that a pull request's difference starts from, "" when
// the two have none.
func (r *repository) mergeBase(a, b string) string {
	cached := a + " " + b
	if sha, ok := r.bases[cached]; ok {
		return sha
	}
	sha, err := r.line("merge-base", a, b)
	if err != nil {
		return ""
	}
	r.bases[cached] = sha
	return sha
}

// isAncestor tells whether a is b or comes before it.
func (r *repository) isAncestor(a, b string) bool {
	return r.mergeBase(a, b) == a && a != ""
}

// fileAt finds a file by the path that it has after the change.
func fileAt(files []diffFile, path string) *diffFile {
	for i := range files {
		if files[i].Path == path {
			return &files[i]
		}
	}
	return nil
}
