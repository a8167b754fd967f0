package rewrite

import (
	"io/fs"

	"github.com/multistage-app/multistage/rewrite/proof"
)

// Repair changes a rewrite that failed its proof, from what the failure says. It
// reports false where it knows no repair. It is deterministic; the caller proves the
// outcome again, and asks three times at most.
func Repair(r Result, f proof.Failure) (Result, bool) { return r, false }

// Adopt makes a Result of a rewrite that somebody wrote or edited by hand, and holds
// it against the original as a designed one is.
func Adopt(path string, source, after []byte, tree fs.FS, options Options) (Result, error) {
	return Result{}, nil
}

// Diagnose names what a log says that went wrong.
func Diagnose(log string) (kind proof.Kind, subject string) { return proof.Other, "" }
