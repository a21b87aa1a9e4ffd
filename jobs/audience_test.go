package jobs_test

import (
	"strings"
	"testing"
	"time"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/jobs"
	"comeback/segments"
)

// audienceShop is a shop in memory whose campaign is for an audience.
func audienceShop(t *testing.T, audience string) (*memoryShop, *clock) {
	t.Helper()
	d, c := newMemoryShop(t), newClock()
	d.versions = nil
	d.publish(t, strings.Replace(reminderCampaign, `"key": "order"`, `"audience": `+audience+`, "key": "order"`, 1), campaigns.Active)
	return d, c
}

// A campaign's audience may use parameters computed of all customers and the present
// categories of a product.
func TestAudienceUsesParametersOfTheShop(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		audience string
		learn    func(d *memoryShop)
	}{
		"stages": {`{"field": "stage", "op": "is", "value": "prospect"}`, func(d *memoryShop) {
			d.fitted = &segments.Fitted{Ages: segments.Ages{AtRisk: 45, Lapsed: 75, Lost: 150}}
			d.shop.SegmentsRev++
		}},
		"categories": {`{"event": "order.placed", "where": {"field": "line.category", "op": "is", "value": "Drinks"}}`, func(d *memoryShop) {
			d.categories = [][]string{{"Drinks", "Tea"}}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, c := audienceShop(t, test.audience)
			d.customer.History = commerce.History{Orders: []commerce.OrderFact{commerce.FactOf(d.order, "EUR")}}
			d.happen(t, c, placed())
			if len(d.enrolments) != 0 {
				t.Fatalf("got %+v, want no enrolment where the audience cannot be evaluated", d.enrolments)
			}
			test.learn(d)
			d.happen(t, c, placed())
			if len(d.enrolments) != 1 {
				t.Errorf("got %d enrolments, want the customer in the audience", len(d.enrolments))
			}
		})
	}
}

// Parameters are read again when the shop's segments_rev changes, categories every
// few seconds.
func TestParametersAreReadAgainWhenTheyChange(t *testing.T) {
	t.Parallel()
	d, c := newMemoryShop(t), newClock()
	cache := jobs.NewCampaignCache(d, c.now)
	read := func(fits, trees int) {
		t.Helper()
		if _, err := cache.Of(t.Context(), "s"); err != nil || d.fits != fits || d.trees != trees {
			t.Errorf("got %d and %d readings, %v, want %d and %d", d.fits, d.trees, err, fits, trees)
		}
	}
	read(1, 1)
	read(1, 1)
	d.shop.SegmentsRev++
	read(2, 1)
	c.step(5 * time.Second)
	read(2, 2)
	d.shop.CampaignsRev++
	read(2, 2)
}

// A campaign without a matching trigger ignores segment events.
func TestSegmentEventsWithoutTriggerDoNothing(t *testing.T) {
	t.Parallel()
	d, c := newMemoryShop(t), newClock()
	for _, kind := range []commerce.EventKind{commerce.SegmentEntered, commerce.SegmentLeft} {
		e := commerce.NewEvent("s", kind, d.customer.ID, commerce.Key("vip", "3"), c.now())
		e.Customer = d.customer.ID
		d.happen(t, c, e)
	}
	if len(d.handled) != 2 || len(d.enrolments) != 0 {
		t.Errorf("got %d handled, %d enrolments, want both handled and nobody entered", len(d.handled), len(d.enrolments))
	}
}
