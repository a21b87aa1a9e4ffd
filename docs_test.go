package main

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"comeback/campaigns"
	"comeback/campaigns/mail"
	"comeback/commerce"
	"comeback/service"
)

// generated are the parts of the documents that are made of the program's own
// tables: go test -run Documents -update . writes them.
func generated(t *testing.T) map[string]func(*testing.T) string {
	t.Helper()
	return map[string]func(*testing.T) string{
		"settings": settingsTable, "metrics": metricsTable, "routes": routesTable,
		"fields": fieldTables, "operators": operatorTable, "condition events": conditionEvents,
		"language": languageTables, "events": eventTable, "dates": dateTable, "defaults": defaultsTable,
		"laws": lawTable, "variables": variableTable, "filters": filterTable,
	}
}

var generatedPart = regexp.MustCompile(`(?s)(<!-- generated: ([a-z ]+) -->\n).*?(<!-- end -->)`)

// Every setting, metric, route, field, operator, step, variable and filter of
// the program is in the documents.
func TestDocumentsContainEveryTableOfTheCode(t *testing.T) {
	t.Parallel()
	makers := generated(t)
	var found []string
	for _, name := range markdownFiles(t) {
		text := readText(t, name)
		want := generatedPart.ReplaceAllStringFunc(text, func(part string) string {
			m := generatedPart.FindStringSubmatch(part)
			maker := makers[m[2]]
			if maker == nil {
				t.Errorf("%s: the part %q is not generated", name, m[2])
				return part
			}
			found = append(found, m[2])
			return m[1] + maker(t) + m[3]
		})
		if text == want {
			continue
		}
		if *update {
			writeText(t, name, want)
			continue
		}
		t.Errorf("%s is stale: go test -run Documents -update . writes it anew", name)
	}
	for part := range makers {
		if !slices.Contains(found, part) {
			t.Errorf("no document has the part %q", part)
		}
	}
}

