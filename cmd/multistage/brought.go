package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/multistage-app/multistage/rewrite"
	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/proof"
)

// readRewrite reads a rewrite that somebody made by hand.
func readRewrite(cmd *cobra.Command, name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(io.LimitReader(cmd.InOrStdin(), dockerfile.MaxBytes+1))
	}
	return readCapped(name)
}

// brokenContract disproves a rewrite whose image promises something else than the
// original's; nil where it keeps the contract. A designed one always does: the
// designer checks it and names each change.
func brokenContract(r rewrite.Result) *proof.Proof {
	p := &proof.Proof{Outcome: proof.Disproven}
	for _, row := range r.Broken() {
		name := string(row.Field)
		if row.Key != "" {
			name += " " + row.Key
		}
		detail := fmt.Sprintf("%s instead of %s", orNothing(clean(row.After)), orNothing(clean(row.Before)))
		p.Checks = append(p.Checks, proof.Check{Name: "the same " + name, Detail: detail})
		if p.Failure == nil {
			p.Failure = &proof.Failure{Step: proof.StepContract, Kind: proof.WrongConfig, Subject: name,
				Cause: fmt.Sprintf("the image promises another %s: %s", name, detail)}
		}
	}
	if p.Failure == nil {
		return nil
	}
	return p
}
