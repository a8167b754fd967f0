package github_test

import (
	"bytes"
	"crypto/sha1"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	validation "github.com/vektah/gqlparser/v2/validator"

	"github.com/multistage-app/multistage/app/github"
	"github.com/multistage-app/multistage/app/github/githubtest"
)

// Every query is held against GitHub's published schema.
func TestQueriesFitGitHubsSchema(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", ".cache", "graphql", "schema.graphql"))
	if err != nil {
		t.Fatalf("%v: run \"make fixtures\" first", err)
	}
	doc, err := parser.ParseSchemas(validation.Prelude, &ast.Source{Name: "schema.graphql", Input: string(text)})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range doc.Definitions { // GitHub's has a field twice
		seen := map[string]bool{}
		d.Fields = slices.DeleteFunc(d.Fields, func(f *ast.FieldDefinition) bool { again := seen[f.Name]; seen[f.Name] = true; return again })
	}
	schema, err := validation.ValidateSchemaDocument(doc)
	if err != nil {
		t.Fatal(err)
	}
	for _, query := range github.Queries([]string{"Dockerfile", "a/Dockerfile"}) {
		if _, problems := gqlparser.LoadQuery(schema, query); len(problems) > 0 {
			t.Errorf("%v in\n%s", problems, query)
		}
	}
}

// graph answers what the stand-in has not of GraphQL out of its state: changed files,
// commits, check runs, the base branch. It asks it first, and does nothing where it has.
func (w *world) graph(h http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/graphql" {
			h.ServeHTTP(rw, r)
			return
		}
		text, _ := io.ReadAll(r.Body)
		ask := func(body []byte) *httptest.ResponseRecorder {
			again := r.Clone(r.Context())
			again.Body, again.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
			answer := httptest.NewRecorder()
			h.ServeHTTP(answer, again)
			return answer
		}
		answer := ask(text)
		if strings.Contains(answer.Body.String(), "Cannot query field") {
			var q question
			if err := json.Unmarshal(text, &q); err != nil {
				w.t.Error(err)
			}
			q.Query = reduce(q.Query)
			body, _ := json.Marshal(q)
			answer = ask(body)
			if !strings.Contains(answer.Body.String(), `"data"`) {
				w.t.Error(answer.Body.String())
			}
			answer.Body = bytes.NewBuffer(w.fill(q, answer.Body.Bytes()))
		}
		for k, v := range answer.Header() {
			rw.Header()[k] = v
		}
		rw.Header().Del("Content-Length")
		rw.WriteHeader(answer.Code)
		rw.Write(answer.Body.Bytes())
	})
}

type question struct {
	Query     string         `json:"query"`
	Variables map[string]any `json:"variables"`
}

type object = map[string]any

var (
	reLine     = regexp.MustCompile(`(?m)^ *(baseRef \{|files\(|commits\(last).*$`)
	reFragment = regexp.MustCompile(`(?s)fragment commit on Commit \{.*?\n\}`)
	reParents  = regexp.MustCompile(`tree \{ oid \} parents\(first: 2\) \{ nodes \{ oid \} \}`)
	reVariable = regexp.MustCompile(`, \$(after|app|config|path\d+): \w+!?`)
)

// reduce leaves out of a query what the stand-in has not.
func reduce(query string) string {
	query = reLine.ReplaceAllString(query, "")
	query = reFragment.ReplaceAllString(query, "fragment commit on Commit { oid }")
	query = reParents.ReplaceAllString(query, "")
	return reVariable.ReplaceAllString(query, "")
}

// fill puts it into the answer.
func (w *world) fill(q question, answer []byte) []byte {
	var all object
	if err := json.Unmarshal(answer, &all); err != nil {
		w.t.Error(err)
		return answer
	}
	data, _ := all["data"].(object)
	repository, _ := data["repository"].(object)
	pull, _ := repository["pullRequest"].(object)
	if pull == nil {
		return answer
	}
	f := filler{w: w, name: fmt.Sprint(q.Variables["owner"], "/", q.Variables["name"]), variables: q.Variables}
	f.pull, _ = w.Pull(f.name, int(q.Variables["number"].(float64)))
	f.fill(pull)
	if suggested, ok := repository["suggested"].(object); ok && suggested["oid"] != nil {
		c, _ := w.Commit(f.name, suggested["oid"].(string))
		suggested["tree"], suggested["parents"] = object{"oid": c.Tree}, object{"nodes": []object{{"oid": c.Parents[0]}}}
	}
	out, _ := json.Marshal(all)
	return out
}

type filler struct {
	w         *world
	name      string
	pull      githubtest.Pull
	variables object
}

func (f filler) fill(pull object) {
	after := 0
	fmt.Sscan(fmt.Sprint(f.variables["after"]), &after)
	files := []object{}
	for _, file := range f.pull.Files[after:min(after+100, len(f.pull.Files))] {
		word := map[string]string{"added": "ADDED", "modified": "MODIFIED", "removed": "DELETED", "renamed": "RENAMED"}[file.Status]
		files = append(files, object{"path": file.Path, "changeType": word})
	}
	pull["files"] = object{"nodes": files, "pageInfo": object{"hasNextPage": after+100 < len(f.pull.Files), "endCursor": fmt.Sprint(after + 100)}}
	if config, ok := f.variables["config"]; ok {
		pull["baseRef"] = object{"target": object{"file": nil}}
		if text, _, err := f.w.File(f.name, f.pull.BaseRef, config.(string)); err == nil {
			pull["baseRef"] = object{"target": object{"file": object{"object": object{"oid": blobSHA(text), "text": string(text), "isTruncated": false}}}}
		}
	}
	commits := []object{}
	for _, c := range f.pull.Commits[max(0, len(f.pull.Commits)-20):] {
		commits = append(commits, object{"commit": f.commit(c.SHA)})
	}
	pull["commits"] = object{"nodes": commits}
	if reviews, ok := pull["reviews"].(object); ok {
		for _, r := range reviews["nodes"].([]any) {
			r.(object)["commit"] = f.commit(r.(object)["commit"].(object)["oid"].(string))
		}
	}
}

func (f filler) commit(sha string) object {
	c, err := f.w.Commit(f.name, sha)
	if err != nil {
		f.w.t.Error(err)
	}
	runs := []object{}
	for _, r := range f.pull.CheckRuns {
		if r.HeadSHA == sha {
			runs = append(runs, object{"databaseId": r.ID, "name": r.Name, "status": strings.ToUpper(r.Status), "conclusion": strings.ToUpper(r.Conclusion),
				"externalId": r.ExternalID, "title": r.Output.Title, "summary": r.Output.Summary, "text": r.Output.Text})
		}
	}
	o := object{"oid": sha, "tree": object{"oid": c.Tree}, "checkSuites": object{"nodes": []object{{"checkRuns": object{"nodes": runs}}}}}
	for n := 0; f.variables[fmt.Sprintf("path%d", n)] != nil; n++ {
		name := f.variables[fmt.Sprintf("path%d", n)].(string)
		o[fmt.Sprintf("file%d", n)] = nil
		if text, _, err := f.w.File(f.name, sha, name); err == nil {
			o[fmt.Sprintf("file%d", n)] = object{"path": name, "oid": blobSHA(text), "type": "blob"}
		}
	}
	return o
}

func blobSHA(content []byte) string {
	return fmt.Sprintf("%x", sha1.Sum(append(fmt.Appendf(nil, "blob %d\x00", len(content)), content...)))
}
