package main

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/multistage-app/multistage/rewrite/dockerfile"
)

// readRewrite reads a rewrite that somebody made by hand.
func readRewrite(cmd *cobra.Command, name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(io.LimitReader(cmd.InOrStdin(), dockerfile.MaxBytes+1))
	}
	return readCapped(name)
}
