package jobs

import (
	"context"
	"log/slog"
	"sync"

	"comeback/commerce"
)

// Privacy carries out requests about personal data: of platforms, and of
// merchants. It is claimed as all due work is, and repeated whole after a kill.
type Privacy struct {
	store requests
	log   *slog.Logger
}

type requests interface {
	ClaimPrivacyRequests(ctx context.Context, shop string, limit int) ([]commerce.PrivacyRequest, error)
	KeepPrivacyRequests(ctx context.Context, shop string, list []commerce.PrivacyRequest) error
	ErasePerson(ctx context.Context, shop string, r commerce.PrivacyRequest) (commerce.PrivacyRequest, error)
	EraseConnection(ctx context.Context, shop string, r commerce.PrivacyRequest) (after commerce.PrivacyRequest, more bool, err error)
	FinishPrivacyRequest(ctx context.Context, shop string, r commerce.PrivacyRequest, more bool) error
}

// NewPrivacy makes the stage.
func NewPrivacy(store requests, log *slog.Logger) *Privacy { return &Privacy{store: store, log: log} }

// requestsAtOnce are claimed together; each may take a while.
const requestsAtOnce = 8

// Work carries out some requests. One that fails stays claimed, and is tried
// again when its lease is over.
func (p *Privacy) Work(ctx context.Context, shop string) (done int, err error) {
	list, err := p.store.ClaimPrivacyRequests(ctx, shop, requestsAtOnce)
	if err != nil || len(list) == 0 {
		return 0, err
	}
	held, finished := context.WithCancel(ctx)
	var keeper sync.WaitGroup
	keeper.Go(func() {
		every(held, renewEvery, func(ctx context.Context) {
			if err := p.store.KeepPrivacyRequests(ctx, shop, list); err != nil {
				p.log.Warn("privacy requests", "shop", shop, "error", err)
			}
		})
	})
	for _, r := range list {
		if err = p.carryOut(ctx, shop, r); err != nil {
			break
		}
		done++
	}
	finished()
	keeper.Wait()
	return done, err
}

// carryOut does one request, or one batch of it. A request to disclose is
// answered when its export is asked for: here it is only taken note of.
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
