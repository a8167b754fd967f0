// Package local is a git repository on disk as the pull request that app/github
// reads from GitHub: the same values, by the git command. Nothing of the
// repository is changed, apart from objects and a ref of our own that a commit
// is asked for.
package local

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// Errors that a caller tells apart.
var (
	ErrNoGit         = errors.New("the git command is not installed: install the package git")
	ErrNotRepository = errors.New("not a git repository")
	ErrNoBase        = errors.New("no base to compare with: name one with --base, such as --base main")
)

// Repository is a git repository on disk.
type Repository struct {
	Dir string // its top folder, or the git folder of a bare one
}

// Open finds the repository of a folder.
func Open(ctx context.Context, dir string) (*Repository, error) {
	if _, err := exec.LookPath("git"); err != nil {
		return nil, ErrNoGit
	}
	r := &Repository{Dir: dir}
	top, err := r.git(ctx, nil, "rev-parse", "--show-toplevel")
	if err != nil {
		top, err = r.git(ctx, nil, "rev-parse", "--absolute-git-dir")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, ErrNotRepository)
	}
	r.Dir = line(top)
	return r, nil
}

// maxOutput is how much of one git command's answer is read, in bytes. Names and
// patches of Dockerfiles are far below it.
const maxOutput = 256 << 20

// git runs one command. Settings of the user that would change the answer are
// overridden; no hook, pager or prompt runs.
func (r *Repository) git(ctx context.Context, env []string, args ...string) ([]byte, error) {
	return r.gitInput(ctx, env, nil, args...)
}

func (r *Repository) gitInput(ctx context.Context, env []string, stdin []byte, args ...string) ([]byte, error) {
	fixed := []string{
		"--no-pager", "-c", "core.quotePath=false", "-c", "core.fsmonitor=false", "-c", "diff.noprefix=false",
		"-c", "diff.mnemonicPrefix=false", "-c", "diff.context=3", "-c", "core.hooksPath=/dev/null",
	}
	cmd := exec.CommandContext(ctx, "git", append(fixed, args...)...)
	cmd.Dir = r.Dir
	cmd.Env = append(os.Environ(), append([]string{"LC_ALL=C", "GIT_TERMINAL_PROMPT=0", "GIT_OPTIONAL_LOCKS=0", "GIT_EXTERNAL_DIFF="}, env...)...)
	cmd.Stdin = bytes.NewReader(stdin)
	var out, errs capped
	out.most, errs.most = maxOutput, 64<<10
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, fmt.Errorf("git %s: %w: %s", args[0], err, strings.TrimSpace(errs.String()))
	case out.over:
		return nil, fmt.Errorf("git %s: more than %d MB of output", args[0], maxOutput>>20)
	}
	return out.Bytes(), nil
}

// capped is a buffer that stops growing and goes on reading.
type capped struct {
	bytes.Buffer
	most int
	over bool
}

// Write implements io.Writer; it never fails, or the command would be killed.
func (c *capped) Write(p []byte) (int, error) {
	if room := c.most - c.Len(); len(p) > room {
		c.over = true
		c.Buffer.Write(p[:max(room, 0)])
		return len(p), nil
	}
	return c.Buffer.Write(p)
}

func line(out []byte) string { return strings.TrimRight(string(out), "\r\n") }

// commit resolves a revision to a commit.
func (r *Repository) commit(ctx context.Context, rev string) (string, error) {
	if strings.HasPrefix(rev, "-") {
		return "", fmt.Errorf("%q is no revision", rev)
	}
	out, err := r.git(ctx, nil, "rev-parse", "--verify", "--quiet", "--end-of-options", rev+"^{commit}")
	if err != nil {
		return "", fmt.Errorf("there is no commit %q", rev)
	}
	lines := strings.Split(line(out), "\n") // older git prints --end-of-options too
	return lines[len(lines)-1], nil
}
