package node

import (
	"encoding/json"
	"path"
	"regexp"
	"strings"
)

// tsconfig is the part of a tsconfig.json that says where tsc writes. See
// https://www.typescriptlang.org/tsconfig.
type tsconfig struct {
	Extends         any       `json:"extends"`
	Files           *[]string `json:"files"`
	Include         *[]string `json:"include"`
	CompilerOptions struct {
		OutDir  string `json:"outDir"`
		NoEmit  *bool  `json:"noEmit"`
		OutFile string `json:"outFile"`
		DeclDir string `json:"declarationDir"`
	} `json:"compilerOptions"`
}

// outDir is the folder that tsc writes to with a configuration of the project.
// noEmit reports that nothing is written; ok is false where it is not known.
func (a *app) outDir(config string) (dir string, noEmit, ok bool) {
	seen := 0
	for config != "" && seen < 5 {
		seen++
		data, found := a.read(a.path(config))
		if !found {
			return "", false, false
		}
		var c tsconfig
		if json.Unmarshal(relaxed(data), &c) != nil {
			return "", false, false
		}
		o := c.CompilerOptions
		noEmit = noEmit || o.NoEmit != nil && *o.NoEmit
		if o.OutDir != "" {
			return a.inside(path.Join(path.Dir(config), o.OutDir), noEmit)
		}
		if o.OutFile != "" || o.DeclDir != "" {
			return "", false, false
		}
		base, _ := c.Extends.(string)
		if !strings.HasPrefix(base, ".") {
			break
		}
		next := path.Join(path.Dir(config), base)
		if path.Ext(next) != ".json" {
			next += ".json"
		}
		config = next
	}
	return "", noEmit, noEmit
}

// namesOthers reports a configuration that names other ones and has no file of its own:
// tsc without --build does nothing with it.
func (a *app) namesOthers(config string) bool {
	data, _ := a.read(a.path(config))
	var c tsconfig
	return json.Unmarshal(relaxed(data), &c) == nil && c.Files != nil && len(*c.Files) == 0 && c.Include == nil && a.hasReferences(config)
}

// inside takes a folder of the project; what lies above it is not known.
func (a *app) inside(dir string, noEmit bool) (string, bool, bool) {
	dir = strings.TrimSuffix(path.Clean(dir), "/")
	if dir == "." || strings.HasPrefix(dir, "..") || path.IsAbs(dir) {
		return "", noEmit, noEmit
	}
	return dir, noEmit, true
}

var reLineComment = regexp.MustCompile(`(?m)^\s*(//|\*).*$`)

// literalIn finds a key's string in a configuration file that is a program: the
// first of the keys with a plain string behind it. other reports that a key is
// there and its value is not plain.
func literalIn(text string, keys ...string) (value string, other bool) {
	text = reLineComment.ReplaceAllString(text, "")
	for _, key := range keys {
		re := regexp.MustCompile(`\b` + key + `\s*[:=]\s*(?:['"]([\w./-]+)['"]|(\S))`)
		if m := re.FindStringSubmatch(text); m != nil {
			if m[1] == "" {
				return "", true
			}
			return m[1], false
		}
	}
	return "", false
}