// markdownFiles are the Markdown files of the project.
func markdownFiles(t *testing.T) []string {
	t.Helper()
	var list []string
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || name != "." && strings.HasPrefix(d.Name(), ".") && d.Name() != ".github"):
			return fs.SkipDir
		case filepath.Ext(name) == ".md":
			list = append(list, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func readText(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func writeText(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

var (
	markdownLink = regexp.MustCompile(`\]\(([^)#:\s]*)(#[^)\s]*)?\)`)
	heading      = regexp.MustCompile(`(?m)^#+ +(.+)$`)
	fenced       = regexp.MustCompile("(?ms)^```.*?^```$")
	notInAnchor  = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// A link within the documents leads to an existing file, and to an existing
// heading.
func TestDocumentsLinkToExistingTargets(t *testing.T) {
	t.Parallel()
	for _, name := range markdownFiles(t) {
		for _, m := range markdownLink.FindAllStringSubmatch(fenced.ReplaceAllString(readText(t, name), ""), -1) {
			to := name
			if m[1] != "" {
				to = filepath.Join(filepath.Dir(name), m[1])
			}
			if _, err := os.Stat(to); err != nil {
				t.Errorf("%s: %s: there is no such file", name, m[1])
				continue
			}
			if m[2] != "" && !slices.Contains(anchors(readText(t, to)), m[2][1:]) {
				t.Errorf("%s: %s has no heading %s", name, to, m[2])
			}
		}
	}
}

// anchors are the link targets of headings.
func anchors(text string) []string {
	var list []string
	for _, m := range heading.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
		list = append(list, strings.ReplaceAll(notInAnchor.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-"))
	}
	return list
}

// The pages for readers fit a narrow window: prose is at most 120 columns wide.
// Tables, links of reference and fenced text may be wider.
func TestDocumentsAreNarrow(t *testing.T) {
	t.Parallel()
	for _, name := range markdownFiles(t) {
		if !strings.HasPrefix(name, "docs/") && strings.Contains(name, "/") {
			continue // their own time comes
		}
		line := 0
		for s := range strings.Lines(readText(t, name)) {
			line++
			if utf8.RuneCountInString(strings.TrimSuffix(s, "\n")) > 120 && !strings.HasPrefix(s, "|") {
				t.Errorf("%s:%d: more than 120 columns", name, line)
			}
		}
	}
}

// settingsTable lists every setting with its default.
func settingsTable(*testing.T) string {
	var b strings.Builder
	b.WriteString("| setting | default | meaning |\n| --- | --- | --- |\n")
	for _, s := range service.Settings() {
		text := s.Default
		if text != "" {
			text = "`" + text + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", s.Name, text, s.Help)
	}
	return b.String()
}

var metricText = regexp.MustCompile(
	`prometheus\.(?:New)?(Counter|Gauge|Histogram|Summary)\w*(?:Opts)?\{\s*Name: "(comeback_\w+)",\s*Help: "([^"]+)"`,
)

// metricsTable lists the metrics that the program registers.
func metricsTable(t *testing.T) string {
	t.Helper()
	var rows []string
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
			return err
		}
		text := readText(t, name)
		for _, m := range metricText.FindAllStringSubmatch(text, -1) {
			rows = append(rows, fmt.Sprintf("| `%s` | %s | %s |\n", m[2], strings.ToLower(m[1]), m[3]))
		}
		if got, want := len(metricText.FindAllString(text, -1)), strings.Count(text, `Name: "comeback_`); got != want {
			t.Errorf("%s: %d of %d metrics are read", name, got, want)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(rows)
	return "| metric | kind | meaning |\n| --- | --- | --- |\n" + strings.Join(rows, "")
}

// languageTables are the objects of a campaign file.
func languageTables(*testing.T) string {
	var b strings.Builder
	for _, p := range campaigns.Language() {
		fmt.Fprintf(&b, "\n### %s\n\n| key | |\n| --- | --- |\n", p.Name)
		var later []string
		for _, k := range p.Keys {
			if k.Built() {
				fmt.Fprintf(&b, "| `%s` | %s |\n", k.Name, k.Doc)
			} else {
				later = append(later, "`"+k.Name+"`")
			}
		}
		if len(later) > 0 {
			fmt.Fprintf(&b, "\n%s.\n", wrapped("Not supported yet, and refused by name: "+strings.Join(later, ", ")))
		}
	}
	return b.String() + "\n"
}

// wrapped breaks a list into lines of at most 120 columns.
func wrapped(text string) string {
	var b strings.Builder
	width := 0
	for i, word := range strings.Split(text, " ") {
		switch {
		case i == 0:
		case width+1+len(word) > 118:
			b.WriteString("\n")
			width = 0
		default:
			b.WriteString(" ")
			width++
		}
		b.WriteString(word)
		width += len(word)
	}
	return b.String()
}

// eventTable lists the events of triggers, with their descriptions in
// conditions.
func eventTable(t *testing.T) string {
	t.Helper()
	docs := map[string]string{}
	for _, place := range conditionPlaces {
		for _, e := range conditionSchema(t).events(place.def) {
			docs[e.name] = e.doc
		}
	}
	var b strings.Builder
	b.WriteString("| event | |\n| --- | --- |\n")
	for _, kind := range campaigns.Events() {
		doc := cmp.Or(campaigns.EventDocs()[kind], docs[string(kind)])
		if doc == "" {
			t.Errorf("event %s has no description", kind)
		}
		fmt.Fprintf(&b, "| `%s` | %s |\n", kind, doc)
	}
	return b.String()
}

func dateTable(*testing.T) string {
	var names []string
	for _, d := range campaigns.Dates() {
		names = append(names, "`"+string(d)+"`")
	}
	return wrapped(strings.Join(names, ", ")) + "\n"
}

// defaultsTable lists the defaults of a campaign without a policy.
func defaultsTable(*testing.T) string {
	var b strings.Builder
	b.WriteString("| market | class | channel | quiet hours | caps |\n| --- | --- | --- | --- | --- |\n")
	for _, d := range campaigns.Defaults() {
		quiet, caps := "none", "none"
		if d.Quiet != nil {
			quiet = fmt.Sprintf("%s, zone of the %s, `%s`", d.Quiet, d.Quiet.Zone, d.Quiet.Then)
		}
		var list []string
		for _, k := range d.Caps {
			list = append(list, k.String())
		}
		if d.PerOrder > 0 {
			list = append(list, fmt.Sprintf("%d about one order", d.PerOrder))
		}
		if len(list) > 0 {
			caps = strings.Join(list, ", ")
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", d.Market, d.Class, d.Channel, quiet, caps)
	}
	return b.String()
}

// lawTable lists what allows a message under each law.
func lawTable(*testing.T) string {
	var b strings.Builder
	b.WriteString("| law | class | channel | basis | proof | source |\n| --- | --- | --- | --- | --- | --- |\n")
	for _, r := range commerce.LawRows() {
		source, link := r.Source()
		if link != "" {
			source = "[" + source + "](" + link + ")"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | `%s` | `%s` | %s |\n", r.Law, r.Class(), r.Channel, r.Basis, r.Proof, source)
	}
	return b.String()
}

func variableTable(*testing.T) string {
	var b strings.Builder
	b.WriteString("| variable | kind | |\n| --- | --- | --- |\n")
	for _, v := range mail.Variables() {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", v.Name, v.Kind, cell(v.About))
	}
	return b.String()
}

func filterTable(*testing.T) string {
	var b strings.Builder
	b.WriteString("| filter | |\n| --- | --- |\n")
	for _, f := range mail.Filters() {
		fmt.Fprintf(&b, "| `%s` | %s |\n", f.Name, cell(f.About))
	}
	return b.String()
}

// cell is text within a table; templates in it become code.
func cell(text string) string {
	text = strings.ReplaceAll(text, "|", `\|`)
	return regexp.MustCompile(`\{[{%].*?[}%]\}`).ReplaceAllString(text, "`$0`")
}
