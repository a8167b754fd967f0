package project_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/multistage-app/multistage/rewrite/project"
)

// BenchmarkConsumers reads what a typical repository says about its image: a compose
// file, two workflows, a Makefile, a chart, and a thousand files that say nothing.
func BenchmarkConsumers(b *testing.B) {
	files := map[string]string{"Dockerfile": "FROM scratch\n", "Makefile": "image:\n\tdocker build -t shop .\n",
		"compose.yml":                "services:\n  web:\n    build: .\n    command: ./shop\n  db:\n    image: postgres\n",
		".github/workflows/ci.yml":   "jobs:\n  test:\n    steps:\n" + strings.Repeat("      - run: docker build -t shop .\n", 10),
		".github/workflows/lint.yml": "jobs:\n  lint:\n    steps:\n      - run: make lint\n",
		"chart/Chart.yaml":           "name: shop\n", "chart/values.yaml": "image: {repository: acme/shop}\nport: 80\n",
		"chart/templates/web.yaml": "kind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n        - name: web\n          image: {{ .Values.image.repository }}\n"}
	for i := range 1000 {
		files[fmt.Sprintf("src/config%d.yaml", i)] = "a: b\n"
	}
	tree := tree(files)
	b.ReportAllocs()
	for b.Loop() {
		p, err := project.Open(tree, "Dockerfile", ".")
		if err != nil {
			b.Fatal(err)
		}
		if len(p.Consumers()) == 0 {
			b.Fatal("no consumers")
		}
	}
}
