package main

import (
	"strings"

	"github.com/aymanbagabas/go-udiff"
	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/multistage-app/multistage/app/github/githubtest"
)

// diffLine is a line of a difference. Old and New count from 1, 0 where the line is
// not on that side.
type diffLine struct {
	Kind     string // add, del, same or hunk
	Old, New int
	Text     string
	Notes    []githubtest.Annotation // that end at the new line
}

// diffFile is a changed file.
type diffFile struct {
	Path, Was  string // Was where it was renamed
	Status     string // added, modified, removed, renamed
	Added, Cut int
	Lines      []diffLine
	Note       string // why there are no lines
}

// Sign is the first column of a line.
func (l diffLine) Sign() string {
	return map[string]string{"add": "+", "del": "−"}[l.Kind]
}

// maxDiffLines is the most that is shown of one file.
const maxDiffLines = 3000

// patchLines reads a patch as GitHub gives it for one file, without the file's names.
func patchLines(patch string) []diffLine {
	files, _, err := gitdiff.Parse(strings.NewReader("--- a/file\n+++ b/file\n" + strings.TrimSuffix(patch, "\n") + "\n"))
	if err != nil || len(files) != 1 {
		return nil
	}
	return fragmentLines(files[0].TextFragments)
}

func fragmentLines(fragments []*gitdiff.TextFragment) []diffLine {
	var lines []diffLine
	for _, f := range fragments {
		lines = append(lines, diffLine{Kind: "hunk", Text: strings.TrimSuffix(f.Header(), "\n")})
		before, after := int(f.OldPosition), int(f.NewPosition)
		for _, l := range f.Lines {
			d := diffLine{Kind: "same", Old: before, New: after, Text: strings.TrimRight(l.Line, "\r\n")}
			switch l.Op {
			case gitdiff.OpAdd:
				d.Kind, d.Old = "add", 0
				after++
			case gitdiff.OpDelete:
				d.Kind, d.New = "del", 0
				before++
			default:
				before, after = before+1, after+1
			}
			lines = append(lines, d)
		}
	}
	return lines[:min(len(lines), maxDiffLines)]
}

// textDiff compares two texts in whole; the first line of the old one is number start.
func textDiff(before, after string, start int) []diffLine {
	unified, err := udiff.ToUnified("a", "b", before, udiff.Lines(before, after), 1<<20)
	if err != nil || unified == "" {
		return nil
	}
	_, hunks, _ := strings.Cut(unified, "\n+++ b\n")
	lines := patchLines(hunks)
	if len(lines) > 0 {
		lines = lines[1:] // the one hunk holds everything
	}
	for i := range lines {
		if lines[i].Old > 0 {
			lines[i].Old += start - 1
		}
		if lines[i].New > 0 {
			lines[i].New += start - 1
		}
	}
	return lines
}

// pullFiles are the changed files of a pull request, with the annotations of its
// head's check runs.
func pullFiles(p githubtest.Pull) []diffFile {
	var files []diffFile
	for _, f := range p.Files {
		d := diffFile{Path: f.Path, Was: f.PreviousPath, Status: f.Status, Added: f.Additions, Cut: f.Deletions}
		if d.Lines = patchLines(f.Patch); len(d.Lines) == 0 {
			d.Note = "No lines to show: the file is empty, binary, or was only moved."
		}
		for _, run := range runsOf(p, p.HeadSHA) {
			annotate(d.Lines, f.Path, run.Output.Annotations)
		}
		files = append(files, d)
	}
	return files
}

func annotate(lines []diffLine, path string, notes []githubtest.Annotation) {
	for _, n := range notes {
		for i := range lines {
			if n.Path == path && lines[i].New == n.EndLine {
				lines[i].Notes = append(lines[i].Notes, n)
			}
		}
	}
}

// commitFiles are the files that a commit changes, from git's own patch.
func commitFiles(patch string) []diffFile {
	parsed, _, err := gitdiff.Parse(strings.NewReader(patch))
	if err != nil {
		return nil
	}
	var files []diffFile
	for _, f := range parsed {
		d := diffFile{Path: f.NewName, Status: "modified", Lines: fragmentLines(f.TextFragments)}
		switch {
		case f.IsNew:
			d.Status = "added"
		case f.IsDelete:
			d.Status, d.Path = "removed", f.OldName
		case f.IsRename:
			d.Status, d.Was = "renamed", f.OldName
		}
		for _, l := range d.Lines {
			switch l.Kind {
			case "add":
				d.Added++
			case "del":
				d.Cut++
			}
		}
		if len(d.Lines) == 0 {
			d.Note = "No lines to show: the file is empty, binary, or was only moved."
		}
		files = append(files, d)
	}
	return files
}
