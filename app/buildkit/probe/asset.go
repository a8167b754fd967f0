package probe

import (
	"html"
	"net/url"
	"regexp"
	"strings"
)

// maxAssets is how many files of a page are asked for.
const maxAssets = 12

var (
	tag       = regexp.MustCompile(`(?is)<(script|link|img)\b([^>]{1,1000})>`)
	attribute = regexp.MustCompile(`(?is)\b(src|href|rel)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))`)
)

// linkKinds are the relations of a <link> that a browser loads with the page.
var linkKinds = map[string]bool{
	"stylesheet": true, "icon": true, "shortcut icon": true, "apple-touch-icon": true,
	"modulepreload": true, "preload": true, "manifest": true,
}

// assets are the paths that a page loads from where it came from itself, in order.
func assets(page []byte) []string {
	var paths []string
	seen := map[string]bool{}
	for _, m := range tag.FindAllSubmatch(page, -1) {
		path, ok := assetPath(strings.ToLower(string(m[1])), string(m[2]))
		if !ok || seen[path] {
			continue
		}
		seen[path] = true
		paths = append(paths, path)
		if len(paths) == maxAssets {
			break
		}
	}
	return paths
}

func assetPath(element, attributes string) (string, bool) {
	values := map[string]string{}
	for _, m := range attribute.FindAllStringSubmatch(attributes, -1) {
		values[strings.ToLower(m[1])] = html.UnescapeString(m[2] + m[3] + m[4])
	}
	address := values["src"]
	if element == "link" {
		if !linkKinds[strings.ToLower(strings.TrimSpace(values["rel"]))] {
			return "", false
		}
		address = values["href"]
	}
	parsed, err := url.Parse(strings.TrimSpace(address))
	if address == "" || err != nil || parsed.Scheme != "" || parsed.Host != "" || parsed.Path == "" {
		return "", false // another host's, or in the page itself as data:
	}
	path := (&url.URL{Path: "/"}).ResolveReference(parsed)
	path.Fragment = ""
	return path.String(), true
}
