// Package node is a stub: the owner deletes this file.
package node

import "github.com/multistage-app/multistage/rewrite/plan"

// Language is a stub.
var Language = plan.Language{
	Name:   "node",
	Claims: func(in *plan.Input) bool { return in.Base.Language == "node" },
	Design: func(in *plan.Input) (*plan.Plan, *plan.Refusal) {
		return nil, &plan.Refusal{Code: plan.UnsupportedLanguage}
	},
}
