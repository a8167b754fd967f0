package github

import (
	"fmt"
	"strings"
	"testing"
)

func TestCacheIsBounded(t *testing.T) {
	c := newCache[int](10)
	for n := range 20 {
		c.put(fmt.Sprint(n), n, 3)
		c.get("0")
	}
	if _, ok := c.get("0"); !ok || c.sum > 10 || c.order.Len() != len(c.items) || len(c.items) != 3 {
		t.Errorf("sum %d, %d items", c.sum, len(c.items))
	}
	c.put("0", 0, 11)
	if _, ok := c.get("0"); ok {
		t.Error("kept more than the bound")
	}
}

func TestGraphQLAddress(t *testing.T) {
	for base, want := range map[string]string{
		"":                                   "https://api.github.com/graphql",
		"https://api.github.com":             "https://api.github.com/graphql",
		"https://github.example.com/api/v3":  "https://github.example.com/api/graphql",
		"https://github.example.com/api/v3/": "https://github.example.com/api/graphql",
		"http://127.0.0.1:8080/":             "http://127.0.0.1:8080/graphql",
	} {
		o := Options{BaseURL: base, AppID: 1, PrivateKey: testKey(t)}
		a, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		if a.graphql != want {
			t.Errorf("%q: %s, want %s", base, a.graphql, want)
		}
	}
}

func TestClip(t *testing.T) {
	for _, n := range []int{30, 31, 32, 33} {
		got := clip(strings.Repeat("ü", 100), n)
		if len(got) > n || !strings.HasSuffix(got, "… (cut)") || strings.Contains(got, "\uFFFD") {
			t.Errorf("%d: %q", n, got)
		}
	}
	if got := clip("short", 100); got != "short" {
		t.Errorf("%q", got)
	}
}
