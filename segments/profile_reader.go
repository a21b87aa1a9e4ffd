package segments

import (
	"slices"
	"time"
)

// habitReader reads the habits of one customer after the other from a chunk. It
// reuses its buffers, and belongs to one goroutine.
type habitReader struct {
	ch         *chunk
	evaluation *evaluation
	fitted     *Fitted
	groups     *groupTable
	clock      localClock
	today      int64    // since 1970
	now        int64    // milliseconds
	period     interval // of RFM

	figures   [figureRev][]int64 // by key of customerColumns.ints
	placed    []int64
	paid, net []int64
	known     []int64
	lastAt    []int64
	points    []int64
	birthdays []int64
	ages      []uint8 // of each birthday of the chunk
	months    []uint8
	days      []int64
	moments   []int64 // of orders, on the local clock
}

// purchases decide stage and scores: sums over the orders that count.
type purchases struct {
	figures        // of the RFM period
	last     int64 // paid up to now; unset: none
	upToNow  int64 // orders paid up to now, or at an unknown time
	recent   int64 // of them, within the RFM period
	unpriced int64 // units of orders whose amount is not known
}

// enter reads the columns of a chunk.
func (r *habitReader) enter(c *chunk, v *evaluation) {
	if r.evaluation != v {
		r.evaluation, r.fitted = v, v.params.Fitted
		r.today, r.now = v.today.since(day{1970, 1, 1}), v.now.UnixMilli()
		r.period = interval{1, 0}
		if r.fitted != nil {
			r.period = v.period(r.fitted.Period).interval()
			r.groups = newGroupTable(r.fitted)
		}
	}
	r.ch = c
	for i := range r.figures {
		r.figures[i] = c.customers.ints[i].values(r.figures[i])
	}
	r.placed, r.paid = c.orders.times[placedAt].values(r.placed), c.orders.times[paidAt].values(r.paid)
	r.net = c.orders.ints[orderNet].values(r.net)
	r.lastAt, r.known = c.customers.times[lastPaidAt].values(r.lastAt), c.customers.times[knownSince].values(r.known)
	r.points = c.points.values(r.points)
	r.birthdays = c.customers.texts[birthdays].codes.values(r.birthdays)
	r.readBirthdays(&c.customers.texts[birthdays].dictionary)
	r.clock.use(v.zone)
}

func (r *habitReader) readBirthdays(d *dictionary) {
	r.ages, r.months = resize(r.ages, d.len()), resize(r.months, d.len())
	for code := range d.len() {
		r.ages[code], r.months[code] = 0, 0
		born, ok := quickDay(d.text(uint32(code)))
		if !ok {
			continue
		}
		r.months[code] = uint8(born.month)
		if years, known := born.age(r.evaluation.today); known {
			r.ages[code] = ageBands.of(int64(years), 1)
		}
	}
}

// quickDay is parseDay with a fast path for most days.
func quickDay(text string) (d day, ok bool) {
	if len(text) != 10 || text[4] != '-' || text[7] != '-' {
		return parseDay(text)
	}
	number := func(digits string) (n int) {
		for _, c := range []byte(digits) {
			if c < '0' || c > '9' {
				return 0
			}
			n = 10*n + int(c-'0')
		}
		return n
	}
	d = day{number(text[:4]), time.Month(number(text[5:7])), number(text[8:])}
	if d.year == 0 || d.month < 1 || d.month > 12 || d.day < 1 || d.day > 28 {
		return parseDay(text)
	}
	return d, true
}

// read is the habits of a customer: h is empty before.
func (r *habitReader) read(row uint32, h *habits) {
	figure := func(i int) int64 { return r.figures[i][row] }
	count, total := figure(figureCount), figure(figureTotal)
	account := r.ch.account != nil && r.ch.account.has(row)
	h[habitMonth], h[habitAge] = r.months[r.birthdays[row]], r.ages[r.birthdays[row]]
	h[habitOrders] = countBands.of(count, 1)
	if at := r.points[row]; at != unset {
		h[habitPoints] = pointBands.of(at, 1)
	}
	if at := r.known[row]; at != unset {
		h[habitKnown] = knownBands.of(r.today-r.clock.day(at), 1)
	}
	if at := r.lastAt[row]; at != unset {
		h[habitSince] = sinceBands.of(r.today-r.clock.day(at), 1)
	}
	h[habitUnits] = unitBands.of(figure(figureUnits), count)
	h[habitDiscount] = discountBands.of(figure(figureDiscount), saturate(total, figure(figureDiscount)))
	h[habitCoupons] = shareBands.of(figure(figureCoupons), count)
	h[habitRefunds] = shareBands.of(figure(figureRefunds), figure(figurePlaced))
	p := r.orders(row)
	if len(r.moments) > 0 {
		r.usual(h)
	}
	h[habitGap] = r.medianGap()
	r.stageAndScores(row, h, &p, account)
	units := figure(figureUnits) - p.unpriced
	if r.fitted != nil && len(r.fitted.Prices) > 0 && units > 0 && !(account && figure(figureUnpriced) > 0) {
		h[habitTier] = uint8(r.fitted.tier(fraction{total, units}) + 1)
	}
}

