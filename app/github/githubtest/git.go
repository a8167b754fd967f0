package githubtest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// git runs the git command with an environment of its own: no configuration of
// the machine or of the user, no hooks, no questions.
type git struct {
	root    string // the repositories
	scratch string // index files
	env     []string
}

// gitConfig is the whole configuration: hooks are off, and a repository that
// belongs to another user may be cloned from.
const gitConfig = `[core]
	hooksPath = /dev/null
[safe]
	directory = *
[gc]
	auto = 0
[maintenance]
	auto = false
[init]
	defaultBranch = main
`

func newGit(root string) (*git, error) {
	if _, err := exec.LookPath("git"); err != nil {
		return nil, fmt.Errorf("githubtest: the git command is needed: install the package git: %w", err)
	}
	if err := os.MkdirAll(root, 0o755); err != nil {
		return nil, fmt.Errorf("githubtest: %w", err)
	}
	scratch, err := os.MkdirTemp(root, ".scratch-")
	if err != nil {
		return nil, fmt.Errorf("githubtest: %w", err)
	}
	config := filepath.Join(scratch, "gitconfig")
	if err := os.WriteFile(config, []byte(gitConfig), 0o644); err != nil {
		return nil, fmt.Errorf("githubtest: %w", err)
	}
	return &git{root: root, scratch: scratch, env: []string{
		"PATH=" + os.Getenv("PATH"),
		"HOME=" + scratch,
		"LC_ALL=C",
		"TZ=UTC",
		"GIT_CONFIG_NOSYSTEM=1",
		"GIT_CONFIG_GLOBAL=" + config,
		"GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=GitHub", "GIT_AUTHOR_EMAIL=noreply@github.com",
		"GIT_COMMITTER_NAME=GitHub", "GIT_COMMITTER_EMAIL=noreply@github.com",
	}}, nil
}

// run runs git in a folder and gives its output. A failure carries what git said.
func (g *git) run(dir string, stdin []byte, env []string, args ...string) ([]byte, error) {
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(append([]string{}, g.env...), env...)
	cmd.Stdin = bytes.NewReader(stdin)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("git %s: %w: %s", args[0], err, strings.TrimSpace(errs.String()))
	}
	return out.Bytes(), nil
}

// run runs git in the bare repository.
func (r *repository) run(args ...string) ([]byte, error) {
	return r.server.git.run(r.Dir, nil, nil, args...)
}

// line runs git in the bare repository and gives its output without the last newline.
func (r *repository) line(args ...string) (string, error) {
	out, err := r.run(args...)
	return strings.TrimRight(string(out), "\n"), err
}

// resolve gives the commit that a name stands for: a SHA, a branch, a tag, a full
// ref. It prefers branches, as GitHub does.
func (r *repository) resolve(name string) (string, bool) {
	if name == "" || strings.HasPrefix(name, "-") || strings.ContainsAny(name, "\x00\n ^~:") {
		return "", false
	}
	candidates := []string{"refs/heads/" + name, name}
	if isSHA(name) {
		candidates = []string{name}
	}
	for _, c := range candidates {
		if sha, err := r.line("rev-parse", "--verify", "--quiet", c+"^{commit}"); err == nil {
			return sha, true
		}
	}
	return "", false
}

// ref gives the object that a full ref name points to, "" when there is none.
func (r *repository) ref(name string) string {
	sha, err := r.line("rev-parse", "--verify", "--quiet", name)
	if err != nil || !strings.HasPrefix(name, "refs/") {
		return ""
	}
	return sha
}

// gitObject is one object of the repository.
type gitObject struct {
	SHA, Type string
	Data      []byte
}

// errNoObject says that a repository does not have an object.
var errNoObject = errors.New("object does not exist")

// object reads one object by its SHA.
func (r *repository) object(sha string) (gitObject, error) {
	if !isSHA(sha) {
		return gitObject{}, errNoObject
	}
	return r.expression(sha)
}

// expression reads one object by any name that git understands, "commit:path"
// among them.
func (r *repository) expression(name string) (gitObject, error) {
	if strings.ContainsAny(name, "\n\x00") || name == "" {
		return gitObject{}, errNoObject
	}
	out, err := r.server.git.run(r.Dir, []byte(name+"\n"), nil, "cat-file", "--batch")
	if err != nil {
		return gitObject{}, err
	}
	head, data, _ := bytes.Cut(out, []byte("\n"))
	fields := strings.Fields(string(head))
	if len(fields) != 3 || len(fields[0]) != 40 {
		return gitObject{}, errNoObject
	}
	size, err := strconv.Atoi(fields[2])
	if err != nil || size > len(data) {
		return gitObject{}, fmt.Errorf("git cat-file: unexpected answer %q", head)
	}
	return gitObject{SHA: fields[0], Type: fields[1], Data: data[:size]}, nil
}

