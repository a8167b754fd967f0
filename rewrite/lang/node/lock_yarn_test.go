package node

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestYarnLock(t *testing.T) {
	for name, text := range map[string]string{
		"classic": "# yarn lockfile v1\n\n\n\"@a/b@^1.0.0\", \"@a/b@^1.1.0\":\n  version \"1.1.0\"\n  dependencies:\n    c \"^2\"\n    \"@d/e\" \"^3\"\n\nc@^2:\n  version \"2.0.0\"\n\n\"@d/e@^3\":\n  version \"3.0.0\"\n\ndev@1:\n  version \"1.0.0\"\n  dependencies:\n    only-dev \"1\"\n\nonly-dev@1:\n  version \"1.0.0\"\n",
		"berry":   "__metadata:\n  version: 8\n\n\"@a/b@npm:^1.0.0\":\n  version: 1.1.0\n  dependencies:\n    c: \"npm:^2\"\n    \"@d/e\": \"npm:^3\"\n  checksum: 1\n\n\"c@npm:^2\":\n  version: 2.0.0\n\n\"@d/e@npm:^3\":\n  version: 3.0.0\n\n\"dev@npm:1\":\n  version: 1.0.0\n  dependencies:\n    only-dev: \"npm:1\"\n\n\"only-dev@npm:1\":\n  version: 1.0.0\n",
	} {
		lock := parseYarnLock(text)
		got := lock.production(&manifest{Dependencies: map[string]string{"@a/b": "^1.0.0"}, DevDependencies: map[string]string{"dev": "1"}})
		if diff := cmp.Diff(map[string]bool{"@a/b": true, "c": true, "@d/e": true}, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if _, ok := lock["only-dev"]; !ok {
			t.Errorf("%s: only-dev is not in it", name)
		}
	}
}

func FuzzYarnLock(f *testing.F) {
	f.Add("\"@a/b@^1.0.0\":\n  dependencies:\n    c \"^2\"\n")
	f.Fuzz(func(t *testing.T, text string) {
		parseYarnLock(text).production(&manifest{Dependencies: map[string]string{"a": "1"}})
	})
}
