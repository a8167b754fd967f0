package rewrite

import (
	"fmt"
	"sort"
	"strings"

	"github.com/multistage-app/multistage/rewrite/contract"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// checkContract compares what the two final images promise. A difference that the
// plan does not name is an error; so is a named one that is not there.
func checkContract(in *plan.Input, p *plan.Plan, after []byte) ([]Promise, error) {
	before, err := contract.Of(in.File.Path, in.File.Source)
	if err != nil {
		return nil, fmt.Errorf("BuildKit would not build the original: %w", err)
	}
	now, err := contract.Of(in.File.Path, after)
	if err != nil {
		return nil, fmt.Errorf("BuildKit would not build the rewrite: %w", err)
	}
	promises := compare(in, p, before, now)
	used := map[*plan.Change]bool{}
	for i := range promises {
		row := &promises[i]
		if row.Before == row.After {
			continue
		}
		row.Change = named(p, row)
		if row.Change == nil {
			return nil, fmt.Errorf("%s %s would change from %q to %q, which the plan does not name", row.Field, row.Key, row.Before, row.After)
		}
		used[row.Change] = true
	}
	for i := range p.Changes {
		if c := &p.Changes[i]; !used[c] {
			return nil, fmt.Errorf("the plan names a change of %s %s that is not there", c.Field, c.Key)
		}
	}
	return promises, nil
}

// named finds the plan's word on a row that differs.
func named(p *plan.Plan, row *Promise) *plan.Change {
	for i := range p.Changes {
		if c := &p.Changes[i]; c.Field == row.Field && c.Key == row.Key {
			return c
		}
	}
	return nil
}

// compare lists every promise of either image, in the order of the fields.
func compare(in *plan.Input, p *plan.Plan, before, after contract.Contract) []Promise {
	rows := []Promise{
		{Field: plan.FieldCommand, Before: argv(before.Argv()), After: argv(after.Argv())},
		{Field: plan.FieldUser, Before: user(before.User), After: user(after.User)},
		{Field: plan.FieldWorkdir, Before: before.Workdir, After: after.Workdir},
	}
	rows = append(rows, rowsOf(plan.FieldEnv, envKeys(in, p, before), before.Env, after.Env)...)
	rows = append(rows, rowsOf(plan.FieldExpose, union(names(before.Ports), names(after.Ports)), yes(before.Ports), yes(after.Ports))...)
	rows = append(rows, rowsOf(plan.FieldVolume, union(names(before.Volumes), names(after.Volumes)), yes(before.Volumes), yes(after.Volumes))...)
	for _, r := range []Promise{
		{Field: plan.FieldStopSignal, Before: before.StopSignal, After: after.StopSignal},
		{Field: plan.FieldHealthcheck, Before: before.Health, After: after.Health},
		{Field: plan.FieldShell, Before: argv(before.Shell), After: argv(after.Shell)},
	} {
		if r.Before != "" || r.After != "" {
			rows = append(rows, r)
		}
	}
	return append(rows, rowsOf(plan.FieldLabel, union(names(before.Labels), names(after.Labels)), before.Labels, after.Labels)...)
}

// envKeys are the keys that count: those that the author set, those that the plan
// sets, and of the base's own those that the author's commands use. A base's own
// keys may go, and those of a new base may come.
func envKeys(in *plan.Input, p *plan.Plan, before contract.Contract) []string {
	keys := map[string]bool{}
	for _, c := range p.Changes {
		if c.Field == plan.FieldEnv {
			keys[c.Key] = true
		}
	}
	for _, it := range in.Items {
		if it.Keyword == "ENV" {
			for _, p := range it.Pairs {
				keys[p.Key] = true
			}
		}
	}
	start := argv(before.Argv()) + " " + before.Health
	for key := range before.Base {
		if strings.Contains(start, "$"+key) || strings.Contains(start, "${"+key) {
			keys[key] = true
		}
	}
	return names(keys)
}

func rowsOf(field plan.Field, keys []string, before, after map[string]string) []Promise {
	var rows []Promise
	for _, k := range keys {
		rows = append(rows, Promise{Field: field, Key: k, Before: before[k], After: after[k]})
	}
	return rows
}

func names[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

func union(a, b []string) []string {
	set := map[string]bool{}
	for _, k := range append(a, b...) {
		set[k] = true
	}
	return names(set)
}

// yes shows a set's members as their own values.
func yes(set map[string]bool) map[string]string {
	out := make(map[string]string, len(set))
	for k := range set {
		out[k] = k
	}
	return out
}

// argv writes a vector as Docker does, so that two forms compare as text.
func argv(list []string) string {
	if len(list) == 0 {
		return ""
	}
	quoted := make([]string, len(list))
	for i, a := range list {
		quoted[i] = fmt.Sprintf("%q", a)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// user writes root in one way.
func user(u string) string {
	if u == "" || u == "0" || u == "0:0" || u == "root:root" {
		return "root"
	}
	return u
}
