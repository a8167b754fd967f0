package buildkit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	gofs "io/fs"
	"os"
	"path/filepath"
	"sort"
	"time"

	fstypes "github.com/tonistiigi/fsutil/types"

	"github.com/multistage-app/multistage/app/buildkit/rootfs"
	"github.com/multistage-app/multistage/rewrite/proof"
)

// original is what an original showed. It is kept by content, for what nothing has
// changed about need not be built again.
type original struct {
	Image   proof.Image
	Config  config
	Files   *rootfs.Inspection
	Failure *proof.Failure // nil where it builds
}

// originalsVersion changes with what an original is asked: older answers are left.
const originalsVersion = "1"

// originalKey names an original by everything that its outcome depends on: its files,
// the arguments, the environment, the questions, and the repository whose cache mounts
// its build has.
func originalKey(ctx context.Context, src source) (string, error) {
	sum := sha256.New()
	fmt.Fprintf(sum, "%s\x00%q\x00%q\x00%q\x00%q\x00", originalsVersion, src.job.Repository, src.file, src.ignore, src.job.Env)
	var args []string
	for k, v := range src.job.BuildArgs {
		args = append(args, fmt.Sprintf("%q=%q", k, v))
	}
	sort.Strings(args)
	fmt.Fprintf(sum, "%q\x00", args)
	err := src.context.Walk(ctx, "", func(path string, entry gofs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		fmt.Fprintf(sum, "%q %o ", path, info.Mode())
		if stat, ok := info.Sys().(*fstypes.Stat); ok {
			fmt.Fprintf(sum, "%q ", stat.Linkname)
		}
		if !info.Mode().IsRegular() {
			return nil
		}
		f, err := src.context.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = io.Copy(sum, f)
		return err
	})
	return hex.EncodeToString(sum.Sum(nil)[:16]), err
}

// recall reads what an original showed before; false where it is not known.
func recall(dir, key string) (original, bool) {
	if dir == "" {
		return original{}, false
	}
	data, err := os.ReadFile(filepath.Join(dir, key+".json"))
	if err != nil {
		return original{}, false
	}
	var o original
	return o, json.Unmarshal(data, &o) == nil
}

// keep stores what an original showed; a file is there whole or not at all.
func keep(dir, key string, o original) error {
	if dir == "" {
		return nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	data, err := json.Marshal(o)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, key+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err := errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return os.Rename(f.Name(), filepath.Join(dir, key+".json"))
}

// Forget removes what was kept of originals before a moment. It is for a server that
// keeps them for ever otherwise.
func Forget(dir string, before time.Time) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, gofs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		info, ierr := e.Info()
		if ierr == nil && info.Mode().IsRegular() && info.ModTime().Before(before) {
			err = errors.Join(err, os.Remove(filepath.Join(dir, e.Name())))
		}
	}
	return err
}
