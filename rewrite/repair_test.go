package rewrite_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/multistage-app/multistage/rewrite"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/proof"
	"github.com/multistage-app/multistage/rewrite/rewritetest"
)

func TestRepairStories(t *testing.T) { rewritetest.RunRepairs(t, "testdata/repair") }

// failed are failures of every kind, with subjects that lead to different repairs.
var failed = []proof.Failure{
	{Step: proof.StepFiles, Kind: proof.MissingLibrary, Subject: "libc.so.6"},
	{Step: proof.StepFiles, Kind: proof.MissingLibrary, Subject: "libstdc++.so.6"},
	{Step: proof.StepStart, Kind: proof.MissingLibrary, Subject: "libpq.so.5"},
	{Step: proof.StepStart, Kind: proof.MissingLibrary, Subject: "libnobody.so.1"},
	{Step: proof.StepStart, Kind: proof.LibcVersion, Subject: "GLIBC_2.38"},
	{Step: proof.StepStart, Kind: proof.WrongLibc, Subject: "/lib64/ld-linux-x86-64.so.2"},
	{Step: proof.StepStart, Kind: proof.MissingModule, Subject: "express"},
	{Step: proof.StepStart, Kind: proof.MissingModule, Subject: ".prisma/client"},
	{Step: proof.StepBuild, Kind: proof.MissingModule, Subject: "C", Line: 4},
	{Step: proof.StepStart, Kind: proof.MissingCommand, Subject: "curl"},
	{Step: proof.StepStart, Kind: proof.MissingCommand, Subject: "sh"},
	{Step: proof.StepBuild, Kind: proof.MissingCommand, Subject: "tsc", Line: 3},
	{Step: proof.StepBuild, Kind: proof.MissingFile, Subject: "/app/dist"},
	{Step: proof.StepStart, Kind: proof.MissingFile, Subject: "views/index.html"},
	{Step: proof.StepStart, Kind: proof.NoPermission, Subject: "/app/data/a.db"},
	{Step: proof.StepStart, Kind: proof.NoPermission, Subject: "80/tcp"},
	{Step: proof.StepStart, Kind: proof.NoUser, Subject: "till"},
	{Step: proof.StepStart, Kind: proof.WrongPort, Subject: "8080/tcp"},
	{Step: proof.StepStart, Kind: proof.WrongAnswer, Subject: "8080/tcp GET /"},
	{Step: proof.StepStart, Kind: proof.WrongExit},
	{Step: proof.StepBuild, Kind: proof.Lifecycle, Subject: "husky"},
	{Step: proof.StepBuild, Kind: proof.Other},
	{Step: proof.StepStart, Kind: proof.Other, Subject: "`x` \n[y](z)"},
}

// rewrites are the rewrites of every language's golden stories.
func rewrites(t *testing.T) map[string]rewrite.Result {
	t.Helper()
	names, err := filepath.Glob("lang/*/testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]rewrite.Result{}
	for _, name := range names {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		story := rewritetest.Read(archive)
		r := rewrite.Rewrite(story.Dockerfile, story.Source, story.FS, story.Options)
		if r.Verdict == plan.Rewritten {
			all[name] = r
		}
	}
	if len(all) < 50 {
		t.Fatalf("%d rewrites are too few", len(all))
	}
	return all
}

// every is how many of the pairs of project and failure are looked at: one in sixteen.
const every = 16

// Repairing the same failure again and again ends, and what comes of it holds the
// contract, whatever the project.
func TestRepairsEnd(t *testing.T) {
	repaired := 0
	for name, r := range rewrites(t) {
		for i, f := range failed {
			if (i+len(name))%every != 0 {
				continue
			}
			repaired += repairToTheEnd(t, fmt.Sprintf("%s, %s %s", name, f.Kind, f.Subject), r, f)
		}
	}
	if repaired < 1000/every {
		t.Errorf("%d repairs are too few to show anything", repaired)
	}
}

func repairToTheEnd(t *testing.T, name string, r rewrite.Result, f proof.Failure) int {
	seen := []string{string(r.Dockerfile())}
	for round := 1; ; round++ {
		next, ok := rewrite.Repair(r, f)
		if !ok {
			if string(next.Dockerfile()) != string(r.Dockerfile()) || len(next.Repairs) != len(r.Repairs) {
				t.Errorf("%s: no repair changed the rewrite", name)
			}
			return round - 1
		}
		if round > 3 {
			t.Fatalf("%s: a fourth repair", name)
		}
		text := string(next.Dockerfile())
		if slices.Contains(seen, text) {
			t.Errorf("%s: round %d says what was said before:\n%s", name, round, text)
		}
		seen = append(seen, text)
		if len(next.Repairs) != round || next.Verdict != plan.Rewritten || next.Code != "" || len(next.Broken()) > 0 {
			t.Errorf("%s: round %d: %s %s, repairs %q, broken %v", name, round, next.Verdict, next.Code, next.Repairs, next.Broken())
		}
		if !tells(next, next.Repairs[round-1]) {
			t.Errorf("%s: no finding tells of %q", name, next.Repairs[round-1])
		}
		if again, _ := rewrite.Repair(r, f); string(again.Dockerfile()) != text {
			t.Errorf("%s: two repairs of one failure differ", name)
		}
		user, was := promised(next, plan.FieldUser), promised(r, plan.FieldUser)
		if user.After != was.After && user.After != was.Before {
			t.Errorf("%s: round %d: the user is %s, which neither the original nor the rewrite had", name, round, user.After)
		}
		r = next
	}
}

// tells reports a finding that says what a repair changed.
func tells(r rewrite.Result, sentence string) bool {
	return slices.ContainsFunc(r.Findings, func(f rewrite.Finding) bool {
		return f.Rule.Name == "repaired" && len(f.Message) > len(sentence) && f.Message[len(f.Message)-len(sentence):] == sentence
	})
}

func promised(r rewrite.Result, field plan.Field) rewrite.Promise {
	for _, row := range r.Contract {
		if row.Field == field {
			return row
		}
	}
	return rewrite.Promise{}
}