// orders sums the customer's orders that count, and sets r.days to the days with a
// payment up to now.
func (r *habitReader) orders(row uint32) (p purchases) {
	c := r.ch
	p.last = unset
	r.days, r.moments = r.days[:0], r.moments[:0]
	lastScored := int64(unset)
	from, to := c.ordersOf(row)
	for i := from; i < to; i++ {
		if c.paid != nil && !c.paid.has(i) {
			continue
		}
		paid, placed := r.paid[i], r.placed[i]
		unpriced := c.priced != nil && !c.priced.has(i)
		if unpriced {
			p.unpriced += c.orders.ints[orderUnits].value(i)
		}
		if paid == unset {
			p.upToNow++
		} else {
			within := r.period.has(paid)
			if within {
				p.figures.orders++
				if !unpriced {
					p.figures.net = saturate(p.figures.net, r.net[i])
				}
				lastScored = max(lastScored, paid)
			}
			if paid <= r.now {
				p.upToNow++
				p.last = max(p.last, paid)
				r.days = append(r.days, r.clock.day(paid))
				if within {
					p.recent++
				}
			}
		}
		if placed == unset {
			placed = paid
		}
		if placed != unset {
			r.moments = append(r.moments, r.clock.local(placed))
		}
	}
	if lastScored != unset {
		p.figures.net = c.loose.less(p.figures.net, row, r.period)
		p.figures.days = r.today - r.clock.day(lastScored)
	}
	return p
}

// usual sets the hour and the weekday at which most orders were placed, and the
// share of weekends. Between equals the latest order decides.
func (r *habitReader) usual(h *habits) {
	var hours [24]int32
	var days [7]int32
	for _, local := range r.moments {
		hours[hourOf(local)]++
		days[weekdayOf(local)]++
	}
	hour, weekday := int32(0), int32(0)
	for _, local := range slices.Backward(r.moments) {
		if n := hours[hourOf(local)]; n > hour {
			hour, h[habitHour] = n, hourBands.of(hourOf(local), 1)
		}
		if n := days[weekdayOf(local)]; n > weekday {
			weekday, h[habitWeekday] = n, uint8(weekdayOf(local)+1)
		}
	}
	h[habitWeekend] = shareBands.of(int64(days[5]+days[6]), int64(len(r.moments)))
}

func hourOf(local int64) int64 { return floorMod(local, perDay) / perHour }

// weekdayOf counts from Monday; 1 January 1970 was a Thursday.
func weekdayOf(local int64) int64 { return floorMod(floorDiv(local, perDay)+3, 7) }

// medianGap is the median of the gaps between r.days. It sorts r.days and removes
// duplicates.
func (r *habitReader) medianGap() uint8 {
	if !slices.IsSorted(r.days) {
		slices.Sort(r.days)
	}
	r.days = slices.Compact(r.days)
	n := len(r.days) - 1
	if n < 1 {
		return 0
	}
	var few [16]int64
	gaps := append(few[:0], r.days[1:]...)
	for i := range gaps {
		gaps[i] -= r.days[i]
	}
	slices.Sort(gaps)
	return gapBands.of(gaps[(n-1)/2]+gaps[n/2], 2)
}

// stageAndScores sets stage, overdue ratio, scores and group.
func (r *habitReader) stageAndScores(row uint32, h *habits, p *purchases, account bool) {
	if r.fitted == nil {
		return
	}
	if account {
		p.last, p.upToNow, p.recent = r.lastAt[row], r.figures[figureCount][row], 0
		if p.last != unset && r.period.has(p.last) {
			p.recent = p.upToNow
		}
	}
	s := stageFacts{orders: p.upToNow, recent: p.recent}
	if p.last != unset {
		s.days = r.today - r.clock.day(p.last)
		if r.fitted.Ages.Own {
			n := int64(max(0, len(r.days)-1))
			sum := int64(0)
			if n > 0 {
				sum = r.days[n] - r.days[0]
			}
			s.overdue = fraction{s.days * dayParts, r.fitted.Gaps.expected(n, sum)}
			h[habitOverdue] = lateBands.of(s.overdue.num, s.overdue.den)
		}
		h[habitStage] = stageNumber(r.fitted.stage(s))
	} else if r.figures[figureCount][row] == 0 {
		h[habitStage] = stageNumber(r.fitted.stage(stageFacts{}))
	}
	if p.figures.orders > 0 && r.fitted.scored() {
		scores := r.fitted.scores(p.figures)
		h[habitR], h[habitF], h[habitM] = uint8(scores.r), uint8(scores.f), uint8(scores.m)
		h[habitGroup] = r.groups.of(r.fitted, p.figures, scores)
	}
}

// stageNumber is the position of a stage among stages, from 1.
func stageNumber(name string) uint8 { return uint8(slices.Index(stages, name) + 1) }
