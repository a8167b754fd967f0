package config

import "strings"

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
		if d := edits(strings.ToLower(word), w); d < distance && d < len(w) {
			best, distance = w, d
		}
	}
	return best
}

// edits is the Levenshtein distance of two words, in bytes.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
