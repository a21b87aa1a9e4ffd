package api

import (
	"context"
	"encoding/base64"
	"log/slog"
	"time"

	"github.com/gin-gonic/gin"

	"comeback/campaigns"
	"comeback/commerce"
)

// calls shows what became of the calls of steps to the world outside, and the secret that signs them.
type calls struct {
	store callStore
	log   *slog.Logger
}

type callStore interface {
	// Versions lists a campaign's versions, the newest first.
	Versions(ctx context.Context, shop, slug string) ([]campaigns.Definition, error)
	ListCalls(
		ctx context.Context, shop, campaign string, state campaigns.CallState, after string, limit int,
	) (list []campaigns.Call, next string, err error)
	// EnrolmentCalls lists the calls of an enrolment in the order in which they were planned.
	EnrolmentCalls(ctx context.Context, shop, enrolment string) ([]campaigns.Call, error)
	// CallSecret reads the secret that signs the shop's calls, and makes it the first time.
	CallSecret(ctx context.Context, shop string) (campaigns.CallSecret, error)
	// RotateCallSecret makes a new one; the one before signs for another day too.
	RotateCallSecret(ctx context.Context, shop string) (campaigns.CallSecret, error)
}

// callView is a call. It shows neither where it goes nor what it says: both are in the campaign's file.
type callView struct {
	ID        string     `json:"id"`
	WebhookID string     `json:"webhook_id,omitempty"` // the header webhook-id, of a webhook
	Kind      string     `json:"kind"`
	Campaign  string     `json:"campaign"`
	Version   int        `json:"version"`
	Enrolment string     `json:"enrolment"`
	Entry     int        `json:"entry"`
	Step      string     `json:"step"`
	Customer  string     `json:"customer"`
	State     string     `json:"state"`
	Reason    string     `json:"reason,omitempty"`
	Attempts  int        `json:"attempts"`
	Status    int        `json:"status,omitempty"` // of the last answer
	PlannedAt time.Time  `json:"planned_at"`
	TriedAt   *time.Time `json:"tried_at"`
	DueAt     *time.Time `json:"due_at"`
	EndedAt   *time.Time `json:"ended_at"`
}

func showCall(k campaigns.Call) callView {
	v := callView{
		ID: k.ID, Kind: string(k.Kind), Campaign: k.Campaign, Version: k.Version, Enrolment: k.Enrolment, Entry: k.Entry, Step: k.Step,
		Customer: k.Customer, State: string(k.State), Reason: k.Reason, Attempts: k.Attempts, Status: k.Status, PlannedAt: stored(k.PlannedAt),
		TriedAt: when(k.TriedAt), DueAt: when(k.DueAt), EndedAt: when(k.EndedAt),
	}
	if k.Kind == campaigns.CallWebhook {
		v.WebhookID = k.WebhookID()
	}
	return v
}

// list answers GET /v1/campaigns/:campaign/calls.
func (h *calls) list(c *gin.Context) (any, error) {
	a, err := ask(c, "state")
	if err != nil {
		return nil, err
	}
	state, err := oneOf(a, "state", campaigns.CallStates()...)
	if err != nil {
		return nil, err
	}
	ctx, shop, campaign := c.Request.Context(), shopOf(c), c.Param("campaign")
	versions, err := h.store.Versions(ctx, shop, campaign)
	if err == nil && len(versions) == 0 {
		err = commerce.Errorf(commerce.NotFound, "campaign: not found in this shop")
	}
	if err != nil {
		return nil, err
	}
	list, next, err := h.store.ListCalls(ctx, shop, campaign, state, a.after, a.limit)
	if err != nil {
		return nil, err
	}
	return paged(c, a, list, next, showCall), nil
}

// callSecretView is the secret that signs calls, in the form of Standard Webhooks.
type callSecretView struct {
	Secret        string     `json:"secret"`
	CreatedAt     time.Time  `json:"created_at"`
	PreviousUntil *time.Time `json:"previous_until"` // until then the one before signs too
}

func showCallSecret(x campaigns.CallSecret, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return callSecretView{"whsec_" + base64.StdEncoding.EncodeToString(x.Key), stored(x.CreatedAt), when(x.PreviousUntil)}, nil
}

// secret answers GET /v1/webhook-secret.
func (h *calls) secret(c *gin.Context) (any, error) {
	return showCallSecret(h.store.CallSecret(c.Request.Context(), shopOf(c)))
}

// rotate answers POST /v1/webhook-secret/rotate.
func (h *calls) rotate(c *gin.Context) (any, error) {
	x, err := h.store.RotateCallSecret(c.Request.Context(), shopOf(c))
	if err == nil {
		h.log.Info("the secret of webhooks was rotated", "shop", shopOf(c))
	}
	return showCallSecret(x, err)
}
