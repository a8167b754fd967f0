package buildkit

import (
	"context"
	"crypto/sha256"
	"debug/elf"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	gofs "io/fs"
	"os"
	"slices"
	"strings"
	"time"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/pb"
	"github.com/tonistiigi/fsutil"
	fstypes "github.com/tonistiigi/fsutil/types"

	"github.com/multistage-app/multistage/app/buildkit/rootfs"
)

// image is a built image within one session.
type image struct {
	ref          gateway.Reference // nil where it has no files at all
	config       config
	architecture string       // as GOARCH
	tree         *rootfs.Tree // its files, as they were listed
	timing       timing       // of its build
}

// argv is the command that a container of the image runs.
func (i *image) argv() []string { return slices.Concat(i.config.Entrypoint, i.config.Cmd) }

// probeName is the file in the probe's file system; probePath is where containers see it.
const (
	probeName = "multistage"
	probeDir  = "/.multistage"
	probePath = probeDir + "/" + probeName
)

// newContainer makes a container of the image, cut off from every network, with the
// probe beside its files.
func newContainer(ctx context.Context, gw gateway.Client, img *image, probe gateway.Reference) (gateway.Container, error) {
	return gw.NewContainer(ctx, gateway.NewContainerRequest{
		Mounts: []gateway.Mount{
			{Dest: "/", Ref: img.ref, MountType: pb.MountType_BIND},
			{Dest: probeDir, Ref: probe, MountType: pb.MountType_BIND, Readonly: true},
		},
		NetMode: pb.NetMode_NONE,
	})
}

// environment is the image's with more laid over it: later values win.
func environment(layers ...[]string) []string {
	var env []string
	at := map[string]int{}
	for _, entry := range slices.Concat(layers...) {
		key, _, _ := strings.Cut(entry, "=")
		if i, known := at[key]; known {
			env[i] = entry
			continue
		}
		at[key] = len(env)
		env = append(env, entry)
	}
	return env
}

// probeFS serves the program at path, "" being the running one, as the one file of a
// local mount, and names the content: the daemon keeps what it has under that name. The
// error is an [Unavailable] where the program cannot run in any Linux container.
func probeFS(path string) (fsutil.FS, string, error) {
	if path == "" {
		running, err := os.Executable()
		if err != nil {
			return nil, "", &Unavailable{Reason: NoProbe, Detail: "this program does not know where its own file is", Err: err}
		}
		path = running
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, "", &Unavailable{Reason: NoProbe, Detail: "the program that is to run in the containers cannot be read", Err: err}
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, "", &Unavailable{Reason: NoProbe, Detail: "the program that is to run in the containers cannot be read", Err: err}
	}
	key, err := staticProgram(f)
	if err != nil {
		return nil, "", &Unavailable{Reason: NoProbe, Detail: fmt.Sprintf(
			"%s cannot run in every Linux container (%v): build multistage with CGO_ENABLED=0 (make build), or name such a build as the probe", path, err)}
	}
	return &probeFile{path: path, info: info}, "multistage-probe-" + key, nil
}

// staticProgram says what is wrong with a program, or names its content: by the build
// identifier that Go writes, which has a hash of the content, or by a hash.
func staticProgram(f *os.File) (string, error) {
	program, err := elf.NewFile(f)
	if err != nil {
		return "", errors.New("it is no ELF file")
	}
	for _, p := range program.Progs {
		if p.Type == elf.PT_INTERP {
			return "", errors.New("it is linked dynamically")
		}
	}
	hash := sha256.New()
	if note := program.Section(".note.go.buildid"); note != nil && note.Size > 64 && note.Size < 4096 {
		if data, err := note.Data(); err == nil {
			hash.Write(data)
			return hex.EncodeToString(hash.Sum(nil)[:16]), nil
		}
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	if _, err := io.Copy(hash, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)[:16]), nil
}

// probeFile is a file system with one executable in it, read from disk when asked for.
type probeFile struct {
	path string
	info gofs.FileInfo
}

var _ fsutil.FS = (*probeFile)(nil)

// Walk gives the one file.
func (p *probeFile) Walk(_ context.Context, target string, fn gofs.WalkDirFunc) error {
	if target != "" && target != "/" && target != "." && target != probeName {
		return nil
	}
	stat := &fstypes.Stat{Path: probeName, Mode: 0o755, Size: p.info.Size(), ModTime: p.info.ModTime().Truncate(time.Second).UnixNano()}
	return fn(probeName, &fsutil.DirEntryInfo{Stat: stat}, nil)
}

// Open opens the one file.
func (p *probeFile) Open(name string) (io.ReadCloser, error) {
	if strings.TrimPrefix(name, "/") != probeName {
		return nil, &gofs.PathError{Op: "open", Path: name, Err: gofs.ErrNotExist}
	}
	return os.Open(p.path)
}
