package main

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/multistage-app/multistage/app/buildkit/probe"
)

// newProbe is "multistage probe", which verify and the App start inside the containers
// of an image that is being proven: nobody calls it by hand. main hands its arguments
// on before anything else is set up, since each start of a container waits for it.
func newProbe() *cobra.Command {
	return &cobra.Command{
		Use:                "probe",
		Hidden:             true,
		DisableFlagParsing: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if code := probe.Main(args, os.Stdout, cmd.ErrOrStderr()); code != 0 {
				return exitError{code: code}
			}
			return nil
		},
	}
}
