package rust

import (
	"path"
	"strings"

	"github.com/multistage-app/multistage/rewrite/inside"
	"github.com/multistage-app/multistage/rewrite/project"
)

// tree is the image. Sources that are removed once they were compiled are still read.
type tree = inside.Tree

func newTree(proj *project.Project) *tree {
	t := inside.NewTree(proj)
	t.Keep = func(name string) bool {
		return strings.HasSuffix(name, ".rs") || strings.HasPrefix(path.Base(name), "Cargo.")
	}
	return t
}
