package segments_test

import (
	"iter"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"comeback/commerce"
	"comeback/segments"
)

// madeShop is the deterministic shop of the benchmarks. The same sizes and seed
// always give the same customers and orders. Other engines are measured with the
// same shop.
type madeShop struct {
	people []madePerson
	orders []madeOrder // customer by customer, each in time order
	starts []int32
	lines  int // number of lines of an order
}

type madePerson struct {
	gender, region, tier, source uint8
	consent                      bool
	tags                         uint16
	born, signup, opened, click  int32 // day; seconds, 0: never
}

type madeOrder struct {
	at, amount                       int32 // seconds; minor units
	category, status, channel, items uint8
	coupon                           bool
}

const (
	madeCategories = 200
	madeTags       = 16
	aDayLong       = 86400
)

// shopNow is the time at which the shop is evaluated.
func shopNow() time.Time { return time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC) }

// makeShop makes n customers with m orders in all.
func makeShop(n, m int, seed uint64) *madeShop {
	r := rand.New(rand.NewPCG(seed, 42))
	s := &madeShop{people: make([]madePerson, n), orders: make([]madeOrder, 0, m), starts: make([]int32, n+1), lines: 1}
	zipf := rand.NewZipf(r, 1.15, 4, madeCategories-1)
	weight, scale, sum := make([]float64, n), make([]float64, n), 0.0
	for i := range s.people {
		s.people[i] = makePerson(r)
		if r.Float64() >= .20 {
			weight[i] = math.Min(400, math.Pow(1-r.Float64(), -1/1.25))
		}
		scale[i] = 8000 * math.Exp(r.NormFloat64()*0.8)
		sum += weight[i]
	}
	left, due := m, 0.0
	for i := range s.people {
		s.starts[i] = int32(len(s.orders))
		due += weight[i] / sum * float64(m)
		count := 0
		if weight[i] > 0 {
			count = int(due)
			due -= float64(count)
		}
		if count = min(count, left); i == n-1 {
			count = left
		}
		left -= count
		s.makeOrders(r, zipf, count, scale[i])
	}
	s.starts[n] = int32(len(s.orders))
	return s
}

func makePerson(r *rand.Rand) (p madePerson) {
	switch u := r.Float64(); {
	case u < .10:
	case u < .65:
		p.gender = 1
	default:
		p.gender = 2
	}
	now := int32(shopNow().Unix())
	u := r.Float64()
	p.region = uint8(min(29, int(30*u*u)))
	p.tier = uint8(1 + min(3, int(4*math.Pow(r.Float64(), 1.3))))
	p.source = uint8(min(7, int(8*math.Pow(r.Float64(), 1.7))))
	age := 16 + 59*math.Pow(r.Float64(), 1.8) + r.Float64()
	p.born = int32(shopNow().AddDate(0, 0, -int(age*365.25)).Unix() / aDayLong)
	for bit := range madeTags {
		if r.Float64() < 0.25/float64(bit+3) {
			p.tags |= 1 << bit
		}
	}
	p.consent = r.Float64() < .70
	p.signup = now - int32(r.Float64()*1095*aDayLong)
	if r.Float64() < .65 {
		p.opened = now - int32(min(900, r.ExpFloat64()*90)*aDayLong) - int32(r.IntN(aDayLong))
		if r.Float64() < .45 {
			p.click = p.opened - int32(r.ExpFloat64()*20*aDayLong)
		}
	}
	return p
}

func (s *madeShop) makeOrders(r *rand.Rand, zipf *rand.Zipf, count int, scale float64) {
	first, now := len(s.orders), int32(shopNow().Unix())
	favourite := uint8(zipf.Uint64())
	recency := math.Exp(r.NormFloat64()*0.7) * 260
	share := .2
	if r.Float64() < .25 {
		share = .75
	}
	for range count {
		var o madeOrder
		o.at = now - int32(math.Min(1095, r.ExpFloat64()*recency)*aDayLong) - int32(r.IntN(aDayLong))
		o.amount = int32(math.Min(5e7, scale*math.Exp(r.NormFloat64()*0.6)))
		if o.category = favourite; r.Float64() >= .35 {
			o.category = uint8(zipf.Uint64())
		}
		switch u := r.Float64(); {
		case u < .06:
		case u < .88:
			o.status = 1
		case u < .94:
			o.status = 2
		default:
			o.status = 3
		}
		o.channel = uint8(min(4, int(5*math.Pow(r.Float64(), 1.4))))
		o.items = uint8(1 + min(9, int(r.ExpFloat64()*1.2)))
		o.coupon = r.Float64() < share
		s.orders = append(s.orders, o)
	}
	slices.SortStableFunc(s.orders[first:], func(a, b madeOrder) int { return int(a.at) - int(b.at) })
}

// rows streams the shop's customers as rows. It fills the same row again for each.
func (s *madeShop) rows() iter.Seq2[*segments.Row, error] {
	return func(yield func(*segments.Row, error) bool) {
		f := newFiller()
		for i := range s.people {
			if f.fill(s, i); !yield(&f.row, nil) {
				return
			}
		}
	}
}

// filler turns customers of the shop into rows.
type filler struct {
	row      segments.Row
	key      []byte
	small    [256]string // numbers as texts
	tags     [madeTags]string
	products [madeCategories * productsEach]string
	birth    map[int32]string
}

