package github_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"strings"
	"testing"

	"github.com/multistage-app/multistage/app/github"
	"github.com/multistage-app/multistage/app/github/githubtest"
	"github.com/multistage-app/multistage/review"
	"github.com/multistage-app/multistage/rewrite/project"
)

const dockerfile = "FROM golang:1.26\nCOPY . .\nRUN go build -o shop .\nCMD [\"./shop\"]\n"

func docker(files map[string]string) githubtest.Change {
	if files == nil {
		files = map[string]string{"Dockerfile": dockerfile}
	}
	return githubtest.Change{Message: "Add a Dockerfile", Files: files}
}

func TestSnapshotReadsEverythingAtOneHead(t *testing.T) {
	w := newWorld(t)
	p := w.pull("docker", githubtest.Change{Message: "Docker", Modes: map[string]string{"link": "120000"},
		Files: map[string]string{"Dockerfile": dockerfile, "main.go": "package main\n", "link": "go.mod", "logo.png": "\x89PNG\x00\x00"}})
	s := w.snapshot(p.Number)
	if s.Head.SHA != p.HeadSHA || s.Base.Ref != "main" || s.Head.Ref != "docker" || !s.Open || s.Draft || s.Fork() || !s.MayCommit || s.Partial {
		t.Errorf("the pull request: %+v", s.PullRequest)
	}
	if s.Author != "mona" || s.AuthorIsBot || s.RepoID != w.repo.ID || s.Title != "Change of docker" {
		t.Errorf("the pull request: %+v", s.PullRequest)
	}
	if string(s.Config) != "mode: review\n" || s.ConfigPath != ".github/multistage.yml" {
		t.Errorf("configuration %q of %q", s.Config, s.ConfigPath)
	}
	var file review.File
	for _, f := range s.Files {
		if f.Path == "Dockerfile" {
			file = f
		}
	}
	if string(file.Content) != dockerfile || file.Status != review.Added || file.Mode != 0o644 || file.PatchMissing {
		t.Errorf("the Dockerfile: %+v", file)
	}
	if len(file.Hunks) != 1 || file.Hunks[0].Start != 1 || file.Hunks[0].Lines != 4 || len(file.Hunks[0].Added) != 4 {
		t.Errorf("its hunks: %+v", file.Hunks)
	}
	if got := content(t, s.Tree, "main.go"); got != "package main\n" {
		t.Errorf("main.go is %q, not that of the head", got)
	}
	if got := content(t, s.Tree, "link"); got != files["go.mod"] {
		t.Errorf("a link in the tree reads %q", got)
	}
	if info, err := fs.Stat(s.Tree, "run.sh"); err != nil || info.Mode() != 0o755 {
		t.Errorf("run.sh: %v, %v", info, err)
	}
	if _, err := fs.ReadFile(s.Tree, "logo.png"); !errors.Is(err, project.ErrNotKept) {
		t.Errorf("a binary file: %v, want it kept by name", err)
	}
	w.check(w.open().Fetch(context.Background(), s.PullRequest, []string{"logo.png", "main.go", "nothing"}))
	if got := content(t, s.Tree, "logo.png"); got != "\x89PNG\x00\x00" {
		t.Errorf("fetched %q", got)
	}
}

func TestSnapshotOfNoDockerfileIsOneCall(t *testing.T) {
	w := newWorld(t)
	p := w.pull("docs", docker(map[string]string{"README.md": "# Shop\n", "Dockerfile.md": "no\n", ".github/workflows/Dockerfile": "no\n"}))
	w.Reset()
	s := w.snapshot(p.Number)
	w.wantCalls(callGraphQL)
	if s.Tree != nil || s.Head.SHA != p.HeadSHA {
		t.Errorf("%+v", s.PullRequest)
	}
}

