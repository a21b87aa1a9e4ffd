package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/strictjson"
)

// campaignSchema is the published schema of campaigns, as an editor reads it.
func campaignSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := json.Marshal(campaigns.Schema())
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("campaign.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("campaign.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func validates(schema *jsonschema.Schema, file string) error {
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(file))
	if err != nil {
		return err
	}
	return schema.Validate(doc)
}

// goodCampaigns are the ready campaigns, the examples and the complete files on the page of the
// language.
func goodCampaigns(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	for _, market := range []commerce.Market{commerce.West, commerce.China} {
		list, err := campaigns.Ready(market, "")
		if err != nil {
			t.Fatal(err)
		}
		for _, ready := range list {
			files["ready "+string(market)+" "+ready.Name] = string(ready.JSON)
		}
	}
	for _, name := range examples(t, "examples/campaigns/*.json") {
		files[filepath.Base(name)] = readText(t, name)
	}
	blocks := regexp.MustCompile("(?s)```json\n(.*?)```").FindAllStringSubmatch(readText(t, "docs/campaign-language.md"), -1)
	for i, block := range blocks {
		if strings.Contains(block[1], `"schema"`) {
			files["page "+string(rune('a'+i))] = block[1]
		}
	}
	return files
}

// The schema accepts every good campaign.
func TestSchemaAcceptsGoodCampaigns(t *testing.T) {
	t.Parallel()
	schema := campaignSchema(t)
	for name, file := range goodCampaigns(t) {
		if err := validates(schema, file); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if c, problems := campaigns.Parse([]byte(file)); c == nil {
			t.Errorf("%s: refused: %v", name, problems)
		}
	}
}

// The schema has every key of the language that this version supports, with a description, and no
// other.
func TestSchemaHasEveryKeyOfTheLanguage(t *testing.T) {
	t.Parallel()
	defs := campaigns.Schema()["$defs"].(map[string]any)
	for _, part := range campaigns.Language() {
		properties := defs[part.Name].(map[string]any)["properties"].(map[string]any)
		for _, key := range part.Keys {
			shape, has := properties[key.Name].(map[string]any)
			refused := strings.HasPrefix(key.Doc, "refused")
			switch {
			case has != (key.Built() && !refused):
				t.Errorf("%s.%s: in the schema: %v, supported: %v", part.Name, key.Name, has, key.Built())
			case has && (shape["description"] == "" || strings.Contains(shape["description"].(string), "](")):
				t.Errorf("%s.%s: got the description %q, want plain text", part.Name, key.Name, shape["description"])
			}
		}
	}
}

// What the schema refuses, the parser refuses: an editor marks no good file. Whatever is wrong in
// the form of a file, both refuse.
func TestSchemaRefusesWhatTheParserRefuses(t *testing.T) {
	t.Parallel()
	schema := campaignSchema(t)
	second, err := os.ReadFile("examples/campaigns/second-order.json")
	if err != nil {
		t.Fatal(err)
	}
	form := []struct{ name, old, with string }{
		{"an unknown key", `"name":`, `"nmae":`}, {"a wrong class", `"marketing"`, `"promotion"`}, {"a key that is missing", `"reentry"`,
			`"x-reentry"`},
		{"a wrong type", `"schema": 1`, `"schema": "1"`}, {"a wait in words", `"wait": "`, `"wait": "about `},
		{"a channel that there is none of", `"channel": "email"`, `"channel": "pigeon"`},
	}
	for _, tt := range form {
		file := strings.Replace(string(second), tt.old, tt.with, 1)
		if file == string(second) {
			t.Fatalf("%s: %q is not in the file", tt.name, tt.old)
		}
		if err := validates(schema, file); err == nil {
			t.Errorf("%s: the schema accepts it", tt.name)
		}
		if c, _ := campaigns.Parse([]byte(file)); c != nil {
			t.Errorf("%s: the parser accepts it", tt.name)
		}
	}
	for name, file := range goodCampaigns(t) {
		for i, broken := range withoutOneKey(t, file) {
			_, problems := campaigns.Parse([]byte(broken))
			if err := validates(schema, broken); err != nil && !strictjson.Refused(problems) {
				t.Errorf("%s, %d: the schema refuses what the parser accepts: %v\n%s", name, i, err, broken)
			}
		}
	}
}

// withoutOneKey writes a file again and again, each time without another key.
func withoutOneKey(t *testing.T, file string) (list []string) {
	t.Helper()
	var tree any
	if err := json.Unmarshal([]byte(file), &tree); err != nil {
		t.Fatal(err)
	}
	var walk func(at any)
	write := func() {
		text, err := json.Marshal(tree)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, string(text))
	}
	walk = func(at any) {
		switch x := at.(type) {
		case []any:
			for _, item := range x {
				walk(item)
			}
		case map[string]any:
			keys := make([]string, 0, len(x))
			for key := range x {
				keys = append(keys, key)
			}
			slices.Sort(keys)
			for _, key := range keys {
				value := x[key]
				delete(x, key)
				write()
				x[key] = value
				walk(value)
			}
		}
	}
	walk(tree)
	return list
}
