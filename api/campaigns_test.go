package api_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"comeback/campaigns"
	"comeback/commerce"
)

// A campaign file is stored byte for byte as the next version, unless it equals
// the newest. A file with faults is refused as a whole, with each fault named.
func TestPutCampaign(t *testing.T) {
	t.Parallel()
	s := setup(t)
	key := s.shop("demo")
	list, err := campaigns.Ready(commerce.West, "")
	if err != nil {
		t.Fatal(err)
	}
	file := string(list[0].JSON)
	s.expect(t, 201, "PUT", "/v1/campaigns/unpaid-reminder", file, key)
	s.expect(t, 200, "PUT", "/v1/campaigns/unpaid-reminder", file, key)
	v2 := got[struct{ Version int }](t, s.expect(t, 201, "PUT", "/v1/campaigns/unpaid-reminder", file+"\n", key))
	if v2.Version != 2 {
		t.Errorf("got version %d, want 2", v2.Version)
	}
	stored := got[struct{ File json.RawMessage }](t, s.expect(t, 200, "GET", "/v1/campaigns/unpaid-reminder/versions/1", "", key))
	if !bytes.Equal(compact(t, stored.File), compact(t, []byte(file))) {
		t.Errorf("got %s", stored.File)
	}
	s.expect(t, 400, "PUT", "/v1/campaigns/other", file, key)
	broken := strings.Replace(strings.Replace(file, `"steps"`, `"stpes"`, 1), `"class"`, `"clas"`, 1)
	w := s.expect(t, 400, "PUT", "/v1/campaigns/unpaid-reminder", broken, key)
	p := got[struct {
		Errors []struct {
			Pointer, Suggestion string
			Line, Column        int
		}
	}](t, w)
	if len(p.Errors) < 2 || p.Errors[0].Line == 0 {
		t.Errorf("got %s, want every fault with its place", w.Body)
	}
}

func compact(t testing.TB, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, data); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Validation gives the verdict of put, runs the file's tests, and stores
// nothing.
func TestValidate(t *testing.T) {
	t.Parallel()
	s := setup(t)
	key := s.shop("demo")
	list, err := campaigns.Ready(commerce.West, "")
	if err != nil {
		t.Fatal(err)
	}
	type verdict struct {
		Valid    bool
		Problems []struct{ Pointer string }
		Tests    []struct{ Passed bool }
	}
	v := got[verdict](t, s.expect(t, 200, "POST", "/v1/campaigns/validate", string(list[0].JSON), key))
	if !v.Valid || len(v.Tests) == 0 || !v.Tests[0].Passed {
		t.Errorf("got %+v", v)
	}
	v = got[verdict](t, s.expect(t, 200, "POST", "/v1/campaigns/validate", "{", key))
	if v.Valid || len(v.Problems) == 0 || len(s.store.definitions) != 0 {
		t.Errorf("got %+v", v)
	}
}

// A ready campaign is installed as a draft, activated by version, paused,
// resumed and archived. An unknown version changes nothing.
func TestCampaignStates(t *testing.T) {
	t.Parallel()
	s := setup(t)
	key := s.shop("demo")
	ready := got[struct{ Items []struct{ Name string } }](t, s.expect(t, 200, "GET", "/v1/ready-campaigns", "", key))
	if len(ready.Items) != 4 {
		t.Fatalf("got %+v, want four", ready)
	}
	for _, r := range ready.Items {
		s.expect(t, 201, "POST", "/v1/ready-campaigns/"+r.Name+"/install", "", key)
		s.expect(t, 200, "POST", "/v1/ready-campaigns/"+r.Name+"/install", "", key)
	}
	s.expect(t, 404, "POST", "/v1/ready-campaigns/none/install", "", key)
	path := "/v1/campaigns/win-back"
	state := func() string {
		v := got[struct {
			State  string
			Active int
		}](t, s.expect(t, 200, "GET", path, "", key))
		return v.State
	}
	s.expect(t, 404, "POST", path+"/activate", `{"version":9}`, key)
	s.expect(t, 400, "POST", path+"/activate", `{"version":0}`, key)
	if state() != "draft" {
		t.Errorf("got %s, want a draft", state())
	}
	for _, c := range []struct{ call, body, want string }{
		{"activate", `{"version":1}`, "active"}, {"pause", "", "paused"}, {"resume", "", "active"}, {"archive", "", "archived"},
	} {
		s.expect(t, 204, "POST", path+"/"+c.call, c.body, key)
		if state() != c.want {
			t.Errorf("after %s: got %s, want %s", c.call, state(), c.want)
		}
	}
	if list := s.expect(t, 200, "GET", "/v1/campaigns", "", key).Body.String(); strings.Count(list, `"newest":1`) != 4 {
		t.Errorf("got %s", list)
	}
	s.expect(t, 404, "GET", "/v1/campaigns/none", "", key)
	s.expect(t, 404, "GET", path+"/versions/x", "", key)
}

