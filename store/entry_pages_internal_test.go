package store

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"comeback/campaigns"
)

func drawRow(t *rapid.T) campaigns.EntryRow {
	moment := rapid.Int64Range(0, 7e12)
	bases := []campaigns.MarginBasis{"", campaigns.FromRate, campaigns.FromBoth, campaigns.FromUnitCosts}
	r := campaigns.EntryRow{
		Arm:    rapid.SampledFrom([]campaigns.Arm{campaigns.Treated, campaigns.HeldOut}).Draw(t, "arm"),
		ByShop: rapid.Bool().Draw(t, "by the shop"), EnteredAt: moment.Draw(t, "entered"),
		Converted: rapid.Bool().Draw(t, "converted"),
		Basis:     rapid.SampledFrom(bases).Draw(t, "basis"),
	}
	if rapid.Bool().Draw(t, "goal") {
		r.RipeAt = 1 + moment.Draw(t, "ripe")
	}
	if money := rapid.Int64(); rapid.Bool().Draw(t, "bought") {
		r.Revenue, r.Costed, r.Rated = money.Draw(t, "revenue"), money.Draw(t, "costed"), money.Draw(t, "rated")
	}
	bit := rapid.Int64Range(0, 1)
	for range rapid.IntRange(0, 3).Draw(t, "steps") {
		s := campaigns.StepTally{
			Step: rapid.StringN(0, 60, -1).Draw(t, "step"), Sent: bit.Draw(t, "sent"), Delivered: bit.Draw(t, "delivered"),
			Opened: bit.Draw(t, "opened"), MachineOpened: bit.Draw(t, "machine opened"),
			Clicked: bit.Draw(t, "clicked"), MachineClicked: bit.Draw(t, "machine clicked"),
			Unsubscribed: bit.Draw(t, "unsubscribed"),
		}
		if rapid.Bool().Draw(t, "credited") {
			s.Converted = rapid.Int64Range(1, 1e6).Draw(t, "orders")
			s.Revenue, s.Margin, s.Discount = rapid.Int64().Draw(t, "sales"), rapid.Int64().Draw(t, "margin"), rapid.Int64().Draw(t, "discount")
		}
		r.Steps = append(r.Steps, s)
	}
	return r
}

// A page is read as it was written.
func TestPagesReadAsWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := clusters{}
		for range rapid.IntRange(0, 8).Draw(t, "customers") {
			_, key := placeOf(rapid.String().Draw(t, "customer"))
			want[key] = rapid.SliceOfN(rapid.Custom(drawRow), 1, 4).Draw(t, "rows")
		}
		got := clusters{}
		err := decodePage(encodePage(want), func(key clusterKey, rows []campaigns.EntryRow) {
			for _, r := range rows {
				if r.Steps = append([]campaigns.StepTally(nil), r.Steps...); len(r.Steps) == 0 {
					r.Steps = nil
				}
				got[key] = append(got[key], r)
			}
		})
		if diff := cmp.Diff(got, want); err != nil || diff != "" {
			t.Fatalf("%v; got, want: %s", err, diff)
		}
	})
}

// Bytes that are no page are refused; a page that can be read can be written
// again.
func FuzzPage(f *testing.F) {
	_, key := placeOf("s:1")
	f.Add(encodePage(clusters{key: {{Arm: campaigns.HeldOut, EnteredAt: 1, RipeAt: 2, Revenue: 3,
		Steps: []campaigns.StepTally{{Step: "a", Sent: 1, Converted: 1}}}}}))
	f.Add([]byte{pageFormat, 0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, raw []byte) {
		page := clusters{}
		if decodePage(raw, func(key clusterKey, rows []campaigns.EntryRow) { page[key] = cloneRows(rows) }) != nil {
			return
		}
		again := clusters{}
		err := decodePage(encodePage(page), func(key clusterKey, rows []campaigns.EntryRow) { again[key] = cloneRows(rows) })
		if err != nil {
			t.Fatal(err)
		}
	})
}
