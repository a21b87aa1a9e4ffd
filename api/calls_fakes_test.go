package api_test

import (
	"context"

	"comeback/campaigns"
)

func (f *fakeStore) ListCalls(
	ctx context.Context, _, _ string, _ campaigns.CallState, _ string, _ int,
) ([]campaigns.Call, string, error) {
	return nil, "", f.fail(ctx)
}

func (f *fakeStore) EnrolmentCalls(ctx context.Context, _, _ string) ([]campaigns.Call, error) {
	return nil, f.fail(ctx)
}

func (f *fakeStore) CallSecret(ctx context.Context, _ string) (campaigns.CallSecret, error) {
	return campaigns.CallSecret{Key: []byte("key")}, f.fail(ctx)
}

func (f *fakeStore) RotateCallSecret(ctx context.Context, shop string) (campaigns.CallSecret, error) {
	return f.CallSecret(ctx, shop)
}
