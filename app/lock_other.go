//go:build !unix

package app

import (
	"errors"
	"os"
)

// lockFile needs flock: without it two processes could work on one queue.
func lockFile(string) (*os.File, error) {
	return nil, errors.New("a queue on SQLite needs a Unix system; use MULTISTAGE_DATABASE=postgres://…")
}
