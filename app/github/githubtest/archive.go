package githubtest

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// archiveLife is how long the address of a private repository's archive is good for
// (https://docs.github.com/rest/repos/contents#download-a-repository-archive-tar).
const archiveLife = 5 * time.Minute

// archive is what an address at the download host stands for.
type archive struct {
	repo    *repository
	commit  string
	expires time.Time
}

// Download is a request that the download host was sent.
type Download struct {
	Method, URL string
	Header      http.Header
	Status      int
}

// getTarball is GET /repos/{owner}/{repo}/tarball/{ref}: a redirect to another host.
func (s *Server) getTarball(c *call) (any, error) {
	ref := c.PathValue("ref")
	commit, ok := c.repo.resolve(orElse(ref, c.repo.DefaultBranch))
	if !ok {
		return nil, errNotFound
	}
	secret := randomHex(12)
	s.archives[secret] = archive{c.repo, commit, s.now().Add(archiveLife)}
	c.status = http.StatusFound
	c.header.Set("Location", s.codeload+"/"+c.repo.Name+"/legacy.tar.gz/"+escapePath(orElse(ref, commit))+"?token="+secret)
	return nil, nil
}

// serveDownload is the host of the archives. It records what it is asked and
// knows no token but the one in the address.
func (s *Server) serveDownload(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	a, ok := s.archives[r.URL.Query().Get("token")]
	ok = ok && s.now().Before(a.expires) && strings.HasPrefix(r.URL.Path, "/"+a.repo.Name+"/")
	s.mu.Unlock()
	status := http.StatusOK
	var body []byte
	if !ok || r.Method != http.MethodGet {
		status = http.StatusNotFound
	} else {
		prefix := strings.ReplaceAll(a.repo.Name, "/", "-") + "-" + a.commit[:7] + "/"
		var err error
		if body, err = a.repo.run("archive", "--format=tar.gz", "--prefix="+prefix, a.commit); err != nil {
			status = http.StatusInternalServerError
		}
	}
	s.mu.Lock()
	s.journal.downloads = append(s.journal.downloads, Download{r.Method, r.URL.String(), r.Header.Clone(), status})
	s.mu.Unlock()
	if status != http.StatusOK {
		http.Error(w, http.StatusText(status), status)
		return
	}
	w.Header().Set("Content-Type", "application/x-gzip")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.Write(body)
}

// Downloads lists what the download host was asked, with the headers it was sent.
func (s *Server) Downloads() []Download {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Download(nil), s.journal.downloads...)
}
