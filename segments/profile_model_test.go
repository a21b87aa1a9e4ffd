package segments

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"comeback/commerce"
	"comeback/strictjson"

	"pgregory.net/rapid"
)

// modelShop is a random shop in an index and beside it, and a random segment.
type modelShop struct {
	ix      *Index
	rows    map[int64]*Row
	members *Bitmap
	params  Params
	now     time.Time
}

func drawShop(t *rapid.T, outer testing.TB) modelShop {
	d := dice{rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 2))}
	m := modelShop{members: &Bitmap{}}
	m.params, m.now = aShop(outer)
	rows := states(d, 60)
	if d.IntN(3) == 0 {
		m.params.Categories = oddCategories
		d.renameCategories(rows)
	}
	rules := Rules{Groups: [][]Group{nil, ChineseGroups()}[d.IntN(2)], Bins: []int{0, 3, 10}[d.IntN(3)]}
	fitted, err := Fit(rules, m.params, func(yield func(Summary) bool) {
		for _, r := range rows {
			if !yield(SummaryOf(&r.Profile, Rules{}, m.params, m.now)) {
				return
			}
		}
	}, m.now)
	if err != nil {
		t.Fatal(err)
	}
	if d.IntN(2) == 0 { // as of a shop with many gaps
		fitted.Ages = Ages{AtRisk: 3, Lapsed: 9, Lost: 18, Own: true}
		fitted.Gaps = Gaps{Count: 300, P75: 3, P90: 9, Mean: 4, Within: 5, Between: 2}
	}
	if m.params.Fitted = fitted; d.IntN(8) == 0 {
		m.params.Fitted = nil
	}
	m.ix = NewIndex(m.params)
	m.ix.rows = 16
	if err := m.ix.Build(stream(rows[:40])); err != nil {
		t.Fatal(err)
	}
	if m.rows = latest(rows[:40]); d.IntN(2) == 0 {
		applyAnyhow(t, d, m.ix, rows)
		m.rows = latest(rows)
	}
	share := d.IntN(10)
	for n := range int64(90) { // also unused numbers
		if d.IntN(10) < share {
			m.members.Add(n)
		}
	}
	return m
}

// counts counts the customers that pass, in the segment and outside.
func (m modelShop) counts(passes func(r *Row) bool) (in, rest int) {
	for n, r := range m.rows {
		switch {
		case !passes(r):
		case m.members.Has(n):
			in++
		default:
			rest++
		}
	}
	return in, rest
}

// Every trait counts exactly the customers its condition matches, one by one.
func TestTraitsCountTheCustomersTheirConditionsMatch(t *testing.T) {
	t.Parallel()
	outer := t
	rapid.Check(t, func(t *rapid.T) {
		m := drawShop(t, outer)
		p := m.ix.Profile(m.members, ProfileOptions{Support: 1, Most: math.MaxInt32}, m.now)
		size, others := m.counts(func(*Row) bool { return true })
		if p.Size != size || p.Base != size+others {
			t.Fatalf("got %d of %d customers, want %d of %d", p.Size, p.Base, size, size+others)
		}
		for _, trait := range p.Traits {
			if trait.Of != size || trait.OfRest != others {
				t.Fatalf("%+v is of %d and %d", trait, size, others)
			}
			if trait.Condition == nil {
				if trait.Field != refundShare && !strings.Contains(trait.Value, "\x00") {
					t.Fatalf("%s %s has no condition", trait.Field, trait.Value)
				}
				continue
			}
			node, _ := strictjson.Read(trait.Condition)
			c, problems := Parse(node, Scope{})
			if strictjson.Refused(problems) {
				t.Fatal(problems)
			}
			in, rest := m.counts(func(r *Row) bool { return Match(c, &r.Profile, nil, m.params, m.now) })
			if in != trait.In || rest != trait.Rest {
				t.Fatalf("%s: the profile has %d and %d, Match %d and %d", trait.Condition, trait.In, trait.Rest, in, rest)
			}
		}
		sound(t, p)
	})
}

