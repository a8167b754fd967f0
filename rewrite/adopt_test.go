package rewrite_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/multistage-app/multistage/rewrite"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/proof"
)

const tillOriginal = `FROM node:22
WORKDIR /app
ENV DEBIAN_FRONTEND=noninteractive TILL_CURRENCY=eur
COPY . .
RUN npm ci && npm run build
EXPOSE 3000
LABEL shop=corner
CMD node dist/main.js
`

// tillRewrite is a rewrite with replacements, "old=>new".
func tillRewrite(edits ...string) string {
	text := `FROM node:22 AS build
WORKDIR /app
COPY . .
RUN npm ci && npm run build

FROM node:22-slim
WORKDIR /app
ENV DEBIAN_FRONTEND=noninteractive TILL_CURRENCY=eur
COPY --from=build /app /app
EXPOSE 3000
LABEL shop=corner
CMD node dist/main.js
`
	for _, e := range edits {
		old, now, _ := strings.Cut(e, "=>")
		if !strings.Contains(text, old) {
			panic(old + " is not in the rewrite")
		}
		text = strings.Replace(text, old, now, 1)
	}
	return text
}

func adopt(source, after string) (rewrite.Result, error) {
	tree := fstest.MapFS{"Dockerfile": {Data: []byte(source)}, "package.json": {Data: []byte("{}")}, "go.mod": {Data: []byte("module m\n")}}
	return rewrite.Adopt("Dockerfile", []byte(source), []byte(after), tree, rewrite.Options{})
}

// rows are the contract's rows that differ, broken ones with an exclamation mark.
func rows(r rewrite.Result) []string {
	var out []string
	for _, row := range r.Contract {
		if row.Before == row.After {
			continue
		}
		text := strings.TrimSpace(fmt.Sprintf("%s %s", row.Field, row.Key))
		if row.Change == nil {
			text = "!" + text
		}
		out = append(out, text)
	}
	return out
}

