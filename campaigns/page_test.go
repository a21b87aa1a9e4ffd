package campaigns_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/segments"
	"comeback/strictjson"
)

// pageOfTheLanguage is the page that says what the language is to be. It lies beside a checkout.
// Without it a test is skipped, or fails where COMEBACK_TEST_SHARED=required.
func pageOfTheLanguage(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("../../shared/CAMPAIGNS.md")
	if err != nil && os.Getenv("COMEBACK_TEST_SHARED") == "required" {
		t.Fatal(err)
	}
	if err != nil {
		t.Skip(err)
	}
	return string(page)
}

// notYet are the keys of the page that are refused by name, with the reason.
var notYet = map[string]string{
	"coupon": "the shops' platforms give no coupons out so far",
}

// between is the part of a page from a text up to another one.
func between(t *testing.T, page, from, to string) string {
	t.Helper()
	_, rest, begins := strings.Cut(page, from)
	part, _, ends := strings.Cut(rest, to)
	if !begins || !ends {
		t.Fatalf("the page has no part from %q to %q", from, to)
	}
	return part
}

// Each condition of the page is accepted in a segment and in a campaign.
func TestConditionsOfThePageAreAccepted(t *testing.T) {
	t.Parallel()
	part := between(t, pageOfTheLanguage(t), "## 1. ", "## 2. ")
	n := 0
	for line := range strings.Lines(between(t, part, "```json\n", "```")) {
		for _, text := range values(line) {
			for _, condition := range expand(t, text) {
				n++
				written, err := json.Marshal(condition)
				if err != nil {
					t.Fatal(err)
				}
				root, problems := strictjson.Read(written)
				if root == nil {
					t.Fatal(problems)
				}
				if c, problems := segments.Parse(root, segments.Scope{Named: true}); c == nil || strictjson.Refused(problems) {
					t.Errorf("in a segment: %s: %s", written, list(problems))
				}
				if why := refusal(wrapped("order", with("audience", condition))); why != "" {
					t.Errorf("in a campaign: %s: %s", written, why)
				}
			}
		}
	}
	if n < 10 {
		t.Errorf("found %d conditions, want all of the page's", n)
	}
}

// Both campaigns of the page are accepted whole, and their examples pass.
func TestCampaignsOfThePageAreAccepted(t *testing.T) {
	t.Parallel()
	part := between(t, pageOfTheLanguage(t), "## 2. ", "## 3. ")
	files := regexp.MustCompile("(?s)```json\n(.*?)```").FindAllStringSubmatch(part, -1)
	if len(files) != 2 {
		t.Fatalf("found %d files, want 2", len(files))
	}
	for _, file := range files {
		if c, problems := campaigns.Accept([]byte(file[1]), nil, commerce.Shop{}); c == nil {
			t.Errorf("%s\n%s", file[1], list(problems))
		}
	}
}

// Each trigger, step and policy that the page writes in short is accepted in some campaign. What is
// not built is refused by name, and stands in notYet.
func TestSyntaxOfThePageIsAccepted(t *testing.T) {
	t.Parallel()
	page := pageOfTheLanguage(t)
	part := between(t, page, "**Syntax of the rest**", "**Waits and quiet hours**") + between(t, page, "**Coupon**", "## 3.")
	used := map[string]bool{}
	n := 0
	for _, found := range regexp.MustCompile("`([{\"][^`]*)`").FindAllStringSubmatch(part, -1) {
		if !strings.Contains(found[1], ":") {
			continue // a word of the text
		}
		for _, object := range expand(t, found[1]) {
			n++
			written, err := json.Marshal(object)
			if err != nil {
				t.Fatal(err)
			}
			why, exception := refusedEverywhere(object), ""
			for key := range notYet {
				if bytes.Contains(written, []byte(`"`+key+`"`)) {
					exception = key
				}
			}
			used[exception] = true
			switch {
			case exception == "" && why != "":
				t.Errorf("%s: %s", written, why)
			case exception != "" && why == "":
				t.Errorf("%s is accepted: remove %s from notYet", written, exception)
			case exception != "" && !strings.Contains(why, "not supported yet"):
				t.Errorf("%s: got %s, want it refused by name", written, why)
			}
		}
	}
	for key := range notYet {
		if !used[key] {
			t.Errorf("the page does not write %s: remove it from notYet", key)
		}
	}
	if n < 20 {
		t.Errorf("found %d pieces, want all of the page's", n)
	}
}

