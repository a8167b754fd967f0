package app_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/multistage-app/multistage/app"
	"github.com/multistage-app/multistage/review/config"
)

// The README's table of settings is made of the code's: UPDATE=1 writes it anew.
func TestReadmeHasEverySetting(t *testing.T) {
	const name, begin, end = "../README.md", "<!-- settings -->\n", "<!-- /settings -->"
	readme, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(readme), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the settings", name)
	}
	want := before + begin + settingsTable() + end + after
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(readme) != want {
		t.Errorf("%s does not have the settings of the code; UPDATE=1 go test ./app -run Readme writes them:\n%s", name, settingsTable())
	}
}

func settingsTable() string {
	var b strings.Builder
	b.WriteString("| variable | flag | default | |\n|---|---|---|---|\n")
	code := func(s string) string {
		if s == "" {
			return ""
		}
		return "`" + s + "`"
	}
	for _, s := range app.Settings() {
		flag := ""
		if s.Flag != "" {
			flag = "--" + s.Flag
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", s.Env, code(flag), code(s.Default), strings.ReplaceAll(s.Help, "|", "\\|"))
	}
	return b.String()
}

func TestReadmeConfigurationIsRead(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(readme), "```yaml\n")
	example, _, ok2 := strings.Cut(rest, "```")
	if !ok || !ok2 {
		t.Fatal("the README shows no configuration")
	}
	if _, err := config.Parse(config.Path, []byte(example)); err != nil {
		t.Error(err)
	}
}
