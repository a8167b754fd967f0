// Package dockerfile reads a Dockerfile without losing a byte of it.
//
// Meaning comes from BuildKit's own parser; text always comes from the source
// bytes, by [Span]. BuildKit's syntax tree drops comments inside continuations
// and joins lines, so no instruction is ever printed from it.
package dockerfile

import (
	"errors"
	"strings"
)

// Limits on what is read from a pull request. A file beyond them is not
// parsed. BuildKit itself refuses a physical line of 64 KiB and more.
const (
	MaxBytes        = 256 << 10 // size of one Dockerfile, in bytes
	MaxInstructions = 1000      // instructions in one Dockerfile
)

// Errors that [Parse] wraps, for callers that tell them apart.
var (
	ErrTooLarge       = errors.New("file is too large")
	ErrNotText        = errors.New("file is not UTF-8 text")
	ErrNoInstructions = errors.New("file has no instructions")
)

// File is one Dockerfile as its author wrote it.
type File struct {
	Path       string         // as given to Parse, slash-separated
	Source     []byte         // every byte of the file; never changed
	Escape     byte           // '\\', or '`' by directive
	Directives []Directive    // "# syntax=…", "# escape=…", "# check=…" at the top
	Args       []*Instruction // ARG instructions before the first FROM
	Stages     []*Stage       // in order
	All        []*Instruction // every instruction in order, Args and FROMs included
	lines      lineIndex
}

// Directive is a parser directive, one of syntax, escape and check.
// See https://docs.docker.com/reference/dockerfile/#parser-directives.
type Directive struct {
	Name  string // lower case
	Value string
	Span  Span
}

// Stage is a FROM with the instructions that follow it.
type Stage struct {
	Index        int
	From         *Instruction
	BaseName     string         // the image or stage after FROM, as written
	Base         string         // BaseName with the defaults of ARGs before FROM put in
	Name         string         // after AS, as written; "" where there is none
	Platform     string         // value of --platform; "" where there is none
	Instructions []*Instruction // after From
}

// Instruction is one instruction with everything that belongs to it.
type Instruction struct {
	Keyword string // upper case: RUN
	Span    Span   // whole lines, from the start of the first to the end of the last, line end included
	Lead    Span   // the comments and blank lines between the instruction before and this one
	Args    Span   // what follows keyword and flags, without the line end and without heredoc bodies
	Stage   int    // index in File.Stages; -1 for an ARG before the first FROM

	Flags    []Flag    // --from=…, --mount=…, in order
	Words    []Word    // arguments split at white space, in order; empty for RUN, CMD, ENTRYPOINT, SHELL, HEALTHCHECK in shell form
	Pairs    []Pair    // ENV, LABEL and ARG
	JSON     bool      // arguments are in exec (JSON) form
	Argv     []string  // the elements of the exec form
	Heredocs []Heredoc // in order of their redirections
	Onbuild  string    // ONBUILD: the keyword of its instruction, upper case
}

// Flag is an option of an instruction, such as --from=builder.
type Flag struct {
	Name  string // without dashes, lower case
	Value string // "" where there is no '='
	Span  Span
}

// Word is one argument with its place.
type Word struct {
	Text string // as written, quotes included
	Span Span
}

// Pair is one key and value of an ENV, LABEL or ARG.
type Pair struct {
	Key      string
	Value    string // as written, quotes included; variables are not put in
	HasValue bool   // false for "ARG NAME"
	Span     Span   // both, as written
}

// Heredoc is one here-document of a RUN, COPY or ADD.
type Heredoc struct {
	Name    string
	Expand  bool // variables in the body are expanded: the name was not quoted
	Chomp   bool // <<-
	Content string
	Body    Span // the lines between redirection and terminator
}

// Text is the source of a span.
func (f *File) Text(s Span) string { return string(f.Source[s.Start:s.End]) }

// Lines is a span's place for people.
func (f *File) Lines(s Span) Lines {
	last := s.End
	if last > s.Start {
		last--
	}
	return Lines{First: f.lines.line(s.Start), Last: f.lines.line(last)}
}

// Line is the line of an instruction's keyword, counted from 1.
func (f *File) Line(in *Instruction) int { return f.lines.line(in.Span.Start) }

// Format gives the file back, piece by piece, as it was read.
func (f *File) Format() []byte {
	var out []byte
	end := 0
	for _, in := range f.All {
		out = append(out, f.Source[in.Lead.Start:in.Lead.End]...)
		out = append(out, f.Source[in.Span.Start:in.Span.End]...)
		end = in.Span.End
	}
	return append(out, f.Source[end:]...)
}

// EOL is the file's line ending, "\n" or "\r\n"; ok is false where it uses both.
func (f *File) EOL() (eol string, ok bool) {
	lf := strings.Count(string(f.Source), "\n")
	crlf := strings.Count(string(f.Source), "\r\n")
	switch crlf {
	case 0:
		return "\n", true
	case lf:
		return "\r\n", true
	}
	return "\n", false
}

// Directive returns the value of a parser directive, "" where there is none.
func (f *File) Directive(name string) string {
	for _, d := range f.Directives {
		if d.Name == name {
			return d.Value
		}
	}
	return ""
}

// Flag returns the value of an instruction's flag and whether it is there.
func (in *Instruction) Flag(name string) (string, bool) {
	for _, f := range in.Flags {
		if f.Name == name {
			return f.Value, true
		}
	}
	return "", false
}

// Sources are the sources of a COPY or ADD, heredocs left out.
func (in *Instruction) Sources() []string {
	words := in.values()
	if len(words) < 2 {
		return nil
	}
	var sources []string
	for _, w := range words[:len(words)-1] {
		if !strings.HasPrefix(w, "<<") {
			sources = append(sources, w)
		}
	}
	return sources
}

// Dest is the destination of a COPY or ADD.
func (in *Instruction) Dest() string {
	words := in.values()
	if len(words) < 2 {
		return ""
	}
	return words[len(words)-1]
}

// Value is all of an instruction's arguments as one string without outer
// quotes: the path of a WORKDIR, the name of a USER.
func (in *Instruction) Value() string { return strings.Join(in.values(), " ") }

// Values are an instruction's arguments without outer quotes: the ports of an
// EXPOSE, the paths of a VOLUME.
func (in *Instruction) Values() []string { return in.values() }

func (in *Instruction) values() []string {
	if in.JSON {
		return in.Argv
	}
	out := make([]string, len(in.Words))
	for i, w := range in.Words {
		out[i] = Unquote(w.Text)
	}
	return out
}

// Unquote takes one pair of outer quotes off a word.
func Unquote(s string) string {
	if len(s) >= 2 && (s[0] == '"' || s[0] == '\'') && s[len(s)-1] == s[0] {
		return s[1 : len(s)-1]
	}
	return s
}
