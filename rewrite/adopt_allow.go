package rewrite

import (
	"slices"
	"strings"

	"github.com/multistage-app/multistage/rewrite/contract"
	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/image"
	"github.com/multistage-app/multistage/rewrite/plan"
	"github.com/multistage-app/multistage/rewrite/shell"
)

// allowance decides which differences of a hand-made rewrite need no plan.
type allowance struct {
	in            *plan.Input
	before, after contract.Contract
	base          image.Base // of the rewrite's last stage; zero where it is not known
}

// allows says why a row may differ, "" where it may not.
func (a allowance) allows(row Promise) string {
	switch row.Field {
	case plan.FieldUser:
		if rootUser(row.Before) && !rootUser(row.After) {
			return "the process runs without root"
		}
	case plan.FieldCommand:
		return a.sameStart()
	case plan.FieldHealthcheck:
		if row.Before == "" {
			return "a health check is added"
		}
	case plan.FieldEnv:
		return a.env(row)
	}
	return ""
}

// rootUser reports root under any of its names, with any group.
func rootUser(u string) bool {
	name, _, _ := strings.Cut(u, ":")
	return name == "" || name == "0" || name == "root"
}

// env allows NODE_ENV=production, folders of PATH that only a base image has, and the
// loss of variables of the build.
func (a allowance) env(row Promise) string {
	_, had := a.before.Env[row.Key]
	_, has := a.after.Env[row.Key]
	switch {
	case row.Key == "NODE_ENV" && !had && row.After == "production":
		return "NODE_ENV is set to production"
	case row.Key == "PATH" && had && has:
		if slices.Equal(ownFolders(row.Before, a.before.Base["PATH"]), ownFolders(row.After, a.after.Base["PATH"])) {
			return "the folders are those of another base image"
		}
	case had && !has && buildVariable(row.Key) && !a.startUses(row.Key):
		return "only the build reads it"
	}
	return ""
}

// ownFolders are the folders of a PATH that its base image does not have.
func ownFolders(value, base string) []string {
	var out []string
	given := strings.Split(base, ":")
	for _, dir := range strings.Split(value, ":") {
		if !slices.Contains(given, dir) {
			out = append(out, dir)
		}
	}
	return out
}

// startUses reports a variable in the start command or the health check.
func (a allowance) startUses(key string) bool {
	text := argv(a.before.Argv()) + a.before.Health + argv(a.after.Argv()) + a.after.Health
	return strings.Contains(text, "$"+key) || strings.Contains(text, "${"+key)
}

// buildVariables are variables that only package managers, compilers and the go
// command read (H81).
var buildVariables = map[string]bool{
	"DEBIAN_FRONTEND": true, "CGO_ENABLED": true, "CGO_CFLAGS": true, "CGO_LDFLAGS": true, "CGO_CXXFLAGS": true, "GO111MODULE": true, "GOPROXY": true,
	"GOSUMDB": true, "GOPRIVATE": true, "GONOSUMDB": true, "GONOPROXY": true, "GOFLAGS": true, "GOOS": true, "GOARCH": true, "GOCACHE": true, "GOMODCACHE": true,
	"GOTOOLCHAIN": true, "GOBIN": true, "CC": true, "CXX": true, "CFLAGS": true, "CXXFLAGS": true, "LDFLAGS": true, "MAKEFLAGS": true, "NPM_CONFIG_LOGLEVEL": true,
}

// buildVariable reports one of them, or one of a package manager by its prefix.
func buildVariable(key string) bool {
	lower := strings.ToLower(key)
	return buildVariables[key] || strings.HasPrefix(key, "CARGO_") || strings.HasPrefix(lower, "npm_config_") || strings.HasPrefix(key, "PIP_")
}

// sameStart compares the start commands as what is executed: a shell form of plain
// words is its words, and the entry script of the node images runs what follows it.
func (a allowance) sameStart() string {
	before, shellForm := words(started(a.before, a.in.Base))
	after, _ := words(started(a.after, a.base))
	if len(before) == 0 || !slices.Equal(before, after) {
		return ""
	}
	if shellForm {
		return "the exec form has the same words"
	}
	return "the entry script of the base image runs the same words"
}

// started is the argument vector without the entry script of an official node image,
// which runs a command that follows it, and with the name of the program for the
// path that distroless has it under.
// See https://github.com/nodejs/docker-node/blob/main/docker-entrypoint.sh.
func started(c contract.Contract, base image.Base) []string {
	list, own := c.Argv(), base.Config.Entrypoint
	if base.Language != "node" || len(own) != 1 || len(list) < 2 || list[0] != own[0] {
		return list
	}
	switch {
	case base.Family == image.Distroless:
		return append([]string{"node"}, list[1:]...)
	case list[1] == "node" || list[1] == "/bin/sh":
		return list[1:]
	}
	return list
}

// words takes the words out of a shell form that uses no feature of a shell.
func words(list []string) (out []string, shellForm bool) {
	if len(list) != 3 || list[1] != "-c" {
		return list, false
	}
	text, ok := shell.Unwrap(list)
	if !ok {
		return list, false
	}
	script, err := shell.Parse(text, 0)
	if err != nil {
		return list, false
	}
	if plain, ok := shell.Argv(script, text); ok {
		return plain, true
	}
	return list, false
}

// finalBase is the image that the last stage comes from in the end.
func finalBase(file *dockerfile.File) image.Base {
	stage := file.Stages[len(file.Stages)-1]
	for {
		parent := stageNamed(file, stage)
		if parent == nil {
			break
		}
		stage = parent
	}
	base, _ := image.Resolve(stage.Base)
	return base
}

// stageNamed is the earlier stage that a stage goes on from, nil for an image.
func stageNamed(file *dockerfile.File, stage *dockerfile.Stage) *dockerfile.Stage {
	for i := stage.Index - 1; i >= 0; i-- {
		if s := file.Stages[i]; s.Name != "" && strings.EqualFold(s.Name, stage.BaseName) {
			return s
		}
	}
	return nil
}
