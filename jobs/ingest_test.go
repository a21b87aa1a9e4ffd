package jobs_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"comeback/commerce"
	"comeback/connectors"
	"comeback/jobs"
)

// fakeInbox has one delivery and records its new state.
type fakeInbox struct {
	delivery commerce.Delivery
	saving   error
	finished []commerce.Delivery
}

func (b *fakeInbox) ClaimDeliveries(context.Context, string, int) ([]commerce.Delivery, error) {
	return []commerce.Delivery{b.delivery}, nil
}

func (b *fakeInbox) SaveDelivered(_ context.Context, _ string, r connectors.Records) ([]string, bool, error) {
	if b.saving != nil {
		return nil, false, b.saving
	}
	return []string{r.Products[0].ID}, false, nil
}

func (b *fakeInbox) FinishDeliveries(_ context.Context, _ string, list []commerce.Delivery, _ time.Time) error {
	b.finished = append(b.finished, list...)
	return nil
}

func (b *fakeInbox) Shop(context.Context, string) (commerce.Shop, error) {
	return commerce.Shop{ID: "s", Currency: "EUR"}, nil
}

// A delivery is read, or quarantined with a clear reason. Only an error that may
// pass is tried again.
func TestDeliveryIsReadOrQuarantined(t *testing.T) {
	t.Parallel()
	const product = `{"type": "product", "id": "p", "title": "Tea", "updated_at": "2026-11-22T12:00:00Z"}`
	for name, c := range map[string]struct {
		body, platform string
		saving         error
		want           commerce.DeliveryState // "": left to be tried again
		reason         string
	}{
		"a good body is read":                {product, "generic", nil, commerce.Read, ""},
		"a wrong body is quarantined":        {"{", "generic", nil, commerce.Quarantined, "key in quotes"},
		"an unknown platform is quarantined": {product, "vax", nil, commerce.Quarantined, "vax"},
		"records that cannot be stored are quarantined": {
			product, "generic", commerce.Errorf(commerce.Invalid, "title: too odd"), commerce.Quarantined, "too odd",
		},
		"records that are too large are quarantined": {
			product, "generic", commerce.Errorf(commerce.TooLarge, "20 MB"), commerce.Quarantined, "20 MB",
		},
		"an unavailable database is tried again": {product, "generic", away, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := &fakeInbox{
				delivery: commerce.Delivery{
					ID: "s:c:1", Shop: "s", Connection: "c", Platform: c.platform, Topic: "product", Body: []byte(c.body), ReceivedAt: noon(),
				},
				saving: c.saving,
			}
			done, err := jobs.NewIngest(b, newClock().now, silent).Work(t.Context(), "s")
			if c.want == "" {
				if !errors.Is(err, away) || done != 0 || len(b.finished) != 0 {
					t.Fatalf("got %d done, %v, want it left", done, err)
				}
				return
			}
			if err != nil || done != 1 || b.finished[0].State != c.want || !strings.Contains(b.finished[0].Reason, c.reason) {
				t.Errorf("got %d done, %v, %+v, want it %s for %q", done, err, b.finished, c.want, c.reason)
			}
		})
	}
}
