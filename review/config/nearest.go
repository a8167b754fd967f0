package config

import (
	"strings"

	"github.com/agext/levenshtein"
)

// maxNearest is the longest word that Nearest compares, in bytes.
const maxNearest = 64

// Nearest gives the one of words that is closest to word, "" where none is close
// enough to have been meant: at most one edit for every three letters, two at
// least. The first of equally close ones wins.
func Nearest(word string, words []string) string {
	if len(word) == 0 || len(word) > maxNearest {
		return ""
	}
	best, distance := "", max(2, len(word)/3)+1
	for _, w := range words {
		if d := levenshtein.Distance(strings.ToLower(word), strings.ToLower(w), nil); d < distance && d < len(w) {
			best, distance = w, d
		}
	}
	return best
}
