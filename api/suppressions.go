package api

import (
	"context"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"comeback/commerce"
)

// suppressions are the addresses that are not written to any more. They are
// stored as hashes, so a list shows none; whoever asks brings the address, in
// a body, for paths end up in logs.
type suppressions struct {
	store suppressionStore
	now   func() time.Time
}

type suppressionStore interface {
	// Address is the hash under which an address is suppressed.
	Address(address string) string
	// Suppress stores x unless its address is suppressed in its scope already.
	Suppress(ctx context.Context, shop string, x commerce.Suppression) (first bool, err error)
	Unsuppress(ctx context.Context, shop, address string, scope commerce.SuppressionScope) (removed bool, err error)
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
	return suppressionView{ID: x.ID, Scope: string(x.Scope), Reason: x.Reason, Message: x.Message, CreatedAt: x.CreatedAt}
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

type addressInput struct {
	Email string `json:"email"`
	Scope string `json:"scope"`
}

// read checks the body and hashes the address. The error repeats no address.
func (h *suppressions) read(c *gin.Context) (hash string, scope commerce.SuppressionScope, err error) {
	var in addressInput
	if err := readBody(c, &in); err != nil {
		return "", "", err
	}
	if commerce.NormalEmail(in.Email) == "" {
		return "", "", wrong("/email", "is not an e-mail address")
	}
	scope = commerce.SuppressionScope(in.Scope)
	if scope != commerce.SuppressMarketing && scope != commerce.SuppressAll {
		return "", "", wrong("/scope", "write marketing, or all for every mail of the shop")
	}
	return h.store.Address(strings.TrimSpace(in.Email)), scope, nil
}

func (h *suppressions) add(c *gin.Context) (any, error) {
	hash, scope, err := h.read(c)
	if err != nil {
		return nil, err
	}
	x := commerce.Suppression{ID: commerce.Key(shopOf(c), hash, string(scope)), Shop: shopOf(c), Address: hash, Scope: scope, Reason: "manual", CreatedAt: h.now()}
	if _, err := h.store.Suppress(c.Request.Context(), shopOf(c), x); err != nil {
		return nil, err
	}
	return showSuppression(x), nil
}

// remove lets an address be written to again. That nothing was there to remove
// is said: a merchant who mistypes must learn of it.
func (h *suppressions) remove(c *gin.Context) (any, error) {
	hash, scope, err := h.read(c)
	if err != nil {
		return nil, err
	}
	removed, err := h.store.Unsuppress(c.Request.Context(), shopOf(c), hash, scope)
	if err == nil && !removed {
		err = commerce.Errorf(commerce.NotFound, "email: not suppressed in this scope")
	}
	return nil, err
}
