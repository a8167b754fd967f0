package app_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/multistage-app/multistage/app"
)

const sha = "0123456789abcdef0123456789abcdef01234567"

// body is a payload of our repository with more keys.
func body(action, more string) string {
	return `{"action":"` + action + `","installation":{"id":3},"repository":{"id":7,"name":"shop","owner":{"login":"octo"}},
		"sender":{"login":"ann","type":"User"}` + more + `}`
}

func comment(text, sender string) string {
	quoted, _ := json.Marshal(text)
	return `{"action":"created","installation":{"id":3},"repository":{"id":7,"name":"shop","owner":{"login":"octo"}},
		"sender":{"login":"ann","type":"` + sender + `"},"issue":{"number":5,"pull_request":{"url":"x"}},
		"comment":{"id":99,"body":` + string(quoted) + `}}`
}

func TestRoute(t *testing.T) {
	pull := `,"pull_request":{"number":5,"head":{"sha":"` + sha + `"}}`
	check := func(kind, more string) string {
		return `,"` + kind + `":{"head_sha":"` + sha + `","app":{"id":1}` + more + `}`
	}
	ofPulls := func(numbers ...string) string {
		for i, n := range numbers {
			numbers[i] = `{"number":` + n + `,"base":{"repo":{"id":7}}}`
		}
		return `,"pull_requests":[` + strings.Join(numbers, ",") + `]`
	}
	tests := map[string]struct {
		event, body string
		want        string // "why number", or the start of the error
	}{
		"opened":             {"pull_request", body("opened", pull), "changed 5"},
		"reopened":           {"pull_request", body("reopened", pull), "changed 5"},
		"synchronize":        {"pull_request", body("synchronize", pull), "changed 5"},
		"ready":              {"pull_request", body("ready_for_review", pull), "changed 5"},
		"draft":              {"pull_request", body("converted_to_draft", pull), "changed 5"},
		"labeled":            {"pull_request", body("labeled", pull), "changed 5"},
		"labeled by a bot":   {"pull_request", strings.Replace(body("labeled", pull), "User", "Bot", 1), "ignored: a bot's label"},
		"pushed by a bot":    {"pull_request", strings.Replace(body("synchronize", pull), "User", "Bot", 1), "changed 5"},
		"base edited":        {"pull_request", body("edited", pull+`,"changes":{"base":{"ref":{"from":"main"}}}`), "changed 5"},
		"title edited":       {"pull_request", body("edited", pull+`,"changes":{"title":{"from":"x"}}`), "ignored: title"},
		"closed":             {"pull_request", body("closed", pull), "closed 5"},
		"assigned":           {"pull_request", body("assigned", pull), "ignored: we do not act on pull_request other"},
		"no pull request":    {"pull_request", body("opened", ""), "malformed"},
		"negative":           {"pull_request", strings.Replace(body("opened", pull), `"number":5`, `"number":-5`, 1), "malformed"},
		"no repository":      {"pull_request", `{"action":"opened","installation":{"id":3}` + pull + `}`, "malformed"},
		"path as repository": {"pull_request", strings.Replace(body("opened", pull), "shop", "../../orgs", 1), "malformed"},
		"no installation":    {"pull_request", strings.Replace(body("opened", pull), `{"id":3}`, `null`, 1), "ignored: it comes from a webhook"},

		"command":               {"issue_comment", comment("/multistage apply", "User"), "command 5"},
		"command in the middle": {"issue_comment", comment("Thanks!\r\n\r\n /multistage\r\n", "User"), "command 5"},
		"plain comment":         {"issue_comment", comment("I like multistage and a/multistage", "User"), "ignored: no command"},
		"another command":       {"issue_comment", comment("/multistagecoach", "User"), "ignored: no command"},
		"a bot's command":       {"issue_comment", comment("/multistage apply", "Bot"), "ignored: a bot's"},
		"comment edited":        {"issue_comment", strings.Replace(comment("/multistage", "User"), "created", "edited", 1), "ignored"},
		"comment on an issue":   {"issue_comment", strings.Replace(comment("/multistage", "User"), `,"pull_request":{"url":"x"}`, "", 1), "ignored: a comment on an issue"},
		"comment without id":    {"issue_comment", strings.Replace(comment("/multistage", "User"), `"id":99`, `"id":0`, 1), "malformed"},

		"check run of a fork":       {"check_run", body("rerequested", check("check_run", `,"external_id":"v1:5:abc","pull_requests":[]`)), "rerun 5"},
		"check run by its list":     {"check_run", body("rerequested", check("check_run", ofPulls("6"))), "rerun 6"},
		"check run, odd id":         {"check_run", body("rerequested", check("check_run", `,"external_id":"v1:-5:x"`+ofPulls("6"))), "rerun 6"},
		"check run of two":          {"check_run", body("rerequested", check("check_run", ofPulls("6", "7"))), "rerun 0"},
		"button":                    {"check_run", body("requested_action", check("check_run", `,"external_id":"v1:5:abc"`)+`,"requested_action":{"identifier":"apply"}`), "button 5"},
		"another App's":             {"check_run", strings.Replace(body("rerequested", check("check_run", "")), `"app":{"id":1}`, `"app":{"id":2}`, 1), "ignored: another App"},
		"check run created":         {"check_run", body("created", check("check_run", "")), "ignored"},
		"suite":                     {"check_suite", body("rerequested", check("check_suite", ofPulls("5"))), "rerun 5"},
		"suite of a fork":           {"check_suite", body("rerequested", check("check_suite", ofPulls())), "rerun 0"},
		"suite in another's list":   {"check_suite", body("rerequested", check("check_suite", `,"pull_requests":[{"number":1,"base":{"repo":{"id":8}}}]`)), "rerun 0"},
		"suite with neither":        {"check_suite", body("rerequested", `,"check_suite":{"app":{"id":1}}`), "malformed"},
		"suite of a push":           {"check_suite", body("requested", check("check_suite", "")), "ignored"},
		"permissions accepted":      {"installation", `{"action":"new_permissions_accepted","installation":{"id":3}}`, "installation 0"},
		"repositories added":        {"installation_repositories", `{"action":"added","installation":{"id":3}}`, "installation 0"},
		"an event of another world": {"deployment_protection_rule", `{"action":"requested"}`, "ignored: we do not act on this event"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			e, err := app.Router{AppID: 1}.Route(app.Delivery{ID: "guid", Event: test.event, Payload: []byte(test.body)})
			got := string(e.Why) + " " + itoa(e.Number)
			if err != nil {
				got = err.Error()
			}
			if err == nil && got != test.want || err != nil && !strings.HasPrefix(got, test.want) {
				t.Fatalf("got %q, want %q", got, test.want)
			}
			if err == nil && e.Why != app.WhyInstallation {
				if e.Delivery != "guid" || e.RepoID != 7 || e.Owner != "octo" || e.Repo != "shop" || e.InstallationID != 3 || e.Sender != "ann" {
					t.Errorf("event is %+v", e)
				}
			}
		})
	}
}

