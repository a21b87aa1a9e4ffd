package campaigns_test

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"comeback/campaigns"
)

// A copy has another id and name, and its own messages where the file names its own. All else is
// the same, byte for byte.
func TestCopyChangesTheNamesAlone(t *testing.T) {
	t.Parallel()
	file := `{ "schema": 1,
  "id" : "old", "name": "Old \"one\"", "class": "marketing",
  "trigger":  {"event": "message.clicked", "campaign": "old", "step": "id"},
  "exit": [{"event": "message.opened", "campaign": "other"}], "steps": [
    {"id": "name", "send": {"template": "old"}}, {"id": "old", "exit": "name"}]}
`
	got, err := campaigns.Copy([]byte(file), "new", "新的")
	if err != nil {
		t.Fatal(err)
	}
	want := strings.NewReplacer(`"id" : "old"`, `"id" : "new"`, `"Old \"one\""`, `"新的"`, `"campaign": "old"`, `"campaign": "new"`).
		Replace(file)
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// Copying back gives the file again, whatever its spaces.
func TestCopyOfACopyIsTheFile(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		ids := 0
		steps := randomSteps(rt, &ids, 0, false)
		name := rapid.String().Draw(rt, "name")
		quoted, _ := json.Marshal(name)
		file := withSteps(steps) + "}"
		if rapid.Bool().Draw(rt, "indented") {
			file = strings.ReplaceAll(file, ", ", ",\n\t  ")
		}
		file = strings.Replace(file, `"C"`, string(quoted), 1)
		once, err := campaigns.Copy([]byte(file), "other", "Other")
		if err != nil {
			rt.Fatal(err)
		}
		back, err := campaigns.Copy(once, "c", name)
		if err != nil || string(back) != file {
			rt.Fatalf("%v: got\n%s\nwant\n%s", err, back, file)
		}
	})
}
