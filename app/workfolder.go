package app

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// A workFolder is where this process keeps the files that are being built. No other
// process has it, and what is in it is worth nothing once the process is gone.
type workFolder struct {
	dir  string
	lock *os.File
}

const lockSuffix = ".lock"

// openWorkFolder makes the folder below MULTISTAGE_WORK_DIR, and removes those of
// processes that ended without doing so: their locks are free.
func openWorkFolder(workDir string) (*workFolder, error) {
	all := filepath.Join(workDir, "proofs")
	if err := os.MkdirAll(all, 0o700); err != nil {
		return nil, fmt.Errorf("the folder for proofs (MULTISTAGE_WORK_DIR): %w", err)
	}
	sweep(all)
	dir, err := os.MkdirTemp(all, "")
	if err != nil {
		return nil, fmt.Errorf("the folder for proofs (MULTISTAGE_WORK_DIR): %w", err)
	}
	lock, err := lockFile(dir + lockSuffix)
	if err != nil {
		_ = os.RemoveAll(dir)
		return nil, err
	}
	return &workFolder{dir: dir, lock: lock}, nil
}

// sweep removes the folders whose process is gone. What cannot be removed is left.
func sweep(all string) {
	entries, _ := os.ReadDir(all)
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), lockSuffix)
		if !ok {
			continue
		}
		lock, err := lockFile(filepath.Join(all, e.Name()))
		if err != nil {
			continue
		}
		_ = os.RemoveAll(filepath.Join(all, name))
		_ = os.Remove(lock.Name())
		_ = lock.Close()
	}
}

// make makes an empty folder in it, and gives what removes that with everything in it.
func (w *workFolder) make() (dir string, remove func(), err error) {
	dir, err = os.MkdirTemp(w.dir, "")
	return dir, func() { _ = os.RemoveAll(dir) }, err
}

// close removes the folder.
func (w *workFolder) close() {
	_ = os.RemoveAll(w.dir)
	_ = os.Remove(w.lock.Name())
	_ = w.lock.Close()
}
