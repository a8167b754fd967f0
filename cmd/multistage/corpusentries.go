package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/multistage-app/multistage/rewrite"
)

// corpusEntry is one Dockerfile of a corpus.
type corpusEntry struct {
	ID         string `json:"id"`
	Repo       string `json:"repo"` // owner/name, or a folder below the corpus'
	Commit     string `json:"commit,omitempty"`
	Dockerfile string `json:"dockerfile"`
	Context    string `json:"context,omitempty"` // "" finds it
	Kind       string `json:"kind,omitempty"`    // positive, negative, odd; "" where nobody judged
	Expected   string `json:"expected_outcome,omitempty"`
	Language   string `json:"language,omitempty"`
	AtHead     *bool  `json:"at_head,omitempty"`

	dir string // of the repository's tree on disk
}

// Bounds on what is read of a corpus.
const (
	maxManifestLine = 1 << 20 // bytes
	maxEntries      = 20_000
	maxTreeEntries  = 200_000 // of one repository, when it is searched for Dockerfiles
	maxRepoDepth    = 3       // below the corpus' folder
)

// readCorpus lists the Dockerfiles of a folder: what its manifest.jsonl names, else
// what is found in the repositories below it. Problems are what was left out and why.
func readCorpus(dir string, perRepo int) (entries []corpusEntry, problems []string, err error) {
	f, err := os.Open(filepath.Join(dir, "manifest.jsonl"))
	if errors.Is(err, fs.ErrNotExist) {
		return findCorpus(dir, perRepo)
	}
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	return readManifest(f, filepath.Join(dir, "repos"))
}

// readManifest reads the lines of a manifest. A line that cannot be used is a problem,
// and the rest is read on.
func readManifest(r io.Reader, repos string) (entries []corpusEntry, problems []string, err error) {
	lines := bufio.NewReaderSize(r, 64<<10)
	seen := map[string]bool{}
	for n := 1; len(entries) < maxEntries; n++ {
		line, long, err := readLine(lines)
		if err == io.EOF {
			return entries, problems, nil
		}
		if err != nil {
			return nil, nil, err
		}
		if !long && len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		e, why := parseEntry(line, long, repos)
		if why == "" && seen[e.ID] {
			why = fmt.Sprintf("the id %q is there twice", e.ID)
		}
		if why != "" {
			problems = append(problems, fmt.Sprintf("manifest.jsonl:%d: %s", n, clean(why)))
			continue
		}
		seen[e.ID] = true
		entries = append(entries, e)
	}
	return entries, append(problems, fmt.Sprintf("manifest.jsonl: only the first %d entries are read", maxEntries)), nil
}

// readLine reads a line of at most maxManifestLine bytes; of a longer one it keeps the
// beginning and says so.
func readLine(r *bufio.Reader) (line []byte, long bool, err error) {
	for {
		part, err := r.ReadSlice('\n')
		if room := maxManifestLine - len(line); len(part) > room {
			part, long = part[:room], true
		}
		line = append(line, part...)
		switch {
		case err == bufio.ErrBufferFull:
			continue
		case err == io.EOF && len(line) > 0:
			return line, long, nil
		default:
			return line, long, err
		}
	}
}

