package main

import (
	"encoding/json"
	"errors"
	"io"

	"github.com/multistage-app/multistage/app/buildkit"
	"github.com/multistage-app/multistage/rewrite"
	"github.com/multistage-app/multistage/rewrite/proof"
)

// proofDocument is the JSON form of a Proof. Field names are part of the interface.
type proofDocument struct {
	Outcome  proof.Outcome    `json:"outcome"`
	Original imageDocument    `json:"original"`
	Rewrite  imageDocument    `json:"rewrite"`
	Causes   []causeDocument  `json:"causes,omitempty"`
	Targets  []targetDocument `json:"targets,omitempty"`
	Checks   []checkDocument  `json:"checks,omitempty"`
	Rounds   []roundDocument  `json:"rounds,omitempty"`
	Failure  *failureDocument `json:"failure,omitempty"`
	Notes    []string         `json:"notes,omitempty"`
}

type imageDocument struct {
	Built      bool              `json:"built"`
	Seconds    float64           `json:"seconds"`
	Steps      int               `json:"steps"`
	Cached     int               `json:"cached_steps"`
	Compressed int64             `json:"compressed_bytes"`
	Unpacked   int64             `json:"unpacked_bytes"`
	Contents   *contentsDocument `json:"contents,omitempty"`
	Start      *startDocument    `json:"start,omitempty"`
	Rebuild    *rebuildDocument  `json:"rebuild,omitempty"`
}

type contentsDocument struct {
	Files          int                `json:"files"`
	Packages       int                `json:"packages"`
	Setuid         int                `json:"setuid"`
	Shell          string             `json:"shell"`
	PackageManager string             `json:"package_manager"`
	Groups         map[string]int64   `json:"groups_bytes,omitempty"`
	Leftovers      []leftoverDocument `json:"leftovers,omitempty"`
}

type leftoverDocument struct {
	Kind string `json:"kind"`
	Path string `json:"path"`
	Size int64  `json:"bytes"`
}

type startDocument struct {
	State    proof.State      `json:"state"`
	ExitCode int              `json:"exit_code"`
	Seconds  float64          `json:"seconds"`
	Ports    []string         `json:"ports,omitempty"`
	Answers  []answerDocument `json:"answers,omitempty"`
	Health   *healthDocument  `json:"health,omitempty"`
	Stopped  string           `json:"stopped,omitempty"`
	Error    string           `json:"error,omitempty"`
	Log      string           `json:"log,omitempty"`
}

type answerDocument struct {
	Port     string `json:"port"`
	Path     string `json:"path,omitempty"`
	Protocol string `json:"protocol"`
	Status   int    `json:"status,omitempty"`
	Type     string `json:"type,omitempty"`
	Location string `json:"location,omitempty"`
	Length   int64  `json:"length"`
	Digest   string `json:"digest,omitempty"`
	Body     string `json:"body,omitempty"`
}

type healthDocument struct {
	ExitCode int    `json:"exit_code"`
	Output   string `json:"output,omitempty"`
}

type rebuildDocument struct {
	Path    string  `json:"path"`
	Steps   int     `json:"steps"`
	Seconds float64 `json:"seconds"`
}

type causeDocument struct {
	Name   string `json:"name"`
	Before int64  `json:"before_bytes"`
	After  int64  `json:"after_bytes"`
}

type targetDocument struct {
	Name    string  `json:"name"`
	Built   bool    `json:"built"`
	Test    bool    `json:"test,omitempty"`
	Seconds float64 `json:"seconds"`
	Tail    string  `json:"tail,omitempty"`
}

type checkDocument struct {
	Name   string `json:"name"`
	Passed bool   `json:"passed"`
	Detail string `json:"detail,omitempty"`
}

type roundDocument struct {
	Failure failureDocument `json:"failure"`
	Repair  string          `json:"repair"`
}