func TestAdopt(t *testing.T) {
	for _, c := range []struct {
		name   string
		source string // "" is tillOriginal
		after  string
		want   []string
	}{
		{"the same promises", "", tillRewrite(), nil},
		{"a numeric user", "", tillRewrite("CMD =>USER 1000:1000\nCMD "), []string{"USER"}},
		{"a named user", "", tillRewrite("CMD =>USER node\nCMD "), []string{"USER"}},
		{"root by another name", "", tillRewrite("CMD =>USER root\nCMD "), nil},
		{"root with a group", "", tillRewrite("CMD =>USER 0:1000\nCMD "), []string{"!USER"}},
		{"the author's user is another", tillOriginal + "USER node\n", tillRewrite("CMD =>USER 1001\nCMD "), []string{"!USER"}},
		{"the author's user is gone", tillOriginal + "USER node\n", tillRewrite(), []string{"!USER"}},
		{"the exec form", "", tillRewrite(`CMD node dist/main.js=>CMD ["node", "dist/main.js"]`), []string{"CMD"}},
		{"the exec form of other words", "", tillRewrite(`CMD node dist/main.js=>CMD ["node", "main.js"]`), []string{"!CMD"}},
		{"the exec form without exec", strings.Replace(tillOriginal, "CMD node", "CMD exec node", 1), tillRewrite(`CMD node dist/main.js=>CMD ["node", "dist/main.js"]`), []string{"CMD"}},
		{"a variable of the shell", strings.Replace(tillOriginal, "main.js", "$MAIN", 1), tillRewrite(`CMD node dist/main.js=>CMD ["node", "dist/$MAIN"]`), []string{"!CMD"}},
		{"the start is gone", "", tillRewrite("CMD node dist/main.js=>"), []string{"!CMD"}},
		{"distroless starts the same", strings.Replace(tillOriginal, "CMD node dist/main.js", `CMD ["node", "dist/main.js"]`, 1),
			tillRewrite("FROM node:22-slim=>FROM gcr.io/distroless/nodejs22-debian13:nonroot", `CMD node dist/main.js=>CMD ["dist/main.js"]`), []string{"CMD", "USER"}},
		{"NODE_ENV", "", tillRewrite("CMD =>ENV NODE_ENV=production\nCMD "), []string{"ENV NODE_ENV"}},
		{"NODE_ENV of another kind", "", tillRewrite("CMD =>ENV NODE_ENV=staging\nCMD "), []string{"!ENV NODE_ENV"}},
		{"NODE_ENV that the author set", strings.Replace(tillOriginal, "ENV ", "ENV NODE_ENV=test ", 1), tillRewrite("CMD =>ENV NODE_ENV=production\nCMD "), []string{"!ENV NODE_ENV"}},
		{"a variable of its own", "", tillRewrite("CMD =>ENV PORT=80\nCMD "), []string{"!ENV PORT"}},
		{"a variable of the build", "", tillRewrite("DEBIAN_FRONTEND=noninteractive =>"), []string{"ENV DEBIAN_FRONTEND"}},
		{"a variable of the program", "", tillRewrite(" TILL_CURRENCY=eur=>"), []string{"!ENV TILL_CURRENCY"}},
		{"a variable with another value", "", tillRewrite("=eur=>=usd"), []string{"!ENV TILL_CURRENCY"}},
		{"a variable of the build that the start uses", strings.Replace(tillOriginal, "main.js", "$DEBIAN_FRONTEND", 1),
			tillRewrite("DEBIAN_FRONTEND=noninteractive =>", "main.js=>$DEBIAN_FRONTEND"), []string{"!ENV DEBIAN_FRONTEND"}},
		{"a health check", "", tillRewrite("CMD =>HEALTHCHECK CMD node check.js\nCMD "), []string{"HEALTHCHECK"}},
		{"another health check", tillOriginal + "HEALTHCHECK CMD node a.js\n", tillRewrite("CMD =>HEALTHCHECK CMD node b.js\nCMD "), []string{"!HEALTHCHECK"}},
		{"the health check is gone", tillOriginal + "HEALTHCHECK CMD node a.js\n", tillRewrite(), []string{"!HEALTHCHECK"}},
		{"another port", "", tillRewrite("EXPOSE 3000=>EXPOSE 8080"), []string{"!EXPOSE 3000/tcp", "!EXPOSE 8080/tcp"}},
		{"a volume", "", tillRewrite("CMD =>VOLUME /data\nCMD "), []string{"!VOLUME /data"}},
		{"a label is gone", "", tillRewrite("LABEL shop=corner\n=>"), []string{"!LABEL shop"}},
		{"another working directory", "", tillRewrite("FROM node:22-slim\nWORKDIR /app=>FROM node:22-slim\nWORKDIR /srv"), []string{"!WORKDIR"}},
		{"a stop signal", "", tillRewrite("CMD =>STOPSIGNAL SIGINT\nCMD "), []string{"!STOPSIGNAL"}},
		{"a base's own variables", "FROM golang:1.22\nENV PATH=/srv/bin:$PATH\nCOPY . .\nWORKDIR /srv\nCMD [\"/srv/till\"]\n",
			"FROM golang:1.22 AS b\nCOPY . .\nFROM debian:bookworm-slim\nENV PATH=/srv/bin:$PATH\nWORKDIR /srv\nCOPY --from=b /srv /srv\nCMD [\"/srv/till\"]\n", []string{"ENV PATH"}},
		{"a folder of PATH is gone", "FROM golang:1.22\nENV PATH=/srv/bin:$PATH\nCOPY . .\nWORKDIR /srv\nCMD [\"/srv/till\"]\n",
			"FROM golang:1.22 AS b\nCOPY . .\nFROM debian:bookworm-slim\nWORKDIR /srv\nCOPY --from=b /srv /srv\nCMD [\"/srv/till\"]\n", []string{"!ENV PATH"}},
	} {
		source := c.source
		if source == "" {
			source = tillOriginal
		}
		r, err := adopt(source, c.after)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if diff := cmp.Diff(c.want, rows(r)); diff != "" {
			t.Errorf("%s: -want +got\n%s", c.name, diff)
		}
		broken := strings.Count(strings.Join(rows(r), " "), "!")
		if len(r.Broken()) != broken || r.Verdict != plan.Rewritten || r.Plan != nil || string(r.Dockerfile()) != c.after || r.Context != "." {
			t.Errorf("%s: verdict %s, %d broken of %d, context %q", c.name, r.Verdict, len(r.Broken()), broken, r.Context)
		}
		for _, row := range r.Contract {
			if row.Change != nil && row.Change.Evidence.Text == "" {
				t.Errorf("%s: %s %s changes without a reason", c.name, row.Field, row.Key)
			}
		}
	}
}

