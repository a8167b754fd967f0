package buildkit

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestThePolicyOfTheGuide(t *testing.T) {
	c, err := New(Config{Host: "unix:///nowhere", Policy: "../../docs/source-policy.json"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if len(c.policy.GetRules()) == 0 {
		t.Error("the policy has no rules")
	}
}

func TestAMisspeltPolicyIsRefused(t *testing.T) {
	name := filepath.Join(t.TempDir(), "policy.json")
	policy := `{"rules": [{"action": "DENY", "selector": {"identifier": "docker-image://evil/.*", "matchType": "REGEX"}}]}`
	if err := os.WriteFile(name, []byte(policy), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := New(Config{Host: "unix:///nowhere", Policy: name}); err == nil || !strings.Contains(err.Error(), "matchType") {
		t.Errorf("got %v", err)
	}
}

func TestForget(t *testing.T) {
	dir := t.TempDir()
	if err := keep(dir, "old", original{}); err != nil {
		t.Fatal(err)
	}
	if err := Forget(dir, time.Now().Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, ok := recall(dir, "old"); !ok {
		t.Error("what is new was forgotten")
	}
	if err := Forget(dir, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, ok := recall(dir, "old"); ok {
		t.Error("what is old was kept")
	}
	if err := Forget(filepath.Join(dir, "none"), time.Now()); err != nil {
		t.Error(err)
	}
}
