package rewrite

import (
	"fmt"
	"path"
	"regexp"
	"sort"
	"strings"

	"github.com/multistage-app/multistage/rewrite/contract"
	"github.com/multistage-app/multistage/rewrite/image"
	"github.com/multistage-app/multistage/rewrite/lang"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// findings are what a review says about the original and the plan, in the order
// of the sections and then of the lines.
func findings(in *plan.Input, r Result) []Finding {
	f := finder{in: in}
	if r.Plan != nil {
		for _, fact := range r.Plan.Facts {
			f.add(fact.Rule, fact.Evidence, fact.Detail)
		}
	}
	if r.Verdict != plan.NotApplicable {
		f.base(r)
		f.secrets()
		f.context()
		f.packageLists()
		f.start(r)
		f.consumers(r)
		f.buildkit(r)
	}
	order := map[Section]int{}
	for i, s := range Sections {
		order[s] = i
	}
	sort.SliceStable(f.found, func(i, j int) bool {
		a, b := f.found[i], f.found[j]
		if order[a.Rule.Section] != order[b.Rule.Section] {
			return order[a.Rule.Section] < order[b.Rule.Section]
		}
		return a.Path == b.Path && a.Line < b.Line
	})
	return f.found
}

type finder struct {
	in    *plan.Input
	found []Finding
}

// add records one finding; one rule says one thing about one place once.
func (f *finder) add(rule string, at plan.Evidence, detail string) {
	r, ok := RuleNamed(rule)
	if !ok {
		r = Rule{Name: rule, Section: Architecture, Level: Notice, Title: rule}
	}
	name := at.Path
	if name == "" {
		name = f.in.File.Path
	}
	message := at.Text
	if detail != "" {
		message += ". " + detail
	}
	for _, old := range f.found {
		if old.Rule.Name == rule && old.Path == name && old.Line == at.Line && old.Message == message {
			return
		}
	}
	f.found = append(f.found, Finding{Rule: r, Path: name, Line: at.Line, Message: message, Evidence: []plan.Evidence{at}})
}

func (f *finder) base(r Result) {
	line := f.in.File.Line(f.in.Stage.From)
	if f.in.Base.Tools && r.Verdict == plan.Rewritten {
		f.add("build-tools-in-image", plan.Evidence{Line: line, Text: fmt.Sprintf("%s brings compilers and headers into the final image", f.in.Base.Ref)}, "")
	}
	if r.Plan != nil && f.in.Base.Digest != "" && !f.said("runtime-base") {
		if base := r.Plan.Stages[len(r.Plan.Stages)-1].Base; !strings.Contains(base, "@") && strings.ContainsAny(base, "/:") {
			f.add("runtime-base", plan.Evidence{Line: line, Text: fmt.Sprintf("%s has no digest, and the original pins one", base)}, "Its libraries are those of the original's system; docker buildx imagetools inspect shows the digest to pin")
		}
	}
	if f.in.Base.Tag == "latest" && f.in.Base.Digest == "" && f.in.Base.Family != image.Scratch {
		f.add("unpinned-base", plan.Evidence{Line: line, Text: fmt.Sprintf("%s has no version", f.in.Stage.BaseName)}, "")
	}
}

var reSecretFile = regexp.MustCompile(`(?i)(^|/)(\.env(\.(local|production|prod))?|\.npmrc|\.pypirc|\.netrc|id_(rsa|ed25519|ecdsa)|.*\.(pem|p12|pfx|keystore))$`)

// secrets looks at files that are named in a COPY; what a whole-context COPY
// takes along is said once.
func (f *finder) secrets() {
	for _, it := range f.in.Items {
		if !copiesContext(it.Instruction) {
			continue
		}
		for _, source := range it.Sources() {
			if reSecretFile.MatchString(source) {
				f.add("secret-in-image", f.in.Evidence(it, fmt.Sprintf("%s is copied into a layer", source)), "")
				continue
			}
			if !wholeContext(source) {
				continue
			}
			for _, name := range f.in.Project.Sources(source) {
				if base := path.Base(name); base == ".env" || strings.HasPrefix(base, "id_rsa") && !strings.HasSuffix(base, ".pub") {
					f.add("secret-in-image", f.in.Evidence(it, fmt.Sprintf("%s comes into the image with %s", name, strings.TrimSpace(f.in.File.Text(it.Span)))), "")
					break
				}
			}
		}
	}
}

func wholeContext(source string) bool { return source == "." || source == "./" || source == "/" }

// context looks at what COPY . . takes and when.
func (f *finder) context() {
	copied := false
	for _, it := range f.in.Items {
		if copiesContext(it.Instruction) {
			for _, source := range it.Sources() {
				if !wholeContext(source) {
					continue
				}
				copied = true
				if f.in.Project.IgnoreFile() == "" {
					f.add("no-dockerignore", f.in.Evidence(it, "the whole context is copied and no .dockerignore limits it"), "")
				}
			}
		}
		if copied && it.Script != nil && it.Keyword == "RUN" {
			for _, c := range it.Script.Commands {
				if installsDependencies(c) {
					f.add("copy-before-install", f.in.Evidence(it, "dependencies are installed after the whole context was copied"), "")
				}
			}
		}
	}
}

// undesigned are languages that have no designer, for what the findings say of them.
var undesigned = []plan.Language{{Name: "ruby", Installs: []string{"bundle install"}}, {Name: "php", Installs: []string{"composer install"}}}

// installsDependencies reports the install command of a language's manager. A tool that
// is installed for all (-g) is no dependency.
func installsDependencies(c shell.Command) bool {
	words := strings.Join(c.Words(), " ")
	for _, l := range append(undesigned, lang.All...) {
		for _, p := range l.Installs {
			if strings.HasPrefix(words+" ", p+" ") {
				return !strings.Contains(words, " -g")
			}
		}
	}
	return false
}

// packageLists looks for apt-get update without the removal in the same RUN.
func (f *finder) packageLists() {
	for _, it := range f.in.Items {
		if it.Keyword != "RUN" || it.Script == nil {
			continue
		}
		updates := false
		for _, c := range it.Script.Commands {
			updates = updates || (c.Name() == "apt-get" || c.Name() == "apt") && shell.Classify(c) == shell.SystemUpdate
		}
		if updates && !strings.Contains(f.in.File.Text(it.Span), "/var/lib/apt/lists") {
			f.add("package-lists-left", f.in.Evidence(it, "apt-get update leaves its lists in the layer"), "")
		}
	}
}

// start looks at how the program is started, and as whom.
func (f *finder) start(r Result) {
	_, it, ok := startLine(f.in)
	if !ok {
		return
	}
	changed := map[plan.Field]bool{}
	for _, row := range r.Contract {
		changed[row.Field] = changed[row.Field] || row.Change != nil
	}
	if changed[plan.FieldUser] {
		return
	}
	if user(f.in.End.User) == "root" && !f.said("user-kept-root") {
		f.add("runs-as-root", f.in.Evidence(it, "no USER is set, so the process runs as root"), "")
	}
}

func (f *finder) said(rule string) bool {
	for _, x := range f.found {
		if x.Rule.Name == rule {
			return true
		}
	}
	return false
}

// buildkit takes over what BuildKit's own checks say about the original; of a start in
// shell form only where the rewrite leaves it so.
func (f *finder) buildkit(r Result) {
	rewritten := false
	for _, row := range r.Contract {
		rewritten = rewritten || row.Field == plan.FieldCommand && row.Change != nil
	}
	warnings, _ := contract.Lint(f.in.File.Path, f.in.File.Source)
	for _, w := range warnings {
		if w.Rule == "JSONArgsRecommended" && rewritten {
			continue
		}
		f.add("buildkit-check", plan.Evidence{Line: w.Line, Text: fmt.Sprintf("%s (%s)", w.Detail, w.Rule)}, w.URL)
	}
}
