package main

import (
	"github.com/spf13/cobra"

	"github.com/multistage-app/multistage/rewrite"
)

// designProven is the rest of design --verify: standard output has the design only
// where it is proven. One that fails becomes a refusal, and is written as refusals are.
func designProven(cmd *cobra.Command, prove prover, in *input, result rewrite.Result, flags designFlags) error {
	result, p, failed := flags.proof.run(cmd, prove, in, result)
	shown := result
	if p != nil && !p.Proven() {
		shown = withdraw(result, p)
	}
	if flags.format == "json" {
		if err := writeProofJSON(cmd.OutOrStdout(), shown, p, failed); err != nil {
			return err
		}
	}
	if failed != nil {
		return unavailable(failed)
	}
	if flags.format != "json" {
		if err := formats[flags.format](cmd.OutOrStdout(), shown); err != nil {
			return err
		}
	}
	report(cmd.ErrOrStderr(), shown)
	proofTable{w: cmd.ErrOrStderr()}.summary(result, p)
	if !p.Proven() {
		return exitError{code: exitFindings}
	}
	return nil
}
