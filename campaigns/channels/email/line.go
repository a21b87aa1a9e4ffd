package email

import (
	"slices"
	"time"
)

// claim is one mail that waits for a connection, or has one.
type claim struct {
	shop, domain string
	served       chan struct{} // closed when slot or err is set
	slot         *slot
	err          error
}

// line has the mails that wait for a connection. Shops take turns, so a shop with a
// million mails does not delay another.
type line struct {
	shops []string // those with mails, the next first
	mails map[string][]*claim
}

func (l *line) add(c *claim) {
	if l.mails == nil {
		l.mails = map[string][]*claim{}
	}
	if len(l.mails[c.shop]) == 0 {
		l.shops = append(l.shops, c.shop)
	}
	l.mails[c.shop] = append(l.mails[c.shop], c)
}

// next removes the first mail that may go, of the first shop that has one. The shop is then the last.
func (l *line) next(may func(*claim) bool) *claim {
	for _, shop := range l.shops {
		at := slices.IndexFunc(l.mails[shop], may)
		if at < 0 {
			continue
		}
		c := l.mails[shop][at]
		l.remove(c)
		if last := slices.Index(l.shops, shop); last >= 0 {
			l.shops = append(slices.Delete(l.shops, last, last+1), shop)
		}
		return c
	}
	return nil
}

func (l *line) remove(c *claim) {
	l.mails[c.shop] = slices.DeleteFunc(l.mails[c.shop], func(x *claim) bool { return x == c })
	if len(l.mails[c.shop]) == 0 {
		delete(l.mails, c.shop)
		l.shops = slices.DeleteFunc(l.shops, func(shop string) bool { return shop == c.shop })
	}
}

// shares counts the connections of each shop and of each domain of recipients, and limits
// them. 0: no limit.
type shares struct {
	shop, domain int
	ofShop       map[string]int
	ofDomain     map[string]int
	lowered      map[string]lowered // by domain
}

// lowered is the number of connections that a domain has shown to take.
type lowered struct {
	most   int
	growAt time.Time
}

func newShares(shop, domain int) shares {
	return shares{shop: shop, domain: domain, ofShop: map[string]int{}, ofDomain: map[string]int{}, lowered: map[string]lowered{}}
}

func (x *shares) may(c *claim, now time.Time) bool {
	if x.shop > 0 && x.ofShop[c.shop] >= x.shop || x.domain > 0 && x.ofDomain[c.domain] >= x.domain {
		return false
	}
	low, limited := x.lowered[c.domain]
	if limited && !now.Before(low.growAt) {
		if low = (lowered{low.most + 1, now.Add(regrowAfter)}); low.most > x.ofDomain[c.domain]+1 {
			delete(x.lowered, c.domain) // it needs no more than that
			return true
		}
		x.lowered[c.domain] = low
	}
	return !limited || x.ofDomain[c.domain] < low.most
}

// lower notes that a domain takes no more connections than there are, without that of c.
func (x *shares) lower(c *claim, now time.Time) {
	most := max(1, x.ofDomain[c.domain]-1)
	if low, limited := x.lowered[c.domain]; limited {
		most = min(most, low.most)
	}
	x.lowered[c.domain] = lowered{most, now.Add(regrowAfter)}
}

func (x *shares) take(c *claim) {
	x.ofShop[c.shop]++
	x.ofDomain[c.domain]++
}

func (x *shares) give(c *claim) {
	for counts, key := range map[*map[string]int]string{&x.ofShop: c.shop, &x.ofDomain: c.domain} {
		if (*counts)[key]--; (*counts)[key] == 0 {
			delete(*counts, key)
		}
	}
}