type failureDocument struct {
	Step    proof.Step `json:"step"`
	Kind    proof.Kind `json:"kind"`
	Subject string     `json:"subject,omitempty"`
	Line    int        `json:"line,omitempty"`
	Cause   string     `json:"cause"`
	Tail    string     `json:"tail,omitempty"`
}

// unavailableDocument says why there is no proof, where that is no verdict.
type unavailableDocument struct {
	Reason buildkit.Reason `json:"reason"`
	Detail string          `json:"detail"`
}

// writeProofJSON writes the Result's document with the proof in it, or with why there
// is none.
func writeProofJSON(w io.Writer, r rewrite.Result, p *proof.Proof, err error) error {
	d := newDocument(r)
	d.Proof = newProofDocument(p)
	d.Unavailable = newUnavailableDocument(err)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(d)
}

func newUnavailableDocument(err error) *unavailableDocument {
	var u *buildkit.Unavailable
	if errors.As(err, &u) {
		return &unavailableDocument{u.Reason, u.Error()}
	}
	return nil
}

func newProofDocument(p *proof.Proof) *proofDocument {
	if p == nil {
		return nil
	}
	d := &proofDocument{Outcome: p.Outcome, Original: newImageDocument(p.Original), Rewrite: newImageDocument(p.Rewrite), Notes: p.Notes}
	for _, c := range p.Causes {
		d.Causes = append(d.Causes, causeDocument{c.Name, c.Before, c.After})
	}
	for _, t := range p.Targets {
		d.Targets = append(d.Targets, targetDocument{t.Name, t.Built, t.Test, t.Seconds, t.Tail})
	}
	for _, c := range p.Checks {
		d.Checks = append(d.Checks, checkDocument{c.Name, c.Passed, c.Detail})
	}
	for _, r := range p.Rounds {
		d.Rounds = append(d.Rounds, roundDocument{newFailureDocument(r.Failure), r.Repair})
	}
	if p.Failure != nil {
		f := newFailureDocument(*p.Failure)
		d.Failure = &f
	}
	return d
}

func newFailureDocument(f proof.Failure) failureDocument {
	return failureDocument{f.Step, f.Kind, f.Subject, f.Line, f.Cause, f.Tail}
}

// newImageDocument leaves out what was not looked at.
func newImageDocument(i proof.Image) imageDocument {
	d := imageDocument{Built: i.Built, Seconds: i.Seconds, Steps: i.Steps, Cached: i.Cached,
		Compressed: i.Sizes.Compressed, Unpacked: i.Sizes.Unpacked}
	if c := i.Contents; c.Files > 0 {
		d.Contents = &contentsDocument{Files: c.Files, Packages: c.Packages, Setuid: c.Setuid, Shell: c.Shell,
			PackageManager: c.PackageManager, Groups: c.Groups}
		for _, l := range c.Leftovers {
			d.Contents.Leftovers = append(d.Contents.Leftovers, leftoverDocument{l.Kind, l.Path, l.Size})
		}
	}
	if i.Start.State != "" {
		d.Start = newStartDocument(i.Start)
	}
	if i.Rebuild != nil {
		d.Rebuild = &rebuildDocument{i.Rebuild.Path, i.Rebuild.Steps, i.Rebuild.Seconds}
	}
	return d
}

func newStartDocument(s proof.Start) *startDocument {
	d := &startDocument{State: s.State, ExitCode: s.ExitCode, Seconds: s.Seconds, Ports: s.Ports,
		Stopped: s.Stopped, Error: s.Error, Log: s.Log}
	for _, a := range s.Answers {
		d.Answers = append(d.Answers, answerDocument{
			Port: a.Port, Path: a.Path, Protocol: a.Protocol, Status: a.Status, Type: a.Type,
			Location: a.Location, Length: a.Length, Digest: a.Digest, Body: a.Body,
		})
	}
	if s.Health != nil {
		d.Health = &healthDocument{s.Health.ExitCode, s.Health.Output}
	}
	return d
}
