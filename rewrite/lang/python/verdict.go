package python

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/multistage-app/multistage/rewrite/plan"
)

// rePipStart finds an install among the commands of the start (S10).
var rePipStart = regexp.MustCompile(`\b(pip3?|poetry|pipenv|uv pip) install\b`)

// verdict answers where the file is not to be designed at all.
func (d *designer) verdict() *plan.Refusal {
	switch {
	case d.in.Base.Toolchain:
		return &plan.Refusal{Code: plan.ToolchainProduct, Evidence: d.atFrom(fmt.Sprintf("%s brings tools that the program runs", d.in.Base.Ref))}
	case d.run.idle:
		return d.in.Refuse(plan.DevContainer, *d.run.cmd, "it starts a shell for people to work in", "")
	case d.run.none:
		return &plan.Refusal{Code: plan.StartUnknown, Evidence: d.atFrom("there is no CMD and no ENTRYPOINT, and no compose service says how it is started"), Remedy: "add a CMD"}
	}
	if refusal := d.startRefuses(); refusal != nil {
		return refusal
	}
	if rePipStart.MatchString(d.run.text.String()) {
		return &plan.Refusal{Code: plan.CompilesAtRuntime, Evidence: d.installsAtStart()}
	}
	for _, s := range d.steps {
		if s.Keyword != "RUN" {
			continue
		}
		for _, t := range s.Tasks {
			switch t.Unwrapped().Name() {
			case "conda", "mamba", "micromamba":
				return d.in.Refuse(plan.UnsupportedLanguage, s.Item, "dependencies are installed with conda, which is not designed yet", "")
			case "pyenv":
				return d.in.Refuse(plan.UnsupportedLanguage, s.Item, "pyenv builds the interpreter, which is not designed yet", "build from an official Python image")
			}
		}
	}
	return nil
}

// installsAtStart is where the start installs packages.
func (d *designer) installsAtStart() plan.Evidence {
	for _, p := range d.run.scripts {
		text, _ := d.read(p)
		if at := rePipStart.FindStringIndex(text); at != nil {
			return plan.Evidence{Path: d.in.Project.Join(d.tree.Files[p].Source), Line: 1 + strings.Count(text[:at[0]], "\n"), Text: "the start installs packages"}
		}
	}
	for _, tool := range []string{"pip", "pip3", "poetry", "pipenv", "uv"} {
		if ev, ok := d.run.programs[tool]; ok {
			return ev
		}
	}
	return d.atFrom("the start installs packages")
}

// lightPackages weigh some ten megabytes each, with what they bring along.
var lightPackages = words(`libpq-dev libffi-dev libssl-dev zlib1g-dev libjpeg-dev libjpeg62-turbo-dev libfreetype6-dev libpng-dev libmagic-dev libsasl2-dev libldap2-dev
	unixodbc-dev default-libmysqlclient-dev libmariadb-dev libsqlite3-dev libbz2-dev libreadline-dev libyaml-dev libcurl4-openssl-dev libzbar-dev libsndfile1-dev
	curl wget unzip gnupg gnupg2 openssh-client make libffi-dev postgresql-dev musl-dev linux-headers jpeg-dev zlib-dev openssl-dev`)

// little reports that what would be left behind is below 30 MB and has no compiler.
func (d *designer) little() bool {
	for _, name := range d.left {
		if !lightPackages[name] {
			return false
		}
	}
	return len(d.left) < 3
}

// pays refuses a split that would leave nothing behind.
func (d *designer) pays() *plan.Refusal {
	saved, small := d.gainless()
	if len(d.left) > 0 && !d.little() && !small {
		return nil
	}
	at := d.atFrom("")
	for _, name := range []string{"gcc", "g++"} {
		if ev, ok := d.scan.started[name]; ok {
			return &plan.Refusal{Code: plan.CompilesAtRuntime, Evidence: ev}
		}
	}
	switch {
	case len(d.left) > 0 && small:
		at.Text = fmt.Sprintf("only %s would be left behind, which saves about %d MB", strings.Join(d.left, ", "), saved/1e6)
		return &plan.Refusal{Code: plan.SmallSaving, Evidence: at}
	case len(d.left) > 0:
		at.Text = fmt.Sprintf("only %s would be left behind, which weighs little", strings.Join(d.left, ", "))
		return &plan.Refusal{Code: plan.SmallSaving, Evidence: at}
	case strings.HasPrefix(d.in.Base.Name, "tiangolo/"):
		at.Text = fmt.Sprintf("the base is a server with a start script of its own, and no small variant of %s is known", d.in.Base.Ref)
		return &plan.Refusal{Code: plan.Repackaged, Evidence: at}
	case d.slimWhy != "" && d.pinned():
		at.Text = d.slimWhy
		return &plan.Refusal{Code: plan.UnknownBase, Evidence: at, Remedy: "name the image by a tag that tells the suite, such as python:3.13-bookworm"}
	case d.slimWhy != "":
		at.Text = "production would stay on the full image: " + d.slimWhy
		return &plan.Refusal{Code: plan.SmallSaving, Evidence: at}
	case !d.in.Base.Slim && d.in.Base.Tools && d.slim == "":
		at.Text = fmt.Sprintf("no small variant of %s is known", d.in.Base.Ref)
		return &plan.Refusal{Code: plan.UnknownBase, Evidence: at, Remedy: "name the image by a tag of an official Python image"}
	}
	at.Text = "the base is small, and nothing that only builds is left in the image"
	return &plan.Refusal{Code: plan.PlainInterpreted, Evidence: at}
}
