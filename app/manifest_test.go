package app_test

import (
	"maps"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"github.com/multistage-app/multistage/app"
	"github.com/multistage-app/multistage/app/github/githubtest"
)

// manifest is the part of GitHub's App manifest that ours uses:
// https://docs.github.com/en/apps/sharing-github-apps/registering-a-github-app-from-a-manifest
type manifest struct {
	Name           string            `yaml:"name"`
	URL            string            `yaml:"url"`
	HookAttributes hook              `yaml:"hook_attributes"`
	Public         bool              `yaml:"public"`
	Permissions    map[string]string `yaml:"default_permissions"`
	Events         []string          `yaml:"default_events"`
}

type hook struct {
	URL    string `yaml:"url"`
	Active bool   `yaml:"active"`
}

func readManifest(t *testing.T, file string) (manifest, string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var m manifest
	if err := yaml.UnmarshalWithOptions(text, &m, yaml.Strict()); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return m, string(text)
}

// An event that is not subscribed never comes; one that is subscribed and not in the
// table costs a request each time and asks owners for more than is needed.
func TestManifestEvents(t *testing.T) {
	m, _ := readManifest(t, "../app.yml")
	acted := make(map[string]bool)
	for _, s := range app.Subscriptions() {
		if !s.Always {
			acted[s.Event] = true
		}
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(acted)), slices.Sorted(slices.Values(m.Events))); diff != "" {
		t.Errorf("app.yml does not subscribe to exactly what the code acts on (-code +app.yml):\n%s", diff)
	}
	if !m.HookAttributes.Active || !strings.HasSuffix(m.HookAttributes.URL, "/webhook") {
		t.Errorf("the webhook is %+v", m.HookAttributes)
	}
}

// GitHub refuses a manifest with an event whose permission is not asked for:
// https://docs.github.com/en/webhooks/webhook-events-and-payloads
func TestManifestEventsArePermitted(t *testing.T) {
	needs := map[string]string{"pull_request": "pull_requests", "issue_comment": "issues", "check_run": "checks", "check_suite": "checks"}
	for _, file := range []string{"../app.yml", "../docs/app-readonly.yml"} {
		m, _ := readManifest(t, file)
		for _, event := range m.Events {
			if m.Permissions[needs[event]] == "" {
				t.Errorf("%s: %s needs the permission %q", file, event, needs[event])
			}
		}
	}
}

// The stand-in refuses what the App has no permission for, so the permissions that all
// tests of the App pass with are those that app.yml asks for.
func TestManifestPermissions(t *testing.T) {
	server, err := githubtest.New(githubtest.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	m, _ := readManifest(t, "../app.yml")
	if diff := cmp.Diff(server.App().Permissions, m.Permissions); diff != "" {
		t.Errorf("app.yml asks for other permissions than the App is tested with (-tested +app.yml):\n%s", diff)
	}
}

func TestReadOnlyManifest(t *testing.T) {
	full, _ := readManifest(t, "../app.yml")
	readOnly, _ := readManifest(t, "../docs/app-readonly.yml")
	full.Permissions["contents"] = "read"
	if diff := cmp.Diff(full, readOnly); diff != "" {
		t.Errorf("docs/app-readonly.yml differs in more than contents: read (-app.yml +read-only):\n%s", diff)
	}
}

// Every permission and event says what needs it.
func TestManifestIsExplained(t *testing.T) {
	line := regexp.MustCompile(`^  (- )?[a-z_]+(: (read|write))?( # .+)?$`)
	for _, file := range []string{"../app.yml", "../docs/app-readonly.yml"} {
		m, text := readManifest(t, file)
		_, text, _ = strings.Cut(text, "default_permissions:")
		explained := 0
		for l := range strings.Lines(text) {
			match := line.FindStringSubmatch(strings.TrimSuffix(l, "\n"))
			if match == nil {
				continue
			}
			explained++
			if match[4] == "" {
				t.Errorf("%s: %q does not say what needs it", file, l)
			}
		}
		if explained != len(m.Permissions)+len(m.Events) {
			t.Errorf("%s: %d of %d permissions and events stand on a line of their own", file, explained, len(m.Permissions)+len(m.Events))
		}
	}
}

// The links of docs/operate.md open GitHub's form with exactly the manifests' settings:
// https://docs.github.com/en/apps/sharing-github-apps/registering-a-github-app-using-url-parameters
func TestRegistrationLinks(t *testing.T) {
	text, err := os.ReadFile("../docs/operate.md")
	if err != nil {
		t.Fatal(err)
	}
	links := regexp.MustCompile(`https://github\.com/organizations/\S+/settings/apps/new\?\S+`).FindAllString(string(text), -1)
	files := []string{"../app.yml", "../docs/app-readonly.yml"}
	if len(links) != len(files) {
		t.Fatalf("docs/operate.md: %d links to register an App, want %d", len(links), len(files))
	}
	for i, link := range links {
		u, err := url.Parse(link)
		if err != nil {
			t.Fatal(err)
		}
		m, _ := readManifest(t, files[i])
		want := url.Values{"name": {m.Name}, "url": {m.URL}, "public": {"false"},
			"webhook_active": {"true"}, "webhook_url": {m.HookAttributes.URL}, "events[]": m.Events}
		for permission, level := range m.Permissions {
			want.Set(permission, level)
		}
		if diff := cmp.Diff(want, u.Query()); diff != "" {
			t.Errorf("the link for %s is not what it says (-manifest +link):\n%s", files[i], diff)
		}
	}
}
