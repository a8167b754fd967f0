package golang

import (
	"github.com/multistage-app/multistage/rewrite/inside"
	"github.com/multistage-app/multistage/rewrite/project"
)

// tree is the image with the Go modules that lie in it.
type tree struct {
	*inside.Tree
	mods map[string][]module // by the folder of the command
	at   int                 // the tree's version that they were found in
}

func newTree(proj *project.Project) *tree { return &tree{Tree: inside.NewTree(proj)} }
