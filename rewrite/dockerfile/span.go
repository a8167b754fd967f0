package dockerfile

import "sort"

// A Span is the half-open range of bytes [Start, End) of a file's source.
type Span struct{ Start, End int }

// Len is the number of bytes in the span.
func (s Span) Len() int { return s.End - s.Start }

// IsZero reports whether the span is the zero value, which stands for "nowhere".
func (s Span) IsZero() bool { return s == Span{} }

// Contains reports whether all of t lies in s.
func (s Span) Contains(t Span) bool { return s.Start <= t.Start && t.End <= s.End }

// Lines is a range of lines for people: counted from 1, both ends included.
type Lines struct{ First, Last int }

// lineIndex holds the offset at which each line starts.
type lineIndex []int

func newLineIndex(source []byte) lineIndex {
	index := lineIndex{0}
	for i, b := range source {
		if b == '\n' {
			index = append(index, i+1)
		}
	}
	return index
}

// line is the number of the line, counted from 1, that holds the offset.
func (x lineIndex) line(offset int) int {
	return sort.Search(len(x), func(i int) bool { return x[i] > offset })
}

// span is the byte range of the lines first to last, the last line's end included.
func (x lineIndex) span(first, last, size int) Span {
	s := Span{Start: size, End: size}
	if first >= 1 && first <= len(x) {
		s.Start = x[first-1]
	}
	if last >= 1 && last < len(x) {
		s.End = x[last]
	}
	return s
}
