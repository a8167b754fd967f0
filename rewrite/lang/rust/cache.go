package rust

import (
	"strings"

	"github.com/multistage-app/multistage/rewrite/compiled"
	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// registryCache keeps what cargo downloads from one build to the next. Cargo's own
// lock lies outside of the folder, so that only one build at a time may have it.
const registryCache = "--mount=type=cache,target=/usr/local/cargo/registry,sharing=locked "

// cacheMount is the flag for a RUN that compiles, "" where the consumers of the file
// do not know it, or a step relies on what an earlier one downloaded.
func (d *design) cacheMount() string {
	if !d.In.Mounts || d.In.Base.Language != "rust" || d.In.End.Vars["CARGO_HOME"] != "/usr/local/cargo" || d.AuthorUser() {
		return ""
	}
	for _, c := range d.Commands {
		if c.Kind == compiled.Download && c.Name() == "cargo" {
			return ""
		}
		for _, w := range c.Words() {
			if w == "--offline" || w == "--frozen" || strings.Contains(w, "cargo/registry") || strings.Contains(w, "CARGO_HOME") || w == "vendor" {
				return ""
			}
		}
	}
	for _, it := range d.In.Items {
		for _, f := range it.Flags {
			if f.Name == "mount" {
				return "" // the author has caches of their own
			}
		}
	}
	return registryCache
}

// cached is an item of the builder; a RUN that compiles gets the cache.
func (d *design) cached(i int) plan.Step {
	it := d.In.Items[i]
	mount := d.cacheMount()
	if mount == "" || it.Keyword != "RUN" || !d.Kinds(i)[compiled.Compile] || it.JSON || len(it.Flags) > 0 || len(it.Heredocs) > 0 {
		return it.Keep()
	}
	return plan.Cut{Span: it.Span, Edits: []plan.Edit{{Span: dockerfile.Span{Start: it.Args.Start, End: it.Args.Start}, Text: mount}},
		Evidence: d.In.Evidence(it, "what cargo downloaded makes the next build faster")}
}