// sound checks the invariants of a profile.
func sound(t *rapid.T, p Profile) {
	if _, err := json.Marshal(p); err != nil {
		t.Fatal(err)
	}
	if p.Size == 0 || p.Size == p.Base {
		if len(p.Traits) > 0 || p.Tested > 0 {
			t.Fatal("everybody and nobody have nothing special")
		}
		return
	}
	for i, a := range p.Traits {
		if a.P < 0 || a.P > 1 || a.Q < a.P || a.Q > 1 || a.Low > a.Lift && !a.Only || a.High < a.Lift && !a.Only ||
			a.Special != (a.Q <= defaultLevel) {
			t.Fatalf("unsound: %+v", a)
		}
		if i > 0 && a.order(&p.Traits[i-1]) < 0 {
			t.Fatalf("%+v comes after %+v", a, p.Traits[i-1])
		}
	}
}

// A profile contains every value that some customers have and others have not.
func TestProfileContainsEveryTrait(t *testing.T) {
	t.Parallel()
	outer := t
	rapid.Check(t, func(t *rapid.T) {
		m := drawShop(t, outer)
		m.leavesNothingOut(t)
	})
}

func (m modelShop) leavesNothingOut(t rapid.TB) {
	t.Helper()
	p := m.ix.Profile(m.members, ProfileOptions{Support: 1, Most: math.MaxInt32}, m.now)
	if p.Size == 0 || p.Size == p.Base {
		return
	}
	told := map[[2]string]Trait{}
	for _, trait := range p.Traits {
		told[asOne(trait.Field, trait.Value)] = trait
	}
	has := map[*Row]map[[2]string]bool{}
	all := map[[2]string]bool{}
	for _, r := range m.rows {
		has[r] = m.valuesOf(r)
		for value := range has[r] {
			all[value] = true
		}
	}
	for value := range all {
		in, rest := m.counts(func(r *Row) bool { return has[r][value] })
		trait, ok := told[value]
		if in+rest == p.Base || in+rest == 0 || !ok && strings.HasSuffix(value[0], "category") && !strings.Contains(value[1], pathSeparator) {
			continue // a name may be listed as its path
		}
		if expected := float64(p.Size) * float64(in+rest) / float64(p.Base); max(float64(in), expected) < 1 {
			continue
		}
		if !ok || trait.In != in || trait.Rest != rest {
			t.Fatalf("%s: got %+v, want %d and %d", value, trait, in, rest)
		}
	}
}

// asOne is equal for the spellings of one value.
func asOne(field, text string) [2]string {
	if foldsField(field) {
		text = commerce.Fold(text)
	}
	return [2]string{field, text}
}

// valuesOf lists the values of a customer that a profile compares, as conditions read them.
func (m modelShop) valuesOf(r *Row) map[[2]string]bool {
	found := map[[2]string]bool{}
	put := func(field string, list ...string) {
		for _, text := range list {
			if text != "" {
				found[asOne(field, text)] = true
			}
		}
	}
	v := newEvaluation(&r.Profile, nil, m.params, m.now)
	read := func(name string) value {
		for _, family := range families {
			for i := range family.fields {
				if f := &family.fields[i]; f.name == name {
					return f.read(v, "")
				}
			}
		}
		panic(name)
	}
	for _, name := range []string{"customer.gender", "customer.country", "customer.region", "customer.city", "customer.postcode",
		"customer.language",
		"customer.zone", "customer.member_level", "customer.company", "customer.occupation", "customer.source", "customer.utm_medium",
		"customer.utm_campaign", "customer.utm_term", "customer.utm_content",
		"orders.usual_weekday", "orders.price_tier", "customer.stage", "rfm.group"} {
		if got := read(name); got.set {
			put(name, got.text)
		}
	}
	for _, name := range []string{"customer.tags", "orders.favourite_category"} {
		put(name, read(name).list...)
	}
	for _, name := range []string{"rfm.r", "rfm.f", "rfm.m"} {
		if got := read(name); got.set {
			put(name, strconv.FormatInt(got.num.num, 10))
		}
	}
	for _, c := range r.Consents {
		put("customer.consent."+c.Channel, map[bool]string{true: yes, false: no}[c.Granted])
	}
	for _, key := range []string{"tier", "email"} {
		text, _ := commerce.Lookup(r.Attributes.Custom, key)
		put("customer.custom."+key, text)
	}
	if age := read("customer.age"); age.set {
		put("customer.age", ageBands.list[ageBands.of(age.num.num, 1)-1].name)
	}
	if f := r.History.Figures; f.Placed > 0 {
		bands := []bool{f.Refunds == 0, 4*f.Refunds <= f.Placed, 2*f.Refunds <= f.Placed, 4*f.Refunds <= 3*f.Placed, true}
		i := slices.Index(bands, true)
		put(refundShare, shareBands.list[i].name)
	}
	putOrders(v, put)
	return found
}

