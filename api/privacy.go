package api

import (
	"context"
	"encoding/json"
	"time"

	"github.com/gin-gonic/gin"

	"comeback/commerce"
)

// privacy handles requests about personal data, from platforms and from
// merchants.
type privacy struct {
	store privacyStore
	now   func() time.Time
}

type privacyStore interface {
	// AddPrivacyRequest stores a request about a customer's id, else an e-mail,
	// else a phone. It is carried out soon after.
	AddPrivacyRequest(ctx context.Context, shop string, r commerce.PrivacyRequest, email, phone string) (commerce.PrivacyRequest, error)
	PrivacyRequest(ctx context.Context, shop, id string) (commerce.PrivacyRequest, error)
	ListPrivacyRequests(ctx context.Context, shop, after string, limit int) (list []commerce.PrivacyRequest, next string, err error)
	// Disclose returns all stored data of a person, by collection. The audit
	// records the caller.
	Disclose(ctx context.Context, shop string, r commerce.PrivacyRequest, by string) (map[string][]json.RawMessage, error)
	ListAudit(ctx context.Context, shop, after string, limit int) (list []commerce.AuditEntry, next string, err error)
}

// Kinds of requests in the API.
const (
	kindErase           = "erase"
	kindEraseConnection = "erase_connection"
	kindExport          = "export"
)

func privacyKind(kind commerce.PrivacyKind) string {
	switch kind {
	case commerce.EraseConnection:
		return kindEraseConnection
	case commerce.Disclose:
		return kindExport
	default:
		return kindErase
	}
}

// privacyView is a request. It contains ids of the person only, because the
// rest is to be erased.
type privacyView struct {
	ID          string     `json:"id"`
	Kind        string     `json:"kind"`
	Connection  string     `json:"connection"` // empty: requested over the API
	By          string     `json:"by"`         // id of an API key; empty: the platform
	State       string     `json:"state"`      // waiting, done
	RequestedAt time.Time  `json:"requested_at"`
	DoneAt      *time.Time `json:"done_at"`
	Erased      erasedView `json:"erased"`
}

// erasedView counts the records from which a person was removed.
type erasedView struct {
	Customers  int64 `json:"customers"`
	Orders     int64 `json:"orders"`
	Checkouts  int64 `json:"checkouts"`
	Refunds    int64 `json:"refunds"`
	Deliveries int64 `json:"deliveries"`
	Messages   int64 `json:"messages"`
	Enrolments int64 `json:"enrolments"`
	Touches    int64 `json:"touches"`
	Listings   int64 `json:"listings"`
	Imports    int64 `json:"imports"`
}

func showPrivacy(r commerce.PrivacyRequest) privacyView {
	return privacyView{
		ID: r.ID, Kind: privacyKind(r.Kind), Connection: r.Connection, By: r.By, State: string(r.State),
		RequestedAt: stored(r.At), DoneAt: when(r.DoneAt), Erased: erasedView(r.Erased),
	}
}

func (h *privacy) list(c *gin.Context) (any, error) {
	a, err := ask(c)
	if err != nil {
		return nil, err
	}
	list, next, err := h.store.ListPrivacyRequests(c.Request.Context(), shopOf(c), a.after, a.limit)
	if err != nil {
		return nil, err
	}
	return paged(c, a, list, next, showPrivacy), nil
}

func (h *privacy) get(c *gin.Context) (any, error) {
	if err := plain(c); err != nil {
		return nil, err
	}
	r, err := h.store.PrivacyRequest(c.Request.Context(), shopOf(c), c.Param("request"))
	if err != nil {
		return nil, err
	}
	return showPrivacy(r), nil
}

type privacyInput struct {
	Kind     string `json:"kind"`
	Customer string `json:"customer"`
	Email    string `json:"email"`
	Phone    string `json:"phone"`
}

// add stores a merchant's request for one person. The error repeats no address.
func (h *privacy) add(c *gin.Context) (any, error) {
	var in privacyInput
	if err := readBody(c, &in); err != nil {
		return nil, err
	}
	r := commerce.PrivacyRequest{Kind: commerce.EraseCustomer, Customer: in.Customer, By: c.GetString(keyKey), At: h.now()}
	switch in.Kind {
	case kindErase:
	case kindExport:
		r.Kind = commerce.Disclose
	default:
		return nil, wrong("/kind", "write erase, or export")
	}
	if err := in.names(); err != nil {
		return nil, err
	}
	added, err := h.store.AddPrivacyRequest(c.Request.Context(), shopOf(c), r, in.Email, in.Phone)
	if err != nil {
		return nil, err
	}
	return showPrivacy(added), nil
}

// names refuses a request that does not name one person.
func (in privacyInput) names() error {
	switch {
	case in.Customer == "" && in.Email == "" && in.Phone == "":
		return wrong("/customer", "missing: name the person by customer, email or phone")
	case in.Email != "" && commerce.NormalEmail(in.Email) == "":
		return wrong("/email", "is not an e-mail address")
	case in.Phone != "" && commerce.NormalPhone(in.Phone, "") == "":
		return wrong("/phone", "is not a number with its country code, like +4915112345678")
	}
	return nil
}

// exportView is all stored data of a person, by collection.
type exportView struct {
	Request privacyView                  `json:"request"`
	Data    map[string][]json.RawMessage `json:"data"`
}

// export answers a request to disclose.
func (h *privacy) export(c *gin.Context) (any, error) {
	if err := plain(c); err != nil {
		return nil, err
	}
	ctx, shop := c.Request.Context(), shopOf(c)
	r, err := h.store.PrivacyRequest(ctx, shop, c.Param("request"))
	if err != nil {
		return nil, err
	}
	if r.Kind != commerce.Disclose {
		return nil, commerce.Errorf(commerce.Conflict, "request: is of kind erase and has no export; make one of kind export")
	}
	held, err := h.store.Disclose(ctx, shop, r, c.GetString(keyKey))
	if err != nil {
		return nil, err
	}
	return exportView{showPrivacy(r), held}, nil
}

// auditView is an action of consequence.
type auditView struct {
	ID      string     `json:"id"`
	At      time.Time  `json:"at"`
	Action  string     `json:"action"`
	Subject string     `json:"subject"`
	By      string     `json:"by"`
	Erased  erasedView `json:"erased"`
}

func showAudit(e commerce.AuditEntry) auditView {
	return auditView{e.ID, stored(e.At), e.Action, e.Subject, e.By, erasedView(e.Erased)}
}

// audit lists the actions, newest first.
func (h *privacy) audit(c *gin.Context) (any, error) {
	a, err := ask(c)
	if err != nil {
		return nil, err
	}
	list, next, err := h.store.ListAudit(c.Request.Context(), shopOf(c), a.after, a.limit)
	if err != nil {
		return nil, err
	}
	return paged(c, a, list, next, showAudit), nil
}
