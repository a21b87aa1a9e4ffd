package jobs

import (
	"maps"

	"comeback/campaigns"
	"comeback/commerce"
)

// Rates are the limits that people have set, in mails a second of all workers together; 0: no
// limit. All workers have the same.
type Rates struct {
	Shop, Domain float64
	// Workers is the number of living workers; nil: one.
	Workers func() int
}

// mostAllowances bounds the domains whose mails a worker counts.
const mostAllowances = 4096

// rateTo is the limit of a domain's stream.
func (s *Sending) rateTo(of place) float64 {
	if of.shop != commerce.Installation {
		return 0
	}
	return s.rates.Domain
}

// allowed reports whether mails to a domain keep the limit without a look at the database. Each
// worker has its part of the rate. A domain with more mails than that gets a stream, of which all
// workers take tokens. So a domain with few mails costs nothing.
func (s *Sending) allowed(of place, x campaigns.Stream, mails int) bool {
	rate := s.rateTo(of)
	if rate == 0 || mails == 0 {
		return true
	}
	if x.Limit.Rate > 0 {
		return false
	}
	workers := 1
	if s.rates.Workers != nil {
		workers = max(1, s.rates.Workers())
	}
	now := s.wall()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.allowances) >= mostAllowances {
		maps.DeleteFunc(s.allowances, func(_ string, l campaigns.Limit) bool { return l.Full(now) })
	}
	if _, known := s.allowances[of.domain]; !known && len(s.allowances) >= mostAllowances {
		return false
	}
	rest, taken := s.allowances[of.domain].Take(mails, rate/float64(workers), now)
	if taken == mails {
		s.allowances[of.domain] = rest
	}
	return taken == mails
}