func TestSnapshotOfManyFilesIsOneCallAHundred(t *testing.T) {
	w := newWorld(t)
	many := map[string]string{}
	for n := range 250 {
		many[fmt.Sprintf("data/%03d.txt", n)] = "x\n"
	}
	p := w.pull("many", docker(many))
	w.Reset()
	w.snapshot(p.Number)
	w.wantCalls(callGraphQL, callGraphQL, callGraphQL)

	w.push("many", map[string]string{"zoo/Dockerfile": dockerfile})
	w.Reset()
	s := w.snapshot(p.Number)
	w.wantCalls(callGraphQL, callGraphQL, callGraphQL, callFiles, callTree, callArchive)
	last := s.Files[len(s.Files)-1]
	if len(s.Files) != 251 || last.Path != "zoo/Dockerfile" || len(last.Hunks) != 1 || string(last.Content) != dockerfile {
		t.Errorf("%d files, the last %+v", len(s.Files), last)
	}
}

func TestSnapshotAsksAgainForAMissingPatch(t *testing.T) {
	w := newWorld(t)
	long := strings.Repeat("x\n", 20_100)
	p := w.pull("big", docker(map[string]string{"A.txt": long, "Dockerfile": dockerfile}))
	w.Reset()
	s := w.snapshot(p.Number)
	w.wantCalls(callGraphQL, callFiles, callFiles, callTree, callArchive)
	for _, f := range s.Files {
		if f.Path == "Dockerfile" && (f.PatchMissing || len(f.Hunks) != 1) {
			t.Errorf("%+v", f)
		}
	}

	w.check(w.HidePatches(shop, "Dockerfile"))
	s = w.snapshot(p.Number)
	for _, f := range s.Files {
		if f.Path == "Dockerfile" && (!f.PatchMissing || f.Hunks != nil || string(f.Content) != dockerfile) {
			t.Errorf("without any patch: %+v", f)
		}
	}
}

func TestSnapshotOfARename(t *testing.T) {
	w := newWorld(t)
	w.push("main", map[string]string{"Dockerfile": dockerfile})
	p := w.pull("rename", githubtest.Change{Message: "Move", Files: map[string]string{"docker/Dockerfile": dockerfile}, Remove: []string{"Dockerfile"}})
	s := w.snapshot(p.Number)
	if len(s.Files) != 1 {
		t.Fatalf("%+v", s.Files)
	}
	f := s.Files[0]
	if f.Path != "docker/Dockerfile" || f.PreviousPath != "Dockerfile" || f.Status != review.Renamed || f.PatchMissing || string(f.Content) != dockerfile {
		t.Errorf("%+v", f)
	}
}

func TestSnapshotOfARemovedDockerfileEnds(t *testing.T) {
	w := newWorld(t)
	w.push("main", map[string]string{"Dockerfile": dockerfile})
	p := w.pull("remove", githubtest.Change{Message: "Remove", Remove: []string{"Dockerfile"}})
	w.Reset()
	s := w.snapshot(p.Number)
	w.wantCalls(callGraphQL)
	if len(s.Files) != 1 || s.Files[0].Status != review.Removed {
		t.Errorf("%+v", s.Files)
	}
}

func TestSnapshotReadsWhatTheArchiveChanges(t *testing.T) {
	w := newWorld(t)
	crlf := strings.ReplaceAll(dockerfile, "\n", "\r\n")
	p := w.pull("eol", docker(map[string]string{".gitattributes": "hidden/ export-ignore\n*.sub export-subst\n",
		"Dockerfile": crlf, "hidden/Dockerfile": dockerfile, "v.sub": "$Format:%H$\n"}))
	w.Reset()
	s := w.snapshot(p.Number)
	w.wantCalls(callGraphQL, callFiles, callTree, callArchive, callBlob)
	for _, f := range s.Files {
		if f.Path == "hidden/Dockerfile" && string(f.Content) != dockerfile || f.Path == "Dockerfile" && string(f.Content) != crlf {
			t.Errorf("%s: %q", f.Path, f.Content)
		}
	}
	if _, err := fs.ReadFile(s.Tree, "v.sub"); !errors.Is(err, project.ErrNotKept) {
		t.Errorf("a file that the archive changed: %v, want it kept by name", err)
	}
}

