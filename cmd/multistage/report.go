package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/aymanbagabas/go-udiff"

	"github.com/multistage-app/multistage/rewrite"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// formats are the forms of design's standard output.
var formats = map[string]func(io.Writer, rewrite.Result) error{
	"dockerfile": writeDockerfile,
	"diff":       writeDiff,
	"json":       writeJSON,
	"sarif":      writeSARIF,
}

func writeDockerfile(w io.Writer, r rewrite.Result) error {
	_, err := w.Write(r.Dockerfile())
	return err
}

func writeDiff(w io.Writer, r rewrite.Result) error {
	for _, f := range r.Files {
		old := "a/" + f.Path
		if f.Before == nil {
			old = "/dev/null"
		}
		if _, err := io.WriteString(w, udiff.Unified(old, "b/"+f.Path, string(f.Before), string(f.After))); err != nil {
			return err
		}
	}
	return nil
}

// report says on standard error what was found.
func report(w io.Writer, r rewrite.Result) {
	reportFindings(w, r)
	if len(r.Missing) > 0 {
		fmt.Fprintf(w, "not read: %s\n", strings.Join(r.Missing, ", "))
	}
	if r.Verdict != plan.Rewritten {
		fmt.Fprintf(w, "%s: %s: %s (%s)\n", r.Path, r.Verdict, r.Code.Info().Title, r.Code)
		fmt.Fprintf(w, "  %s\n", r.Reason)
		if r.Remedy != "" {
			fmt.Fprintf(w, "  to make it possible: %s\n", r.Remedy)
		}
		reportHardening(w, r)
		fmt.Fprintf(w, "  more: multistage explain %s\n", r.Code)
		return
	}
	fmt.Fprintf(w, "%s: %s: %s\n", r.Path, r.Verdict, stageList(r.Plan))
	for _, c := range r.Plan.Changes {
		fmt.Fprintf(w, "  changed: %s: %s -> %s (%s)\n", strings.TrimSpace(string(c.Field)+" "+c.Key), orNothing(c.Before), orNothing(c.After), c.Evidence)
	}
	if s := r.Plan.Saving; s.BeforeMin > 0 {
		fmt.Fprintf(w, "  expected size: %s instead of %s\n", megabytes(s.AfterMin, s.AfterMax), megabytes(s.BeforeMin, s.BeforeMax))
	}
}

func reportHardening(w io.Writer, r rewrite.Result) {
	if r.Hardening == nil {
		return
	}
	for _, c := range r.Hardening.Changes {
		fmt.Fprintf(w, "  to harden: %s\n", c)
	}
	if len(r.Files) == 0 {
		fmt.Fprintln(w, "  the hardened file: multistage design --harden")
	}
}

func reportFindings(w io.Writer, r rewrite.Result) {
	for _, f := range r.Findings {
		fmt.Fprintf(w, "%s:%d: %s: %s: %s\n", f.Path, max(f.Line, 1), f.Rule.Level, f.Rule.Name, f.Message)
	}
}

func stageList(p *plan.Plan) string {
	names := make([]string, len(p.Stages))
	for i, s := range p.Stages {
		names[i] = s.Name
	}
	return fmt.Sprintf("%d stages: %s", len(names), strings.Join(names, ", "))
}

func orNothing(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}

func megabytes(low, high int64) string {
	if low/1e6 == high/1e6 {
		return fmt.Sprintf("about %d MB", low/1e6)
	}
	return fmt.Sprintf("%d to %d MB", low/1e6, high/1e6)
}

// document is the JSON form of a Result. Field names are part of the interface.
type document struct {
	Path     string         `json:"path"`
	Context  string         `json:"context"`
	Verdict  plan.Verdict   `json:"verdict"`
	Code     plan.Code      `json:"code,omitempty"`
	Reason   *evidence      `json:"reason,omitempty"`
	Remedy   string         `json:"remedy,omitempty"`
	Language string         `json:"language,omitempty"`
	Stages   []stage        `json:"stages,omitempty"`
	Contract []promise      `json:"contract,omitempty"`
	Dropped  []evidence     `json:"dropped,omitempty"`
	Saving   *saving        `json:"saving,omitempty"`
	Findings []finding      `json:"findings"`
	Missing  []string       `json:"missing,omitempty"`
	Files    []documentFile `json:"files,omitempty"`

	// Of verify and design --verify; one of them where a proof was asked for.
	Proof       *proofDocument       `json:"proof,omitempty"`
	Unavailable *unavailableDocument `json:"unavailable,omitempty"`
}

type evidence struct {
	Path string `json:"path,omitempty"`
	Line int    `json:"line,omitempty"`
	Text string `json:"text"`
}

type stage struct {
	Name    string `json:"name"`
	Role    string `json:"role"`
	Base    string `json:"base"`
	Purpose string `json:"purpose,omitempty"`
}

type promise struct {
	Field  plan.Field `json:"field"`
	Key    string     `json:"key,omitempty"`
	Before string     `json:"before"`
	After  string     `json:"after"`
	Reason *evidence  `json:"reason,omitempty"`
}

type saving struct {
	Before  [2]int64   `json:"before_bytes"`
	After   [2]int64   `json:"after_bytes"`
	Grounds []evidence `json:"grounds"`
}

type finding struct {
	Rule    string        `json:"rule"`
	Section string        `json:"section"`
	Level   rewrite.Level `json:"level"`
	Path    string        `json:"path"`
	Line    int           `json:"line,omitempty"`
	Message string        `json:"message"`
}

type documentFile struct {
	Path    string `json:"path"`
	New     bool   `json:"new,omitempty"`
	Content string `json:"content"`
}

func writeJSON(w io.Writer, r rewrite.Result) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(newDocument(r))
}

func newDocument(r rewrite.Result) document {
	d := document{Path: r.Path, Context: r.Context, Verdict: r.Verdict, Code: r.Code, Remedy: r.Remedy,
		Language: r.Language, Missing: r.Missing, Findings: []finding{}}
	if r.Verdict != plan.Rewritten {
		e := evidence(r.Reason)
		d.Reason = &e
	}
	for _, p := range r.Contract {
		row := promise{Field: p.Field, Key: p.Key, Before: p.Before, After: p.After}
		if p.Change != nil {
			e := evidence(p.Change.Evidence)
			row.Reason = &e
		}
		d.Contract = append(d.Contract, row)
	}
	for _, f := range r.Findings {
		d.Findings = append(d.Findings, finding{f.Rule.Name, string(f.Rule.Section), f.Rule.Level, f.Path, f.Line, f.Message})
	}
	for _, f := range r.Files {
		d.Files = append(d.Files, documentFile{f.Path, f.Before == nil, string(f.After)})
	}
	if r.Plan != nil {
		d.plan(r.Plan)
	}
	return d
}

func (d *document) plan(p *plan.Plan) {
	for _, s := range p.Stages {
		d.Stages = append(d.Stages, stage{s.Name, s.Role.String(), s.Base, s.Purpose})
	}
	for _, x := range p.Dropped {
		d.Dropped = append(d.Dropped, evidence(x.Evidence))
	}
	if s := p.Saving; s.BeforeMin > 0 {
		d.Saving = &saving{Before: [2]int64{s.BeforeMin, s.BeforeMax}, After: [2]int64{s.AfterMin, s.AfterMax}}
		for _, g := range s.Grounds {
			d.Saving.Grounds = append(d.Saving.Grounds, evidence(g))
		}
	}
}
