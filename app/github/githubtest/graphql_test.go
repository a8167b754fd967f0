package githubtest_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-github/v60/github"

	"github.com/multistage-app/multistage/app/github/githubtest"
)

// everything is a query as the App asks it.
const everything = `query($owner: String!, $name: String!, $number: Int!, $config: String!) {
  repository(owner: $owner, name: $name) {
    config: object(expression: $config) { ... on Blob { text oid byteSize isTruncated } }
    ref(qualifiedName: "refs/multistage/pull/1") { target { oid } }
    pullRequest(number: $number) {
      headRefOid headRefName baseRefName baseRefOid isDraft state closed isCrossRepository
      author { __typename login ... on Bot { databaseId } ... on User { databaseId } }
      headRepository { databaseId nameWithOwner }
      labels(first: 10) { nodes { name } }
      reviews(last: 50) { totalCount nodes { ...remark state commit { oid } } pageInfo { hasPreviousPage startCursor } }
      comments(last: 1) { nodes { id databaseId body viewerDidAuthor } pageInfo { hasPreviousPage } }
    }
  }
}
fragment remark on PullRequestReview {
  id databaseId fullDatabaseId body isMinimized viewerDidAuthor author { login ... on Bot { databaseId } }
}`

func TestGraphQL(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	w.must(w.Push(shop, "main", githubtest.Change{Files: map[string]string{".github/multistage.yml": "review: true\n"}}))
	base, err := w.Commit(shop, "main")
	w.check(err)
	p := w.pull("docker", githubtest.Change{Files: map[string]string{"Dockerfile": "FROM a\n"}})
	w.check(w.SetLabels(shop, p.Number, "mona", "container"))
	review, _, err := w.client.PullRequests.CreateReview(ctx, "acme", "shop", p.Number, &github.PullRequestReviewRequest{
		Body: github.String("Look."), Event: github.String("COMMENT")})
	w.check(err)
	w.must(w.Comment(shop, p.Number, "mona", "first"))
	w.must(w.Comment(shop, p.Number, "mona", "second"))
	ref, sha := "refs/multistage/pull/1", p.HeadSHA
	_, _, err = w.client.Git.CreateRef(ctx, "acme", "shop", &github.Reference{Ref: &ref, Object: &github.GitObject{SHA: &sha}})
	w.check(err)

	data, errs := w.graphql(w.client, everything, map[string]any{"owner": "acme", "name": "shop", "number": p.Number,
		"config": base.SHA + ":.github/multistage.yml"})
	if len(errs) != 0 {
		t.Fatal(errs)
	}
	bot := w.App().Bot.ID
	for path, want := range map[string]any{
		"repository.config.text":                                   "review: true\n",
		"repository.config.byteSize":                               13,
		"repository.config.isTruncated":                            false,
		"repository.ref.target.oid":                                sha,
		"repository.pullRequest.headRefOid":                        p.HeadSHA,
		"repository.pullRequest.baseRefOid":                        base.SHA,
		"repository.pullRequest.state":                             "OPEN",
		"repository.pullRequest.isCrossRepository":                 false,
		"repository.pullRequest.author.__typename":                 "User",
		"repository.pullRequest.author.login":                      "mona",
		"repository.pullRequest.headRepository.nameWithOwner":      shop,
		"repository.pullRequest.labels.nodes.0.name":               "container",
		"repository.pullRequest.reviews.totalCount":                1,
		"repository.pullRequest.reviews.nodes.0.id":                review.GetNodeID(),
		"repository.pullRequest.reviews.nodes.0.databaseId":        review.GetID(),
		"repository.pullRequest.reviews.nodes.0.fullDatabaseId":    fmt.Sprint(review.GetID()), // a BigInt is a string
		"repository.pullRequest.reviews.nodes.0.state":             "COMMENTED",
		"repository.pullRequest.reviews.nodes.0.commit.oid":        p.HeadSHA,
		"repository.pullRequest.reviews.nodes.0.author.login":      "multistage", // no [bot] in GraphQL
		"repository.pullRequest.reviews.nodes.0.author.databaseId": bot,
		"repository.pullRequest.reviews.nodes.0.viewerDidAuthor":   true,
		"repository.pullRequest.comments.nodes.0.body":             "second",
		"repository.pullRequest.comments.nodes.0.viewerDidAuthor":  false,
		"repository.pullRequest.comments.pageInfo.hasPreviousPage": true,
		"repository.pullRequest.reviews.pageInfo.hasPreviousPage":  false,
	} {
		if got := at(data, path); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
	}
	data, errs = w.graphql(w.client, everything, map[string]any{"owner": "acme", "name": "shop", "number": p.Number, "config": base.SHA + ":none"})
	if len(errs) != 0 || at(data, "repository.config") != nil {
		t.Errorf("a file that is not there: %v %v", at(data, "repository.config"), errs)
	}
}

