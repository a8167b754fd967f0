// Package lang lists the languages that have a designer.
package lang

import (
	"github.com/multistage-app/multistage/rewrite/lang/golang"
	"github.com/multistage-app/multistage/rewrite/lang/java"
	"github.com/multistage-app/multistage/rewrite/lang/node"
	"github.com/multistage-app/multistage/rewrite/lang/python"
	"github.com/multistage-app/multistage/rewrite/lang/rust"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// All are the languages in the order in which they are asked. The first that
// claims a file designs it: a language whose base image is unmistakable stands
// before one that goes by the files of the repository.
var All = []plan.Language{
	golang.Language,
	rust.Language,
	node.Language,
	java.Language,
	python.Language,
}
