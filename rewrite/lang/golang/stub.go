// Package golang is a stub: the owner deletes this file.
package golang

import "github.com/multistage-app/multistage/rewrite/plan"

// Language is a stub.
var Language = plan.Language{
	Name:   "go",
	Claims: func(in *plan.Input) bool { return in.Base.Language == "go" },
	Design: func(in *plan.Input) (*plan.Plan, *plan.Refusal) {
		return nil, &plan.Refusal{Code: plan.UnsupportedLanguage}
	},
}
