package python

import (
	"fmt"
	"strings"

	"github.com/multistage-app/multistage/rewrite/image"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// What things weigh unpacked, in bytes, about: a package of PyPI with what it needs,
// and apt's lists of packages.
const (
	packageMin = 1_000_000
	packageMax = 8_000_000
	listsMin   = 17_000_000
	listsMax   = 21_000_000
)

// gain is the least that is worth a second stage where no compiler and no header stays
// behind, in bytes.
const gain = 30_000_000

// estimate is the expected saving, from the sizes of the base images and of what is
// left behind: system packages, tools that install, and downloads that these keep.
func (d *designer) estimate() {
	base, final, ok := d.images()
	if !ok || base.Size == 0 || final.Size == 0 {
		return
	}
	least, most := d.packagesSize()
	addedMin, addedMax := d.added()
	s := &d.plan.Saving
	s.BeforeMin, s.BeforeMax = base.Size+least, base.Size+most
	s.AfterMin, s.AfterMax = final.Size+least+addedMin, final.Size+most+addedMax
	s.Grounds = append(s.Grounds, plan.Evidence{Line: d.line(), Text: fmt.Sprintf("%s is about %d MB unpacked", base.Ref, base.Size/1e6)})
	if d.slimRef != "" {
		s.Grounds = append(s.Grounds, plan.Evidence{Text: fmt.Sprintf("%s is about %d MB unpacked", final.Ref, final.Size/1e6)})
	}
	count := func(least, most int64, text string) {
		if most >= 1e6 {
			s.BeforeMin, s.BeforeMax = s.BeforeMin+least, s.BeforeMax+most
			s.Grounds = append(s.Grounds, plan.Evidence{Text: fmt.Sprintf("%s about %d MB unpacked", text, (least+most)/2e6)})
		}
	}
	packages, tools := d.leftNames()
	min, max := d.leftPackages()
	count(min, max, weighed(packages))
	min, max = d.leftTools()
	count(min, max, weighed(tools))
	if d.keepsDownloads() {
		count(least/4, most*2/5, "the downloads that the install keeps in its layer are")
	}
	if d.leavesLists() {
		count(listsMin, listsMax, "apt's lists of packages are")
	}
}

// weighed begins a ground on some packages.
func weighed(names []string) string {
	if len(names) == 1 {
		return names[0] + " with what it brings is"
	}
	return strings.Join(names, ", ") + " with what they bring are"
}

// images are the author's image and production's.
func (d *designer) images() (base, final image.Base, ok bool) {
	base, final, ok = d.in.Base, d.in.Base, true
	if d.slimRef != "" {
		final, ok = image.Resolve(d.slimRef)
	}
	return base, final, ok
}

// leftNames are the system packages and the tools among what stays behind.
func (d *designer) leftNames() (packages, tools []string) {
	for _, name := range d.left {
		switch _, tool := installers[name]; {
		case tool:
			tools = append(tools, name)
		case !strings.Contains(name, " "):
			packages = append(packages, name)
		}
	}
	return packages, tools
}

// saved is what production is smaller by, in the middle of what is expected: without
// downloads and lists, which take an option or a command to leave out and not a stage.
// ok is false where it cannot be told.
func (d *designer) saved() (bytes int64, ok bool) {
	base, final, ok := d.images()
	if d.slimRef != "" && (!ok || base.Size == 0 || final.Size == 0) {
		return 0, false
	}
	packagesMin, packagesMax := d.leftPackages()
	toolsMin, toolsMax := d.leftTools()
	addedMin, addedMax := d.added()
	return base.Size - final.Size + (packagesMin+packagesMax+toolsMin+toolsMax-addedMin-addedMax)/2, true
}

// gainless reports a split that leaves neither a compiler nor headers behind and saves
// less than is worth a second stage, with what it would save in bytes.
func (d *designer) gainless() (saved int64, yes bool) {
	for _, name := range d.left {
		if compilers[name] || strings.HasSuffix(name, "-dev") {
			return 0, false
		}
	}
	saved, ok := d.saved()
	return max(saved, 0), ok && saved < gain
}

// keepsDownloads reports an install of dependencies whose tool keeps what it fetched in
// the layer: pip, Pipenv and Poetry do without being told otherwise, and uv where it
// copies instead of linking. See https://pip.pypa.io/en/stable/topics/caching/.
func (d *designer) keepsDownloads() bool {
	for _, s := range d.steps[:d.end+1] {
		if s.clearsCaches() {
			continue
		}
		for _, t := range s.Tasks {
			if t.Kind == deps && t.Call != nil && t.Call.Verb != "uninstall" && t.Call.Verb != "remove" && d.caches(s, t) {
				return true
			}
		}
	}
	return false
}

// caches reports a command that keeps what it fetches.
func (d *designer) caches(s step, t task) bool {
	vars := map[string]string{}
	for _, key := range []string{"PIP_NO_CACHE_DIR", "POETRY_NO_CACHE", "UV_NO_CACHE", "UV_LINK_MODE"} {
		vars[key] = s.Scope.Vars[key]
	}
	for _, a := range t.Unwrapped().Assigns {
		vars[a.Name] = a.Value.Text
	}
	text := strings.Join(t.Words(), " ")
	switch t.Call.Tool {
	case "pip", "pipenv":
		return !strings.Contains(text, "--no-cache") && vars["PIP_NO_CACHE_DIR"] == "" // any value turns it off
	case "poetry":
		return !strings.Contains(text, "--no-cache") && !on(vars["POETRY_NO_CACHE"])
	case "uv":
		return !strings.Contains(text, "--no-cache") && !on(vars["UV_NO_CACHE"]) && (vars["UV_LINK_MODE"] == "copy" || strings.Contains(text, "--link-mode=copy") || strings.Contains(text, "--link-mode copy"))
	}
	return false
}

// clearsCaches reports a RUN in whose layer no cache is left: it is mounted, or the RUN
// removes it.
func (s step) clearsCaches() bool {
	for _, f := range s.Flags {
		if f.Name == "mount" && strings.Contains(f.Value, "type=cache") && (strings.Contains(f.Value, "/.cache") || strings.Contains(f.Value, "pip") || strings.Contains(f.Value, "poetry") || strings.Contains(f.Value, "uv")) {
			return true
		}
	}
	for _, t := range s.Tasks {
		text := strings.Join(t.Words(), " ")
		if t.Kind == cache && strings.Contains(text, "cache") || t.Call != nil && t.Call.Verb == "cache" {
			return true
		}
	}
	return false
}

// leavesLists reports a RUN that production does without and that leaves apt's lists in
// its layer.
func (d *designer) leavesLists() bool {
	for _, s := range d.steps {
		updates, kept := false, true
		for _, t := range s.Tasks {
			updates = updates || shell.Classify(t.Command) == shell.SystemUpdate
			kept = kept && !strings.Contains(strings.Join(t.Words(), " "), "/var/lib/apt/lists")
		}
		if !updates || !kept {
			continue
		}
		if out, refusal := d.productionRun(s); out == nil && refusal == nil {
			return true
		}
	}
	return false
}

// heavyPackages are packages that weigh far more than others, in bytes with what they
// bring along, about.
var heavyPackages = map[string]int64{
	"torch": 2_000e6, "tensorflow": 1_500e6, "jax": 300e6, "transformers": 100e6, "scipy": 110e6, "pandas": 70e6, "numpy": 60e6, "scikit-learn": 45e6, "matplotlib": 35e6,
	"opencv-python": 200e6, "opencv-python-headless": 150e6, "pyarrow": 120e6, "streamlit": 60e6, "playwright": 120e6, "pyspark": 350e6, "xgboost": 300e6, "spacy": 100e6,
	"botocore": 100e6, "google-cloud-aiplatform": 120e6, "onnxruntime": 60e6, "grpcio-tools": 30e6, "mlflow": 80e6, "prophet": 80e6, "ortools": 80e6,
}

// packagesSize is what the packages weigh: without a lock file each that is named
// brings about two more.
func (d *designer) packagesSize() (least, most int64) {
	n := int64(max(len(d.versions), 3*len(d.names), 3))
	least, most = n*packageMin/2, n*packageMax/2
	for _, name := range sorted(d.names) {
		least += heavyPackages[name] / 2
		most += heavyPackages[name] * 3 / 2
	}
	return least, most
}
