package python_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/tools/txtar"

	"github.com/multistage-app/multistage/rewrite"
	"github.com/multistage-app/multistage/rewrite/rewritetest"
)

// A typical repository is designed in a few milliseconds.
func BenchmarkDesign(b *testing.B) {
	data, err := os.ReadFile("testdata/run-and-build-packages-in-one-run.txtar")
	if err != nil {
		b.Fatal(err)
	}
	story := rewritetest.Read(txtar.Parse(data))
	b.ReportAllocs()
	for b.Loop() {
		rewrite.Rewrite("Dockerfile", story.Source, story.FS, rewrite.Options{})
	}
}

// The cost grows by a few milliseconds with each megabyte of a lock file, and so with
// the sources.
func BenchmarkProject(b *testing.B) {
	for _, megabytes := range []int{0, 1, 3} {
		b.Run(fmt.Sprintf("lock=%dMB", megabytes), func(b *testing.B) {
			tree := project(60, megabytes)
			b.ReportAllocs()
			for b.Loop() {
				if r := rewrite.Rewrite("Dockerfile", tree["Dockerfile"].Data, tree, rewrite.Options{}); r.Plan == nil {
					b.Fatal(r.Code, r.Reason)
				}
			}
		})
	}
}

// project is a project with Poetry of some modules and as many tests.
func project(modules, megabytes int) fstest.MapFS {
	tree := fstest.MapFS{}
	put := func(name, text string) { tree[name] = &fstest.MapFile{Data: []byte(text), Mode: 0o644} }
	for i := range modules {
		put(fmt.Sprintf("orchard/part%d.py", i), "import os\n\nfrom flask import Blueprint\n"+strings.Repeat("\n\ndef pick(tree):\n    return os.path.join('fruit', tree)\n", 60))
		put(fmt.Sprintf("tests/test_part%d.py", i), strings.Repeat("\n\ndef test_pick():\n    assert True\n", 30))
	}
	put("pyproject.toml", "[tool.poetry.dependencies]\nflask = \"3.0.3\"\n\n[tool.poetry.group.dev.dependencies]\npytest = \"8.3.3\"\n")
	put("Dockerfile", `FROM python:3.12
WORKDIR /app
RUN apt-get update && apt-get install -y gcc libpq-dev && rm -rf /var/lib/apt/lists/*
RUN pip install poetry==1.8.3
COPY pyproject.toml poetry.lock* ./
RUN poetry config virtualenvs.create false && poetry install --only main --no-root
COPY . .
CMD ["gunicorn", "--bind", "0.0.0.0:8000", "orchard:app"]
`)
	var lock strings.Builder
	for i := 0; lock.Len() < megabytes<<20; i++ {
		fmt.Fprintf(&lock, "[[package]]\nname = \"package%d\"\nversion = \"1.%d.0\"\noptional = false\nfiles = [\n", i, i)
		lock.WriteString(strings.Repeat("    {file = \"package.whl\", hash = \"sha256:"+strings.Repeat("0", 64)+"\"},\n", 4) + "]\n\n")
	}
	put("poetry.lock", lock.String())
	return tree
}
