package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/multistage-app/multistage/rewrite"
	"github.com/multistage-app/multistage/rewrite/plan"
)

func newExplain() *cobra.Command {
	return &cobra.Command{
		Use:   "explain [RULE]",
		Short: "Explain a rule or a refusal code, with before and after",
		Long:  `Explain a rule or the code of a verdict. Without an argument, list them all.`,
		Example: `  multistage explain
  multistage explain build-tools-in-image
  multistage explain unknown-base`,
		Args: atMost(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				listAll(cmd.OutOrStdout())
				return nil
			}
			return explain(cmd.OutOrStdout(), strings.ToLower(args[0]))
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return topics(), cobra.ShellCompDirectiveNoFileComp
		},
	}
}

func listAll(w io.Writer) {
	for _, section := range rewrite.Sections {
		fmt.Fprintf(w, "%s\n", section)
		for _, r := range rewrite.Rules {
			if r.Section == section {
				fmt.Fprintf(w, "  %-36s %s\n", r.Name, r.Title)
			}
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintln(w, "Why there is no rewrite")
	for _, c := range plan.Codes {
		fmt.Fprintf(w, "  %-36s %s: %s\n", c.Code, c.Verdict, c.Title)
	}
}

func explain(w io.Writer, topic string) error {
	if r, ok := rewrite.RuleNamed(topic); ok {
		fmt.Fprintf(w, "%s (%s, %s)\n%s\n\n%s\n", r.Name, r.Section, r.Level, r.Title, wrap(r.Why))
		block(w, "Before", r.Before)
		block(w, "After", r.After)
		return nil
	}
	for _, c := range plan.Codes {
		if string(c.Code) == topic {
			fmt.Fprintf(w, "%s (%s)\n%s\n\n%s\n", c.Code, c.Verdict, c.Title, wrap(c.Explain))
			return nil
		}
	}
	return usage("there is no rule or code %q: 'multistage explain' lists them%s", topic, didYouMean(topic))
}

func block(w io.Writer, title, text string) {
	if text == "" {
		return
	}
	fmt.Fprintf(w, "\n%s:\n    %s\n", title, strings.ReplaceAll(text, "\n", "\n    "))
}

func topics() []string {
	var all []string
	for _, r := range rewrite.Rules {
		all = append(all, r.Name)
	}
	for _, c := range plan.Codes {
		all = append(all, string(c.Code))
	}
	return all
}

// didYouMean names topics that share a word with the one asked for.
func didYouMean(topic string) string {
	var near []string
	for _, t := range topics() {
		for _, word := range strings.Split(topic, "-") {
			if len(word) > 2 && strings.Contains(t, word) {
				near = append(near, t)
				break
			}
		}
	}
	if len(near) == 0 {
		return ""
	}
	return "\nDid you mean " + strings.Join(near[:min(len(near), 3)], ", ") + "?"
}

// wrap breaks a paragraph at 78 columns.
func wrap(text string) string {
	var b strings.Builder
	column := 0
	for _, word := range strings.Fields(text) {
		switch {
		case column == 0:
		case column+1+len(word) > 78:
			b.WriteByte('\n')
			column = 0
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += len(word)
	}
	return b.String()
}
