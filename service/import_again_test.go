package service

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"comeback/commerce"
)

const (
	tableOfB = "/v1/shops/b/imports?connection=h&format=csv&name=orders.csv" +
		"&map=order%3DName%2Cat%3DCreated%2Cproduct%3DSKU%2Cquantity%3DQty%2Cprice%3DPrice%2Cemail%3DEmail"
	tableHead = "Name,Created,SKU,Qty,Price,Email\n"
)

// tableRows are the orders from one number to another, an order a row.
func (x *target) tableRows(from, to int, price string) string {
	var rows strings.Builder
	day := x.at().AddDate(-1, 0, 0).UTC().Format("2006-01-02")
	for n := from; n < to; n++ {
		fmt.Fprintf(&rows, "%d,%s 10:00:00,tea,1,%s,c%d@ex.example\n", n, day, price, n%10)
	}
	return rows.String()
}

// totalsOf are the totals of the orders of shop b, by external id.
func (x *target) totalsOf(t *testing.T) map[string]string {
	t.Helper()
	totals := map[string]string{}
	for id := range x.orderIDs(t) {
		o, err := x.Order(t.Context(), "b", id)
		if err != nil {
			t.Fatal(err)
		}
		totals[o.External] = o.Total.String()
	}
	return totals
}

func totalsFrom(from, to int, total string) map[string]string {
	totals := map[string]string{}
	for n := from; n < to; n++ {
		totals[fmt.Sprint(n)] = total
	}
	return totals
}

// An import that broke off is completed only by what its file contains. A file that
// begins alike and goes on differently is read whole: every order of it is stored as
// it is there. So is a line that was refused and is mended now.
func TestFileIsReadFromItsStartWhateverWasReadBefore(t *testing.T) {
	t.Parallel()
	attacked(t, func(t *testing.T, x *target) {
		w := x.watched(t)
		january := tableHead + x.tableRows(5000, 6400, "9.90")
		part := january[:len(january)-1000]
		_ = x.sendsTo(t, tableOfB, len(january), part).Close() // its client leaves
		w.wait(t)
		if got := len(x.orderIDs(t)); got == 0 || got >= 1400 {
			t.Fatalf("got %d orders of January, want a part", got)
		}
		february := tableHead + x.tableRows(5000, 5300, "9.90") + x.tableRows(7000, 7001, "oops") + x.tableRows(5300, 5400, "12.50")
		r := x.imports(t, tableOfB, february)
		if r.Orders != 400 || r.Changed == 0 || r.Refused != 1 {
			t.Errorf("got %d orders, %d changed, %d refused; want 400, some of January changed, 1 refused", r.Orders, r.Changed, r.Refused)
		}
		mended := x.imports(t, tableOfB, strings.ReplaceAll(february, "oops", "3.00"))
		if mended.Refused != 0 || mended.NewOrders != 1 || mended.Unchanged != 400 {
			t.Errorf("mended: got %d refused, %d new, %d unchanged; want 0, 1, 400", mended.Refused, mended.NewOrders, mended.Unchanged)
		}
		want := totalsFrom(5000, 5300, "9.90")
		maps.Copy(want, totalsFrom(5300, 5400, "12.50"))
		want["7000"] = "3.00"
		got := x.totalsOf(t)
		for number, total := range want {
			if got[number] != total {
				t.Errorf("order %s: got total %q, want %q", number, got[number], total)
			}
		}
	})
}

// Of a corrected file the later import wins, and the report says what changed: how
// many orders, in which fields, and their sums. The first file sent again wins again.
func TestCorrectedFileReplacesWhatImportsReported(t *testing.T) {
	t.Parallel()
	attacked(t, func(t *testing.T, x *target) {
		first, second := tableHead+x.tableRows(1, 5, "10.00"), tableHead+x.tableRows(1, 4, "20.00")+x.tableRows(4, 5, "10.00")
		day := x.at().AddDate(-1, 0, 0).UTC()
		before := day.AddDate(0, 0, -1).Format(time.DateOnly)
		earlier := strings.ReplaceAll(tableHead+x.tableRows(1, 5, "15.00"), day.Format(time.DateOnly), before)
		for i, step := range []struct {
			file                      string
			fresh, changed, unchanged int
			sales                     string
		}{
			{first, 4, 0, 0, "40.00"}, {second, 0, 3, 1, "70.00"}, {second, 0, 0, 4, "70.00"}, {first, 0, 3, 1, "40.00"},
			{earlier, 0, 4, 0, "60.00"}, {first, 0, 4, 0, "40.00"}, // the later import, whatever its dates
		} {
			r := x.imports(t, tableOfB, step.file)
			if r.NewOrders != step.fresh || r.Changed != step.changed || r.Unchanged != step.unchanged || r.Totals.Sales.Amount != step.sales {
				t.Errorf("import %d: got %d new, %d changed, %d unchanged, sales %s; want %+v",
					i, r.NewOrders, r.Changed, r.Unchanged, r.Totals.Sales.Amount, step)
			}
			if i == 1 && (r.Changes.Fields["total"] != 3 || r.Changes.Before[0].Amount != "30.00" || r.Changes.After[0].Amount != "60.00") {
				t.Errorf("got changes %+v, want 3 totals, 30.00 before and 60.00 after", r.Changes)
			}
		}
		if got := x.totalsOf(t); !maps.Equal(got, totalsFrom(1, 5, "10.00")) {
			t.Errorf("got %v, want 10.00 each", got)
		}
		if _, err := x.RecomputeAll(t.Context(), "b"); err != nil {
			t.Fatal(err)
		}
		total := int64(0)
		customers, _, err := x.ListCustomers(t.Context(), "b", commerce.CustomerFilter{}, "", 20)
		for _, c := range customers {
			total += c.History.Figures.Total
		}
		if err != nil || total != 4000 {
			t.Errorf("got %d in the profiles (%v), want 4000: they follow the corrections", total, err)
		}
	})
}

// What the shop reported live is never overwritten by an import, and a later import
// does not undo it. The report counts the order as it is stored.
func TestImportLeavesWhatTheShopReportedLive(t *testing.T) {
	t.Parallel()
	attacked(t, func(t *testing.T, x *target) {
		live := commerce.Order{ID: "b:h:1", Shop: "b", Connection: "h", External: "1", OrderState: commerce.OrderState{
			Version: x.at().AddDate(0, 0, -1), Received: x.at(), Status: commerce.Open, Payment: commerce.Unpaid, Currency: "EUR",
			Total: commerce.Money{Minor: 5500, Currency: "EUR"}, Buyer: commerce.Buyer{Email: "c1@ex.example"},
		}, Times: commerce.Timeline{PlacedAt: x.at().AddDate(0, 0, -1)}}
		if _, err := x.SaveOrder(t.Context(), "b", live); err != nil {
			t.Fatal(err)
		}
		for _, price := range []string{"10.00", "20.00"} {
			r := x.imports(t, tableOfB, tableHead+x.tableRows(1, 2, price))
			if r.Totals.Sales.Amount != "0.00" || len(r.States) != 1 || r.States[0].State != "unpaid" || r.States[0].Total.Amount != "55.00" {
				t.Errorf("got %+v, want the live order, unpaid", r.States)
			}
		}
		o, err := x.Order(t.Context(), "b", "b:h:1")
		if err != nil || o.Total.Minor != 5500 || o.PaidNow() || o.Status != commerce.Open {
			t.Errorf("got %+v (%v), want what the shop reported", o.OrderState, err)
		}
	})
}
