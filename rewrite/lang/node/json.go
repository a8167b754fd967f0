package node

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
)

// scanner walks over JSON without decoding what nobody asks for. Lock files are
// several megabytes, of which a few percent matter; encoding/json takes some five
// times as long over them.
type scanner struct {
	data []byte
	pos  int
}

var errJSON = errors.New("not valid JSON")

// maxNesting bounds the depth of what is walked over.
const maxNesting = 200

func (s *scanner) space() {
	for s.pos < len(s.data) {
		switch s.data[s.pos] {
		case ' ', '\t', '\r', '\n':
			s.pos++
		default:
			return
		}
	}
}

// next is the next byte that is no white space, 0 at the end.
func (s *scanner) next() byte {
	s.space()
	if s.pos >= len(s.data) {
		return 0
	}
	return s.data[s.pos]
}

// object calls visit for each key of an object, as written between its quotes,
// with the scanner in front of the value; visit has to read or skip it.
func (s *scanner) object(visit func(key []byte) error) error {
	if s.next() != '{' {
		return errJSON
	}
	s.pos++
	if s.next() == '}' {
		s.pos++
		return nil
	}
	for {
		s.space()
		raw, err := s.text()
		if err != nil {
			return err
		}
		if s.next() != ':' {
			return errJSON
		}
		s.pos++
		if err := visit(raw[1 : len(raw)-1]); err != nil {
			return err
		}
		switch s.next() {
		case ',':
			s.pos++
		case '}':
			s.pos++
			return nil
		default:
			return errJSON
		}
	}
}

// text is a string as written, quotes included.
func (s *scanner) text() ([]byte, error) {
	start := s.pos
	if start >= len(s.data) || s.data[start] != '"' {
		return nil, errJSON
	}
	for i := start + 1; i < len(s.data); {
		quote := bytes.IndexByte(s.data[i:], '"')
		if quote < 0 {
			break
		}
		escapes := 0
		for k := i + quote - 1; k >= i && s.data[k] == '\\'; k-- {
			escapes++
		}
		if i += quote + 1; escapes%2 == 0 {
			s.pos = i
			return s.data[start:i], nil
		}
	}
	return nil, errJSON
}

// skip passes over one value.
func (s *scanner) skip() error {
	_, err := s.value()
	return err
}

// value is one value as written.
func (s *scanner) value() ([]byte, error) {
	s.space()
	start, depth := s.pos, 0
	for s.pos < len(s.data) {
		switch c := s.data[s.pos]; c {
		case '"':
			if _, err := s.text(); err != nil {
				return nil, err
			}
		case '{', '[':
			if depth++; depth > maxNesting {
				return nil, errJSON
			}
			s.pos++
		case '}', ']', ',':
			if depth == 0 {
				return s.data[start:s.pos], nil
			}
			if c != ',' {
				depth--
			}
			s.pos++
		default:
			s.pos++
			continue
		}
		if depth == 0 {
			return s.data[start:s.pos], nil
		}
	}
	return nil, errJSON
}

// decode reads one value into v.
func (s *scanner) decode(v any) error {
	raw, err := s.value()
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, v)
}

// yes reads a value and reports whether it is true.
func (s *scanner) yes() (bool, error) {
	raw, err := s.value()
	return string(bytes.TrimSpace(raw)) == "true", err
}

// str reads a value that is a string, without its escapes undone.
func (s *scanner) str() (string, error) {
	raw, err := s.value()
	return string(bytes.Trim(raw, "\" \t\r\n")), err
}

// relaxed turns the JSON of tsconfig.json, with comments and commas at the end of
// a list, into plain JSON of the same length.
func relaxed(data []byte) []byte {
	out := append([]byte(nil), trimBOM(data)...)
	comma := -1
	for i := 0; i < len(out); i++ {
		switch c := out[i]; {
		case c == '"':
			comma = -1
			for i++; i < len(out) && out[i] != '"'; i++ {
				if out[i] == '\\' {
					i++
				}
			}
		case c == '/' && i+1 < len(out) && out[i+1] == '/':
			for ; i < len(out) && out[i] != '\n'; i++ {
				out[i] = ' '
			}
		case c == '/' && i+1 < len(out) && out[i+1] == '*':
			end := strings.Index(string(out[i+2:]), "*/")
			if end < 0 {
				end = len(out) - i - 4
			}
			for stop := min(i+end+4, len(out)); i < stop; i++ {
				out[i] = ' '
			}
			i--
		case c == ',':
			comma = i
		case (c == '}' || c == ']') && comma >= 0:
			out[comma], comma = ' ', -1
		case c != ' ' && c != '\t' && c != '\r' && c != '\n':
			comma = -1
		}
	}
	return out
}
