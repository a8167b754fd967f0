package github

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/google/go-github/v60/github"

	"github.com/multistage-app/multistage/app/tree"
	"github.com/multistage-app/multistage/rewrite/project"
)

// Bounds of an archive. What lies beyond one is kept by name only.
const (
	archiveTimeout    = 5 * time.Minute
	maxArchive        = 512 << 20 // bytes as downloaded
	maxUnpacked       = 2 << 30   // bytes as unpacked, so that a small archive cannot unpack for ever
	maxArchiveEntries = 4 * project.MaxFiles
	maxKept           = 64 << 20 // bytes kept of one archive
	maxKeptFile       = 1 << 20  // bytes of a source that is kept
	maxKeptManifest   = project.MaxReadSize
	maxRedirects      = 5
)

// archive brings the contents of a commit's files into its tree.
func (i *Installation) archive(ctx context.Context, c *client, sha string, t *tree.FS) error {
	return i.download(ctx, c, sha, func(r io.Reader) error { return unpack(io.LimitReader(r, maxArchive), t) })
}

// download reads the archive of a commit, a tar.gz, through a function.
func (i *Installation) download(ctx context.Context, c *client, sha string, read func(io.Reader) error) error {
	link, _, err := c.Repositories.GetArchiveLink(ctx, i.Repo.Owner, i.Repo.Name, github.Tarball,
		&github.RepositoryContentGetOptions{Ref: sha}, maxRedirects)
	if err != nil {
		return failed("asking for the archive of "+sha, err)
	}
	ctx, cancel := context.WithTimeout(ctx, archiveTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, link.String(), nil)
	if err != nil {
		return failed("the archive's address", err)
	}
	req.Header.Set("User-Agent", userAgent)
	// A client without credentials: the address is another host's.
	plain := &http.Client{Transport: i.app.base, CheckRedirect: i.app.checkRedirect}
	resp, err := plain.Do(req)
	if err != nil {
		return failed("downloading the archive", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("downloading the archive: %s answers %s", link.Host, resp.Status)
	}
	return failed("downloading the archive", read(resp.Body))
}

// checkRedirect follows a few redirects, and none from https to http.
func (a *App) checkRedirect(req *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return errors.New("too many redirects")
	}
	if a.api.Scheme == "https" && req.URL.Scheme != "https" {
		return errors.New("redirect to an address without https")
	}
	return nil
}

// unpack reads a tar.gz whose files lie under one folder, and keeps what is worth it. An
// archive that ends early, or is larger than the bounds, is read as far as that: the
// tree knows the rest by name. Only the context's end is an error.
func unpack(r io.Reader, t *tree.FS) error {
	seen := &meter{r: r}
	zip, err := gzip.NewReader(seen)
	if err != nil {
		return fmt.Errorf("the archive is no gzip: %w", err)
	}
	files := tar.NewReader(io.LimitReader(zip, maxUnpacked))
	var kept int64
	for range maxArchiveEntries {
		h, err := files.Next()
		if err != nil {
			return seen.cause()
		}
		_, name, ok := strings.Cut(path.Clean(h.Name), "/")
		n, err := t.Lstat(name)
		if !ok || err != nil || !wanted(name, n) || kept+n.Size() > maxKept {
			continue
		}
		content, ok := contentOf(files, h, n.Size())
		if ok && t.Keep(name, content) {
			kept += n.Size()
		}
	}
	return nil
}

// meter remembers why reading stopped.
type meter struct {
	r   io.Reader
	err error
}

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	if err != nil && err != io.EOF {
		m.err = err
	}
	return n, err
}

// cause is the connection's error; what is wrong with the archive itself is none.
func (m *meter) cause() error { return m.err }

// contentOf reads a file, or a link's target, of exactly the size in the tree.
func contentOf(files *tar.Reader, h *tar.Header, size int64) ([]byte, bool) {
	if h.Typeflag == tar.TypeSymlink {
		return []byte(h.Linkname), true
	}
	if h.Typeflag != tar.TypeReg || h.Size != size {
		return nil, false
	}
	content := make([]byte, size)
	if _, err := io.ReadFull(files, content); err != nil || binary(content) {
		return nil, false
	}
	return content, true
}

// wanted tells whether a file is kept: links, sources and manifests that are not large.
// What others published is known by its name, apart from lists of it.
func wanted(name string, n fs.FileInfo) bool {
	if n.IsDir() || n.Size() > maxKeptManifest {
		return false
	}
	if strings.Contains("/"+name, "/node_modules/") {
		return false
	}
	return n.Size() <= maxKeptFile || manifest(name)
}

// manifest tells whether a file may be a lock file or manifest, which grow large.
func manifest(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".json", ".lock", ".yaml", ".yml", ".toml", ".xml", ".sum", ".lockfile", ".txt":
		return true
	}
	return false
}

// binary tells as git does: by a zero byte near the start.
func binary(content []byte) bool {
	return bytes.IndexByte(content[:min(len(content), 8000)], 0) >= 0
}
