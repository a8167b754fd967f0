package rewrite_test

import (
	"path/filepath"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/multistage-app/multistage/rewrite"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/proof"
	"github.com/multistage-app/multistage/rewrite/rewritetest"
)

func designed(t *testing.T, name string) rewrite.Result {
	t.Helper()
	archive, err := txtar.ParseFile(filepath.Join("testdata/repair", name+".txtar"))
	if err != nil {
		t.Fatal(err)
	}
	story := rewritetest.Read(archive)
	return rewrite.Rewrite(story.Dockerfile, story.Source, story.FS, story.Options)
}

// What is not known to help is not tried: each row is a project whose other failures
// are repaired, and a failure of it that is not.
func TestNoRepair(t *testing.T) {
	start, build := proof.StepStart, proof.StepBuild
	alpine, server := "none-module-on-alpine", "none-hostile-subject"
	for _, c := range []struct {
		story string
		f     proof.Failure
		why   string
	}{
		{alpine, proof.Failure{Step: start, Kind: proof.MissingModule, Subject: "zod"}, "all dependencies do not pay on a small base"},
		{alpine, proof.Failure{Step: build, Kind: proof.Lifecycle, Subject: "husky"}, "the same"},
		{alpine, proof.Failure{Step: build, Kind: proof.MissingCommand, Subject: "husky", Line: 5}, "the same"},
		{alpine, proof.Failure{Step: build, Kind: proof.MissingModule, Subject: "typescript"}, "the same"},
		{alpine, proof.Failure{Step: start, Kind: proof.MissingCommand, Subject: "pandoc"}, "no package is known, and the image is the author's"},
		{alpine, proof.Failure{Step: start, Kind: proof.MissingLibrary, Subject: "libpq.so"}, "a library without a version names no package of Alpine"},
		{alpine, proof.Failure{Step: start, Kind: proof.MissingLibrary, Subject: "libpq.so.5 curl"}, "a library is one word"},
		{alpine, proof.Failure{Step: start, Kind: proof.MissingLibrary, Subject: "$(id).so.1"}, "the same"},
		{alpine, proof.Failure{Step: start, Kind: proof.MissingLibrary}, "nothing is named"},
		{alpine, proof.Failure{Step: start, Kind: proof.LibcVersion, Subject: "GLIBC_2.38"}, "production is on the image that the build is on"},
		{alpine, proof.Failure{Step: start, Kind: proof.WrongLibc, Subject: "/app/tool"}, "the same"},
		{alpine, proof.Failure{Step: start, Kind: proof.NoUser, Subject: "till"}, "the same"},
		{server, proof.Failure{Step: start, Kind: proof.MissingLibrary, Subject: "libtillscanner.so"}, "no package is known, and the image is the author's"},
		{server, proof.Failure{Step: start, Kind: proof.WrongLibc, Subject: "libc.so.6"}, "production is on the image that the build is on"},
		{"go-low-port", proof.Failure{Step: proof.StepContract, Kind: proof.NoUser}, "the contract is for the design"},
		{"go-low-port", proof.Failure{Step: proof.StepContract, Kind: proof.Other}, "the same"},
		{"go-low-port", proof.Failure{Step: proof.StepTarget, Kind: proof.MissingCommand, Subject: "gcc"}, "a further stage says nothing of the image"},
		{"go-low-port", proof.Failure{Step: proof.StepTarget, Kind: proof.MissingFile, Subject: "/srv/a"}, "the same"},
		{"go-low-port", proof.Failure{Step: proof.StepTarget, Kind: proof.Other}, "the same"},
		{"go-low-port", proof.Failure{Step: start, Kind: proof.WrongConfig, Subject: "USER"}, "a promise is no lack of anything"},
		{"go-low-port", proof.Failure{Step: proof.StepFiles, Kind: proof.WrongConfig, Subject: "CMD"}, "the same"},
		{"node-command", proof.Failure{Step: start, Kind: proof.WrongConfig, Subject: "CMD"}, "the same"},
		{"node-command", proof.Failure{Step: proof.StepTarget, Kind: proof.Lifecycle, Subject: "husky"}, "a further stage says nothing of the image"},
	} {
		r := designed(t, c.story)
		if next, ok := rewrite.Repair(r, c.f); ok {
			t.Errorf("%s, %s %q: repaired although %s:\n%s", c.story, c.f.Kind, c.f.Subject, c.why, next.Dockerfile())
		}
	}
}

// There is nothing to repair where there is no rewrite.
func TestNoRepairWithoutARewrite(t *testing.T) {
	for _, r := range []rewrite.Result{{}, {Verdict: plan.Refused, Code: plan.UnknownBase}, {Verdict: plan.Rewritten}} {
		if next, ok := rewrite.Repair(r, proof.Failure{Step: proof.StepStart, Kind: proof.NoUser}); ok || next.Verdict != r.Verdict {
			t.Errorf("%+v was repaired", r)
		}
	}
}

// A repair makes a new Result and leaves the one it was given.
func TestRepairLeavesTheFirstResult(t *testing.T) {
	r := designed(t, "go-low-port")
	before, facts := string(r.Dockerfile()), len(r.Plan.Facts)
	if _, ok := rewrite.Repair(r, proof.Failure{Step: proof.StepStart, Kind: proof.NoPermission, Subject: "80/tcp"}); !ok {
		t.Fatal("not repaired")
	}
	if string(r.Dockerfile()) != before || len(r.Plan.Facts) != facts || len(r.Repairs) != 0 {
		t.Error("the rewrite that was repaired is another one now")
	}
}