func TestAdoptErrors(t *testing.T) {
	for _, c := range []struct{ name, source, after, want string }{
		{"no instruction of that name", tillOriginal, "FROM node:22\nKOPY . .\n", "Dockerfile:2"},
		{"empty", tillOriginal, "", "the rewrite cannot be parsed"},
		{"a mistake that BuildKit finds", tillOriginal, tillRewrite("CMD =>EXPOSE nowhere-near-a-port\nCMD "), "BuildKit would not build the rewrite"},
		{"a stage that goes on from nothing", tillOriginal, "ARG X\nFROM $X\nCMD node\n", "BuildKit would not build the rewrite"},
		{"an original that cannot be parsed", "KOPY . .\n", tillRewrite(), "the original cannot be parsed"},
	} {
		if _, err := adopt(c.source, c.after); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
	if _, err := adopt(tillOriginal, tillOriginal); !errors.Is(err, rewrite.ErrUnchanged) {
		t.Errorf("the same file: %v", err)
	}
}

func TestAdoptFindings(t *testing.T) {
	found := func(after, rule, text string) bool {
		r, err := adopt(tillOriginal, after)
		if err != nil {
			t.Fatal(err)
		}
		return slices.ContainsFunc(r.Findings, func(f rewrite.Finding) bool {
			return f.Rule.Name == rule && strings.Contains(f.Message, text)
		})
	}
	// BuildKit's new warnings are no errors.
	if !found(tillRewrite("node:22 AS build=>node:22 as build"), "buildkit-check", "line 1 of the rewrite") {
		t.Error("a new warning of BuildKit is not told")
	}
	if found(tillRewrite(), "buildkit-check", "of the rewrite") {
		t.Error("a warning that the original had is told as new")
	}
	// A rewrite with one stage is proven all the same.
	if !found("FROM node:22-slim\n"+strings.SplitN(tillOriginal, "\n", 2)[1], "one-stage-rewrite", "") || found(tillRewrite(), "one-stage-rewrite", "") {
		t.Error("a rewrite with one stage is told, and no other")
	}
}

func TestAdoptedIsNotRepaired(t *testing.T) {
	r, err := adopt(tillOriginal, tillRewrite())
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := rewrite.Repair(r, proof.Failure{Step: proof.StepStart, Kind: proof.MissingModule, Subject: "zod"}); ok {
		t.Error("a rewrite that was made by hand was repaired")
	}
}

// What Rewrite designs keeps its promises under Adopt's eyes too, but for what the
// plan alone can know.
func TestAdoptOfADesignedRewrite(t *testing.T) {
	r := designed(t, "go-low-port")
	tree := fstest.MapFS{"Dockerfile": {Data: r.Source.Source}, "go.mod": {Data: []byte("module m\n")}}
	again, err := rewrite.Adopt("Dockerfile", r.Source.Source, r.Dockerfile(), tree, rewrite.Options{})
	if err != nil || len(again.Broken()) > 0 {
		t.Errorf("%v, broken: %v", err, again.Broken())
	}
}

func FuzzAdopt(f *testing.F) {
	f.Add(tillOriginal, tillRewrite())
	f.Add(tillOriginal, tillRewrite(`CMD node dist/main.js=>CMD ["node", "dist/main.js"]`))
	f.Add("FROM scratch\n", "FROM a AS b\nFROM b\n")
	f.Fuzz(func(t *testing.T, source, after string) {
		if len(source)+len(after) > 16<<10 {
			return
		}
		r, err := adopt(source, after)
		if err == nil && string(r.Dockerfile()) != after {
			t.Fatalf("%q became %q", after, r.Dockerfile())
		}
	})
}
