package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"comeback/campaigns"
	"comeback/campaigns/mail"
	"comeback/commerce"
)

// The campaign in the README is good, and so are the tests in it.
func TestReadmeCampaignIsGood(t *testing.T) {
	t.Parallel()
	_, after, _ := strings.Cut(readText(t, "README.md"), "```json\n")
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

// Commands in the documents exist.
func TestDocumentsNameExistingCommands(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, c := range (&program{}).root().Commands() {
		known[c.Name()] = true
	}
	for _, file := range markdownFiles(t) {
		for _, m := range regexp.MustCompile(`(?:^|[\s(`+"`"+`])(?:\./)?comeback ([a-z]+)`).FindAllStringSubmatch(readText(t, file), -1) {
			if !known[m[1]] && !slices.Contains(strings.Fields("answered does is"), m[1]) {
				t.Errorf("%s: comeback %s: there is no such command", file, m[1])
			}
		}
	}
}

// Folders and files in CONTRIBUTING.md exist.
func TestContributingNamesExistingFiles(t *testing.T) {
	t.Parallel()
	text := readText(t, "CONTRIBUTING.md")
	_, tree, _ := strings.Cut(text, "## The tree")
	for _, m := range regexp.MustCompile(`(?m)^([a-z/]+/)  `).FindAllStringSubmatch(tree, -1) {
		if info, err := os.Stat(m[1]); err != nil || !info.IsDir() {
			t.Errorf("%s: there is no such folder", m[1])
		}
	}
	for _, m := range regexp.MustCompile("[`(]([A-Za-z_/.]+\\.(?:md|yaml|go|tsv))[`)]").FindAllStringSubmatch(text, -1) {
		if _, err := os.Stat(m[1]); err != nil && !isFileOfPackage(m[1]) {
			t.Errorf("%s: there is no such file", m[1])
		}
	}
}

// isFileOfPackage finds files that are named without their folder, where the
// sentence names it.
func isFileOfPackage(name string) bool {
	for _, dir := range []string{"connectors", "segments", "campaigns", "campaigns/channels"} {
		if _, err := os.Stat(dir + "/" + name); err == nil {
			return true
		}
	}
	return false
}

// The table of places in ARCHITECTURE.md names files and functions that exist.
func TestArchitectureNamesWhatExists(t *testing.T) {
	t.Parallel()
	rows := regexp.MustCompile("(?m)^\\| [^|]+\\? \\| `([^`]+)` \\| (.+) \\|$").FindAllStringSubmatch(readText(t, "ARCHITECTURE.md"), -1)
	if len(rows) < 20 {
		t.Fatalf("got %d rows of the table", len(rows))
	}
	for _, row := range rows {
		names := regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(row[2], -1)
		text := readText(t, row[1]+names[0][1])
		for _, name := range names[1:] {
			if strings.HasSuffix(name[1], ".go") {
				readText(t, row[1]+name[1])
				continue
			}
			if !regexp.MustCompile(`(?m)^func (\([^)]*\) )?` + name[1] + `[\[(]`).MatchString(text) {
				t.Errorf("%s%s: there is no function %s", row[1], names[0][1], name[1])
			}
		}
	}
}
