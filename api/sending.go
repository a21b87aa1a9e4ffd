package api

import (
	"context"
	"math"
	"time"

	"github.com/gin-gonic/gin"

	"comeback/campaigns"
	"comeback/commerce"
)

// sending shows whether mails go out, and how many wait.
type sending struct {
	store     sendingStore
	now, wall func() time.Time
	health    *sendingHealth
}

type sendingStore interface {
	permitStore
	domainStore
	Streams(ctx context.Context, shop string) ([]campaigns.Stream, error)
	// DueMessages counts a shop's due messages, up to limit, and finds the oldest due time.
	DueMessages(ctx context.Context, shop string, limit int) (due int, oldest time.Time, err error)
	DueShops(ctx context.Context, now time.Time, limit int) ([]commerce.Due, error)
}

// mostCounted bounds a count of due messages.
const mostCounted = 10_000

// sendingView is the state of a relay, or of all that a shop's mails need.
type sendingView struct {
	State  string     `json:"state"`
	About  string     `json:"about,omitempty"` // relay, or sender: the shop's own address is refused
	Reason string     `json:"reason"`
	Since  *time.Time `json:"since,omitempty"`
	// NextProbeAt is when one mail is tried, while the others wait.
	NextProbeAt   *time.Time   `json:"next_probe_at,omitempty"`
	RatePerMinute *float64     `json:"rate_per_minute,omitempty"` // of a throttled relay
	Due           *int         `json:"due,omitempty"`
	More          bool         `json:"more,omitempty"` // more than Due
	OldestDueAt   *time.Time   `json:"oldest_due_at,omitempty"`
	Relays        []relayView  `json:"relays,omitempty"` // for the installation
	Stopped       *stopView    `json:"stopped,omitempty"`
	Breaker       *breakerView `json:"breaker,omitempty"`    // for a shop
	HeldShops     []string     `json:"held_shops,omitempty"` // for the installation
	// Domains are those of recipients that refuse or throttle mails, the ones with most waiting messages first.
	Domains []domainView `json:"domains,omitempty"`
	// MoreDomains are not shown in Domains.
	MoreDomains int `json:"more_domains,omitempty"`
}

type relayView struct {
	Relay         string     `json:"relay"`
	State         string     `json:"state"`
	Reason        string     `json:"reason"`
	Since         *time.Time `json:"since,omitempty"`
	NextProbeAt   *time.Time `json:"next_probe_at,omitempty"`
	RatePerMinute *float64   `json:"rate_per_minute,omitempty"`
	AcceptedAt    *time.Time `json:"accepted_at,omitempty"`
}

// noRelay is the state of an installation without a relay.
const noRelay = "no_relay"

func showStream(s campaigns.Stream, ok bool) sendingView {
	if !ok {
		return sendingView{State: noRelay, Reason: "no worker has a relay: set COMEBACK_SMTP_HOST"}
	}
	v := sendingView{State: string(s.State), About: "relay", Reason: s.Reason, Since: moment(s.Since)}
	if s.Shop != commerce.Installation {
		v.About = "sender"
	}
	if s.Held() {
		v.NextProbeAt = moment(s.NextAt)
	}
	if rate := math.Round(s.Pace.Rate*6000) / 100; s.State == campaigns.StreamThrottled {
		v.RatePerMinute = &rate
	}
	return v
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = stored(t)
	return &t
}

// get answers a shop about its own messages, and the installation about all.
func (h *sending) get(c *gin.Context) (any, error) {
	ctx, shop := c.Request.Context(), shopOf(c)
	if named := c.Param("shop"); named != "" {
		shop = named
		if _, err := h.store.Shop(ctx, named); err != nil {
			return nil, err
		}
	} else if role(c.GetString(keyWho)) == installation {
		return h.health.current(ctx)
	}
	relays, err := h.store.Streams(ctx, commerce.Installation)
	if err != nil {
		return nil, err
	}
	senders, err := h.store.Streams(ctx, shop)
	if err != nil {
		return nil, err
	}
	v := showStream(campaigns.InForce(shop, relays, senders, h.wall()))
	if err := v.permits(ctx, h.store, shop); err != nil {
		return nil, err
	}
	counts, err := h.store.WaitingByDomain(ctx, shop)
	if err != nil {
		return nil, err
	}
	if err := v.domains(ctx, h.store, counts, nil, h.wall()); err != nil {
		return nil, err
	}
	due, oldest, err := h.store.DueMessages(ctx, shop, mostCounted+1)
	v.wait(due, oldest)
	return v, err
}

// wait shows the messages that wait.
func (v *sendingView) wait(due int, oldest time.Time) {
	v.More = due > mostCounted
	due = min(due, mostCounted)
	v.Due, v.OldestDueAt = &due, moment(oldest)
}
