package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/multistage-app/multistage/rewrite"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// resultsDir is where a corpus' results are kept, below its folder.
const resultsDir = "results"

// corpusResult is what became of one entry: one line of the results. Field names are
// part of the interface.
type corpusResult struct {
	corpusEntry
	Key         string               `json:"key"`    // see resultKey
	Engine      string               `json:"engine"` // that found it
	When        time.Time            `json:"when"`
	Seconds     float64              `json:"seconds"`
	Alpine      bool                 `json:"alpine,omitempty"` // the original's base
	Verdict     plan.Verdict         `json:"verdict"`
	Code        plan.Code            `json:"code,omitempty"`
	Designed    string               `json:"designed_by,omitempty"` // language of the designer
	Reason      string               `json:"reason,omitempty"`
	Proof       *proofDocument       `json:"proof,omitempty"` // without a rewrite, of the original alone
	Unavailable *unavailableDocument `json:"unavailable,omitempty"`
	Error       string               `json:"error,omitempty"` // a failure of ours
}

// settled reports whether a result need not be found again: what the daemon or we
// failed at is tried anew.
func (r *corpusResult) settled() bool { return r.Unavailable == nil && r.Error == "" }

// resultKey names a result by what it depends on: the entry, the original, the rewrite
// and the questions. A designer that writes another file makes another key, and one
// that writes the same does not.
func resultKey(e corpusEntry, source []byte, r rewrite.Result, questions string) string {
	sum := sha256.New()
	fmt.Fprintf(sum, "1\x00%q\x00%q\x00%q\x00%q\x00%q\x00%q\x00", e.ID, e.Repo, e.Commit, e.Dockerfile, r.Context, source)
	fmt.Fprintf(sum, "%s\x00%s\x00%s\x00", r.Verdict, r.Code, questions)
	for _, f := range r.Files {
		fmt.Fprintf(sum, "%q\x00%o\x00%q\x00", f.Path, f.Mode, f.After)
	}
	return hex.EncodeToString(sum.Sum(nil)[:16])
}

// resultLog is the file of results of one version of this program, to which a line is
// added as each result comes. What other versions found is known too.
type resultLog struct {
	engine string
	mu     sync.Mutex
	file   *os.File
	own    map[string]corpusResult // by key, of this file
	older  map[string]corpusResult // by key, of other versions' files
}

// maxResultLine bounds a line of results that is read, in bytes.
const maxResultLine = 8 << 20

// openResults opens the results of a corpus for one version. A last line that was not
// written whole, as a power cut leaves it, is taken off.
func openResults(dir, engine string) (*resultLog, error) {
	dir = filepath.Join(dir, resultsDir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	log := &resultLog{engine: engine, own: map[string]corpusResult{}, older: map[string]corpusResult{}}
	own := filepath.Join(dir, fileName(engine)+".jsonl")
	if err := log.readOlder(dir, own); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(own, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	end, err := readResults(f, log.own)
	if err == nil {
		err = f.Truncate(end)
	}
	if err == nil {
		_, err = f.Seek(end, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	log.file = f
	return log, nil
}

// readOlder reads the other versions' files, the oldest first.
func (l *resultLog) readOlder(dir, own string) error {
	names, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	if err != nil {
		return err
	}
	modified := map[string]time.Time{}
	for _, name := range names {
		if info, err := os.Stat(name); err == nil {
			modified[name] = info.ModTime()
		}
	}
	sort.SliceStable(names, func(i, j int) bool { return modified[names[i]].Before(modified[names[j]]) })
	for _, name := range names {
		if name == own {
			continue
		}
		f, err := os.Open(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		_, err = readResults(f, l.older)
		if err := errors.Join(err, f.Close()); err != nil {
			return err
		}
	}
	return nil
}

// readResults reads whole lines of results; a later one of the same key counts. end is
// where the last whole line ends. A line that is none of ours is passed over.
func readResults(r io.Reader, into map[string]corpusResult) (end int64, err error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return 0, err
	}
	for len(data) > 0 {
		n := bytes.IndexByte(data, '\n')
		if n < 0 {
			break
		}
		var result corpusResult
		if n <= maxResultLine && json.Unmarshal(data[:n], &result) == nil && result.Key != "" {
			into[result.Key] = result
		}
		data, end = data[n+1:], end+int64(n)+1
	}
	return end, nil
}

// known is what was found before under a key. What another version found is written
// to this version's file too.
func (l *resultLog) known(key string) (corpusResult, bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r, ok := l.own[key]; ok && r.settled() {
		return r, true, nil
	}
	r, ok := l.older[key]
	if !ok || !r.settled() {
		return r, false, nil
	}
	return r, true, l.write(r)
}

// add keeps a result: it is on the disk when add returns.
func (l *resultLog) add(r corpusResult) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.write(r)
}

func (l *resultLog) write(r corpusResult) error {
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if _, err := l.file.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("keeping a result: %w", err)
	}
	l.own[r.Key] = r
	return l.file.Sync()
}

func (l *resultLog) close() error { return l.file.Close() }

var reNotFile = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

func fileName(engine string) string { return reNotFile.ReplaceAllString(engine, "-") }

// engineName is the version, and for one that is not of a commit alone the program's
// own hash with it.
func engineName(version string) string {
	if version != "dev" && !strings.HasSuffix(version, "-dirty") {
		return version
	}
	name, err := os.Executable()
	if err != nil {
		return version
	}
	f, err := os.Open(name)
	if err != nil {
		return version
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return version
	}
	return version + "-" + hex.EncodeToString(sum.Sum(nil)[:4])
}
