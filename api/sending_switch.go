package api

import (
	"context"
	"log/slog"
	"math"
	"time"

	"github.com/gin-gonic/gin"

	"comeback/campaigns"
	"comeback/commerce"
)

// sendingSwitch stops and resumes all mails of a shop or of the installation, and resets the
// breaker of a shop.
type sendingSwitch struct {
	store permitStore
	wall  func() time.Time
	log   *slog.Logger
}

type permitStore interface {
	Shop(ctx context.Context, id string) (commerce.Shop, error)
	Permit(ctx context.Context, shop string) (campaigns.Permit, error)
	ChangePermit(ctx context.Context, shop string, with func(campaigns.Permit) campaigns.Permit) (before, after campaigns.Permit, err error)
	// HeldShops lists the shops, and commerce.Installation, of which some mails may not go out.
	HeldShops(ctx context.Context) ([]string, error)
}

// stopped is the state of sending where a person has stopped it.
const stopped = "stopped"

// mostReason bounds the reason of a stop.
const mostReason = 500

type stopInput struct {
	Reason string `json:"reason"`
}

// stopView is a stop that a person made.
type stopView struct {
	Of     string     `json:"of"` // installation or shop
	Reason string     `json:"reason"`
	Since  *time.Time `json:"since"`
}

// breakerView is a shop's breaker and what it has counted.
type breakerView struct {
	State          string     `json:"state"` // closed: mails go; open: marketing mails wait
	Reason         string     `json:"reason,omitempty"`
	Since          *time.Time `json:"since,omitempty"`
	Mails          int64      `json:"mails"`
	Bounces        int64      `json:"bounces"`
	Complaints     int64      `json:"complaints"`
	BounceRatio    float64    `json:"bounce_ratio"`
	ComplaintRatio float64    `json:"complaint_ratio"`
}

func showBreaker(b campaigns.Breaker) *breakerView {
	mails, bounces, complaints := b.Figures()
	ratio := func(n int64) float64 { return math.Round(float64(n)/float64(max(1, mails))*10_000) / 10_000 }
	v := &breakerView{
		State: "closed", Reason: b.Reason, Mails: mails, Bounces: bounces, Complaints: complaints,
		BounceRatio: ratio(bounces), ComplaintRatio: ratio(complaints),
	}
	if b.Open {
		v.State, v.Since = "open", moment(b.Since)
	}
	return v
}

// stop shows the stop of a permit in the view.
func (v *sendingView) stop(p campaigns.Permit) {
	if !p.Stopped || v.Stopped != nil {
		return
	}
	v.Stopped = &stopView{Of: "shop", Reason: p.StopReason, Since: moment(p.StoppedAt)}
	if p.Shop == commerce.Installation {
		v.Stopped.Of = "installation"
	}
	v.State, v.About, v.Since, v.NextProbeAt, v.RatePerMinute = stopped, "", v.Stopped.Since, nil, nil
	v.Reason = "a person has stopped all mails of the " + v.Stopped.Of + ": POST /v1/sending/resume lets them go"
}

// permits shows in a shop's view what people and the breaker decided.
func (v *sendingView) permits(ctx context.Context, store permitStore, shop string) error {
	whole, err := store.Permit(ctx, commerce.Installation)
	if err != nil {
		return err
	}
	own, err := store.Permit(ctx, shop)
	v.stop(whole)
	v.stop(own)
	v.Breaker = showBreaker(own.Breaker)
	return err
}

// of is the shop named in the path, else that of the key; commerce.Installation for an
// installation key.
func (h *sendingSwitch) of(c *gin.Context) (string, error) {
	if named := c.Param("shop"); named != "" {
		_, err := h.store.Shop(c.Request.Context(), named)
		return named, err
	}
	if role(c.GetString(keyWho)) == installation {
		return commerce.Installation, nil
	}
	return shopOf(c), nil
}

func (h *sendingSwitch) stop(c *gin.Context) (any, error) {
	var in stopInput
	if err := readOptional(c, &in); err != nil {
		return nil, err
	}
	if len(in.Reason) > mostReason {
		return nil, wrong("/reason", "write at most %d bytes", mostReason)
	}
	return nil, h.change(c, "mails are stopped", func(p campaigns.Permit) campaigns.Permit { return p.Stop(in.Reason, h.wall()) })
}

func (h *sendingSwitch) resume(c *gin.Context) (any, error) {
	return nil, h.change(c, "mails go out again", campaigns.Permit.Resume)
}

func (h *sendingSwitch) reset(c *gin.Context) (any, error) {
	return nil, h.change(c, "the breaker is reset: marketing mails go out", func(p campaigns.Permit) campaigns.Permit {
		return p.With(p.Breaker.Reset(h.wall()))
	})
}

func (h *sendingSwitch) change(c *gin.Context, what string, with func(campaigns.Permit) campaigns.Permit) error {
	shop, err := h.of(c)
	if err != nil {
		return err
	}
	_, after, err := h.store.ChangePermit(c.Request.Context(), shop, with)
	if err == nil {
		h.log.Warn(what, "shop", shop, "stopped", after.Stopped, "breaker_open", after.Breaker.Open)
	}
	return err
}
