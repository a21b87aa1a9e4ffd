package service

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"comeback/commerce"
	"comeback/connectors"
)

// payloadTable names the outcome of every known payload.
const payloadTable = "../connectors/testdata/payloads.tsv"

// Every known payload of Shopify and WooCommerce is posted over HTTP, signed as
// its platform signs, and answered 200. It is read, ignored or quarantined as
// the table states, with the reason.
func TestEveryKnownPayloadHasItsOutcome(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		for _, row := range payloadRows(t) {
			d := delivery{platform: strings.Split(row.file, "/")[0], topic: row.topic, body: row.body}
			status, err := h.send(t.Context(), d)
			if err != nil || status != http.StatusOK {
				t.Fatalf("%s: got %d, %v; want 200", row.file, status, err)
			}
			h.settle(t, 1)
			id := commerce.Key("s", d.platform, connectors.DedupeKey(d.platform, connectors.Delivery{
				Platform: d.platform, Shop: "s", Connection: d.platform, Body: d.body, Topic: d.topic,
			}))
			stored, err := h.Delivery(t.Context(), "s", id)
			if commerce.CodeOf(err) == commerce.NotFound && row.outcome == "ignored" {
				continue // a greeting is not stored
			}
			if err != nil {
				t.Fatalf("%s: %v", row.file, err)
			}
			want := map[string]commerce.DeliveryState{
				"record": commerce.Read, "ignored": commerce.Ignored, "quarantined": commerce.Quarantined,
			}[row.outcome]
			if stored.State != want || stored.Reason != row.why {
				t.Errorf("%s: got %s (%s), want %s (%s)", row.file, stored.State, stored.Reason, want, row.why)
			}
		}
	})
}

type payloadRow struct {
	file, topic, outcome, why string
	body                      []byte
}

func payloadRows(t testing.TB) []payloadRow {
	t.Helper()
	table, err := os.ReadFile(payloadTable)
	if err != nil {
		t.Fatal(err)
	}
	var rows []payloadRow
	for _, line := range strings.Split(strings.TrimSpace(string(table)), "\n") {
		c := append(strings.Split(line, "\t"), "", "")
		row := payloadRow{file: c[0], topic: c[1], outcome: c[2], why: c[3]}
		path := filepath.Join("../../shared/payloads", row.file)
		if recorded, ok := strings.CutPrefix(row.file, "woocommerce/genuine-8.2.2/"); ok {
			path = filepath.Join("../connectors/testdata/woocommerce", recorded)
		}
		if platform, name, ours := strings.Cut(row.file, "/own/"); ours {
			path = filepath.Join("../connectors/testdata/own", platform, name)
		}
		row.body, err = os.ReadFile(path)
		if err != nil && os.Getenv("COMEBACK_TEST_SHARED") == "required" {
			t.Fatal(err)
		}
		if err == nil {
			rows = append(rows, row)
		}
	}
	return rows
}
