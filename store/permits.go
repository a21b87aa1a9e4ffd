package store

import (
	"context"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/store/documents"
)

// lastMessages is how many of a customer's last messages a complaint may be about.
const lastMessages = 100

// soonDue is the time within which a shop whose mails were stopped looks again by itself.
const soonDue = time.Minute

// Permit reads whether a shop's mails may go out, or those of all shops
// (commerce.Installation). Without a document they may.
func (s *Store) Permit(ctx context.Context, shop string) (campaigns.Permit, error) {
	id := commerce.Key(shop, "permit")
	p, found, err := get[campaigns.Permit](ctx, s, colPermits, shop, id)
	if !found {
		p = campaigns.Permit{ID: id, Shop: shop}
	}
	return p, err
}

// ChangePermit changes a permit by compare-and-set. Where mails may go again, the shops are due at once.
func (s *Store) ChangePermit(
	ctx context.Context, shop string, with func(campaigns.Permit) campaigns.Permit,
) (before, after campaigns.Permit, err error) {
	for saved := false; !saved; {
		if before, err = s.Permit(ctx, shop); err != nil {
			return before, before, err
		}
		after = with(before)
		after.Rev = before.Rev + 1
		filter := byID(shop, before.ID, bson.E{Key: "rev", Value: before.Rev})
		if saved, err = s.swap(ctx, colPermits, filter, before.Rev == 0, after, []string{"stop_reason", "stopped_at"}); err != nil {
			return before, before, err
		}
	}
	if before.Stopped && !after.Stopped || before.Breaker.Open && !after.Breaker.Open {
		err = s.goOn(ctx, shop)
	}
	return before, after, err
}

func (s *Store) goOn(ctx context.Context, shop string) error {
	if shop != commerce.Installation {
		return s.MarkDue(ctx, shop, s.now())
	}
	waiting, err := s.DueShops(ctx, s.now().Add(soonDue), 0)
	if err != nil {
		return err
	}
	return s.markDueAll(ctx, waiting, s.now())
}

// HeldShops lists the shops, and commerce.Installation, of which some mails may not go out.
func (s *Store) HeldShops(ctx context.Context) ([]string, error) {
	return s.docs.ShopsWith(ctx, colPermits, held)
}

// heldCampaigns are those whose messages may not go now: the paused ones, and those of
// class marketing while the breaker is open.
func (s *Store) heldCampaigns(ctx context.Context, shop string, paused []string) ([]string, error) {
	permit, err := s.Permit(ctx, shop)
	if err != nil || !permit.Breaker.Open {
		return paused, err
	}
	all, err := find[campaigns.Definition](ctx, s, colCampaigns,
		documents.Query{Filter: of(shop), Fields: []string{"campaign", "json"}, Sort: []string{"campaign", "version"}})
	for _, d := range all {
		if c, _ := campaigns.Parse(d.JSON); c != nil && c.Class == campaigns.Marketing {
			paused = append(paused, d.Campaign)
		}
	}
	return paused, err
}

// stopped reports whether a person has stopped the shop's mails, or those of all shops.
func (s *Store) stopped(ctx context.Context, shop string) (bool, error) {
	for _, of := range []string{commerce.Installation, shop} {
		if p, err := s.Permit(ctx, of); err != nil || p.Stopped {
			return true, err
		}
	}
	return false, nil
}

// MailedSince reports whether a message went to the address since a time: a complaint about
// another sender's mail is not about the shop.
func (s *Store) MailedSince(ctx context.Context, shop string, address commerce.Address, since time.Time) (bool, error) {
	known, found, err := get[identity](ctx, s, colIdentities, shop, s.identityOf(shop, address))
	if err != nil || !found {
		return false, err
	}
	root, err := s.root(ctx, shop, known.Customer)
	if err != nil {
		return false, err
	}
	list, err := find[campaigns.Message](ctx, s, colMessages, documents.Query{
		Filter: of(shop, bson.E{Key: "customer", Value: bson.D{{Key: "$in", Value: stringsOf([]string{known.Customer, root})}}}),
		Fields: []string{"recipient", "sent_at"}, Sort: []string{"-planned_at"}, Limit: lastMessages,
	})
	return slices.ContainsFunc(list, func(m campaigns.Message) bool {
		return m.Recipient.Equal(s.Address(address)) && !m.SentAt.Before(since)
	}), err
}
