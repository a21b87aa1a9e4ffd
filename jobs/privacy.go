package jobs

import (
	"context"
	"log/slog"

	"comeback/commerce"
)

// Privacy carries out requests about personal data, of platforms and of merchants.
// A request that a killed process left is carried out again as a whole.
type Privacy struct {
	store requests
	log   *slog.Logger
}

type requests interface {
	ClaimPrivacyRequests(ctx context.Context, shop string, limit int) ([]commerce.PrivacyRequest, error)
	RenewPrivacyRequests(ctx context.Context, shop string, list []commerce.PrivacyRequest) error
	ErasePerson(ctx context.Context, shop string, r commerce.PrivacyRequest) (commerce.PrivacyRequest, error)
	EraseConnection(ctx context.Context, shop string, r commerce.PrivacyRequest) (after commerce.PrivacyRequest, more bool, err error)
	FinishPrivacyRequest(ctx context.Context, shop string, r commerce.PrivacyRequest, more bool) error
}

// NewPrivacy makes the stage.
func NewPrivacy(store requests, log *slog.Logger) *Privacy { return &Privacy{store: store, log: log} }

// requestsAtOnce are claimed together; each may take a while.
const requestsAtOnce = 8

// Work carries out some requests, one after the other. A request that fails stays
// claimed, and is tried again when its lease is over.
func (p *Privacy) Work(ctx context.Context, shop string) (done int, err error) {
	list, err := p.store.ClaimPrivacyRequests(ctx, shop, requestsAtOnce)
	if err != nil || len(list) == 0 {
		return 0, err
	}
	renew := func(ctx context.Context) (ours bool) {
		if err := p.store.RenewPrivacyRequests(ctx, shop, list); err != nil {
			p.log.Warn("privacy requests", "shop", shop, "error", err)
		}
		return true
	}
	err = underLease(ctx, renew, func(ctx context.Context) error {
		for _, r := range list {
			if err := p.carryOut(ctx, shop, r); err != nil {
				return err
			}
			done++
		}
		return nil
	})
	return done, err
}

// carryOut does one request, or one batch of it. A request to disclose needs no
// work: the API makes its export on demand.
func (p *Privacy) carryOut(ctx context.Context, shop string, r commerce.PrivacyRequest) (err error) {
	more, first := false, r.State != commerce.PrivacyDone
	switch r.Kind {
	case commerce.EraseCustomer:
		r, err = p.store.ErasePerson(ctx, shop, r)
	case commerce.EraseConnection:
		r, more, err = p.store.EraseConnection(ctx, shop, r)
	}
	if err != nil {
		return err
	}
	if first && !more {
		p.log.Info("privacy request carried out", "shop", shop, "request", r.ID, "kind", r.Kind)
	}
	return p.store.FinishPrivacyRequest(ctx, shop, r, more)
}
