package dockerfile

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// Parse reads a Dockerfile. It fails where BuildKit would fail to parse it, and
// on a file beyond the package's limits; the error then says path and line. The
// File is never nil: Format of it gives the source back in every case.
func Parse(path string, source []byte) (*File, error) {
	f := &File{Path: path, Source: source, Escape: '\\', lines: newLineIndex(source)}
	if len(source) > MaxBytes {
		return f, fmt.Errorf("%s: %w: %d bytes, at most %d are read", path, ErrTooLarge, len(source), MaxBytes)
	}
	if !utf8.Valid(source) || bytes.IndexByte(source, 0) >= 0 {
		return f, fmt.Errorf("%s: %w", path, ErrNotText)
	}
	result, err := parseAST(source)
	if err != nil {
		return f, locate(path, err)
	}
	if n := len(result.AST.Children); n > MaxInstructions {
		return f, fmt.Errorf("%s: %w: %d instructions, at most %d are read", path, ErrTooLarge, n, MaxInstructions)
	}
	f.Escape = byte(result.EscapeToken)
	f.Directives = f.directives()
	all, err := f.instructions(result.AST.Children)
	if err != nil {
		return f, err
	}
	f.All = all
	return f, f.stages()
}

// parseAST runs BuildKit's parser, whose panics on hostile input become errors.
func parseAST(source []byte) (result *parser.Result, err error) {
	defer func() {
		if p := recover(); p != nil {
			result, err = nil, fmt.Errorf("the parser gave up: %v", p)
		}
	}()
	return parser.Parse(bytes.NewReader(source))
}

// locate puts path and line in front of a parser's error.
func locate(path string, err error) error {
	if strings.Contains(err.Error(), "file with no instructions") {
		return fmt.Errorf("%s: %w", path, ErrNoInstructions)
	}
	var le *parser.LocationError
	if errors.As(err, &le) && len(le.Locations) > 0 && len(le.Locations[0]) > 0 {
		return fmt.Errorf("%s:%d: %w", path, le.Locations[0][0].Start.Line, err)
	}
	return fmt.Errorf("%s: %w", path, err)
}

// instructions turns BuildKit's nodes into instructions with their places.
func (f *File) instructions(nodes []*parser.Node) ([]*Instruction, error) {
	var all []*Instruction
	end := 0
	for _, node := range nodes {
		span := f.lines.span(node.StartLine, node.EndLine, len(f.Source))
		in := &Instruction{Keyword: strings.ToUpper(node.Value), Span: span, Stage: -1}
		in.Lead = Span{Start: end, End: span.Start}
		end = span.End
		if err := check(node); err != nil {
			return nil, fmt.Errorf("%s:%d: %s", f.Path, node.StartLine, withoutGuess(err))
		}
		f.fill(in, node)
		all = append(all, in)
	}
	return all, nil
}

var reGuess = regexp.MustCompile(` \(did you mean .*\)`)

// withoutGuess takes BuildKit's guess at what was meant off an error: of several it
// names any, so two runs differ.
func withoutGuess(err error) string { return reGuess.ReplaceAllString(err.Error(), "") }

// check asks BuildKit whether it understands the instruction at all.
func check(node *parser.Node) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the parser gave up: %v", p)
		}
	}()
	_, err = instructions.ParseInstruction(node)
	return err
}

// fill reads the parts of an instruction.
func (f *File) fill(in *Instruction, node *parser.Node) {
	c := newCursor(f, in.Span, node.Heredocs)
	c.word() // the keyword
	for range node.Flags {
		w := c.word()
		name, value, _ := strings.Cut(strings.TrimPrefix(w.Text, "--"), "=")
		in.Flags = append(in.Flags, Flag{Name: strings.ToLower(name), Value: Unquote(value), Span: w.Span})
	}
	in.Args = c.rest()
	in.Heredocs = c.heredocs()
	in.JSON = node.Attributes["json"]
	if in.JSON {
		for n := node.Next; n != nil; n = n.Next {
			in.Argv = append(in.Argv, n.Value)
		}
	}
	switch in.Keyword {
	case "ENV", "LABEL":
		in.Pairs = envPairs(c, node)
	case "ARG":
		for w := c.word(); w.Text != ""; w = c.word() {
			key, value, has := strings.Cut(w.Text, "=")
			in.Pairs = append(in.Pairs, Pair{Key: key, Value: value, HasValue: has, Span: w.Span})
		}
	case "ONBUILD":
		if fields := strings.Fields(f.Text(in.Args)); len(fields) > 0 {
			in.Onbuild = strings.ToUpper(fields[0])
		}
	case "RUN", "CMD", "ENTRYPOINT", "SHELL", "HEALTHCHECK":
	default:
		for w := c.word(); w.Text != ""; w = c.word() {
			in.Words = append(in.Words, w)
		}
	}
}

// envPairs reads "K=V K=V" and the older "K V", whose value is all the rest.
func envPairs(c *cursor, node *parser.Node) []Pair {
	if legacyPair(node) {
		key := c.word()
		value := c.rest()
		return []Pair{{Key: key.Text, Value: c.f.Text(value), HasValue: true, Span: Span{key.Span.Start, value.End}}}
	}
	var pairs []Pair
	for w := c.word(); w.Text != ""; w = c.word() {
		key, value, has := strings.Cut(w.Text, "=")
		pairs = append(pairs, Pair{Key: Unquote(key), Value: value, HasValue: has, Span: w.Span})
	}
	return pairs
}

// legacyPair reports "ENV KEY value": BuildKit gives key, value and separator
// in turn, and the separator is empty in this form.
func legacyPair(node *parser.Node) bool {
	n := node.Next
	return n != nil && n.Next != nil && n.Next.Next != nil && n.Next.Next.Value == ""
}

// stages groups the instructions under their FROMs.
func (f *File) stages() error {
	var stage *Stage
	for _, in := range f.All {
		switch {
		case in.Keyword == "FROM":
			stage = f.newStage(in)
			f.Stages = append(f.Stages, stage)
		case stage != nil:
			stage.Instructions = append(stage.Instructions, in)
		case in.Keyword == "ARG":
			f.Args = append(f.Args, in)
			continue
		default:
			return fmt.Errorf("%s:%d: %s before the first FROM", f.Path, f.Line(in), in.Keyword)
		}
		in.Stage = stage.Index
	}
	if len(f.Stages) == 0 {
		return fmt.Errorf("%s: no FROM", f.Path)
	}
	return nil
}

func (f *File) newStage(from *Instruction) *Stage {
	s := &Stage{Index: len(f.Stages), From: from}
	s.Platform, _ = from.Flag("platform")
	values := from.values()
	if len(values) > 0 {
		s.BaseName = values[0]
		s.Base = Expand(values[0], f.metaArgs())
	}
	if len(values) == 3 && strings.EqualFold(values[1], "AS") {
		s.Name = values[2]
	}
	return s
}

// metaArgs are the defaults of the ARGs before the first FROM.
func (f *File) metaArgs() map[string]string {
	vars := map[string]string{}
	for _, in := range f.Args {
		for _, p := range in.Pairs {
			if p.HasValue {
				vars[p.Key] = Expand(Unquote(p.Value), vars)
			}
		}
	}
	return vars
}
