package rust

import (
	"github.com/multistage-app/multistage/rewrite/compiled"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// runtimeRun is the part of a RUN that the running image needs: its run-side
// packages and its users.
func (d *design) runtimeRun(i int) plan.Step {
	it := d.In.Items[i]
	if !d.Runtime.Shell {
		return nil
	}
	if d.Only(i, compiled.Update) && d.updatesFor(i, false) {
		return it.Keep()
	}
	kept := d.KeptCommands(i)
	if len(kept) == 0 {
		return nil
	}
	if it.Script == nil || !it.Script.Plain || len(it.Heredocs) > 0 {
		return d.Rewritten(i, kept)
	}
	return d.CutRun(it, i, kept)
}

// droppedRun names the RUNs that no stage has any more.
func (d *design) droppedRun(i int) *plan.Dropped {
	it := d.In.Items[i]
	if it.Keyword != "RUN" || d.inBuilder(i) || d.runtimeRun(i) != nil || d.Only(i, compiled.Test, compiled.Lint) {
		return nil
	}
	drop := d.In.Drop(it, "the new base image has it already")
	return &drop
}