// productsEach is how many products a category has.
const productsEach = 10

func newFiller() *filler {
	f := &filler{birth: map[int32]string{}}
	for i := range f.small {
		f.small[i] = strconv.Itoa(i)
	}
	for i := range f.tags {
		f.tags[i] = "tag" + f.small[i]
	}
	copy(f.tags[:], []string{"vip", "wholesale", "blacklist"})
	for i := range f.products {
		f.products[i] = "perf:main:" + strconv.Itoa(i)
	}
	return f
}

// madeParams has the category of each product.
func madeParams() segments.Params {
	return segments.Params{Zone: time.UTC, Currency: "CNY", Categories: func(product string) [][]string {
		n, err := strconv.Atoi(product[len("perf:main:"):])
		if err != nil {
			return nil
		}
		return [][]string{{strconv.Itoa(n / productsEach)}}
	}}
}

// fittedParams are madeParams with the figures of all customers of such a shop.
func scoredParams() segments.Params {
	p := madeParams()
	p.Fitted = &segments.Fitted{Customers: 600_000, Period: 365, Groups: segments.UsualGroups(5), Prices: []float64{3000, 9000},
		Recency: segments.Scale{Cuts: []float64{30, 80, 150, 250}}, Frequency: segments.Scale{Cuts: []float64{1, 2, 4, 8}},
		Monetary: segments.Scale{Cuts: []float64{9000, 20000, 45000, 110000}},
		Ages:     segments.Ages{AtRisk: 75, Lapsed: 120, Lost: 270, Own: true},
		Gaps:     segments.Gaps{Count: 3_000_000, P75: 75, P90: 150, Mean: 60, Within: 5000, Between: 1500}}
	return p
}

func (f *filler) id(head string, n int) string {
	f.key = strconv.AppendInt(append(f.key[:0], head...), int64(n), 10)
	return string(f.key)
}

func seconds(n int32) time.Time { return time.Unix(int64(n), 0) }

func (f *filler) fill(s *madeShop, i int) {
	p, r := &s.people[i], &f.row
	tags, orders := r.Attributes.Tags[:0], r.History.Orders[:0]
	*r = segments.Row{N: int64(i + 1), ID: f.id("perf:platform:main:", i+1), Rev: 1}
	r.Attributes.Gender = []string{"", "female", "male"}[p.gender]
	r.Attributes.Region, r.Attributes.Source.UTMSource = f.small[p.region], f.small[p.source]
	r.Attributes.Custom = append(r.Attributes.Custom, commerce.KV{Key: "city_tier", Value: f.small[p.tier]})
	born, ok := f.birth[p.born]
	if !ok {
		born = time.Unix(int64(p.born)*aDayLong, 0).UTC().Format(time.DateOnly)
		f.birth[p.born] = born
	}
	r.Attributes.Birthday = born
	for bit, tag := range f.tags {
		if p.tags>>bit&1 == 1 {
			tags = append(tags, tag)
		}
	}
	r.Attributes.Tags = tags
	r.Consents = append(r.Consents, commerce.Consent{Channel: "email", Granted: p.consent})
	r.KnownSince = seconds(p.signup)
	if p.opened != 0 {
		m := commerce.MessageFact{ID: f.id("perf:welcome:", i+1), Campaign: "welcome", Step: "s1", Channel: "email",
			SentAt: seconds(p.opened - 3600), DeliveredAt: seconds(p.opened - 3600), OpenedAt: seconds(p.opened), LastOpenedAt: seconds(p.opened)}
		if p.click != 0 {
			m.ClickedAt, m.LastClickedAt = seconds(p.click), seconds(p.click)
		}
		r.Engagement = append(r.Engagement, m)
	}
	for k := s.starts[i]; k < s.starts[i+1]; k++ {
		orders = append(orders, f.order(s, int(k)))
	}
	r.History = commerce.NewHistory(orders, nil)
}

func (f *filler) order(s *madeShop, k int) commerce.OrderFact {
	o := &s.orders[k]
	at := seconds(o.at)
	fact := commerce.OrderFact{ID: f.id("perf:main:", k+1), PlacedAt: at, Status: commerce.Open, Currency: "CNY",
		Total: int64(o.amount), Net: int64(o.amount),
		Units: int64(o.items), Channel: []string{"web", "app", "pos", "wechat", "market"}[o.channel]}
	switch o.status {
	case 0:
		fact.Payment = commerce.Unpaid
	case 1:
		fact.Payment, fact.PaidAt = commerce.Paid, at
	case 2:
		fact.Payment, fact.Status, fact.CancelledAt = commerce.Voided, commerce.Cancelled, at
	default:
		fact.Payment, fact.PaidAt, fact.RefundedAt, fact.Refunded, fact.Net = commerce.Refunded, at, at, int64(o.amount), 0
	}
	if o.coupon {
		fact.Coupons = []string{"SUMMER"}
	}
	fact.Lines = make([]commerce.LineFact, s.lines)
	for i := range fact.Lines {
		product, net := int(o.category)*productsEach+(k+i)%productsEach, int64(o.amount)/int64(s.lines)
		fact.Lines[i] = commerce.LineFact{Product: f.products[product], Quantity: int64(o.items), Price: net / int64(o.items), Net: net}
	}
	return fact
}
