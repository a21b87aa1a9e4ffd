package api_test

import (
	"encoding/json"
	"strings"
	"testing"
)

// Editors get the schemas of files without a key. Another name is answered with those there are.
func TestSchemasAreServed(t *testing.T) {
	t.Parallel()
	s := setup(t)
	for _, name := range []string{"campaign.json", "condition.json", "generic.json"} {
		answer := s.expect(t, 200, "GET", "/schemas/"+name, "")
		var doc map[string]any
		if err := json.Unmarshal(answer.Body.Bytes(), &doc); err != nil || doc["$schema"] == nil {
			t.Errorf("%s: got %v, %v, want a JSON Schema", name, doc["$schema"], err)
		}
		if kind := answer.Header().Get("Content-Type"); kind != "application/schema+json" {
			t.Errorf("%s: got the type %q", name, kind)
		}
	}
	if text := s.expect(t, 404, "GET", "/schemas/campaigns.json", "").Body.String(); !strings.Contains(text, "campaign.json, condition.json") {
		t.Errorf("got %s, want the names that there are", text)
	}
}
