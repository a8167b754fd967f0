package buildkit

import (
	"testing"
	"time"
)

// BenchmarkProof states what a proof takes beyond its two builds, for a small service
// whose builds come from the cache.
func BenchmarkProof(b *testing.B) {
	c := testClient(b, Limits{})
	f := readFixture(b, "../../cmd/demo/stories/1-go.txtar")
	if _, p, err := c.Prove(b.Context(), f.job()); err != nil || !p.Proven() {
		b.Fatalf("%v, %+v", err, p)
	}
	var wall, builds float64
	for b.Loop() {
		began := time.Now()
		_, p, err := c.Prove(b.Context(), f.job())
		if err != nil || !p.Proven() {
			b.Fatalf("%v, %+v", err, p)
		}
		wall += time.Since(began).Seconds()
		builds += p.Original.Seconds + p.Rewrite.Seconds
	}
	n := float64(b.N)
	b.ReportMetric(builds/n, "builds-s/op")
	b.ReportMetric((wall-builds)/n, "overhead-s/op")
}
