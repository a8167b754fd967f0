package review

import (
	"fmt"
	"strings"

	"github.com/multistage-app/multistage/rewrite"
	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/plan"
)

// stage is one stage of a rewrite, for people.
type stage struct {
	name, base, purpose string
	role                string
	takes               []take
}

// take is one COPY --from of a stage.
type take struct{ from, path string }

// stagesOf reads the stages from the rewritten file, so that the table says what
// the file does; role and purpose are the plan's.
func stagesOf(r rewrite.Result) []stage {
	f, err := dockerfile.Parse(r.Path, r.Dockerfile())
	if err != nil {
		return plannedStages(r.Plan)
	}
	var stages []stage
	for i, s := range f.Stages {
		st := stage{name: s.Name, base: s.Base, role: "build"}
		if st.name == "" {
			st.name = fmt.Sprint(i)
		}
		if i == len(f.Stages)-1 {
			st.role = "runtime"
		}
		if p := planOf(r.Plan, s.Name); p != nil {
			st.role, st.purpose = p.Role.String(), purpose(p.Purpose)
		}
		scopes := s.Scopes(dockerfile.Scope{})
		for j, in := range s.Instructions {
			st.takes = append(st.takes, takesOf(f, in, scopes[j])...)
		}
		stages = append(stages, st)
	}
	return stages
}

// purpose is a stage's purpose without the command that builds it: the review has
// all of those in one place.
func purpose(s string) string {
	s, _, _ = strings.Cut(s, ": docker build")
	return s
}

// takesOf gives what an instruction copies out of another stage or image: the
// paths where they end up.
func takesOf(f *dockerfile.File, in *dockerfile.Instruction, scope dockerfile.Scope) []take {
	from, ok := in.Flag("from")
	if in.Keyword != "COPY" || !ok {
		return nil
	}
	for i, s := range f.Stages {
		if from == fmt.Sprint(i) && s.Name != "" {
			from = s.Name
		}
	}
	return []take{{from: from, path: scope.Abs(in.Dest())}}
}

func planOf(p *plan.Plan, name string) *plan.Stage {
	if p == nil {
		return nil
	}
	for i := range p.Stages {
		if p.Stages[i].Name == name {
			return &p.Stages[i]
		}
	}
	return nil
}

func plannedStages(p *plan.Plan) []stage {
	if p == nil {
		return nil
	}
	var stages []stage
	for _, s := range p.Stages {
		stages = append(stages, stage{name: s.Name, base: s.Base, purpose: purpose(s.Purpose), role: s.Role.String()})
	}
	return stages
}

// maxTakes is how many paths one cell or sentence names.
const maxTakes = 5

// stageTable is the table of stages.
func stageTable(stages []stage) string {
	var b strings.Builder
	b.WriteString("| Stage | Side | Starts from | What it does | What it takes |\n|---|---|---|---|---|\n")
	for _, s := range stages {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n",
			Cell(s.name), Text(s.role), Cell(s.base), Prose(s.purpose), takesCell(s.takes))
	}
	return b.String()
}

func takesCell(takes []take) string {
	var parts []string
	for _, g := range grouped(takes) {
		parts = append(parts, codeList(g.paths)+" from "+Cell(g.from))
	}
	return strings.Join(parts, "; ")
}

// group is what a stage takes from one other stage.
type group struct {
	from  string
	paths []string
}

func grouped(takes []take) []group {
	var groups []group
	at := map[string]int{}
	for _, t := range takes {
		i, ok := at[t.from]
		if !ok {
			i = len(groups)
			at[t.from] = i
			groups = append(groups, group{from: t.from})
		}
		groups[i].paths = append(groups[i].paths, t.path)
	}
	return groups
}

// codeList is a list of names as code, cut after maxTakes.
func codeList(names []string) string {
	var parts []string
	for i, n := range names {
		if i == maxTakes {
			parts = append(parts, fmt.Sprintf("%d more", len(names)-i))
			break
		}
		parts = append(parts, Cell(firstRunes(n, 100)))
	}
	return join(parts)
}

// join makes "a, b and c".
func join(parts []string) string {
	switch len(parts) {
	case 0:
		return ""
	case 1:
		return parts[0]
	}
	return strings.Join(parts[:len(parts)-1], ", ") + " and " + parts[len(parts)-1]
}

// count makes "1 stage" and "2 stages".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
