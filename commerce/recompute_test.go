package commerce_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"comeback/commerce"
)

func anyRecord(t *rapid.T) commerce.CustomerRecord {
	word := rapid.SampledFrom([]string{"", "a", "b"})
	return commerce.CustomerRecord{
		Connection: "c", External: rapid.SampledFrom([]string{"1", "2"}).Draw(t, "external"),
		Aspect: rapid.SampledFrom([]string{"", "tags"}).Draw(t, "aspect"), Version: at(rapid.IntRange(1, 4).Draw(t, "version")),
		Email: rapid.SampledFrom([]string{"", "a@x.cn"}).Draw(t, "email"), Verified: rapid.Bool().Draw(t, "verified"),
		Attributes: commerce.Attributes{FirstName: word.Draw(t, "first"), City: word.Draw(t, "city"), Tags: []string{"t"}},
		TagsKnown:  rapid.Bool().Draw(t, "tags known"), TagsAdded: []string{word.Draw(t, "tag")},
		Consents: []commerce.Consent{
			{Channel: "email", Granted: rapid.Bool().Draw(t, "granted"), At: at(rapid.IntRange(1, 3).Draw(t, "said"))},
		},
	}
}

func anyPurchase(t *rapid.T) commerce.Purchase {
	return commerce.Purchase{
		Fact: commerce.OrderFact{
			ID: fmt.Sprint(rapid.IntRange(0, 99).Draw(t, "id")), PlacedAt: at(rapid.IntRange(1, 4).Draw(t, "placed")), PaidAt: at(5),
			Payment: rapid.SampledFrom([]commerce.PaymentStatus{commerce.Paid, commerce.Unpaid}).Draw(t, "payment"),
			Status:  commerce.Open, Total: 100, Net: 100,
		},
		Buyer: commerce.Buyer{
			City: rapid.SampledFrom([]string{"", "x", "y"}).Draw(t, "city"), AcceptsMarketing: rapid.Bool().Draw(t, "accepts"),
		},
	}
}

// A profile is the same whatever order the records and orders are read in.
func TestRecomputeDoesNotDependOnOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		records := commerce.MergeRecords(nil, rapid.SliceOfN(rapid.Custom(anyRecord), 0, 4).Draw(t, "records")...)
		purchases := rapid.SliceOfNDistinct(rapid.Custom(anyPurchase), 0, 4, func(p commerce.Purchase) string { return p.Fact.ID }).
			Draw(t, "purchases")
		var checkouts []commerce.StartedCheckout
		for i, minute := range rapid.SliceOfN(rapid.IntRange(1, 3), 0, 4).Draw(t, "checkouts") {
			checkouts = append(checkouts, commerce.StartedCheckout{
				Fact: commerce.CheckoutFact{ID: fmt.Sprint(i), At: at(minute)},
				Buyer: commerce.Buyer{
					Email: rapid.SampledFrom([]string{"", "a@x.cn"}).Draw(t, "email"), AcceptsMarketing: rapid.Bool().Draw(t, "ticked"),
				},
			})
		}
		want := commerce.Recompute(records, purchases, nil, checkouts)
		got := commerce.Recompute(
			rapid.Permutation(records).Draw(t, "r"), rapid.Permutation(purchases).Draw(t, "p"), nil,
			rapid.Permutation(checkouts).Draw(t, "c"),
		)
		if diff := cmp.Diff(want, got, empty); diff != "" {
			t.Fatal(diff)
		}
	})
}

// With very many checkouts, a profile contains the latest.
func TestProfileKeepsTheLatestCheckouts(t *testing.T) {
	t.Parallel()
	var checkouts []commerce.StartedCheckout
	for i := range commerce.MaxCheckouts + 7 {
		checkouts = append(checkouts, commerce.StartedCheckout{Fact: commerce.CheckoutFact{ID: fmt.Sprint(i), At: at(1000 - i)}})
	}
	got := commerce.Recompute(nil, nil, nil, checkouts).Checkouts
	if len(got) != commerce.MaxCheckouts || !got[len(got)-1].At.Equal(at(1000)) || !got[0].At.Equal(at(1000-commerce.MaxCheckouts+1)) {
		t.Errorf("got %d, from %v to %v", len(got), got[0].At, got[len(got)-1].At)
	}
}

// An e-mail the platform has not verified identifies, but overwrites nothing.
func TestUnverifiedOverwritesNothing(t *testing.T) {
	t.Parallel()
	known := commerce.CustomerRecord{
		Connection: "c", External: "1", Version: at(1), Email: "a@x.cn", Verified: true,
		Attributes: commerce.Attributes{FirstName: "Ming"},
	}
	claimed := commerce.CustomerRecord{
		Connection: "c", External: "2", Version: at(2), Email: "a@x.cn", Attributes: commerce.Attributes{FirstName: "Eve", City: "Wuhan"},
		Consents: []commerce.Consent{{Channel: "email", Granted: true, At: at(2)}},
	}
	got := commerce.Recompute([]commerce.CustomerRecord{known, claimed}, nil, nil, nil)
	if got.Attributes.FirstName != "Ming" || got.Attributes.City != "Wuhan" {
		t.Errorf("got %+v, want the name kept and only the unset city filled", got.Attributes)
	}
	if _, known := got.Consent("email"); known {
		t.Error("got consent from an unverified address")
	}
}

