package github

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/multistage-app/multistage/app/tree"
	"github.com/multistage-app/multistage/rewrite/project"
)

// CheckoutLimits bound what is written to disk.
type CheckoutLimits struct {
	Bytes int64 // of all files; 0 is 2 GiB
	Files int   // with folders and links; 0 is 200,000
}

const (
	defaultCheckoutBytes = 2 << 30
	defaultCheckoutFiles = 200_000

	maxCheckoutFetch = 200      // blobs that are read one by one because the archive has them not, or otherwise
	maxCheckoutBlob  = 32 << 20 // bytes of such a blob
	maxCheckoutPath  = 1024     // bytes of a path
)

// Checkout writes the files of a snapshot's head into an empty folder, as a checkout
// does that changes no line ends and runs no filter: from one download of the archive,
// and a call for each file that the archive has not or has otherwise (export-ignore,
// eol, large files that it has in place of their pointers). Submodules are empty folders.
// Links that could lead out of the folder are left out.
//
// The error wraps project.ErrTooLarge beyond a limit, and is an *fs.PathError or
// *os.LinkError where the folder cannot be written.
func (i *Installation) Checkout(ctx context.Context, s *Snapshot, dir string, limits CheckoutLimits) error {
	t, ok := s.Tree.(*tree.FS)
	if !ok {
		return errors.New("a checkout needs a snapshot with a tree")
	}
	if limits.Bytes <= 0 {
		limits.Bytes = defaultCheckoutBytes
	}
	if limits.Files <= 0 {
		limits.Files = defaultCheckoutFiles
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	out := &checkout{root: root, tree: t, limits: limits, written: map[string]bool{}}
	if err := out.folders(); err != nil {
		return err
	}
	c, err := i.open(ctx, Read)
	if err != nil {
		return err
	}
	if err := i.download(ctx, c, s.Head.SHA, out.unpack); err != nil {
		return err
	}
	return i.complete(ctx, c, out)
}

// checkout is a checkout while it is written.
type checkout struct {
	root    *os.Root
	tree    *tree.FS
	limits  CheckoutLimits
	files   []string        // that the tree has
	written map[string]bool // or left out on purpose
}

// folders holds the tree against the limits and makes its folders. The sizes are git's,
// so that what is too large is not even asked for.
func (c *checkout) folders() error {
	if c.tree.Partial {
		return fmt.Errorf("the repository's tree: %w", project.ErrTooLarge)
	}
	count, size := 0, int64(0)
	return fs.WalkDir(c.tree, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || name == "." {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		count++
		if count > c.limits.Files || len(name) > maxCheckoutPath {
			return fmt.Errorf("the repository has more than %d files, or a path of more than %d bytes: %w", c.limits.Files, maxCheckoutPath, project.ErrTooLarge)
		}
		if d.IsDir() {
			return c.folder(name)
		}
		if size += info.Size(); size > c.limits.Bytes {
			return fmt.Errorf("the repository's files have more than %d bytes: %w", c.limits.Bytes, project.ErrTooLarge)
		}
		c.files = append(c.files, name)
		return nil
	})
}

// folder makes a folder whose mode does not hang on our umask: it is part of the image.
func (c *checkout) folder(name string) error {
	if err := c.root.Mkdir(name, 0o755); err != nil {
		return err
	}
	return c.root.Chmod(name, 0o755)
}

// unpack writes the files of an archive that are what the tree says. Where the archive
// ends early, or is larger than the limits, the rest is missing; only the connection's
// and the disk's errors are errors.
func (c *checkout) unpack(r io.Reader) error {
	seen := &meter{r: r}
	zip, err := gzip.NewReader(seen)
	if err != nil {
		return fmt.Errorf("the archive is no gzip: %w", err)
	}
	const header = 2 << 10 // bytes that an entry takes besides its content
	files := tar.NewReader(io.LimitReader(zip, c.limits.Bytes+int64(c.limits.Files)*header))
	for range 2 * c.limits.Files {
		h, err := files.Next()
		if err != nil {
			return seen.cause()
		}
		_, name, ok := strings.Cut(path.Clean(h.Name), "/")
		n, err := c.tree.Lstat(name)
		if !ok || err != nil || n.IsDir() || c.written[name] {
			continue
		}
		sha, _ := c.tree.SHA(name)
		switch {
		case h.Typeflag == tar.TypeSymlink && n.Mode()&fs.ModeSymlink != 0:
			if tree.BlobSHA([]byte(h.Linkname), sha) == sha {
				err = c.link(name, h.Linkname)
			}
		case h.Typeflag == tar.TypeReg && n.Mode().IsRegular() && h.Size == n.Size():
			err = c.write(name, n, sha, files)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// write writes a file, and takes it away again where it is not what the tree says.
func (c *checkout) write(name string, n fs.FileInfo, sha string, r io.Reader) error {
	f, err := c.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, n.Mode().Perm())
	if err != nil {
		return err
	}
	sum := tree.BlobHash(n.Size(), sha)
	_, err = io.Copy(io.MultiWriter(f, sum), io.LimitReader(r, n.Size()))
	if disk := (*fs.PathError)(nil); !errors.As(err, &disk) {
		err = nil // what cannot be read to its end has another name
	}
	if err := errors.Join(err, f.Chmod(n.Mode().Perm()), f.Close()); err != nil {
		return err
	}
	if hex.EncodeToString(sum.Sum(nil)) != sha {
		return c.root.Remove(name)
	}
	c.written[name] = true
	return nil
}

// link makes a symbolic link, unless it could lead out.
func (c *checkout) link(name, target string) error {
	c.written[name] = true
	if !leadsInside(name, target) {
		return nil
	}
	return c.root.Symlink(target, name)
}

// leadsInside reports whether a link stays within the tree, whatever other links it
// passes: it goes up from its own folder, which is a real one, and then only down.
func leadsInside(name, target string) bool {
	if target == "" || target[0] == '/' {
		return false
	}
	up, down := 0, false
	for part := range strings.SplitSeq(target, "/") {
		switch {
		case part == ".." && down:
			return false
		case part == "..":
			up++
		case part != "" && part != ".":
			down = true
		}
	}
	return up <= strings.Count(name, "/")
}

// complete fetches what the archive had not.
func (i *Installation) complete(ctx context.Context, c *client, out *checkout) error {
	fetched := 0
	for _, name := range out.files {
		if out.written[name] {
			continue
		}
		n, err := out.tree.Lstat(name)
		if err != nil {
			return err
		}
		if fetched++; fetched > maxCheckoutFetch || n.Size() > maxCheckoutBlob {
			return fmt.Errorf("the archive has %s not as git has it, and that is too much to read by itself: %w", name, project.ErrTooLarge)
		}
		sha, _ := out.tree.SHA(name)
		content, ok := out.tree.Kept(name)
		if !ok {
			if content, err = i.blob(ctx, c, sha); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		if n.Mode()&fs.ModeSymlink != 0 {
			err = out.link(name, string(content))
		} else {
			err = out.write(name, n, sha, bytes.NewReader(content))
		}
		if err != nil {
			return err
		}
	}
	return nil
}
