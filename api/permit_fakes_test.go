package api_test

import (
	"context"
	"time"

	"comeback/campaigns"
	"comeback/commerce"
)

// The fake store lets all mails go and keeps no permit.

func (*fakeStore) Permit(_ context.Context, shop string) (campaigns.Permit, error) {
	return campaigns.Permit{Shop: shop}, nil
}

func (*fakeStore) ChangePermit(
	_ context.Context, shop string, with func(campaigns.Permit) campaigns.Permit,
) (before, after campaigns.Permit, err error) {
	return campaigns.Permit{Shop: shop}, with(campaigns.Permit{Shop: shop}), nil
}

func (*fakeStore) HeldShops(context.Context) ([]string, error) { return nil, nil }

func (*fakeStore) MailedSince(context.Context, string, commerce.Address, time.Time) (bool, error) {
	return false, nil
}

func (*fakeStore) SuppressionsOf(context.Context, string, commerce.AddressHash) ([]commerce.Suppression, error) {
	return nil, nil
}