// identity is an author or committer at a time.
type identity struct {
	Name, Email string
	Date        time.Time
}

// commitTree writes a commit object.
func (r *repository) commitTree(tree, message string, parents []string, author, committer identity) (string, error) {
	args := []string{"commit-tree", tree}
	for _, p := range parents {
		args = append(args, "-p", p)
	}
	args = append(args, "-F", "-")
	env := append(author.env("AUTHOR"), committer.env("COMMITTER")...)
	out, err := r.server.git.run(r.Dir, []byte(message), env, args...)
	return strings.TrimSpace(string(out)), err
}

// env is the identity as git's environment variables. The role is AUTHOR or COMMITTER.
func (i identity) env(role string) []string {
	return []string{
		"GIT_" + role + "_NAME=" + i.Name,
		"GIT_" + role + "_EMAIL=" + i.Email,
		"GIT_" + role + "_DATE=" + strconv.FormatInt(i.Date.Unix(), 10) + " +0000",
	}
}

// treeEntry is an entry of a tree, or a change of one: no SHA removes the path.
type treeEntry struct {
	Mode, Type, SHA, Path string
	Size                  int64
}

// writeTree writes the tree that the entries make of a base tree ("" for an
// empty one), by an index file of its own.
func (r *repository) writeTree(base string, entries []treeEntry) (string, error) {
	index, err := os.CreateTemp(r.server.git.scratch, "index-")
	if err != nil {
		return "", err
	}
	index.Close()
	os.Remove(index.Name()) // git refuses an empty index file
	defer os.Remove(index.Name())
	env := []string{"GIT_INDEX_FILE=" + index.Name()}
	if base != "" {
		if _, err := r.server.git.run(r.Dir, nil, env, "read-tree", base); err != nil {
			return "", err
		}
	}
	var lines bytes.Buffer
	for _, e := range entries {
		switch {
		case e.SHA == "":
			fmt.Fprintf(&lines, "0 %040d\t%s\x00", 0, e.Path)
		case e.Mode == "040000":
			if _, err := r.server.git.run(r.Dir, nil, env, "read-tree", "--prefix="+e.Path+"/", e.SHA); err != nil {
				return "", err
			}
		default:
			fmt.Fprintf(&lines, "%s %s\t%s\x00", e.Mode, e.SHA, e.Path)
		}
	}
	if _, err := r.server.git.run(r.Dir, lines.Bytes(), env, "update-index", "-z", "--index-info"); err != nil {
		return "", err
	}
	out, err := r.server.git.run(r.Dir, nil, env, "write-tree")
	return strings.TrimSpace(string(out)), err
}

// writeBlob stores a blob.
func (r *repository) writeBlob(data []byte) (string, error) {
	out, err := r.server.git.run(r.Dir, data, nil, "hash-object", "-w", "--stdin")
	return strings.TrimSpace(string(out)), err
}

// lsTree lists a tree; recursive also lists the folders themselves.
func (r *repository) lsTree(tree string, recursive bool) ([]treeEntry, error) {
	args := []string{"ls-tree", "-z", "-l"}
	if recursive {
		args = append(args, "-r", "-t")
	}
	out, err := r.run(append(args, tree)...)
	if err != nil {
		return nil, err
	}
	return parseTree(out), nil
}

// parseTree reads git ls-tree's records: "mode type sha size TAB path NUL".
func parseTree(out []byte) []treeEntry {
	var entries []treeEntry
	for record := range strings.SplitSeq(strings.TrimRight(string(out), "\x00"), "\x00") {
		meta, path, ok := strings.Cut(record, "\t")
		fields := strings.Fields(meta)
		if !ok || len(fields) != 4 {
			continue
		}
		size, _ := strconv.ParseInt(fields[3], 10, 64) // "-" for what has no size
		entries = append(entries, treeEntry{Mode: fields[0], Type: fields[1], SHA: fields[2], Path: path, Size: size})
	}
	return entries
}

// isSHA tells whether a name is a full object name.
func isSHA(name string) bool {
	if len(name) != 40 {
		return false
	}
	return strings.Trim(name, "0123456789abcdef") == ""
}
