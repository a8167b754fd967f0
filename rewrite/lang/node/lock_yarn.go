package node

import "strings"

// yarnLock is what a yarn.lock says of either generation: the names that each package
// depends on, all its versions together. See https://classic.yarnpkg.com/docs/yarn-lock
// and https://yarnpkg.com/features/security.
type yarnLock map[string][]string

// parseYarnLock reads the lines of a lock file; what it does not understand it leaves
// out.
func parseYarnLock(text string) yarnLock {
	lock := yarnLock{}
	var names []string
	listed := false
	for text != "" {
		var line string
		line, text, _ = strings.Cut(text, "\n")
		line = strings.TrimRight(line, "\r")
		trimmed := strings.TrimLeft(line, " ")
		switch indent := len(line) - len(trimmed); {
		case trimmed == "" || trimmed[0] == '#':
		case indent == 0:
			names, listed = headNames(trimmed), false
			for _, name := range names {
				if _, ok := lock[name]; !ok {
					lock[name] = nil
				}
			}
		case indent == 2:
			listed = trimmed == "dependencies:" || trimmed == "optionalDependencies:"
		case indent == 4 && listed:
			name, _, _ := strings.Cut(strings.TrimLeft(trimmed, `"`), " ")
			name = strings.Trim(name, `":`)
			for _, of := range names {
				lock[of] = append(lock[of], name)
			}
		}
	}
	return lock
}

// headNames are the packages that a head line names: "a@^1.0.0", "a@npm:^1.1.0":
func headNames(line string) []string {
	var names []string
	for _, spec := range strings.Split(strings.TrimSuffix(line, ":"), ",") {
		spec = strings.Trim(spec, ` "`)
		if i := strings.Index(spec[min(1, len(spec)):], "@"); i >= 0 {
			if name := spec[:i+1]; len(names) == 0 || names[len(names)-1] != name {
				names = append(names, name)
			}
		}
	}
	return names
}

// production are the packages that an install without development dependencies brings.
func (l yarnLock) production(m *manifest) map[string]bool {
	seen := map[string]bool{}
	var queue []string
	for _, deps := range []map[string]string{m.Dependencies, m.OptionalDependencies} {
		queue = append(queue, sortedKeys(deps)...)
	}
	for len(queue) > 0 {
		name := queue[0]
		if queue = queue[1:]; !seen[name] {
			seen[name] = true
			queue = append(queue, l[name]...)
		}
	}
	return seen
}
