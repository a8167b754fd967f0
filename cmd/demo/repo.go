package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/multistage-app/multistage/app/github/githubtest"
	"github.com/multistage-app/multistage/app/local"
)

// openRepository copies the commits between base and head of a repository on this
// machine into the stand-in and opens a pull request of them. Base and head are found
// as "multistage review" finds them. The repository itself is only read.
func (w *world) openRepository(ctx context.Context, dir, base, head string) error {
	repo, err := local.Open(ctx, dir)
	if err != nil {
		return usageError{err}
	}
	pr, err := repo.Snapshot(ctx, base, head)
	if err != nil {
		return usageError{err}
	}
	if pr.Base.SHA == pr.Head.SHA {
		return usageError{fmt.Errorf("head and base are both %.12s: name a branch with changes with --head", pr.Head.SHA)}
	}
	c := copier{from: repo.Dir, to: filepath.Join(w.dir, "copy.git"), env: w.gitEnv()}
	into, from := branchNames(pr.Base.Ref, pr.Head.Ref)
	if err := c.copy(ctx, pr.Base.SHA, pr.Head.SHA, into, from); err != nil {
		return err
	}
	name := "local/" + repoName(repo.Dir)
	author := c.author(ctx, pr.Head.SHA)
	if err := w.addRepository(githubtest.RepositoryOptions{Name: name, Source: c.to, DefaultBranch: into}, author); err != nil {
		return err
	}
	title, body := c.message(ctx, pr.Head.SHA)
	return w.openPull(githubtest.PullOptions{
		Repository: name, Head: from, Base: into, Author: author, Title: title, Body: body,
	}, either)
}

// copier copies commits of a repository into a new one.
type copier struct {
	from, to string
	env      []string
}

// gitEnv is an environment in which nothing of the user's git configuration counts,
// and any commit of a repository can be copied, whoever owns it.
func (w *world) gitEnv() []string {
	config := filepath.Join(w.dir, "gitconfig")
	_ = os.WriteFile(config, []byte("[safe]\n\tdirectory = *\n[uploadpack]\n\tallowAnySHA1InWant = true\n"+
		"[core]\n\thooksPath = /dev/null\n[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n"), 0o600)
	return []string{"PATH=" + os.Getenv("PATH"), "HOME=" + w.dir, "LC_ALL=C", "GIT_CONFIG_NOSYSTEM=1",
		"GIT_CONFIG_GLOBAL=" + config, "GIT_TERMINAL_PROMPT=0", "GIT_OPTIONAL_LOCKS=0"}
}

func (c copier) git(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Env = c.env
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w: %s", args[0], err, strings.TrimSpace(errs.String()))
	}
	return strings.TrimSpace(string(out)), nil
}

// copy brings the commits from base, which is an ancestor of head, up to head, and
// nothing older: the history of a large repository would take minutes.
func (c copier) copy(ctx context.Context, baseSHA, headSHA, base, head string) error {
	count, err := c.git(ctx, "-C", c.from, "rev-list", "--count", headSHA, "^"+baseSHA)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(count)
	if err != nil {
		return fmt.Errorf("git rev-list: unexpected answer %q", count)
	}
	depth := strconv.Itoa(n + 1) // no path from head to base has more commits
	for _, args := range [][]string{
		{"init", "--quiet", "--bare", "--initial-branch=" + base, c.to},
		{"-C", c.to, "fetch", "--quiet", "--no-tags", "--update-shallow", "--depth=" + depth, c.from, headSHA + ":refs/heads/" + head},
		{"-C", c.to, "update-ref", "refs/heads/" + base, baseSHA},
	} {
		if _, err := c.git(ctx, args...); err != nil {
			return fmt.Errorf("copying the commits: %w", err)
		}
	}
	return nil
}

// message is the last commit's message as a pull request's title and description.
func (c copier) message(ctx context.Context, sha string) (title, body string) {
	text, err := c.git(ctx, "-C", c.to, "log", "-1", "--format=%B", sha)
	title, body, _ = strings.Cut(text, "\n")
	if err != nil || title == "" {
		title = "Commit " + sha[:12]
	}
	return title, strings.TrimSpace(body)
}

// author is the last commit's author as a login that nobody else has here.
func (c copier) author(ctx context.Context, sha string) string {
	name, err := c.git(ctx, "-C", c.to, "log", "-1", "--format=%an", sha)
	login := strings.Trim(notInLogins.ReplaceAllString(strings.ToLower(name), "-"), "-")
	if err != nil || login == "" || login == writer || login == reader {
		return "author"
	}
	return login
}

var notInLogins = regexp.MustCompile(`[^a-z0-9]+`)

var notInNames = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// repoName is a folder's name as GitHub would take it.
func repoName(dir string) string {
	name := strings.Trim(notInNames.ReplaceAllString(strings.TrimSuffix(filepath.Base(dir), ".git"), "-"), "-.")
	if name == "" {
		return "repository"
	}
	return name
}

// branchNames are two different names for the branches of the copy.
func branchNames(base, head string) (string, string) {
	base, head = branchName(base, "main"), branchName(head, "head")
	if base == head || strings.HasPrefix(base, head+"/") || strings.HasPrefix(head, base+"/") {
		base = "base-of-" + strings.ReplaceAll(head, "/", "-")
	}
	return base, head
}

// branchName takes the remote off a branch; other revisions, such as HEAD~3, get a
// name of their own.
func branchName(rev, other string) string {
	rev = strings.TrimPrefix(strings.TrimPrefix(rev, "refs/heads/"), "refs/remotes/")
	rev = strings.TrimPrefix(strings.TrimPrefix(rev, "origin/"), "upstream/")
	if rev == "" || rev == "HEAD" || rev == "@" || !plainBranch.MatchString(rev) || strings.Contains(rev, "..") {
		return other
	}
	return rev
}

var plainBranch = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._/-]*[A-Za-z0-9_]$|^[A-Za-z0-9_]$`)
