package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"comeback/campaigns"
	"comeback/campaigns/mail"
	"comeback/commerce"
)

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The README's table names every setting there is, with the default it has.
func TestReadmeListsTheSettings(t *testing.T) {
	t.Parallel()
	var want strings.Builder
	for _, s := range settings() {
		text := s.Default
		if text != "" {
			text = "`" + text + "`"
		}
		fmt.Fprintf(&want, "| `%s` | %s | %s |\n", s.Name, text, s.Help)
	}
	_, after, _ := strings.Cut(readme(t), "| setting | default | meaning |\n| --- | --- | --- |\n")
	got, _, _ := strings.Cut(after, "\n\n")
	if got+"\n" != want.String() {
		t.Errorf("got\n%s\nwant\n%s", got, want.String())
	}
}

// The campaign in the README is a good one, its examples included.
func TestReadmeCampaignIsGood(t *testing.T) {
	t.Parallel()
	_, after, _ := strings.Cut(readme(t), "```json\n")
	file, _, _ := strings.Cut(after, "```")
	templates, err := mail.ReadyTemplates()
	if err != nil {
		t.Fatal(err)
	}
	c, problems := campaigns.Accept([]byte(file), templates, commerce.Shop{Currency: "EUR", Zone: "UTC", Market: commerce.West})
	if c == nil || len(c.Tests) != 2 {
		t.Errorf("got %v, want a good campaign with two tests", problems)
	}
}

// Commands, folders and files that the README names exist.
func TestReadmeNamesWhatExists(t *testing.T) {
	t.Parallel()
	text := readme(t)
	known := map[string]bool{}
	for _, c := range (&program{}).root().Commands() {
		known[c.Name()] = true
	}
	for _, m := range regexp.MustCompile("(?m)^comeback ([a-z]+)|`comeback ([a-z]+)").FindAllStringSubmatch(text, -1) {
		if name := m[1] + m[2]; !known[name] {
			t.Errorf("comeback %s: there is no such command", name)
		}
	}
	_, tree, _ := strings.Cut(text, "## The tree")
	for _, m := range regexp.MustCompile(`(?m)^([a-z/]+/)  `).FindAllStringSubmatch(tree, -1) {
		if info, err := os.Stat(m[1]); err != nil || !info.IsDir() {
			t.Errorf("%s: there is no such folder", m[1])
		}
	}
	for _, m := range regexp.MustCompile("[`(]([A-Za-z_/]+\\.(?:md|yaml|go))[`)]").FindAllStringSubmatch(text, -1) {
		if _, err := os.Stat(m[1]); err != nil && !isFileOfPackage(m[1]) {
			t.Errorf("%s: there is no such file", m[1])
		}
	}
}

// isFileOfPackage finds files that the table of extensions names without
// their folder, which stands in the same row.
func isFileOfPackage(name string) bool {
	for _, dir := range []string{"connectors", "segments", "campaigns"} {
		if _, err := os.Stat(dir + "/" + name); err == nil {
			return true
		}
	}
	return false
}