var (
	reRepo = regexp.MustCompile(`^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$`)
	reID   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.:/+-]{0,199}$`)
)

// parseEntry reads one line; why says what is wrong with it.
func parseEntry(line []byte, long bool, repos string) (e corpusEntry, why string) {
	if long {
		return e, fmt.Sprintf("longer than %d bytes", maxManifestLine)
	}
	if err := json.Unmarshal(line, &e); err != nil {
		return e, "not a JSON object of the manifest: " + err.Error()
	}
	if e.Context == "" {
		e.Context = "."
	}
	e.Dockerfile, e.Context = path.Clean(e.Dockerfile), path.Clean(e.Context)
	folder := strings.Replace(e.Repo, "/", "+", 1)
	switch {
	case !reID.MatchString(e.ID):
		return e, fmt.Sprintf("%.100q is no id", e.ID)
	case !reRepo.MatchString(e.Repo) || !filepath.IsLocal(folder):
		return e, fmt.Sprintf("%s: %.100q is no owner/name", e.ID, e.Repo)
	case !fs.ValidPath(e.Dockerfile) || e.Dockerfile == ".":
		return e, fmt.Sprintf("%s: %.100q is no path in the repository", e.ID, e.Dockerfile)
	case !fs.ValidPath(e.Context):
		return e, fmt.Sprintf("%s: %.100q is no folder in the repository", e.ID, e.Context)
	case e.AtHead != nil && !*e.AtHead:
		return e, e.ID + ": the file is not there any more at its commit (at_head is false)"
	}
	e.dir = filepath.Join(repos, folder)
	if info, err := os.Stat(e.dir); err != nil || !info.IsDir() {
		return e, fmt.Sprintf("%s: repos/%s was not exported", e.ID, folder)
	}
	return e, ""
}

// findCorpus looks for repositories below a folder that has no manifest, and for
// Dockerfiles in each of them, perRepo at most.
func findCorpus(dir string, perRepo int) (entries []corpusEntry, problems []string, err error) {
	if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
		return nil, nil, usage("%s is a repository itself: name the folder that holds the repositories", dir)
	}
	repos, err := findRepositories(dir)
	if err != nil {
		return nil, nil, err
	}
	for _, repo := range repos {
		found, left, err := findDockerfiles(filepath.Join(dir, repo), perRepo)
		if err != nil {
			problems = append(problems, clean(fmt.Sprintf("%s: %v", repo, err)))
		}
		if left > 0 {
			problems = append(problems, clean(fmt.Sprintf("%s: %d more Dockerfiles are left out (--per-repository %d)", repo, left, perRepo)))
		}
		for _, name := range found {
			entries = append(entries, corpusEntry{
				ID: repo + "/" + name, Repo: repo, Dockerfile: name, dir: filepath.Join(dir, repo),
			})
		}
	}
	return entries, problems, nil
}

// findRepositories are the folders with a .git below a folder; a direct child without
// one in it is a repository too: an exported tree has none.
func findRepositories(dir string) ([]string, error) {
	children, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var repos []string
	for _, c := range children {
		if !c.IsDir() || c.Name() == resultsDir || strings.HasPrefix(c.Name(), ".") {
			continue
		}
		inner := withGit(dir, c.Name(), 1)
		if len(inner) == 0 {
			inner = []string{c.Name()}
		}
		repos = append(repos, inner...)
	}
	return repos, nil
}

// withGit are the folders with a .git at or below name.
func withGit(dir, name string, depth int) []string {
	full := filepath.Join(dir, filepath.FromSlash(name))
	if _, err := os.Lstat(filepath.Join(full, ".git")); err == nil {
		return []string{name}
	}
	if depth == maxRepoDepth {
		return nil
	}
	children, err := os.ReadDir(full)
	if err != nil {
		return nil
	}
	var repos []string
	for _, c := range children {
		if c.IsDir() {
			repos = append(repos, withGit(dir, path.Join(name, c.Name()), depth+1)...)
		}
	}
	return repos
}

var errEnough = errors.New("the repository has too many files to look at all of them")

// findDockerfiles are the files of a tree that are looked at for their name; left is
// how many more there are.
func findDockerfiles(dir string, most int) (found []string, left int, err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, 0, err
	}
	defer root.Close()
	seen := 0
	err = fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if seen++; seen > maxTreeEntries {
			return errEnough
		}
		switch {
		case err != nil:
			return nil // what cannot be read is no Dockerfile of ours
		case d.IsDir() && (d.Name() == ".git" || d.Name() == "node_modules"):
			return fs.SkipDir
		case d.Type().IsRegular() && rewrite.IsDockerfileName(name):
			if len(found) < most {
				found = append(found, name)
			} else {
				left++
			}
		}
		return nil
	})
	return found, left, err
}
