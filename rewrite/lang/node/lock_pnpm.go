package node

import "strings"

// pnpm reads what a pnpm-lock.yaml says of the names that each package depends on; nil
// where it is not pnpm's project. Versions up to 8 list it under packages, later ones
// under snapshots. See https://github.com/pnpm/spec/tree/master/lockfile.
func (a *app) pnpm() yarnLock {
	if a.manager.tool != "pnpm" {
		return nil
	}
	data, ok := a.read(a.path("pnpm-lock.yaml"))
	if !ok {
		return nil
	}
	return parsePnpmLock(string(data))
}

// parsePnpmLock reads the lines of a lock file; what it does not understand it leaves out.
func parsePnpmLock(text string) yarnLock {
	lock := yarnLock{}
	section, name, listed := "", "", false
	for text != "" {
		var line string
		line, text, _ = strings.Cut(text, "\n")
		line = strings.TrimRight(line, "\r ")
		trimmed := strings.TrimLeft(line, " ")
		switch indent := len(line) - len(trimmed); {
		case trimmed == "":
		case indent == 0:
			section, name = strings.TrimSuffix(trimmed, ":"), ""
		case section != "packages" && section != "snapshots":
		case indent == 2:
			name, listed = pnpmName(trimmed), false
			if _, ok := lock[name]; name != "" && !ok {
				lock[name] = nil
			}
		case indent == 4:
			listed = trimmed == "dependencies:" || trimmed == "optionalDependencies:"
		case indent == 6 && listed && name != "":
			of, _, _ := strings.Cut(trimmed, ":")
			lock[name] = append(lock[name], strings.Trim(of, `'"`))
		}
	}
	return lock
}

// pnpmName is the package of a key: "a@1.0.0:", "'@b/a@1.0.0(peer@2.0.0)':",
// "/a@1.0.0:" and, of old, "/a/1.0.0:".
func pnpmName(key string) string {
	key, _, _ = strings.Cut(strings.Trim(strings.TrimSuffix(key, "{}"), ` '":`), "(")
	key = strings.TrimPrefix(strings.Trim(key, ` '":`), "/")
	if key == "" {
		return ""
	}
	if i := strings.IndexByte(key[1:], '@'); i >= 0 {
		return key[:i+1]
	}
	if i := strings.LastIndexByte(key, '/'); i > 0 {
		return key[:i]
	}
	return ""
}
