package main

import (
	"path/filepath"
	"strings"
	"testing"

	"comeback/campaigns"
	"comeback/campaigns/mail"
	"comeback/commerce"
	"comeback/segments"
)

// The campaigns among the examples are good in both markets, with the tests in
// them, as comeback validate checks them.
func TestExampleCampaignsAreGood(t *testing.T) {
	t.Parallel()
	templates, err := mail.ReadyTemplates()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range examples(t, "examples/campaigns/*.json") {
		for market, currency := range map[commerce.Market]string{commerce.West: "EUR", commerce.China: "CNY"} {
			c, problems := campaigns.Accept([]byte(readText(t, name)), templates, commerce.Shop{Currency: currency, Zone: "UTC", Market: market})
			if c == nil || len(c.Tests) == 0 {
				t.Errorf("%s, market %s: got %v, want a good campaign with tests", name, market, problems)
				continue
			}
			if want := strings.TrimSuffix(filepath.Base(name), ".json"); c.ID != want {
				t.Errorf("%s: the id is %q, want the file's name", name, c.ID)
			}
		}
	}
}

// The segments among the examples are good, without a note, in a shop that has
// all of them.
func TestExampleSegmentsAreGood(t *testing.T) {
	t.Parallel()
	names := examples(t, "examples/segments/*.json")
	var files [][]byte
	for _, name := range names {
		files = append(files, []byte(readText(t, name)))
	}
	all := segments.NewSet(files)
	if broken := all.Broken(); len(broken) > 0 {
		t.Errorf("got %v, want no problem", broken)
	}
	for i, name := range names {
		s, problems := segments.ReadSegment(files[i], all)
		if s == nil || len(problems) > 0 {
			t.Errorf("%s: got %v, want no problem", name, problems)
			continue
		}
		if want := strings.TrimSuffix(filepath.Base(name), ".json"); s.ID != want {
			t.Errorf("%s: the id is %q, want the file's name", name, s.ID)
		}
	}
}

func examples(t *testing.T, pattern string) []string {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		t.Fatalf("%s: %d files, %v", pattern, len(names), err)
	}
	return names
}