// at follows a path of keys and indexes.
func at(v any, path string) any {
	for part := range strings.SplitSeq(path, ".") {
		switch x := v.(type) {
		case map[string]any:
			v = x[part]
		case []any:
			var i int
			json.Unmarshal([]byte(part), &i)
			if i >= len(x) {
				return nil
			}
			v = x[i]
		default:
			return nil
		}
	}
	if f, ok := v.(float64); ok {
		return int64(f)
	}
	return v
}

func TestGraphQLErrors(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	w.pull("docker", githubtest.Change{Files: map[string]string{"Dockerfile": "FROM a\n"}})
	repository := func(inner string) string { return `{ repository(owner: "acme", name: "shop") { ` + inner + ` } }` }
	for _, test := range []struct{ name, query, want string }{
		{"syntax", `{ repository(`, "Expected"},
		{"unknown field", repository(`pullRequest(number: 1) { headSha }`), `headSha`},
		{"unknown argument", repository(`pullRequest(id: 1) { title }`), `id`},
		{"missing argument", repository(`pullRequest { title }`), `number`},
		{"wrong type", repository(`pullRequest(number: "1") { title }`), `Int`},
		{"no boundaries", repository(`pullRequest(number: 1) { reviews { totalCount } }`), "You must provide a `first` or `last`"},
		{"too many", repository(`pullRequest(number: 1) { reviews(first: 101) { totalCount } }`), "limit of 100"},
		{"no such pull request", repository(`pullRequest(number: 9) { title }`), "Could not resolve to a PullRequest with the number of 9."},
		{"no such repository", `{ repository(owner: "acme", name: "none") { id } }`, "Could not resolve to a Repository with the name 'acme/none'."},
		{"missing variable", `query($n: Int!) { repository(owner: "acme", name: "shop") { pullRequest(number: $n) { title } } }`, "n"},
		{"wrong classifier", `mutation { minimizeComment(input: {subjectId: "x", classifier: OLD}) { minimizedComment { isMinimized } } }`, "OLD"},
		{"unknown node", `mutation { minimizeComment(input: {subjectId: "x", classifier: OUTDATED}) { minimizedComment { isMinimized } } }`, "global id of 'x'"},
	} {
		_, errs := w.graphql(w.client, test.query, nil)
		if len(errs) == 0 || !strings.Contains(errs[0]["message"].(string), test.want) {
			t.Errorf("%s: %v, want %q", test.name, errs, test.want)
		}
	}
	if got := get(t, w.URL()+"/graphql", "").StatusCode; got != 404 {
		t.Errorf("GET /graphql: %d", got)
	}
}