func TestSnapshotOfATruncatedTree(t *testing.T) {
	w := newWorld(t)
	w.check(w.TruncateTrees(shop, 2))
	p := w.pull("docker", docker(nil))
	w.Reset()
	s := w.snapshot(p.Number)
	w.wantCalls(callGraphQL, callFiles, callTree, callBlob)
	if string(s.Files[0].Content) != dockerfile {
		t.Errorf("%+v", s.Files[0])
	}
	if _, err := project.Open(s.Tree, "Dockerfile", "."); !errors.Is(err, project.ErrTooLarge) {
		t.Errorf("the project: %v, want %v", err, project.ErrTooLarge)
	}
}

func TestSnapshotOfALinkForADockerfile(t *testing.T) {
	w := newWorld(t)
	p := w.pull("link", githubtest.Change{Message: "Link", Modes: map[string]string{"Dockerfile": "120000"},
		Files: map[string]string{"Dockerfile": "../../etc/passwd"}})
	s := w.snapshot(p.Number)
	if s.Files[0].Content != nil || s.Files[0].Mode&fs.ModeSymlink == 0 {
		t.Errorf("%+v", s.Files[0])
	}
	if _, err := fs.ReadFile(s.Tree, "Dockerfile"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a link out of the tree: %v", err)
	}
}

func TestSnapshotOfAFork(t *testing.T) {
	w := newWorld(t)
	w.AddUser("ada")
	_, err := w.Fork(shop, "ada")
	w.check(err)
	_, err = w.Push("ada/shop", "docker", githubtest.Change{Author: "ada", Message: "Docker", Files: map[string]string{"Dockerfile": dockerfile}})
	w.check(err)
	p, err := w.OpenPull(githubtest.PullOptions{Repository: shop, Head: "ada:docker", Author: "ada", Title: "Docker"})
	w.check(err)
	s := w.snapshot(p.Number)
	if !s.Fork() || s.MayCommit || s.Head.Owner != "ada" || string(s.Files[0].Content) != dockerfile {
		t.Errorf("%+v", s.PullRequest)
	}
	if err := w.open().Apply(context.Background(), s, s.Head.SHA); !errors.Is(err, github.ErrFork) {
		t.Errorf("apply: %v, want %v", err, github.ErrFork)
	}
}

func TestSnapshotTakesTheOrganisationsConfiguration(t *testing.T) {
	w := newWorld(t)
	_, err := w.AddRepository(githubtest.RepositoryOptions{Name: "acme/.github", Public: true,
		Files: map[string]string{".github/multistage.yml": "mode: check\n"}})
	w.check(err)
	_, err = w.AddRepository(githubtest.RepositoryOptions{Name: "acme/plain", Files: map[string]string{"README.md": "x\n"}})
	w.check(err)
	repo, err := w.Repository("acme/plain")
	w.check(err)
	_, err = w.Push("acme/plain", "docker", docker(nil))
	w.check(err)
	p, err := w.OpenPull(githubtest.PullOptions{Repository: "acme/plain", Head: "docker", Title: "Docker"})
	w.check(err)
	s, err := w.app.Installation(w.inst.ID, github.Repo{ID: repo.ID, Owner: "acme", Name: "plain"}).
		Snapshot(context.Background(), p.Number, github.SnapshotOptions{})
	w.check(err)
	if string(s.Config) != "mode: check\n" || !strings.HasPrefix(s.ConfigPath, "acme/.github") {
		t.Errorf("%q of %q", s.Config, s.ConfigPath)
	}
}

// A head that moves between the first query and the list of files is read again.
func TestSnapshotStartsAgainWhenTheHeadMoves(t *testing.T) {
	w := newWorld(t)
	p := w.pull("docker", docker(nil))
	var moved string
	w.Fail(githubtest.Rule{Method: "GET", Path: "/repos/{owner}/{repo}/pulls/{pull_number}/files", Times: 1,
		Do: func() { moved = w.push("docker", map[string]string{"Dockerfile": "FROM alpine\n"}) }})
	s := w.snapshot(p.Number)
	if s.Head.SHA != moved || string(s.Files[0].Content) != "FROM alpine\n" {
		t.Errorf("%s, %q; want %s", s.Head.SHA, s.Files[0].Content, moved)
	}
}

