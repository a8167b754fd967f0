package golang

import (
	"github.com/multistage-app/multistage/rewrite/compiled"
	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// buildCache keeps what the go command compiled from one build to the next. Its
// entries are named by their content, so that sharing is safe; but it does not see
// changes to C libraries (go help cache), so there is none where C is called.
const buildCache = "--mount=type=cache,target=/root/.cache/go-build "

// cacheMount is the flag for a RUN that compiles, "" where the consumers of the
// file do not know it, or the cache lies elsewhere.
func (d *design) cacheMount() string {
	if !d.In.Mounts || d.cgo.on || d.In.Base.Language != "go" {
		return ""
	}
	for _, key := range []string{"HOME", "GOCACHE", "GOFLAGS", "XDG_CACHE_HOME"} {
		if _, ok := d.In.End.Vars[key]; ok {
			return ""
		}
	}
	if d.AuthorUser() {
		return ""
	}
	return buildCache
}

// cached is an item of the builder; a RUN that compiles gets the cache.
func (d *design) cached(i int) plan.Step {
	it := d.In.Items[i]
	mount := d.cacheMount()
	if mount == "" || it.Keyword != "RUN" || !d.Kinds(i)[compiled.Compile] || it.JSON || len(it.Flags) > 0 || len(it.Heredocs) > 0 {
		return it.Keep()
	}
	return plan.Cut{Span: it.Span, Edits: []plan.Edit{{Span: dockerfile.Span{Start: it.Args.Start, End: it.Args.Start}, Text: mount}},
		Evidence: d.In.Evidence(it, "the compiler's cache makes the next build faster")}
}
