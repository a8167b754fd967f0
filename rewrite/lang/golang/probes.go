package golang

import (
	"strings"

	"github.com/multistage-app/multistage/rewrite/compiled"
)

// toolchain is the go command, as pipelines name it. The verbs tell it from the word.
var toolchain = compiled.Toolchain{Name: "go", Verbs: strings.Fields("build test run vet generate install mod tool fmt get"), Official: []string{"golang", "go:"}}