func TestSnapshotCachesByObject(t *testing.T) {
	w := newWorld(t)
	p := w.pull("docker", docker(nil))
	w.snapshot(p.Number)
	w.Reset()
	s := w.snapshot(p.Number)
	w.wantCalls(callGraphQL, callFiles)
	if content(t, s.Tree, "go.mod") != files["go.mod"] || string(s.Files[0].Content) != dockerfile {
		t.Errorf("%+v", s.Files)
	}
}

func TestSnapshotOfWhatIsNotThere(t *testing.T) {
	w := newWorld(t)
	_, err := w.open().Snapshot(context.Background(), 99, github.SnapshotOptions{})
	if !errors.Is(err, github.ErrGone) {
		t.Errorf("%v, want %v", err, github.ErrGone)
	}
}

func TestArchiveIsLoadedWithoutCredentials(t *testing.T) {
	w := newWorld(t)
	p := w.pull("docker", docker(nil))
	w.snapshot(p.Number)
	if len(w.Downloads()) != 1 {
		t.Fatalf("%d downloads", len(w.Downloads()))
	}
	for _, d := range w.Downloads() {
		for name, values := range d.Header {
			if text := strings.Join(values, " "); name == "Authorization" || strings.Contains(text, "ghs_") || strings.Contains(text, "Bearer") {
				t.Errorf("the other host was sent %s: %s", name, text)
			}
		}
	}
}

// GitHub does not have a pull request everywhere in the moment when it is opened.
func TestSnapshotWaitsForANewPullRequest(t *testing.T) {
	w := newWorld(t)
	p := w.pull("docker", docker(nil))
	w.Fail(githubtest.Rule{Path: "/graphql", Times: 2, Status: 200,
		Body: `{"data":{"repository":{"databaseId":1,"pullRequest":null}},"errors":[{"type":"NOT_FOUND","path":["repository","pullRequest"],"message":"Could not resolve to a PullRequest"}]}`})
	if s := w.snapshot(p.Number); s.Head.SHA != p.HeadSHA {
		t.Errorf("%+v", s)
	}
}

func TestGraphQLTellsOfALimitWithStatus200(t *testing.T) {
	w := newWorld(t)
	p := w.pull("docker", docker(nil))
	w.Fail(githubtest.Rule{Path: "/graphql", Status: 200, Headers: map[string]string{"X-RateLimit-Reset": "4102444800"},
		Body: `{"errors":[{"type":"RATE_LIMITED","message":"API rate limit exceeded for installation ID 1."}]}`})
	_, err := w.open().Snapshot(context.Background(), p.Number, github.SnapshotOptions{})
	var limit *github.RateLimited
	if !errors.As(err, &limit) || limit.Until.Unix() != 4102444800 || limit.Secondary {
		t.Errorf("%v", err)
	}
}

// GitHub lists the first 250 commits of a pull request, so the head is not among them.
func TestHeadBeyondTheListedCommits(t *testing.T) {
	w := newWorld(t)
	var stream strings.Builder
	for n := range 252 {
		fmt.Fprintf(&stream, "commit refs/heads/long\ncommitter mona <mona@example.com> %d +0000\ndata 1\nx\n", 1_700_000_000+n)
		if n == 0 {
			fmt.Fprintf(&stream, "from %s\n", w.head("main"))
		}
		fmt.Fprintf(&stream, "M 100644 inline Dockerfile\ndata %d\n%s\nM 100644 inline n\ndata 3\n%03d\n", len(dockerfile), dockerfile, n)
	}
	git := exec.Command("git", "-C", w.repo.Dir, "fast-import", "--quiet")
	git.Stdin = strings.NewReader(stream.String())
	if out, err := git.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	p, err := w.OpenPull(githubtest.PullOptions{Repository: shop, Head: "long", Author: "mona", Title: "Long"})
	w.check(err)
	for range 3 {
		w.check(run(context.Background(), w.open(), p.Number))
		w.wantEnd(p.Number)
	}
}
