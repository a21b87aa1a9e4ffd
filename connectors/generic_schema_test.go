package connectors

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The published schema and the reference are made from the tables that decide
// what is accepted, so they never differ.
func TestThePublishedSchemaIsWhatIsAccepted(t *testing.T) {
	t.Parallel()
	settle(t, "generic.schema.json", publishedSchema(t))
	page, err := os.ReadFile("generic.md")
	if err != nil {
		t.Fatal(err)
	}
	head, _, marked := strings.Cut(string(page), fieldsMark)
	if !marked {
		t.Fatalf("generic.md: the line %q is missing", fieldsMark)
	}
	settle(t, "generic.md", head+fieldsMark+reference())
}

const fieldsMark = "<!-- the fields: written by go test ./connectors -update -->\n"

func settle(t *testing.T, path, want string) {
	t.Helper()
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(got), want); diff != "" {
		t.Errorf("%s is stale, run with -update: got, want: %s", path, diff)
	}
}

func publishedSchema(t *testing.T) string {
	t.Helper()
	defs := map[string]any{}
	var kinds []map[string]any
	for _, record := range genericRecords {
		shape := objectSchema(record.fields)
		shape["properties"].(map[string]map[string]any)["type"] = map[string]any{"const": record.name, "description": typeField.about}
		defs[record.name] = shape
		kinds = append(kinds, map[string]any{"$ref": "#/$defs/" + record.name})
	}
	batch := map[string]any{
		"type": "object", "additionalProperties": false, "required": []string{"records"},
		"properties": map[string]map[string]any{"records": {"type": "array", "items": map[string]any{"anyOf": kinds}}},
	}
	text, err := json.MarshalIndent(map[string]any{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "urn:comeback:generic:1",
		"title": "One record of the generic platform, or a batch of them", "anyOf": append(kinds, batch), "$defs": defs,
	}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text) + "\n"
}

func objectSchema(fields []field) map[string]any {
	properties := map[string]map[string]any{}
	var required []string
	for _, f := range fields {
		shape := fieldSchema(f)
		if f.about != "" {
			shape["description"] = f.about
		}
		if f.need {
			required = append(required, f.name)
		} else if f.oneOf == nil {
			shape["type"] = []any{shape["type"], "null"}
		}
		properties[f.name] = shape
	}
	shape := map[string]any{"type": "object", "additionalProperties": false, "properties": properties}
	if required != nil {
		shape["required"] = required
	}
	return shape
}

func fieldSchema(f field) map[string]any {
	words := map[string]any{"type": "string"}
	switch f.kind {
	case anID:
		return map[string]any{"type": "string", "minLength": 1, "maxLength": maxID}
	case aFlag:
		return map[string]any{"type": "boolean"}
	case aNumber:
		return map[string]any{"type": "integer"}
	case aQuantity:
		return map[string]any{"type": "number"}
	case anAmount:
		return map[string]any{"type": "string", "pattern": amountText.String()}
	case aTime:
		return map[string]any{"type": "string", "format": "date-time"}
	case anObject:
		return objectSchema(f.of)
	case aList:
		return map[string]any{"type": "array", "items": objectSchema(f.of)}
	case someTexts:
		return map[string]any{"type": "array", "items": words}
	case somePaths:
		return map[string]any{"type": "array", "items": map[string]any{"type": "array", "items": words}}
	case somePairs:
		return map[string]any{"type": "object", "additionalProperties": words}
	}
	if f.oneOf == nil {
		return words
	}
	list := []any{}
	for _, word := range f.oneOf {
		list = append(list, word)
	}
	if !f.need {
		list = append(list, nil)
	}
	return map[string]any{"enum": list}
}

func reference() string {
	var b strings.Builder
	for _, record := range genericRecords {
		fmt.Fprintf(&b, "\n### %s\n", record.name)
		describe(&b, record.fields)
	}
	for _, part := range []struct {
		name   string
		fields []field
	}{
		{"A line", lineFields}, {"A buyer", buyerFields}, {"A source", sourceFields}, {"A parcel", parcelFields},
		{"A line of a parcel", parcelLineFields}, {"A refund of an order", refundFields}, {"A consent", consentFields},
	} {
		fmt.Fprintf(&b, "\n### %s\n", part.name)
		describe(&b, part.fields)
	}
	return b.String()
}

func describe(b *strings.Builder, fields []field) {
	b.WriteString("\n| key | form | |\n|---|---|---|\n")
	names := map[kind]string{
		aText: "text", anID: "text", aFlag: "true, false", aNumber: "whole number", aQuantity: "number", anAmount: "decimal text", aTime: "time",
		anObject: "object", aList: "list of objects", someTexts: "list of texts", somePaths: "list of lists of texts",
		somePairs: "object of texts",
	}
	for _, f := range fields {
		name, form := f.name, names[f.kind]
		if f.need {
			name = "**" + name + "**"
		}
		if f.oneOf != nil && f.name != "type" {
			form = strings.Join(f.oneOf, ", ")
		}
		fmt.Fprintf(b, "| %s | %s | %s |\n", name, form, f.about)
	}
}
