package api_test

import (
	"context"
	"encoding/json"

	"comeback/commerce"
)

func (f *fakeStore) AddPrivacyRequest(
	ctx context.Context, shop string, r commerce.PrivacyRequest, email, phone string,
) (commerce.PrivacyRequest, error) {
	if r.Customer != "" {
		if _, err := f.Customer(ctx, shop, r.Customer); err != nil {
			return r, err
		}
	}
	r.ID, r.Shop, r.State = commerce.Key(shop, "api", string(r.Kind), "1"), shop, commerce.PrivacyWaiting
	f.mu.Lock()
	defer f.mu.Unlock()
	f.privacy[r.ID] = r
	return r, nil
}

func (f *fakeStore) PrivacyRequest(ctx context.Context, shop, id string) (commerce.PrivacyRequest, error) {
	return read(f, ctx, f.privacy, shop, id)
}

func (f *fakeStore) ListPrivacyRequests(ctx context.Context, shop, after string, limit int) ([]commerce.PrivacyRequest, string, error) {
	return list(f, ctx, f.privacy, shop, after, limit)
}

func (f *fakeStore) Disclose(context.Context, string, commerce.PrivacyRequest, string) (map[string][]json.RawMessage, error) {
	return map[string][]json.RawMessage{"orders": {json.RawMessage(`{"_id": "x"}`)}}, nil
}

func (f *fakeStore) ListAudit(context.Context, string, string, int) ([]commerce.AuditEntry, string, error) {
	return []commerce.AuditEntry{}, "", nil
}
