package segments

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// KPIs are the key figures of a group of customers: the tree of sales = buyers
// x spend per customer, spend per customer = orders per customer x AOV, AOV =
// units per order x average item price. They are of orders that are paid now
// and not refunded in full, neither test, fake nor cancelled, whose amount is
// known in the shop's currency. Money is in minor units; averages are the exact
// quotients as float64, 0 where there is nothing to divide by.
type KPIs struct {
	Customers int     `json:"customers"`
	Share     float64 `json:"share"`    // of the shop's customers
	Currency  string  `json:"currency"` // of the money, ISO 4217

	Buyers   int64 `json:"buyers"`
	Repeat   int64 `json:"repeat"` // buyers with at least 2 orders in the window
	Orders   int64 `json:"orders"`
	Units    int64 `json:"units"`
	Sales    int64 `json:"sales"`     // paid, before refunds
	Net      int64 `json:"net_sales"` // paid, less refunds; those without an order count when made in the window
	Unpriced int64 `json:"unpriced"`  // orders not counted: their amount is not known

	SalesShare        float64 `json:"sales_share"` // of the shop's sales
	SpendPerCustomer  float64 `json:"spend_per_customer"`
	OrdersPerCustomer float64 `json:"orders_per_customer"`
	AOV               float64 `json:"aov"`
	UnitsPerOrder     float64 `json:"units_per_order"`
	AverageItemPrice  float64 `json:"average_item_price"`
	RepeatRate        float64 `json:"repeat_purchase_rate"`
}

// Table is the key figures of many segments side by side, and of the whole
// shop, in one pass over the index as it is when it begins. The window is the
// last days calendar days of the shop's zone up to now; 0 is all time. Accounts
// without stored orders count only for all time.
func (ix *Index) Table(sets []*Bitmap, days int, now time.Time) (rows []KPIs, all KPIs) {
	v := newEvaluation(nil, nil, ix.shop.Load().params, now)
	rows = ix.state.Load().kpis(sets, days, v)
	for i := range rows {
		rows[i].finish(&rows[len(sets)])
	}
	return rows[:len(sets)], rows[len(sets)]
}

// finish computes the averages.
func (k *KPIs) finish(all *KPIs) {
	over := func(a, b int64) float64 {
		if b == 0 {
			return 0
		}
		return float64(a) / float64(b)
	}
	k.Share, k.SalesShare = portion(k.Customers, all.Customers), over(k.Sales, all.Sales)
	k.SpendPerCustomer, k.OrdersPerCustomer = over(k.Sales, k.Buyers), over(k.Orders, k.Buyers)
	k.AOV, k.UnitsPerOrder, k.AverageItemPrice = over(k.Sales, k.Orders), over(k.Units, k.Orders), over(k.Sales, k.Units)
	k.RepeatRate = over(k.Repeat, k.Buyers)
}

// without is the figures of the customers of k who are not in part.
func (k KPIs) without(part KPIs) KPIs {
	return KPIs{Customers: k.Customers - part.Customers, Currency: k.Currency, Buyers: k.Buyers - part.Buyers, Repeat: k.Repeat - part.Repeat,
		Orders: k.Orders - part.Orders, Units: k.Units - part.Units,
		Sales: k.Sales - part.Sales, Net: k.Net - part.Net, Unpriced: k.Unpriced - part.Unpriced}
}

// add sums two groups without common customers.
func (k *KPIs) add(o *KPIs) {
	k.Customers += o.Customers
	k.Buyers += o.Buyers
	k.Repeat += o.Repeat
	k.Orders += o.Orders
	k.Units = saturate(k.Units, o.Units)
	k.Sales, k.Net = saturate(k.Sales, o.Sales), saturate(k.Net, o.Net)
	k.Unpriced += o.Unpriced
}

// spent is what one customer bought.
type spent struct{ orders, units, sales, net, unpriced int64 }

func (k *KPIs) take(s *spent) {
	k.Customers++
	if k.Unpriced += s.unpriced; s.orders > 0 {
		k.Buyers++
	}
	if s.orders > 1 {
		k.Repeat++
	}
	k.Orders += s.orders
	k.Units = saturate(k.Units, s.units)
	k.Sales, k.Net = saturate(k.Sales, s.sales), saturate(k.Net, s.net)
}

// kpis are the sums of each set, followed by those of all customers.
func (s *snapshot) kpis(sets []*Bitmap, days int, v *evaluation) []KPIs {
	total := make([]KPIs, len(sets)+1)
	var summing sync.Mutex
	s.share(func(next func() *part) {
		w, own := spending{evaluation: v, days: days}, make([]KPIs, len(sets)+1)
		for p := next(); p != nil; p = next() {
			w.read(p.chunk)
			for row := range uint32(p.customers.n) {
				if p.has(row) {
					own[len(sets)].take(&w.spent[row])
				}
			}
			for i, set := range sets {
				for row := range p.members(set, &w.rows).all() {
					own[i].take(&w.spent[row])
				}
			}
		}
		summing.Lock()
		defer summing.Unlock()
		for i := range total {
			total[i].add(&own[i])
		}
	})
	for i := range total {
		total[i].Currency = v.params.Currency
	}
	return total
}

// share runs work on all processors. Each takes the next part until there is
// none.
func (s *snapshot) share(work func(next func() *part)) {
	var taken atomic.Int64
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(s.parts)) {
		workers.Go(func() {
			work(func() *part {
				if i := taken.Add(1); i <= int64(len(s.parts)) {
					return &s.parts[i-1]
				}
				return nil
			})
		})
	}
	workers.Wait()
}

// members are the rows of the part whose customers are in the set, in the
// buffer's memory.
func (p *part) members(set *Bitmap, buffer *bitset) bitset {
	rows := bitset(resize(*buffer, wordsFor(p.customers.n)))
	*buffer = rows
	if p.dense {
		set.cut(p.first, p.customers.n, rows)
	} else {
		clear(rows)
		for row := range uint32(p.customers.n) {
			if set.Has(p.number.value(row)) {
				rows.add(row)
			}
		}
	}
	rows.and(p.alive)
	return rows
}
