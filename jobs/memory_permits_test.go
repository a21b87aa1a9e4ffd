package jobs_test

import (
	"context"

	"comeback/campaigns"
)

// The shop in memory lets all mails go.

func (*memoryShop) Permit(context.Context, string) (campaigns.Permit, error) {
	return campaigns.Permit{}, nil
}

func (*memoryShop) ChangePermit(
	_ context.Context, _ string, with func(campaigns.Permit) campaigns.Permit,
) (before, after campaigns.Permit, err error) {
	return campaigns.Permit{}, with(campaigns.Permit{}), nil
}

func (*memoryShop) Paused(context.Context, string) ([]string, error) { return nil, nil }

// Its relay refuses no domain.

func (*memoryShop) AnyDomain(context.Context, string, string) (bool, error) { return false, nil }

func (*memoryShop) StreamsByID(context.Context, string, []string) (map[string]campaigns.Stream, error) {
	return nil, nil
}

func (*memoryShop) Awaited(context.Context, string, []string, string, int) ([]string, error) {
	return nil, nil
}

func (*memoryShop) ClaimWaiting(context.Context, string, string, []string, []string, int) ([]campaigns.Message, error) {
	return nil, nil
}
