package api

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"comeback/campaigns"
	"comeback/commerce"
)

// suppressions are the addresses that get no mail any more. They are stored as
// hashes, so lists show no addresses. The caller sends the address in a body,
// because paths end up in logs.
type suppressions struct {
	store     suppressionStore
	now, wall func() time.Time
	log       *slog.Logger
}

type suppressionStore interface {
	permitStore
	Address(address commerce.Address) commerce.AddressHash
	SuppressionsOf(ctx context.Context, shop string, address commerce.AddressHash) ([]commerce.Suppression, error)
	// MailedSince reports whether a message went to the address since a time.
	MailedSince(ctx context.Context, shop string, address commerce.Address, since time.Time) (bool, error)
	// SuppressAddress stops mail to an address.
	SuppressAddress(ctx context.Context, shop string, address commerce.Address, x commerce.Suppression) (commerce.Suppression, error)
	Unsuppress(ctx context.Context, shop string, address commerce.Address, scope commerce.SuppressionScope) (removed bool, err error)
	ListSuppressions(ctx context.Context, shop, after string, limit int) (list []commerce.Suppression, next string, err error)
}

type suppressionView struct {
	ID        string    `json:"id"`
	Scope     string    `json:"scope"`
	Reason    string    `json:"reason"`
	Message   string    `json:"message,omitempty"`
	CreatedAt time.Time `json:"created_at"`
}

func showSuppression(x commerce.Suppression) suppressionView {
	return suppressionView{ID: x.ID, Scope: string(x.Scope), Reason: string(x.Reason), Message: x.Message, CreatedAt: x.CreatedAt}
}

func (h *suppressions) list(c *gin.Context) (any, error) {
	a, err := ask(c)
	if err != nil {
		return nil, err
	}
	list, next, err := h.store.ListSuppressions(c.Request.Context(), shopOf(c), a.after, a.limit)
	if err != nil {
		return nil, err
	}
	return paged(c, a, list, next, showSuppression), nil
}

// addressInput names an address by exactly one of email and phone.
type addressInput struct {
	Email string `json:"email"`
	Phone string `json:"phone"`
	Scope string `json:"scope"`
}

type suppressionInput struct {
	Email  string `json:"email"`
	Phone  string `json:"phone"`
	Scope  string `json:"scope"`
	Reason string `json:"reason"`
}

// read checks the input. Its errors repeat no address.
func (in addressInput) read() (address commerce.Address, scope commerce.SuppressionScope, err error) {
	if (in.Email == "") == (in.Phone == "") {
		return address, "", wrong("/email", "write either an email or a phone")
	}
	if in.Phone != "" {
		if address = commerce.PhoneAddress(in.Phone, ""); address.IsZero() {
			return address, "", wrong("/phone", "is not a phone number with its country code, such as +4915112345678")
		}
	} else if address = commerce.EmailAddress(in.Email); address.IsZero() {
		return address, "", wrong("/email", "is not an e-mail address")
	} else if _, err := commerce.MailAddress(in.Email); err != nil {
		return address, "", wrong("/email", "%s", err)
	}
	scope = commerce.SuppressionScope(in.Scope)
	if scope != commerce.SuppressMarketing && scope != commerce.SuppressAll {
		return address, "", wrong("/scope", "write marketing, or all for every mail of the shop")
	}
	return address, scope, nil
}

// add also accepts entries of a list from elsewhere: each address with its
// reason there.
func (h *suppressions) add(c *gin.Context) (any, error) {
	var in suppressionInput
	if err := readBody(c, &in); err != nil {
		return nil, err
	}
	address, scope, err := addressInput{in.Email, in.Phone, in.Scope}.read()
	if err != nil {
		return nil, err
	}
	reason := cmp.Or(commerce.SuppressionReason(in.Reason), commerce.Manual)
	if !reason.Known() {
		return nil, wrong("/reason", "write unsubscribed, bounced, complained or manual")
	}
	x := commerce.Suppression{Scope: scope, Reason: reason, CreatedAt: h.now()}
	if err := h.report(c.Request.Context(), shopOf(c), address, x); err != nil {
		return nil, err
	}
	if x, err = h.store.SuppressAddress(c.Request.Context(), shopOf(c), address, x); err != nil {
		return nil, err
	}
	return showSuppression(x), nil
}

// mailedFor is how old the mail may be that a reported bounce or complaint is about.
const mailedFor = 30 * 24 * time.Hour

// report counts a reported bounce or complaint in the shop's breaker, once for an address and
// only where the shop has mailed it lately. The entries of a list from elsewhere do not count.
func (h *suppressions) report(ctx context.Context, shop string, address commerce.Address, x commerce.Suppression) error {
	note := map[commerce.SuppressionReason]func(campaigns.Breaker, time.Time) campaigns.Breaker{
		commerce.Bounced: campaigns.Breaker.Bounce, commerce.Complained: campaigns.Breaker.Complain,
	}[x.Reason]
	if note == nil {
		return nil
	}
	mailed, err := h.store.MailedSince(ctx, shop, address, x.CreatedAt.Add(-mailedFor))
	if err != nil || !mailed {
		return err
	}
	known, err := h.store.SuppressionsOf(ctx, shop, h.store.Address(address))
	if err != nil || slices.ContainsFunc(known, func(k commerce.Suppression) bool { return k.Reason == x.Reason }) {
		return err
	}
	before, after, err := h.store.ChangePermit(ctx, shop, func(p campaigns.Permit) campaigns.Permit {
		return p.With(note(p.Breaker, h.wall()))
	})
	if err == nil && after.Breaker.Open && !before.Breaker.Open {
		h.log.Error("marketing mails are held: too many bounces or complaints", "shop", shop, "reason", after.Breaker.Reason,
			"remedy", "find out which mails they are about, then POST /v1/sending/breaker/reset")
	}
	return err
}

// remove allows mail to an address again. A missing suppression is an error, so
// that a merchant notices a typing mistake.
func (h *suppressions) remove(c *gin.Context) (any, error) {
	var in addressInput
	if err := readBody(c, &in); err != nil {
		return nil, err
	}
	address, scope, err := in.read()
	if err != nil {
		return nil, err
	}
	removed, err := h.store.Unsuppress(c.Request.Context(), shopOf(c), address, scope)
	if err == nil && !removed {
		err = commerce.Errorf(commerce.NotFound, "email: not suppressed in this scope")
	}
	return nil, err
}