func TestGraphQLMutations(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	p := w.pull("docker", githubtest.Change{Files: map[string]string{"Dockerfile": "FROM a\n"}})
	review, _, err := w.client.PullRequests.CreateReview(ctx, "acme", "shop", p.Number, &github.PullRequestReviewRequest{
		Event: github.String("COMMENT"), Comments: []*github.DraftReviewComment{{Path: github.String("Dockerfile"), Body: github.String("x"), Line: github.Int(1)}}})
	w.check(err)
	minimize := `mutation($id: ID!) { minimizeComment(input: {subjectId: $id, classifier: OUTDATED, clientMutationId: "m"}) {
		clientMutationId minimizedComment { isMinimized minimizedReason } } }`
	resolve := `mutation($id: ID!) { resolveReviewThread(input: {threadId: $id}) { thread { isResolved resolvedBy { login } } } }`

	repo, err := w.Repository(shop)
	w.check(err)
	token := func(p *github.InstallationPermissions) *github.Client {
		return w.as(&github.InstallationTokenOptions{RepositoryIDs: []int64{repo.ID}, Permissions: p})
	}
	pulls := token(&github.InstallationPermissions{PullRequests: github.String("write")})
	reading := token(&github.InstallationPermissions{PullRequests: github.String("read"), Contents: github.String("read")})
	if _, errs := w.graphql(reading, minimize, map[string]any{"id": review.GetNodeID()}); len(errs) != 1 || errs[0]["type"] != "FORBIDDEN" {
		t.Errorf("minimise with read permission: %v", errs)
	}
	data, errs := w.graphql(pulls, minimize, map[string]any{"id": review.GetNodeID()})
	if len(errs) != 0 || at(data, "minimizeComment.minimizedComment.minimizedReason") != "outdated" || at(data, "minimizeComment.clientMutationId") != "m" {
		t.Errorf("%v %v", data, errs)
	}
	thread := w.state(p.Number).ReviewComments[0].ThreadID
	if _, errs := w.graphql(pulls, resolve, map[string]any{"id": thread}); len(errs) != 1 || errs[0]["type"] != "FORBIDDEN" {
		t.Errorf("resolve without contents: write: %v", errs)
	}
	data, errs = w.graphql(w.client, resolve, map[string]any{"id": thread})
	if len(errs) != 0 || at(data, "resolveReviewThread.thread.isResolved") != true {
		t.Errorf("%v %v", data, errs)
	}
	if _, errs := w.graphql(pulls, `{ repository(owner: "acme", name: "shop") { object(expression: "main:go.mod") { oid } } }`, nil); len(errs) != 1 || errs[0]["type"] != "FORBIDDEN" {
		t.Errorf("a blob without contents: read: %v", errs)
	}
	after := w.state(p.Number)
	if after.Reviews[0].Minimized != "OUTDATED" || !after.ReviewComments[0].Resolved {
		t.Errorf("%+v %+v", after.Reviews, after.ReviewComments)
	}
}

// Pages by cursors from both ends, and the directives.
func TestGraphQLPages(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	p := w.pull("docker", githubtest.Change{Files: map[string]string{"Dockerfile": "FROM a\n"}})
	for i := range 7 {
		w.must(w.Comment(shop, p.Number, "mona", fmt.Sprint("c", i)))
	}
	for _, test := range []struct{ first, cursor string }{{"first", "after"}, {"last", "before"}} {
		query := `query($at: String, $no: Boolean = false) { repository(owner: "acme", name: "shop") { pullRequest(number: 1) {
			title @include(if: $no) number @skip(if: $no)
			comments(` + test.first + `: 3, ` + test.cursor + `: $at) { nodes { body } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } } }`
		var pages []string
		var cursor any
		for more := true; more; {
			data, errs := w.graphql(w.client, query, map[string]any{"at": cursor})
			if len(errs) != 0 {
				t.Fatal(errs)
			}
			pull := at(data, "repository.pullRequest").(map[string]any)
			if _, ok := pull["title"]; ok || pull["number"] == nil {
				t.Errorf("directives: %v", pull)
			}
			page := ""
			for _, n := range at(pull, "comments.nodes").([]any) {
				page += n.(map[string]any)["body"].(string)
			}
			pages = append(pages, page)
			if test.first == "first" {
				cursor, more = at(pull, "comments.pageInfo.endCursor"), at(pull, "comments.pageInfo.hasNextPage").(bool)
			} else {
				cursor, more = at(pull, "comments.pageInfo.startCursor"), at(pull, "comments.pageInfo.hasPreviousPage").(bool)
			}
		}
		want := "c0c1c2 c3c4c5 c6"
		if test.first == "last" {
			want = "c4c5c6 c1c2c3 c0"
		}
		if got := strings.Join(pages, " "); got != want {
			t.Errorf("%s: %s, want %s", test.first, got, want)
		}
	}
}
