package python_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/multistage-app/multistage/rewrite"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// savingOf is the expected saving of a small project's image.
func savingOf(t *testing.T, dockerfile string) plan.Saving {
	t.Helper()
	tree := fstest.MapFS{
		"Dockerfile":       {Data: []byte(dockerfile), Mode: 0o644},
		"main.py":          {Data: []byte("from quart import Quart\n\napp = Quart(__name__)\n"), Mode: 0o644},
		"requirements.txt": {Data: []byte("quart==0.19.6\nhypercorn==0.17.3\npsutil==6.0.0\n"), Mode: 0o644},
		"pyproject.toml":   {Data: []byte("[tool.poetry.dependencies]\nquart = \"0.19.6\"\nhypercorn = \"0.17.3\"\n"), Mode: 0o644},
		"poetry.lock":      {Data: []byte("[[package]]\nname = \"quart\"\nversion = \"0.19.6\"\n"), Mode: 0o644},
	}
	r := rewrite.Rewrite("Dockerfile", tree["Dockerfile"].Data, tree, rewrite.Options{})
	if r.Plan == nil {
		t.Fatalf("no rewrite: %s: %s", r.Code, r.Reason)
	}
	return r.Plan.Saving
}

const (
	pipEnd    = "WORKDIR /srv\nCOPY requirements.txt .\nRUN pip install --no-cache-dir -r requirements.txt\nCOPY main.py .\nCMD [\"hypercorn\", \"main:app\"]\n"
	poetryEnd = "WORKDIR /srv\nENV PATH=/srv/.venv/bin:$PATH\nCOPY pyproject.toml poetry.lock ./\nRUN pip install --no-cache-dir poetry==1.8.3\nRUN POETRY_VIRTUALENVS_IN_PROJECT=1 poetry install --no-root\nCOPY main.py .\nCMD [\"hypercorn\", \"main:app\"]\n"
)

// What is left behind is in the expected saving with about its weight.
func TestSaving(t *testing.T) {
	const slim, quiet, clean = "FROM python:3.12-slim\n", "RUN apt-get update && apt-get install -y --no-install-recommends ", " && rm -rf /var/lib/apt/lists/*\n"
	for name, c := range map[string]struct {
		dockerfile  string
		least, most int64 // megabytes, in the middle of what is expected
		ground      string
	}{
		"a compiler":                         {slim + quiet + "gcc" + clean + pipEnd, 130, 180, "gcc with what it brings"},
		"two compilers count once":           {slim + quiet + "gcc g++ libc6-dev" + clean + pipEnd, 190, 250, "gcc, g++"},
		"build-essential":                    {slim + quiet + "build-essential" + clean + pipEnd, 220, 290, "build-essential with"},
		"what is recommended":                {slim + "RUN apt-get update && apt-get install -y build-essential" + clean + pipEnd, 250, 330, "build-essential with"},
		"a release of a compiler":            {slim + quiet + "gcc-12" + clean + pipEnd, 110, 180, "gcc-12"},
		"headers":                            {slim + quiet + "gcc libpq-dev libxml2-dev libxslt1-dev" + clean + pipEnd, 230, 290, "libpq-dev"},
		"lists of apt":                       {slim + "RUN apt-get update && apt-get install -y --no-install-recommends gcc\n" + pipEnd, 150, 200, "lists"},
		"a compiler of the full image":       {"FROM python:3.12\n" + quiet + "gcc libpq-dev" + clean + pipEnd, 860, 890, "python:3.12-slim"},
		"poetry":                             {slim + quiet + "gcc" + clean + poetryEnd, 200, 270, "poetry with what it brings"},
		"alpine":                             {"FROM python:3.12-alpine\nRUN apk add --no-cache build-base\n" + pipEnd, 170, 230, "build-base"},
		"pip beside the distribution's gcc":  {"FROM ubuntu:24.04\nRUN apt-get update && apt-get install -y python3 python3-pip" + clean + strings.Replace(pipEnd, "install", "install --break-system-packages", 1), 250, 420, "python3-pip"},
		"downloads of pip":                   {slim + quiet + "gcc" + clean + strings.Replace(pipEnd, "--no-cache-dir ", "", 1), 145, 210, "downloads"},
		"no downloads by a variable":         {slim + "ENV PIP_NO_CACHE_DIR=off\n" + quiet + "gcc" + clean + strings.Replace(pipEnd, "--no-cache-dir ", "", 1), 130, 180, "gcc"},
		"no downloads where they are moved":  {slim + quiet + "gcc" + clean + strings.Replace(pipEnd, "RUN pip install --no-cache-dir", "RUN --mount=type=cache,target=/root/.cache/pip pip install", 1), 130, 180, "gcc"},
		"no downloads where they are purged": {slim + quiet + "gcc" + clean + strings.Replace(pipEnd, "RUN pip install --no-cache-dir -r requirements.txt", "RUN pip install -r requirements.txt && rm -rf /root/.cache", 1), 130, 180, "gcc"},
	} {
		t.Run(name, func(t *testing.T) {
			s := savingOf(t, c.dockerfile)
			if mid := (s.BeforeMin + s.BeforeMax - s.AfterMin - s.AfterMax) / 2e6; mid < c.least || mid > c.most {
				t.Errorf("%d MB are saved, not %d to %d: %+v", mid, c.least, c.most, s)
			}
			text, downloads := "", false
			for _, g := range s.Grounds {
				text += g.Text + "\n"
				downloads = downloads || strings.Contains(g.Text, "downloads")
			}
			if !strings.Contains(text, c.ground) {
				t.Errorf("the grounds do not name %s:\n%s", c.ground, text)
			}
			if strings.HasPrefix(name, "no downloads") && downloads {
				t.Errorf("the grounds name downloads that are not kept:\n%s", text)
			}
		})
	}
}
