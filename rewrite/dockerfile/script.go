package dockerfile

import "bytes"

// Script is the shell text of a RUN, CMD, ENTRYPOINT or HEALTHCHECK in shell
// form, fit for a shell parser: as long as its span, so that an offset in it plus
// span.Start is an offset in the source. Comment lines inside the instruction,
// which Docker drops before a shell sees them, are blanks. For "RUN <<EOF" it is
// the body. ok is false for the exec form.
func (f *File) Script(in *Instruction) (script string, span Span, ok bool) {
	if in.JSON {
		return "", Span{}, false
	}
	if body, is := f.scriptHeredoc(in); is {
		return f.Text(body), body, true
	}
	span = in.Args
	if n := len(in.Heredocs); n > 0 { // RUN cat <<EOF > x: the shell reads the body
		span.End = f.terminatorEnd(in, in.Heredocs[n-1])
	}
	text := bytes.Clone(f.Source[span.Start:span.End])
	f.blankComments(text[:in.Args.Len()])
	return string(text), span, true
}

// scriptHeredoc reports whether the RUN is nothing but one here-document, whose
// body is then the script.
func (f *File) scriptHeredoc(in *Instruction) (Span, bool) {
	if len(in.Heredocs) != 1 {
		return Span{}, false
	}
	args := bytes.TrimSpace(f.Source[in.Args.Start:in.Args.End])
	if !bytes.HasPrefix(args, []byte("<<")) || bytes.ContainsAny(args, " \t\n;|&>") {
		return Span{}, false
	}
	return in.Heredocs[0].Body, true
}

// terminatorEnd is the offset behind the line that ends a here-document.
func (f *File) terminatorEnd(in *Instruction, h Heredoc) int {
	rest := f.Source[h.Body.End:in.Span.End]
	if i := bytes.IndexByte(rest, '\n'); i >= 0 {
		return h.Body.End + i
	}
	return in.Span.End
}

// blankComments overwrites what Docker removes before the shell sees it: comment
// and empty lines inside a continuation, with their line ends; blanks behind the
// escape character; and an escape character other than the shell's.
func (f *File) blankComments(text []byte) {
	for pos, first := 0, true; pos < len(text); first = false {
		end := len(text)
		if i := bytes.IndexByte(text[pos:], '\n'); i >= 0 {
			end = pos + i + 1
		}
		line := text[pos:end]
		switch trimmed := bytes.TrimRight(line, " \t\r\n"); {
		case !first && (isComment(line) || len(trimmed) == 0):
			fill(line, ' ')
		case len(trimmed) > 0 && trimmed[len(trimmed)-1] == f.Escape && end < len(text)+1 && bytes.HasSuffix(line, []byte("\n")):
			tail := line[len(trimmed)-1:]
			fill(tail, ' ')
			if len(tail) >= 2 {
				copy(tail[len(tail)-2:], "\\\n")
			}
		}
		pos = end
	}
}

func fill(b []byte, with byte) {
	for i := range b {
		b[i] = with
	}
}