// Of two statements at one instant the withdrawal counts. An order grants only
// if there was no withdrawal.
func TestConsentIsTheLatestStatement(t *testing.T) {
	t.Parallel()
	say := func(granted bool, minute int) commerce.CustomerRecord {
		return commerce.CustomerRecord{
			Connection: "c", External: "1", Aspect: fmt.Sprint(granted), Version: at(minute),
			Consents: []commerce.Consent{{Channel: "email", Granted: granted, At: at(minute)}},
		}
	}
	ticked := commerce.Purchase{Fact: commerce.OrderFact{ID: "o", PlacedAt: at(3)}, Buyer: commerce.Buyer{AcceptsMarketing: true}}
	for _, c := range []struct {
		name    string
		records []commerce.CustomerRecord
		orders  []commerce.Purchase
		granted bool
	}{
		{"withdrawn after granted", []commerce.CustomerRecord{say(true, 1), say(false, 2)}, nil, false},
		{"both at one instant", []commerce.CustomerRecord{say(true, 2), say(false, 2)}, nil, false},
		{"ticked at a later order", []commerce.CustomerRecord{say(false, 2)}, []commerce.Purchase{ticked}, false},
		{"ticked at an order, nothing said before", nil, []commerce.Purchase{ticked}, true},
		{"not ticked says nothing", []commerce.CustomerRecord{say(true, 2)}, []commerce.Purchase{{Fact: ticked.Fact}}, true},
	} {
		p := commerce.Recompute(c.records, c.orders, nil, nil)
		if got, known := p.Consent("email"); !known || got.Granted != c.granted {
			t.Errorf("%s: got %+v, known %v; want granted %v", c.name, got, known, c.granted)
		}
	}
}

// Figures count orders paid now and not given back; test, fake, cancelled and
// unpaid ones are in none, and a refund without an order lowers the money.
func TestFigures(t *testing.T) {
	t.Parallel()
	paid := commerce.OrderFact{
		ID: "1", PlacedAt: at(1), PaidAt: at(2), Payment: commerce.Paid, Status: commerce.Open, Total: 500, Net: 500, Units: 2,
	}
	part := paid
	part.ID, part.Payment, part.Refunded, part.Net = "2", commerce.PartiallyRefunded, 200, 300
	test, unpaid, back := paid, paid, paid
	test.ID, test.Test = "3", true
	unpaid.ID, unpaid.Payment = "4", commerce.Unpaid
	back.ID, back.Payment, back.Refunded, back.Net, back.RefundedAt = "5", commerce.Refunded, 500, 0, at(4)
	h := commerce.NewHistory([]commerce.OrderFact{back, unpaid, test, part, paid}, []commerce.RefundFact{{ID: "r", At: at(5), Amount: 50}})
	want := commerce.Figures{
		Count: 2, Total: 1000, Net: 750, Units: 4, FirstAt: at(2), LastAt: at(2), Placed: 4, Unpaid: 1, Refunds: 3, Refunded: 750,
	}
	if diff := cmp.Diff(want, h.Figures); diff != "" {
		t.Error(diff)
	}
}

// The name of a person comes from one account, of those that named the e-mail.
// Two halves of names, or the name of a person with the same phone, are not
// used.
func TestNameComesFromOneAccount(t *testing.T) {
	t.Parallel()
	text := rapid.SampledFrom([]string{"", "a@x.cn", "b@x.cn"})
	rapid.Check(t, func(t *rapid.T) {
		var purchases []commerce.Purchase
		names, accounts := map[string][]string{}, map[string][]string{}
		for i := range rapid.IntRange(1, 5).Draw(t, "orders") {
			b := commerce.Buyer{Email: text.Draw(t, "email"), Platform: rapid.SampledFrom([]string{"", "7"}).Draw(t, "account")}
			if rapid.Bool().Draw(t, "named") {
				b.FirstName, b.LastName = fmt.Sprint("first", i), fmt.Sprint("last", i)
			}
			purchases = append(purchases, commerce.Purchase{
				Fact: commerce.OrderFact{ID: commerce.Key("s", "c", fmt.Sprint(i)), PlacedAt: at(i)}, Buyer: b,
			})
			names[b.Email] = append(names[b.Email], b.FirstName)
			accounts[b.Email] = append(accounts[b.Email], b.Platform)
		}
		got := commerce.Recompute(nil, purchases, nil, nil).Attributes
		may := names[got.Email]
		if slices.Contains(accounts[got.Email], "7") {
			for _, p := range purchases {
				if p.Buyer.Email == "" && p.Buyer.Platform == "7" {
					may = append(may, p.Buyer.FirstName)
				}
			}
		}
		if got.FirstName != "" && !slices.Contains(may, got.FirstName) {
			t.Fatalf("got the name %s for %q, want one of %v", got.FirstName, got.Email, may)
		}
		if (got.FirstName == "") != (strings.Join(may, "") == "") ||
			strings.TrimPrefix(got.FirstName, "first") != strings.TrimPrefix(got.LastName, "last") {
			t.Fatalf("got %q %q of %v", got.FirstName, got.LastName, may)
		}
	})
}
