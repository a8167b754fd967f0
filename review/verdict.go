package review

import (
	"fmt"
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/proof"
)

// verdictLine is the first thing that a reader sees: what becomes of the file and
// what it saves.
func verdictLine(o offer) string {
	stages := stagesOf(o.Result)
	line := fmt.Sprintf("%s: %s instead of one", Code(o.File.Path), count(len(stages), "stage"))
	if len(stages) > 0 {
		last := stages[len(stages)-1]
		line += fmt.Sprintf("; %s starts from %s", Code(last.name), Code(last.base))
		if groups := grouped(last.takes); len(groups) > 0 {
			line += " and takes " + takesCell(last.takes)
		}
	}
	line += "."
	if size := sizeSentence(o); size != "" {
		line += " " + size
	}
	return line
}

// sizeSentence compares what was measured, or else what is expected.
func sizeSentence(o offer) string {
	if o.Proof != nil {
		return measured(o.Proof)
	}
	if o.Result.Plan == nil {
		return ""
	}
	s := o.Result.Plan.Saving
	if s.AfterMax <= 0 {
		return ""
	}
	after, before := sizeRange(s.AfterMin, s.AfterMax), sizeRange(s.BeforeMin, s.BeforeMax)
	if s.BeforeMax <= 0 {
		return fmt.Sprintf("Expected size %s, unpacked.", after)
	}
	return fmt.Sprintf("Expected size %s instead of %s, unpacked.", after, before)
}

// measured is what a proof says of the sizes; nothing where it has not both.
func measured(p *proof.Proof) string {
	if !sized(p) {
		return ""
	}
	return fmt.Sprintf("Measured size %s instead of %s, unpacked.",
		measuredSize(p.Rewrite.Sizes.Unpacked), measuredSize(p.Original.Sizes.Unpacked))
}

// sized reports whether both images of a proven rewrite were measured.
func sized(p *proof.Proof) bool {
	return p.Proven() && p.Original.Sizes.Unpacked > 0 && p.Rewrite.Sizes.Unpacked > 0
}

// sizeRange is "12–15 MB", or one size where both ends read the same.
func sizeRange(low, high int64) string {
	a, b := size(low), size(high)
	if a == b || low <= 0 {
		return b
	}
	na, ua := sizeParts(low)
	if _, ub := sizeParts(high); ua == ub {
		return na + "–" + b
	}
	return a + "–" + b
}

// size is a number of bytes in decimal units, as docker images prints them.
func size(n int64) string {
	number, unit := sizeParts(n)
	return number + " " + unit
}

func sizeParts(n int64) (number, unit string) {
	units := []string{"B", "kB", "MB", "GB", "TB"}
	f, i := float64(max(n, 0)), 0
	for f >= 999.5 && i < len(units)-1 {
		f /= 1000
		i++
	}
	if f < 9.95 && i > 0 {
		return strings.TrimSuffix(fmt.Sprintf("%.1f", f), ".0"), units[i]
	}
	return fmt.Sprintf("%.0f", f), units[i]
}

// grounds are what the expected sizes rest on.
func grounds(p *plan.Plan) []plan.Evidence {
	if p == nil {
		return nil
	}
	return p.Saving.Grounds
}
