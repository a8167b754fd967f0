package github

import "strings"

// route is the path of a call with what varies taken out, as a label of a metric: few
// values, and no name from a repository. It follows the templates of GitHub's
// description.
func route(path string) string {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	for i := range parts {
		parts[i] = placeholder(parts, i)
		if parts[i] == "{path}" {
			return "/" + strings.Join(parts[:i+1], "/")
		}
	}
	return "/" + strings.Join(parts, "/")
}

// placeholder is the segment at i, or what stands for it.
func placeholder(parts []string, i int) string {
	before := func(n int) string {
		if i < n {
			return ""
		}
		return parts[i-n]
	}
	switch {
	case before(1) == "repos" && i == 1:
		return "{owner}"
	case before(2) == "repos" && i == 2:
		return "{repo}"
	case before(1) == "ref" || before(1) == "refs" || before(1) == "contents" || before(1) == "tarball":
		return "{path}"
	case before(1) == "collaborators" || before(1) == "users":
		return "{username}"
	case before(1) == "commits" || before(1) == "trees" || before(1) == "blobs":
		return "{sha}"
	case parts[i] != "" && strings.Trim(parts[i], "0123456789") == "":
		return "{id}"
	}
	return parts[i]
}