// Each event of an order that the page names can be a trigger, and each state of a payment a value.
func TestEventsOfThePageAreAccepted(t *testing.T) {
	t.Parallel()
	part := between(t, pageOfTheLanguage(t), "**Triggers**: order events:", ";")
	names, states, _ := strings.Cut(part, "(order.payment_status:")
	names = regexp.MustCompile(`\([^)]*\)`).ReplaceAllString(names, "")
	events := words(names)
	for _, name := range events {
		if why := refusal(wrapped("order", with("trigger", map[string]any{"event": "order." + name}))); why != "" {
			t.Errorf("order.%s: %s", name, why)
		}
	}
	known := words(states)
	for _, state := range known {
		where := map[string]any{"field": "order.payment_status", "op": "is", "value": state}
		if why := refusal(wrapped("order", with("trigger", map[string]any{"event": "order.placed", "where": where}))); why != "" {
			t.Errorf("%s: %s", state, why)
		}
	}
	if len(events) < 12 || len(known) < 8 {
		t.Errorf("found the events %v and the states %v, want all of the page's", events, known)
	}
}

func words(text string) []string {
	return strings.FieldsFunc(text, func(c rune) bool { return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz_", c) })
}

// values cuts a line into the JSON values that stand beside each other.
func values(line string) (list []string) {
	depth, from := 0, 0
	for i, c := range line {
		switch c {
		case '{':
			if depth == 0 {
				from = i
			}
			depth++
		case '}':
			if depth--; depth == 0 {
				list = append(list, line[from:i+1])
			}
		}
	}
	return list
}

// refusedEverywhere is why no campaign may have a piece of the page; empty: one may.
func refusedEverywhere(object map[string]any) (why string) {
	for _, key := range []string{"order", "customer"} {
		var change map[string]any
		switch {
		case object["policy"] != nil:
			change = object
		case slices.ContainsFunc([]string{"event", "segment", "date", "lapse", "schedule", "broadcast"}, func(k string) bool {
			return object[k] != nil
		}):
			change = with("trigger", object)
		default:
			step := maps.Clone(object)
			if step["id"] == nil {
				step["id"] = "it"
			}
			steps := []any{step}
			if step["wait_until"] != nil && len(step) == 2 {
				step["send"] = map[string]any{"channel": "email", "template": "unpaid-1"}
			}
			change = with("steps", steps)
		}
		if why = refusal(wrapped(key, change)); why == "" {
			return ""
		}
	}
	return why
}

func with(key string, value any) map[string]any { return map[string]any{key: value} }

// wrapped is a small campaign with some keys changed.
func wrapped(key string, changes map[string]any) map[string]any {
	file := map[string]any{
		"schema": 1, "id": "page", "name": "Page", "class": "marketing", "key": key, "reentry": "always",
		"trigger": map[string]any{"event": "order.placed"},
		"steps":   []any{map[string]any{"id": "s", "send": map[string]any{"channel": "email", "template": "unpaid-1"}}},
	}
	maps.Copy(file, changes)
	return file
}

// refusal is why a file is refused; empty: it is accepted.
func refusal(file map[string]any) string {
	data, err := json.Marshal(file)
	if err != nil {
		return err.Error()
	}
	if c, problems := campaigns.Parse(data); c == nil {
		return list(problems)
	}
	return ""
}