func itoa(n int64) string {
	text, _ := json.Marshal(n)
	return string(text)
}

func TestRouteKeepsWhatTheLaneNeeds(t *testing.T) {
	router := app.Router{IsCommand: func(text string) bool { return text == "do it" }}
	e, err := router.Route(app.Delivery{Event: "issue_comment", Payload: []byte(comment("do it", "User"))})
	if err != nil || e.CommentID != 99 || e.Comment != "do it" {
		t.Errorf("command: %+v, %v", e, err)
	}
	if _, err := router.Route(app.Delivery{Event: "issue_comment", Payload: []byte(comment("/multistage", "User"))}); err == nil {
		t.Error("the grammar of commands was not asked")
	}
	e, err = router.Route(app.Delivery{Event: "check_run", Payload: []byte(body("requested_action",
		`,"check_run":{"external_id":"v1:5:x","head_sha":"`+sha+`"},"requested_action":{"identifier":"ignore"}`))})
	if err != nil || e.Button != "ignore" || e.HeadSHA != sha {
		t.Errorf("button: %+v, %v", e, err)
	}
}

// TestRouteExamples routes the payloads that GitHub's own SDK is tested with.
func TestRouteExamples(t *testing.T) {
	file := filepath.Join("..", ".cache", "webhooks", "index.json")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v: run make fixtures", err)
	}
	var all []struct {
		Name     string            `json:"name"`
		Examples []json.RawMessage `json:"examples"`
	}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	routed, total := map[app.Why]int{}, 0
	for _, event := range all {
		for _, example := range event.Examples {
			total++
			e, err := app.Router{}.Route(app.Delivery{ID: "guid", Event: event.Name, Payload: withInstallation(t, example)})
			var ignored app.Ignored
			switch {
			case err == nil:
				routed[e.Why]++
			case !errors.As(err, &ignored):
				t.Errorf("%s: %v\n%.300s", event.Name, err, example)
			}
		}
	}
	t.Logf("%d payloads of %d events: %v", total, len(all), routed)
	for _, why := range []app.Why{app.WhyChanged, app.WhyClosed, app.WhyRerun, app.WhyInstallation} {
		if routed[why] == 0 {
			t.Errorf("no example was routed as %s", why)
		}
	}
}

// withInstallation adds the installation that a webhook of a repository does not have: most
// examples were recorded from one.
func withInstallation(t *testing.T, example json.RawMessage) []byte {
	t.Helper()
	var payload map[string]json.RawMessage
	if err := json.Unmarshal(example, &payload); err != nil {
		t.Fatal(err)
	}
	if _, ok := payload["installation"]; !ok {
		payload["installation"] = json.RawMessage(`{"id":1}`)
	}
	text, err := json.Marshal(payload)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestSubscriptions(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range app.Subscriptions() {
		key := s.Event + "." + s.Action
		if seen[key] || s.Event == "" || s.Action == "" || s.Why == "" {
			t.Errorf("row %+v", s)
		}
		seen[key] = true
		if always := strings.HasPrefix(s.Event, "installation"); s.Always != always {
			t.Errorf("%s: Always is %v", key, s.Always)
		}
	}
}
