package api

import (
	"context"
	"encoding/hex"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"comeback/commerce"
	"comeback/connectors"
)

// connections join a shop to the stores of its platforms.
type connections struct {
	store  connectionStore
	base   string
	now    func() time.Time
	known  *connectionCache
	counts *receptions
}

type connectionStore interface {
	AddConnection(ctx context.Context, shop string, c commerce.Connection, secret []byte) (commerce.Connection, error)
	Connection(ctx context.Context, shop, slug string) (commerce.Connection, error)
	Connections(ctx context.Context, shop string) ([]commerce.Connection, error)
	// RotateSecret makes secret the current one; the one before stays valid
	// until the next rotation.
	RotateSecret(ctx context.Context, shop, slug string, secret []byte) error
	// SaveConnection stores c if its rev is still c.Rev, else Conflict. A given
	// secret becomes the current one, as in RotateSecret.
	SaveConnection(ctx context.Context, shop string, c commerce.Connection, secret []byte) error
	RemoveConnection(ctx context.Context, shop, slug string) error
	// UnknownMethods returns the payment methods of unpaid orders that are
	// missing in the tables of their connections.
	UnknownMethods(ctx context.Context, shop string, limit int) ([]commerce.UnknownMethod, error)
}

// connectionView is a connection in answers. WebhookURL and Topics are entered
// at the platform. Secret is set only in the answer that created it.
type connectionView struct {
	Slug       string    `json:"slug"`
	Platform   string    `json:"platform"`
	Source     string    `json:"source"`
	Aliases    []string  `json:"aliases"`
	WebhookURL string    `json:"webhook_url"`
	Topics     []string  `json:"topics"`
	Secret     string    `json:"secret,omitempty"`
	CreatedAt  time.Time `json:"created_at"`
	// UnpaidClosesAfter is null where unpaid orders stay open forever.
	UnpaidClosesAfter *string `json:"unpaid_closes_after"`
	// PaymentMethods is the whole table, and is left out in lists; UnknownMethods are
	// missing in it.
	PaymentMethods map[string]string `json:"payment_methods,omitempty"`
	UnknownMethods []string          `json:"unknown_payment_methods"`
	Deliveries     *receptionView    `json:"deliveries,omitempty"` // left out in lists
	Rev            int64             `json:"rev"`
}

// topics are what a platform is asked to send, in its own words.
var topics = map[string][]string{
	"generic": {"order", "checkout", "refund", "customer", "product", "event"},
	"shopify": {
		"orders/create", "orders/updated", "orders/cancelled", "orders/edited", "orders/delete", "fulfillments/create",
		"fulfillments/update", "fulfillment_events/create",
		"refunds/create", "returns/request", "returns/decline", "returns/cancel", "order_transactions/create",
		"checkouts/create", "checkouts/update", "checkouts/delete",
		"customers/create", "customers/update", "customers/delete", "customers/merge", "customer.tags_added", "customer.tags_removed",
		"customers_email_marketing_consent/update", "customers_marketing_consent/update",
		"products/create", "products/update", "products/delete", "customers/data_request", "customers/redact", "shop/redact",
	},
	"woocommerce": {
		"order.created", "order.updated", "order.deleted", "order.restored", "customer.created", "customer.updated", "customer.deleted",
		"product.created", "product.updated", "product.deleted", "product.restored",
	},
}

// views show connections of one shop, with their unknown payment methods.
func (h *connections) views(c *gin.Context, list ...commerce.Connection) ([]connectionView, error) {
	unknown, err := h.store.UnknownMethods(c.Request.Context(), shopOf(c), pageMost)
	views := listed(list, h.show)
	for _, m := range unknown {
		if i := slices.IndexFunc(list, func(known commerce.Connection) bool { return known.Slug == m.Connection }); i >= 0 {
			views[i].UnknownMethods = append(views[i].UnknownMethods, m.Name)
		}
	}
	return views, err
}

func (h *connections) show(c commerce.Connection) connectionView {
	return connectionView{
		Slug: c.Slug, Platform: c.Platform, Source: c.Source, WebhookURL: h.base + "/hooks/" + c.Platform + "/" + commerce.Key(c.Shop, c.Slug),
		Topics: append([]string{}, topics[c.Platform]...), CreatedAt: c.CreatedAt,
		UnpaidClosesAfter: showPeriod(connectors.Terms(c).ClosesAfter), UnknownMethods: []string{}, Rev: c.Rev,
		Aliases: append([]string{}, c.Aliases...),
	}
}

