package demo

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"
)

// past writes the shop's history as an import file in the generic schema: products,
// customers and orders. The last order of a customer is long ago, or recent, or at
// such a time that win-back is due within the demo.
type past struct {
	chance chances
	start  time.Time
	lapse  int // days after which win-back is due
	file   bytes.Buffer
	number int
	wrong  error
}

// write makes the shoppers of the history and their records.
func (p *past) write(customers int) (people []*shopper, file []byte, err error) {
	for _, w := range wares {
		p.line(fields{
			"type": "product", "id": w.sku, "updated_at": p.start.AddDate(-2, 0, 0).UTC(), "title": w.title, "sku": w.sku,
			"categories": [][]string{{"Tea house"}},
			"currency":   Currency, "price": amount(w.price), "unit_cost": amount(w.cost), "url": demoApp + "/p/" + w.sku,
		})
	}
	for n := range customers {
		s := newShopper(p.chance, n+1, true)
		people = append(people, s)
		p.person(s)
	}
	return people, p.file.Bytes(), p.wrong
}

func (p *past) person(s *shopper) {
	r := p.chance.source("past", s.id())
	last := p.lastOrder(s, r)
	count := 1 + r.IntN(4)
	times := []time.Time{last}
	for range count - 1 {
		times = append(times, times[len(times)-1].Add(-time.Duration(20*24+r.IntN(90*24))*time.Hour))
	}
	first := times[len(times)-1]
	record := fields{
		"type": "customer", "id": s.id(), "updated_at": first.UTC(), "registered_at": first.UTC(), "email": s.email(), "verified": true,
		"first_name": s.first, "last_name": s.last, "language": "en", "country": "NL", "city": s.city,
	}
	if s.consents {
		record["consents"] = []fields{{"channel": "email", "granted": true, "explicit": true, "at": first.UTC(), "source": "checkout"}}
	}
	p.line(record)
	for i := len(times) - 1; i >= 0; i-- {
		p.order(s, times[i])
	}
	s.lastPaid = last
}

// lastOrder draws when a customer last paid. Customers who lapse within the demo do
// so at opening time, in the first three quarters of its days.
func (p *past) lastOrder(s *shopper, r *rand.Rand) time.Time {
	switch kind := r.Float64(); {
	case kind < 0.30:
		return p.start.AddDate(0, 0, -p.lapse-5-r.IntN(300))
	case kind < 0.65:
		s.lapses = true
		return p.start.AddDate(0, 0, 1+r.IntN(Days*3/4)-p.lapse).Add(openingHour * time.Hour)
	}
	recent := max(1, p.lapse-Days-10)
	return p.start.AddDate(0, 0, -1-r.IntN(recent)).Add(time.Duration(r.IntN(10*60)) * time.Minute)
}

func (p *past) order(s *shopper, at time.Time) {
	p.number++
	o := newSale(p.chance, "past "+strconv.Itoa(p.number), s, false, at)
	o.number = p.number
	o.paidAt, o.shippedAt, o.endedAt = at, at.AddDate(0, 0, 1), at.AddDate(0, 0, 3)
	if o.endedAt.After(p.start) {
		o.shippedAt, o.endedAt = time.Time{}, time.Time{}
	}
	body, err := genericOrder(o, at)
	p.raw(body, err)
}

func (p *past) line(record fields) { p.raw(json.Marshal(record)) }

func (p *past) raw(line []byte, err error) {
	if err != nil && p.wrong == nil {
		p.wrong = fmt.Errorf("demo history: %w", err)
	}
	p.file.Write(line)
	p.file.WriteByte('\n')
}
