package api

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"comeback/campaigns"
	"comeback/commerce"
)

type domainStore interface {
	StreamsByID(ctx context.Context, shop string, ids []string) (map[string]campaigns.Stream, error)
	// WaitingByDomain counts a shop's messages that wait for domains, by the ids of the streams of these.
	WaitingByDomain(ctx context.Context, shop string) (map[string]int64, error)
	ShopsWaiting(ctx context.Context) ([]string, error)
	RestrictedDomains(ctx context.Context, shop string) ([]campaigns.Stream, error)
}

// shownDomains bounds the domains of an answer.
const shownDomains = 50

// domainView is what the relay does with mails to one domain of recipients.
type domainView struct {
	Domain        string     `json:"domain"`
	State         string     `json:"state"`
	About         string     `json:"about"`          // domain, or sender: the domain refuses only the shop's own address
	Shop          string     `json:"shop,omitempty"` // of the sender, for the installation
	Reason        string     `json:"reason"`
	Since         *time.Time `json:"since,omitempty"`
	NextProbeAt   *time.Time `json:"next_probe_at,omitempty"`
	RatePerMinute *float64   `json:"rate_per_minute,omitempty"`
	Waiting       int64      `json:"waiting"`
}

// domains shows the domains that messages wait for, those with most messages first, and after
// them further streams of domains that are held or slowed down.
func (v *sendingView) domains(
	ctx context.Context, store domainStore, counts map[string]int64, further []campaigns.Stream, now time.Time,
) error {
	known := map[string]campaigns.Stream{}
	for _, x := range further {
		if x.Restricted(now) {
			known[x.ID] = x
			counts[x.ID] += 0
		}
	}
	ids := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	v.MoreDomains = max(0, len(ids)-shownDomains)
	ids = ids[:len(ids)-v.MoreDomains]
	unknown := map[string][]string{} // by the shop of the stream
	for _, id := range ids {
		if _, is := known[id]; !is {
			own, _, _ := strings.Cut(id, ":")
			unknown[own] = append(unknown[own], id)
		}
	}
	for own, some := range unknown {
		found, err := store.StreamsByID(ctx, own, some)
		if err != nil {
			return err
		}
		maps.Copy(known, found)
	}
	for _, id := range ids {
		if x, is := known[id]; is {
			v.Domains = append(v.Domains, showDomain(x, counts[id]))
		}
	}
	return nil
}

func showDomain(x campaigns.Stream, waiting int64) domainView {
	s := showStream(x, true)
	v := domainView{
		Domain: x.Domain, State: s.State, About: "domain", Reason: s.Reason, Since: s.Since, NextProbeAt: s.NextProbeAt,
		RatePerMinute: s.RatePerMinute, Waiting: waiting,
	}
	if x.Limit.Rate > 0 && x.State == campaigns.StreamUp {
		v.Reason = fmt.Sprintf("the settings allow %g mails a second to a domain", x.Limit.Rate)
	}
	if x.Shop != commerce.Installation {
		v.About, v.Shop = s.About, x.Shop
	}
	return v
}

// domains shows the domains of all shops, and counts them.
func (h *sendingHealth) domains(ctx context.Context, v *sendingView) error {
	all, err := h.store.RestrictedDomains(ctx, commerce.Installation)
	if err != nil {
		return err
	}
	shops, err := h.store.ShopsWaiting(ctx)
	if err != nil {
		return err
	}
	counts, waiting := map[string]int64{}, int64(0)
	for _, shop := range shops {
		some, err := h.store.WaitingByDomain(ctx, shop)
		if err != nil {
			return err
		}
		for id, n := range some {
			counts[id] += n
			waiting += n
		}
	}
	byState, now := map[campaigns.StreamState]int{}, h.wall()
	for _, x := range all {
		if x.Restricted(now) {
			byState[x.State]++
		}
	}
	for _, state := range []campaigns.StreamState{campaigns.StreamThrottled, campaigns.StreamRefusing, campaigns.StreamUnreachable} {
		h.restricted.WithLabelValues(string(state)).Set(float64(byState[state]))
	}
	h.waiting.Set(float64(waiting))
	return v.domains(ctx, h.store, counts, all, now)
}
