package buildkit

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/project"
	"github.com/multistage-app/multistage/rewrite/proof"
)

// maxTouched is the size of a file that is changed for a rebuild, in bytes.
const maxTouched = 1 << 20

// rebuild measures what a one-line change of a source file costs an image that was
// just built. A file's content with a comment in it is new to every cache.
func (c *Client) rebuild(ctx context.Context, src source, file string) (*proof.Rebuild, error) {
	data, err := os.ReadFile(filepath.Join(src.job.Dir, filepath.FromSlash(path.Join(src.job.Result.Context, file))))
	if err != nil {
		return nil, err
	}
	comment := fmt.Sprintf("%s changed at %d\n", comments[path.Ext(file)], time.Now().UnixNano())
	if len(data) > 0 && data[len(data)-1] != '\n' {
		comment = "\n" + comment
	}
	src.context = &touched{FS: src.context, path: file, data: append(data, comment...)}
	var measured *proof.Rebuild
	err = c.open(ctx, src, func(ctx context.Context, s *session) error {
		s.log.begin(src.label + ", one line changed")
		_, took, err := s.solve(ctx, "")
		if err != nil {
			return err
		}
		measured = &proof.Rebuild{Path: path.Join(src.job.Result.Context, file), Steps: took.steps - took.cached, Seconds: took.seconds}
		return nil
	})
	return measured, err
}

// rebuildKnown is what the change would cost a file with one stage, from the build that
// just ran: the first COPY of the changed file and all that follows, as long as they
// took; nil where one of them came from the cache. It saves building the original once
// more.
func rebuildKnown(job *Job, source []byte, took timing, file string) *proof.Rebuild {
	proj, err := project.Open(os.DirFS(job.Dir), job.Result.Path, job.Result.Context)
	if err != nil || took.steps == 0 {
		return nil
	}
	parsed, err := dockerfile.Parse(job.Result.Path, source)
	if err != nil || len(parsed.Stages) != 1 {
		return nil
	}
	known := &proof.Rebuild{Path: path.Join(job.Result.Context, file)}
	number := 1 // the FROM
	for _, ins := range parsed.Stages[0].Instructions {
		switch ins.Keyword {
		case "RUN", "COPY", "ADD", "WORKDIR":
			number++
		default:
			continue
		}
		if known.Steps == 0 && !takes(proj, ins, file) {
			continue
		}
		ran, ok := took.ran[number]
		if !ok {
			return nil
		}
		known.Steps++
		known.Seconds += ran.Seconds()
	}
	if number != took.steps+1 || known.Steps == 0 {
		return nil // the numbers are not the ones that were thought
	}
	return known
}

// takes reports whether an instruction reads a file of the build context.
func takes(proj *project.Project, ins *dockerfile.Instruction, file string) bool {
	if ins.Keyword == "RUN" {
		mount, ok := ins.Flag("mount")
		return ok && strings.Contains(mount, "bind")
	}
	words := ins.Argv
	for _, w := range ins.Words {
		words = append(words, w.Text)
	}
	if _, other := ins.Flag("from"); other || ins.Keyword == "WORKDIR" || len(words) < 2 {
		return false
	}
	return slices.ContainsFunc(words[:len(words)-1], func(w string) bool { return slices.Contains(proj.Sources(w), file) })
}

// comments start a comment at the end of a file, by extension.
var comments = map[string]string{
	".go": "//", ".js": "//", ".mjs": "//", ".cjs": "//", ".ts": "//", ".mts": "//", ".jsx": "//", ".tsx": "//",
	".java": "//", ".kt": "//", ".rs": "//", ".py": "#",
}

// sourceFile is the file of the build context that a change is tried on: a source of
// the application, no test, near the top, "" for none. The names that people give to
// where a program starts come first.
func sourceFile(job *Job) string {
	proj, err := project.Open(os.DirFS(job.Dir), job.Result.Path, job.Result.Context)
	if err != nil {
		return ""
	}
	best := ""
	for _, name := range proj.ContextFiles() {
		info, ok := proj.Stat(proj.Join(name))
		if ok && info.Size <= maxTouched && isSource(name) && (best == "" || rank(name) < rank(best) || rank(name) == rank(best) && name < best) {
			best = name
		}
	}
	return best
}

func isSource(name string) bool {
	if comments[path.Ext(name)] == "" {
		return false
	}
	base := strings.ToLower(path.Base(name))
	for _, word := range []string{"test", "spec", "config", "conf.", "setup.py", ".d.ts", "eslint", "gulpfile", "gruntfile"} {
		if strings.Contains(base, word) {
			return false
		}
	}
	return !slices.ContainsFunc(strings.Split(path.Dir(name), "/"), func(dir string) bool {
		return strings.HasPrefix(dir, ".") && dir != "." || slices.Contains(notSources, dir)
	})
}

var notSources = []string{"node_modules", "vendor", "test", "tests", "__tests__", "e2e", "spec", "docs", "doc", "examples",
	"example", "scripts", "migrations", "dist", "build", "public", "static", "target", "testdata", "third_party"}

// rank orders sources: how deep they lie, then whether a program starts there.
func rank(name string) int {
	r := 4 * strings.Count(name, "/")
	switch stem := strings.TrimSuffix(path.Base(name), path.Ext(name)); strings.ToLower(stem) {
	case "main", "index", "server", "app", "application":
		r -= 9
	case "__init__":
		r += 2
	}
	return r
}
