package main

import (
	"encoding/json"
	"io"

	"github.com/multistage-app/multistage/rewrite"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// The part of SARIF 2.1.0 that code scanning reads.
// See https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html.
type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool struct {
		Driver struct {
			Name           string      `json:"name"`
			Version        string      `json:"version"`
			InformationURI string      `json:"informationUri"`
			Rules          []sarifRule `json:"rules"`
		} `json:"driver"`
	} `json:"tool"`
	Results []sarifResult `json:"results"`
}

type sarifRule struct {
	ID               string    `json:"id"`
	ShortDescription sarifText `json:"shortDescription"`
	FullDescription  sarifText `json:"fullDescription"`
}

type sarifText struct {
	Text string `json:"text"`
}

type sarifResult struct {
	RuleID    string          `json:"ruleId"`
	Level     string          `json:"level"`
	Message   sarifText       `json:"message"`
	Locations []sarifLocation `json:"locations"`
}

type sarifLocation struct {
	PhysicalLocation struct {
		ArtifactLocation struct {
			URI string `json:"uri"`
		} `json:"artifactLocation"`
		Region struct {
			StartLine int `json:"startLine"`
		} `json:"region"`
	} `json:"physicalLocation"`
}

// writeSARIF writes the findings, and for a file without a rewrite the verdict,
// for code scanning.
func writeSARIF(w io.Writer, r rewrite.Result) error {
	var run sarifRun
	run.Tool.Driver.Name, run.Tool.Driver.Version = "multistage", version
	run.Tool.Driver.InformationURI = "https://github.com/multistage-app/multistage"
	for _, rule := range rewrite.Rules {
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{rule.Name, sarifText{rule.Title}, sarifText{rule.Why}})
	}
	for _, c := range plan.Codes {
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{string(c.Code), sarifText{c.Title}, sarifText{c.Explain}})
	}
	run.Results = []sarifResult{}
	for _, f := range r.Findings {
		level := "note"
		if f.Rule.Level == rewrite.Warning {
			level = "warning"
		}
		run.Results = append(run.Results, result(f.Rule.Name, level, f.Message, f.Path, f.Line))
	}
	if r.Verdict != plan.Rewritten {
		path := r.Reason.Path
		if path == "" {
			path = r.Path
		}
		run.Results = append(run.Results, result(string(r.Code), "note", r.Code.Info().Title+": "+r.Reason.Text, path, r.Reason.Line))
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(sarifLog{
		Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{run},
	})
}

func result(rule, level, message, path string, line int) sarifResult {
	r := sarifResult{RuleID: rule, Level: level, Message: sarifText{message}}
	var at sarifLocation
	at.PhysicalLocation.ArtifactLocation.URI = path
	at.PhysicalLocation.Region.StartLine = max(line, 1)
	r.Locations = []sarifLocation{at}
	return r
}