// The explanation of a message contains every check that was made.
func TestExplain(t *testing.T) {
	t.Parallel()
	s := setup(t)
	key := s.shop("demo")
	m := campaigns.Message{ID: "demo:m", State: campaigns.Suppressed, Reason: "unsubscribed"}
	m.Note(campaigns.Decision{
		At: s.wall, Step: "first", Outcome: "dropped",
		Reasons: []campaigns.Reason{{Check: campaigns.CheckSuppression, Text: "suppressed: unsubscribed"}},
	})
	s.store.messages[m.ID] = m
	w := s.expect(t, 200, "GET", "/v1/messages/demo:m/explain", "", key)
	for _, want := range []string{`"state":"suppressed"`, `"check":"suppression"`, `"pass":false`, `"text":"suppressed: unsubscribed"`} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("got %s, want %s", w.Body, want)
		}
	}
	s.expect(t, 404, "GET", "/v1/enrolments/demo:none/explain", "", key)
}

// Each rate in the results has its base. A figure that means nothing yet shows
// the reason instead.
func TestResults(t *testing.T) {
	t.Parallel()
	s := setup(t)
	key := s.shop("demo")
	s.expect(t, 201, "POST", "/v1/ready-campaigns/win-back/install", "", key)
	type figure struct {
		Value            *float64
		Of, Text, Reason string
		Readable         bool
	}
	r := got[struct {
		Entered int64
		HeldOut int64 `json:"held_out"`
		Total   struct {
			Sent     int64
			Revenue  struct{ Amount, Currency string }
			OpenRate figure `json:"open_rate"`
			Cost     struct{ Amount string }
		}
		Comparison struct{ Lift figure }
		Notes      []string
	}](t, s.expect(t, 200, "GET", "/v1/campaigns/win-back/results?from=2026-01-01T00:00:00Z", "", key))
	if r.Entered != 5 || r.HeldOut != 1 || r.Total.Sent != 4 || r.Total.Revenue.Amount != "50.00" || r.Total.Cost.Amount != "0.04" ||
		len(r.Notes) == 0 {
		t.Errorf("got %+v", r)
	}
	if open := r.Total.OpenRate; open.Value == nil || *open.Value != 0.5 || open.Of != "delivered" || !open.Readable ||
		open.Text != "50.0 %" {
		t.Errorf("got %+v", open)
	}
	if lift := r.Comparison.Lift; lift.Readable || lift.Reason == "" {
		t.Errorf("got %+v, want a reason why it cannot be read yet", lift)
	}
	s.expect(t, 404, "GET", "/v1/campaigns/none/results", "", key)
	s.expect(t, 400, "GET", "/v1/campaigns/win-back/results?from=yesterday", "", key)
	s.expect(t, 400, "GET", "/v1/campaigns/win-back/results?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "", key)
}

// A campaign whose mails could not go out is not activated. The answer names each setting
// that the shop lacks, and where to set it.
func TestActivationNamesWhatTheShopLacks(t *testing.T) {
	t.Parallel()
	s := setup(t)
	key := s.shop("demo")
	s.expect(t, 201, "POST", "/v1/ready-campaigns/win-back/install", "", key)
	shop := s.store.shops["demo"]
	for name, c := range map[string]struct {
		change func(*commerce.Shop)
		want   string
	}{
		"no sender":         {func(x *commerce.Shop) { x.Sender.From = "" }, "/sender/from"},
		"an unusable one":   {func(x *commerce.Shop) { x.Sender.From = "a..b@acme.example" }, "/sender/from"},
		"no postal address": {func(x *commerce.Shop) { x.Sender.Address = " " }, "/sender/address"},
	} {
		lacking := shop
		c.change(&lacking)
		s.store.shops["demo"] = lacking
		w := s.expect(t, 400, "POST", "/v1/campaigns/win-back/activate", `{"version":1}`, key)
		if body := w.Body.String(); !strings.Contains(body, `"pointer":"`+c.want+`"`) || !strings.Contains(body, "PATCH /v1/shop") {
			t.Errorf("%s: got %s, want %s", name, body, c.want)
		}
	}
	s.store.shops["demo"] = shop
	s.expect(t, 204, "POST", "/v1/campaigns/win-back/activate", `{"version":1}`, key)
}