// whole shows one connection with its table of payment methods and its counts.
func (h *connections) whole(c *gin.Context, found commerce.Connection) (connectionView, error) {
	counted, err := h.counts.of(c.Request.Context(), shopOf(c), found.Slug)
	if err != nil {
		return connectionView{}, err
	}
	views, err := h.views(c, found)
	view := views[0]
	view.PaymentMethods, view.Deliveries = showMethods(found.PaymentMethods), showReception(counted)
	return view, err
}

type connectionInput struct {
	Slug     string `json:"slug"`
	Platform string `json:"platform"`
	Source   string `json:"source"`
	Secret   string `json:"secret"`
}

func (h *connections) add(c *gin.Context) (any, error) {
	var in connectionInput
	if err := readBody(c, &in); err != nil {
		return nil, err
	}
	if !commerce.Slug(in.Slug) {
		return nil, wrong("/slug", "write %s: such as main", commerce.SlugRule)
	}
	if in.Slug == commerce.OwnConnection {
		return nil, wrong("/slug", "%q is the name of what the service itself says of customers: write another, such as main", in.Slug)
	}
	if !slices.Contains(connectors.Platforms(), in.Platform) {
		return nil, wrong(
			"/platform", "%q is not one of %q; for any other sender write generic", clip(in.Platform),
			connectors.Platforms(),
		)
	}
	if err := checkText("/source", in.Source, 0, 200); err != nil {
		return nil, err
	}
	secret, shown, err := newSecret(in.Platform, in.Secret)
	if err != nil {
		return nil, err
	}
	made := commerce.Connection{Slug: in.Slug, Platform: in.Platform, Source: in.Source, CreatedAt: h.now()}
	made, err = h.store.AddConnection(c.Request.Context(), shopOf(c), made, []byte(secret))
	if err != nil {
		return nil, err
	}
	view, err := h.whole(c, made)
	view.Secret = shown
	return view, err
}

// newSecret uses the platform's secret, if given, or makes one, which is then
// shown. Shopify lets nobody choose the secret, so it must be given there. A given
// secret is never repeated in answers. The author of a sender
// chooses the secret of our own format, and a short one can be guessed from a
// single delivery.
func newSecret(platform, given string) (secret, shown string, err error) {
	if given == "" && platform == "shopify" {
		return "", "", wrong("/secret", "missing: Shopify signs with a secret of its own; copy it from Settings, Notifications, "+
			"Webhooks, or from your app's client secret")
	}
	if given == "" {
		secret = hex.EncodeToString(random(32))
		return secret, secret, nil
	}
	least := 8
	if platform == "generic" {
		least = 16
	}
	if len(given) < least {
		return "", "", wrong("/secret", "shorter than %d bytes: write the platform's, or leave it out and enter ours at the platform", least)
	}
	return given, "", checkText("/secret", given, 1, 300)
}

func (h *connections) list(c *gin.Context) (any, error) {
	if err := plain(c); err != nil {
		return nil, err
	}
	list, err := h.store.Connections(c.Request.Context(), shopOf(c))
	if err != nil {
		return nil, err
	}
	views, err := h.views(c, list...)
	return paged(c, asked{}, views, "", same), err
}

func (h *connections) get(c *gin.Context) (any, error) {
	found, err := h.store.Connection(c.Request.Context(), shopOf(c), c.Param("connection"))
	if err != nil {
		return nil, err
	}
	return h.whole(c, found)
}

type secretInput struct {
	Secret string `json:"secret"`
}

// rotate changes the secret. Deliveries signed with the old one are accepted
// until the next rotation, so that both sides need not change at once.
func (h *connections) rotate(c *gin.Context) (any, error) {
	var in secretInput
	if err := readOptional(c, &in); err != nil {
		return nil, err
	}
	found, err := h.store.Connection(c.Request.Context(), shopOf(c), c.Param("connection"))
	if err != nil {
		return nil, err
	}
	secret, shown, err := newSecret(found.Platform, in.Secret)
	if err != nil {
		return nil, err
	}
	if err := h.store.RotateSecret(c.Request.Context(), shopOf(c), c.Param("connection"), []byte(secret)); err != nil {
		return nil, err
	}
	h.known.forget(commerce.Key(shopOf(c), c.Param("connection")))
	view, err := h.whole(c, found)
	view.Secret = shown
	return view, err
}

func (h *connections) remove(c *gin.Context) (any, error) {
	id := commerce.Key(shopOf(c), c.Param("connection"))
	err := h.store.RemoveConnection(c.Request.Context(), shopOf(c), c.Param("connection"))
	h.known.forget(id)
	h.counts.forget(id)
	return nil, err
}