func putOrders(v *evaluation, put func(field string, list ...string)) {
	for o := range v.paidOrders() {
		put("order.channel", o.Channel)
		put("order.payment_method", o.Method)
		put("order.store", o.Store)
		put("order.device", o.Device)
		put("order.utm_campaign", o.UTM[2])
		put("order.coupon", o.Coupons...)
		put("order.tags", o.Tags...)
		for i := range o.Lines {
			put("line.product", o.Lines[i].Product)
			put("line.brand", o.Lines[i].Brand)
			v.line = &o.Lines[i]
			put("line.category", categories(v, "").list...)
		}
	}
}

// Key figures are sums over the orders that count, of the window or of all time.
func TestKPIsAreSumsOverOrders(t *testing.T) {
	t.Parallel()
	outer := t
	rapid.Check(t, func(t *rapid.T) {
		m := drawShop(t, outer)
		days := rapid.SampledFrom([]int{0, 1, 7, 60}).Draw(t, "days")
		everybody := &Bitmap{}
		for n := range m.rows {
			everybody.Add(n)
		}
		rows, all := m.ix.Table([]*Bitmap{m.members, everybody, {}}, days, m.now)
		p := m.ix.Profile(m.members, ProfileOptions{Days: days}, m.now)
		want := m.kpis(days)
		for i, got := range []KPIs{rows[0], all.without(rows[0]), all} {
			got.Share, got.SalesShare, got.SpendPerCustomer, got.OrdersPerCustomer = 0, 0, 0, 0
			got.AOV, got.UnitsPerOrder, got.AverageItemPrice, got.RepeatRate = 0, 0, 0, 0
			if got != want[i] {
				t.Fatalf("group %d: got %+v, want %+v", i, got, want[i])
			}
		}
		if p.Segment != rows[0] || p.All != all || rows[1] != all || rows[2] != (KPIs{Currency: "CNY"}) {
			t.Fatalf("got %+v of %+v, want %+v of %+v", p.Segment, p.All, rows[0], all)
		}
		for _, k := range []KPIs{rows[0], p.Rest, all} {
			tree := float64(k.Buyers) * k.OrdersPerCustomer * k.UnitsPerOrder * k.AverageItemPrice
			if math.Abs(tree-float64(k.Sales)) > 1e-6*float64(k.Sales)+1e-6 && k.Units > 0 {
				t.Fatalf("the tree is %v: %+v", tree, k)
			}
		}
	})
}

// kpis are the figures of the segment, the rest and all.
func (m modelShop) kpis(days int) (list [3]KPIs) {
	for i := range list {
		list[i].Currency = "CNY"
	}
	for n, r := range m.rows {
		var k KPIs
		k.Customers = 1
		from := dayOf(m.now, m.params.Zone).add(-days).start(m.params.Zone)
		if f := r.History.Figures; r.History.Truncated && days == 0 {
			k.Orders, k.Units, k.Sales, k.Net, k.Unpriced = f.Count-f.Unpriced, f.Units, f.Total, f.Net, f.Unpriced
		}
		for _, o := range r.History.Orders {
			switch {
			case r.History.Truncated, !o.Counts(), days > 0 && (o.PaidAt.Before(from) || o.PaidAt.After(m.now)):
			case o.Unpriced:
				k.Unpriced++
			default:
				k.Orders++
				k.Units += o.Units
				k.Sales += o.Total
				k.Net += o.Net
			}
		}
		for _, refund := range r.History.Loose {
			if !r.History.Truncated && (days == 0 || !refund.At.Before(from) && !refund.At.After(m.now)) {
				k.Net -= refund.Amount
			}
		}
		k.Buyers, k.Repeat = min(k.Orders, 1), min(max(k.Orders-1, 0), 1)
		list[2].add(&k)
		if m.members.Has(n) {
			list[0].add(&k)
		} else {
			list[1].add(&k)
		}
	}
	return list
}
