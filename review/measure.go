package review

import (
	"fmt"
	"math"
	"strings"

	"github.com/multistage-app/multistage/rewrite/proof"
)

// barWidth is the longest bar, in characters.
const barWidth = 30

// sizeBar draws both unpacked sizes in a block of code, which looks the same on a
// light and a dark page.
func sizeBar(p *proof.Proof) string {
	before, after := p.Original.Sizes.Unpacked, p.Rewrite.Sizes.Unpacked
	if before <= 0 || after <= 0 {
		return ""
	}
	largest := max(before, after)
	row := func(name string, n int64) string {
		b := bar(n, largest)
		return fmt.Sprintf("%-7s %s%s %s", name, b, strings.Repeat(" ", barWidth-len([]rune(b))), measuredSize(n))
	}
	return Fence("text", row("before", before)+"\n"+row("after", after)+"  ("+percent(before, after)+")")
}

// eighths are the parts of a character that a bar can end in.
var eighths = []rune(" ▏▎▍▌▋▊▉")

// bar is n as a part of largest; what is not nothing is seen.
func bar(n, largest int64) string {
	if n <= 0 || largest <= 0 {
		return ""
	}
	parts := int(math.Round(float64(n) / float64(largest) * barWidth * 8))
	parts = min(max(parts, 1), barWidth*8)
	b := strings.Repeat("█", parts/8)
	if rest := parts % 8; rest > 0 {
		b += string(eighths[rest])
	}
	return b
}

// percent is the change of a size, "−99 %". What is left is never nothing.
func percent(before, after int64) string {
	if before <= 0 {
		return ""
	}
	change := math.Round((float64(after)/float64(before) - 1) * 100)
	switch {
	case change == 0:
		return "±0 %"
	case change > 0:
		return fmt.Sprintf("+%.0f %%", change)
	case change == -100 && after > 0:
		change = -99
	}
	return fmt.Sprintf("−%.0f %%", -change)
}

// measuredSize is a size that was measured, with three digits for gigabytes: from
// there on a tenth is a hundred megabytes.
func measuredSize(n int64) string {
	number, unit := sizeParts(n)
	if f := float64(n) / 1e9; unit == "GB" && f < 9.95 {
		number = fmt.Sprintf("%.2f", f)
	}
	return number + " " + unit
}

// figures is the small table: sizes and the rebuild.
func figures(p *proof.Proof) string {
	var t table
	b, a := p.Original, p.Rewrite
	sizes := func(name string, before, after int64) {
		if before > 0 && after > 0 {
			t.row(name, measuredSize(before), measuredSize(after)+" ("+percent(before, after)+")")
		}
	}
	sizes("Unpacked", b.Sizes.Unpacked, a.Sizes.Unpacked)
	sizes("Compressed, as a registry stores it", b.Sizes.Compressed, a.Sizes.Compressed)
	if b.Rebuild != nil && a.Rebuild != nil {
		name := "Rebuild after a one-line change"
		if a.Rebuild.Path != "" {
			name += " of " + Cell(firstRunes(a.Rebuild.Path, maxValue))
		}
		t.row(name, rebuildCell(*b.Rebuild), rebuildCell(*a.Rebuild))
	}
	if uncached(b) && uncached(a) {
		t.row("Build without a cache", seconds(b.Seconds), seconds(a.Seconds))
	}
	return t.String()
}

// uncached reports whether an image's seconds say what its build costs: no step came
// from the cache.
func uncached(i proof.Image) bool { return i.Steps > 0 && i.Cached == 0 && i.Seconds > 0 }

func rebuildCell(r proof.Rebuild) string {
	return count(r.Steps, "step") + ", " + seconds(r.Seconds)
}

// seconds is a time for people: "3.2 s", "41 s", "3 min 12 s".
func seconds(s float64) string {
	switch {
	case !(s > 0):
		return "0 s"
	case s < 9.95:
		return fmt.Sprintf("%.1f s", s)
	case s < 119.5:
		return fmt.Sprintf("%.0f s", s)
	}
	whole := int64(math.Min(math.Round(s), 1e9))
	return fmt.Sprintf("%d min %d s", whole/60, whole%60)
}

// table is one of three columns: what, before and after. Its cells are Markdown.
type table struct{ rows strings.Builder }

func (t *table) row(name, before, after string) {
	fmt.Fprintf(&t.rows, "| %s | %s | %s |\n", name, before, after)
}

// String is the table with its head, "" without a row.
func (t *table) String() string {
	if t.rows.Len() == 0 {
		return ""
	}
	return "| | Before | After |\n|---|---|---|\n" + t.rows.String()
}
