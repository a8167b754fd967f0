package app

import (
	"os"
	"path/filepath"
	"testing"
)

// What a process left that is gone is removed; what another one works on stays.
func TestWorkFolder(t *testing.T) {
	dir := t.TempDir()
	dead, err := openWorkFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	left := filepath.Join(dead.dir, "1", "go.mod")
	if err := os.MkdirAll(filepath.Dir(left), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(left, []byte("module x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	alive, err := openWorkFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(left); err != nil {
		t.Fatalf("the folder of another process was removed: %v", err)
	}
	_ = dead.lock.Close() // as the kernel does when a process is killed
	third, err := openWorkFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dead.dir); !os.IsNotExist(err) {
		t.Errorf("what a dead process left is there: %v", err)
	}
	if _, err := os.Stat(alive.dir); err != nil {
		t.Errorf("the folder of another process was removed: %v", err)
	}
	alive.close()
	third.close()
	if entries, err := os.ReadDir(filepath.Join(dir, "proofs")); err != nil || len(entries) != 0 {
		t.Errorf("left: %v, %v", entries, err)
	}
}
