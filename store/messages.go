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

// PlanMessages stores messages that are not stored yet. A stored one was
// planned before: that is success.
func (s *Store) PlanMessages(ctx context.Context, shop string, list []campaigns.Message) error {
	docs := make([]any, len(list))
	for i, m := range list {
		m.Shop, m.Rev = shop, 1
		docs[i] = m
	}
	if len(docs) == 0 {
		return nil
	}
	_, err := s.docs.InsertMany(ctx, colMessages, docs)
	return err
}

// CancelMessages ends the unclaimed messages of entries.
func (s *Store) CancelMessages(ctx context.Context, shop string, list []campaigns.Cancel) error {
	enrolments := make([]string, len(list))
	for i, c := range list {
		enrolments[i] = c.Enrolment
	}
	var ops []documents.Op
	for chunk := range slices.Chunk(distinct(enrolments), inChunk) {
		found, err := find[campaigns.Message](
			ctx,
			s,
			colMessages,
			documents.Query{
				Filter: of(shop, among("enrolment", chunk), whileOpen()),
				Fields: []string{"enrolment", "entry", "fence"},
			},
		)
		if err != nil {
			return err
		}
		for _, m := range found {
			i := slices.IndexFunc(list, func(c campaigns.Cancel) bool { return c.Enrolment == m.Enrolment && c.Entry == m.Entry })
			if i < 0 {
				continue
			}
			ops = append(ops, documents.UpdateOp(byID(shop, m.ID, whileOpen(), bson.E{Key: "fence", Value: m.Fence}), bson.D{
				set(bson.E{Key: "state", Value: string(campaigns.Cancelled)}, bson.E{Key: "reason", Value: list[i].Reason},
					bson.E{Key: "ended_at", Value: s.now()}),
				{Key: "$unset", Value: bson.D{{Key: "due_at", Value: ""}, {Key: "awaits", Value: ""}, {Key: "awaits_from", Value: ""}}},
				{Key: "$inc", Value: bson.D{{Key: "rev", Value: int64(1)}}},
			}))
		}
	}
	return s.bulk(ctx, colMessages, ops)
}

// MessagesByID reads messages; those that do not exist are left out.
func (s *Store) MessagesByID(ctx context.Context, shop string, ids []string) (map[string]campaigns.Message, error) {
	return byIDs(ctx, s, colMessages, shop, ids, func(m campaigns.Message) string { return m.ID })
}

// Message reads one message; NotFound when there is none.
func (s *Store) Message(ctx context.Context, shop, id string) (campaigns.Message, error) {
	m, found, err := get[campaigns.Message](ctx, s, colMessages, shop, id)
	if err == nil && !found {
		err = missing("message", id)
	}
	return m, err
}

// dueMessages selects the messages that are due, except those of the paused campaigns.
func (s *Store) dueMessages(ctx context.Context, shop string, paused []string) (bson.D, error) {
	running, err := s.running(ctx, shop, paused)
	due := of(shop, whileOpen(), bson.E{Key: "due_at", Value: bson.D{{Key: "$lte", Value: s.now()}}})
	return append(due, running...), err
}

// MessageDue reports whether a message of the shop is due, or waits for a domain.
func (s *Store) MessageDue(ctx context.Context, shop string, paused []string) (bool, error) {
	filter, err := s.dueMessages(ctx, shop, paused)
	if err != nil {
		return false, err
	}
	list, err := s.findIDs(ctx, colMessages, filter, 1)
	if err != nil || len(list) > 0 {
		return len(list) > 0, err
	}
	waiting, _, err := s.awaiting(ctx, shop, paused, 1)
	return waiting > 0, err
}

// ClaimMessages takes up to limit due messages, the longest due first, except
// those of the paused campaigns and those with the ids to avoid.
func (s *Store) ClaimMessages(ctx context.Context, shop string, paused, avoid []string, limit int) ([]campaigns.Message, error) {
	filter, err := s.dueMessages(ctx, shop, paused)
	if err != nil {
		return nil, err
	}
	if len(avoid) > 0 {
		filter = append(filter, bson.E{Key: "_id", Value: bson.D{{Key: "$nin", Value: stringsOf(avoid)}}})
	}
	found, err := s.findRaw(ctx, colMessages, documents.Query{Filter: filter, Sort: []string{"due_at"}, Limit: limit})
	if err != nil {
		return nil, err
	}
	noLonger := bson.E{Key: "$unset", Value: bson.D{{Key: "awaits", Value: ""}}}
	return take[campaigns.Message](ctx, s, shop, colMessages, found, claimedAs(), append(s.claimed(), noLonger))
}

// whileOpen selects the messages that nobody has claimed.
func whileOpen() bson.E {
	return bson.E{Key: "state", Value: bson.D{{Key: "$in", Value: bson.A{string(campaigns.Planned), string(campaigns.Deferred)}}}}
}

// claimedAs are the fields of a message that a claim must find as they were read.
func claimedAs() []string { return []string{"state", "fence", "rev"} }

// claimed is what a claim changes in a message.
func (s *Store) claimed() bson.D {
	return bson.D{
		set(bson.E{Key: "state", Value: string(campaigns.Claimed)}, bson.E{Key: "claimed_at", Value: s.wall()}),
		{Key: "$inc", Value: bson.D{{Key: "rev", Value: int64(1)}}},
	}
}

// RenewMessages renews the lease of claimed messages that are still being worked
// on.
func (s *Store) RenewMessages(ctx context.Context, shop string, list []campaigns.Message) error {
	ops := make([]documents.Op, len(list))
	for i, m := range list {
		m.Shop = shop
		ops[i] = documents.UpdateOp(mine(m), bson.D{set(bson.E{Key: "lease_until", Value: s.wall().Add(LeaseFor)})})
	}
	return s.bulk(ctx, colMessages, ops)
}

// WriteMessages writes how far claimed messages are, of any shops, in one bulk. Of begun it writes that
// they are being handed over, the last write before DATA: from then on the server may have
// them. Where ours is false, the claim was lost or its lease has less than 20 s left: then
// nothing may be sent. Of ended it stores the outcome, under the fence: a late result turns
// an uncertain message into sent or failed, and changes nothing that another process has
// claimed since.
func (s *Store) WriteMessages(ctx context.Context, begun, ended []campaigns.Message) (ours []bool, err error) {
	ops := make([]documents.Op, 0, len(begun)+len(ended))
	write := token()
	for _, m := range begun {
		ops = append(ops, s.handingOver(m, write))
	}
	for _, m := range ended {
		ops = append(ops, outcomeOp(m))
	}
	totals, err := s.bulkTotals(ctx, colMessages, ops)
	if err != nil {
		return nil, err
	}
	ours = make([]bool, len(begun))
	if totals.Matched == len(ops) {
		for i := range ours {
			ours[i] = true
		}
		return ours, nil
	}
	return ours, s.markOurs(ctx, begun, write, ours)
}

// markOurs reads which of the messages that write has marked.
func (s *Store) markOurs(ctx context.Context, begun []campaigns.Message, write string, ours []bool) error {
	ids := map[string][]string{}
	place := map[string]int{}
	for i, m := range begun {
		ids[m.Shop] = append(ids[m.Shop], m.ID)
		place[m.ID] = i
	}
	type row struct {
		ID     string `bson:"_id"`
		Handed string `bson:"handed"`
	}
	for shop, some := range ids {
		list, err := amongAll[row](ctx, s, colMessages, shop, "_id", some, "handed")
		if err != nil {
			return err
		}
		for _, m := range list {
			ours[place[m.ID]] = m.Handed == write
		}
	}
	return nil
}

func (s *Store) handingOver(m campaigns.Message, write string) documents.Op {
	enough := bson.E{Key: "lease_until", Value: bson.D{{Key: "$gte", Value: s.wall().Add(20 * time.Second)}}}
	filter := append(mine(m), bson.E{Key: "state", Value: string(campaigns.Claimed)}, enough)
	fields := set(
		bson.E{Key: "state", Value: string(campaigns.HandingOver)},
		bson.E{Key: "handed", Value: write},
		bson.E{Key: "message_id", Value: m.MessageID},
		bson.E{Key: "rendered", Value: m.Rendered},
		bson.E{Key: "subject", Value: m.Subject},
		bson.E{Key: "recipient", Value: m.Recipient},
		bson.E{Key: "links", Value: m.Links},
		bson.E{Key: "record", Value: m.Record},
	)
	fields.Value = append(fields.Value.(bson.D), routeOf(m)...)
	update := bson.D{fields, {Key: "$inc", Value: bson.D{{Key: "attempts", Value: 1}, {Key: "rev", Value: int64(1)}}}}
	if !m.AwaitsFrom.IsZero() { // it has waited for a domain
		update = bson.D{
			set(append(fields.Value.(bson.D), bson.E{Key: "due_at", Value: m.DueAt})...), update[1],
			{Key: "$unset", Value: bson.D{{Key: "awaits", Value: ""}}},
		}
	}
	return documents.UpdateOp(filter, update)
}

// SaveMessages is WriteMessages of outcomes.
func (s *Store) SaveMessages(ctx context.Context, shop string, list []campaigns.Message) error {
	for _, m := range list {
		if m.Shop != shop {
			return invalid("message %q: is not of shop %q", m.ID, shop)
		}
	}
	_, err := s.WriteMessages(ctx, nil, list)
	return err
}

func outcomeOp(m campaigns.Message) documents.Op {
	fields := bson.D{
		{Key: "state", Value: string(m.State)}, {Key: "reason", Value: m.Reason}, {Key: "code", Value: m.Code},
		{Key: "enhanced", Value: m.Enhanced},
		{Key: "retry_count", Value: m.RetryCount}, {Key: "record", Value: m.Record},
		{Key: "attempts", Value: m.Attempts}, {Key: "doubts", Value: m.Doubts},
	}
	fields = append(fields, routeOf(m)...)
	gone := bson.D{{Key: "claim", Value: ""}, {Key: "lease_until", Value: ""}, {Key: "handed", Value: ""}}
	for _, x := range []struct {
		name string
		at   time.Time
	}{
		{"due_at", m.DueAt}, {"put_off_to", m.PutOffTo}, {"sent_at", m.SentAt}, {"ended_at", m.EndedAt}, {"doubted_at", m.DoubtedAt},
		{"doubt_from", m.DoubtFrom}, {"awaits_from", m.AwaitsFrom},
	} {
		if x.at.IsZero() {
			gone = append(gone, bson.E{Key: x.name, Value: ""})
			continue
		}
		fields = append(fields, bson.E{Key: x.name, Value: x.at})
	}
	if m.Awaits == "" {
		gone = append(gone, bson.E{Key: "awaits", Value: ""})
	} else {
		fields = append(fields, bson.E{Key: "awaits", Value: m.Awaits})
	}
	count := bson.D{{Key: "rev", Value: int64(1)}}
	if !m.SentAt.IsZero() {
		fields = append(fields, bson.E{Key: "touched", Value: true})
		count = append(count, bson.E{Key: "touch_rev", Value: int64(1)})
	}
	return documents.UpdateOp(byID(m.Shop, m.ID, bson.E{Key: "fence", Value: m.Fence}),
		bson.D{{Key: "$set", Value: fields}, {Key: "$unset", Value: gone}, {Key: "$inc", Value: count}})
}

// routeOf are the channel and the template of a message that took others than those stored.
func routeOf(m campaigns.Message) bson.D {
	if !m.Rerouted {
		return nil
	}
	return bson.D{{Key: "channel", Value: m.Channel}, {Key: "template", Value: m.Template}}
}

// mine is the filter of a message still under the claim m was read with.
func mine(m campaigns.Message) bson.D {
	return byID(m.Shop, m.ID, bson.E{Key: "claim", Value: m.Claim}, bson.E{Key: "fence", Value: m.Fence})
}

// RecoverMessages frees messages whose holder died. Claimed ones are planned
// again, because nothing was handed over. Those being handed over become
// uncertain; if their campaign resends, they are due again.
func (s *Store) RecoverMessages(ctx context.Context, shop string, limit int) (recovered int, err error) {
	for _, state := range []campaigns.MessageState{campaigns.Claimed, campaigns.HandingOver} {
		over := bson.E{Key: "lease_until", Value: bson.D{{Key: "$lt", Value: s.wall()}}}
		list, err := find[campaigns.Message](ctx, s, colMessages,
			documents.Query{Filter: of(shop, bson.E{Key: "state", Value: string(state)}, over), Sort: []string{"lease_until"}, Limit: limit})
		if err != nil {
			return recovered, err
		}
		ops := make([]documents.Op, len(list))
		for i, m := range list {
			ops[i] = documents.UpdateOp(append(mine(m), bson.E{Key: "state", Value: string(state)}, over), s.recovery(m))
		}
		if err := s.bulk(ctx, colMessages, ops); err != nil {
			return recovered, err
		}
		recovered += len(list)
	}
	return recovered, nil
}

// maxAttempts is how often a message is handed over while its workers keep
// dying. The message may be the cause, and may have arrived each time.
const maxAttempts = 8

// recovery is the update for a message whose lease ran out. A resend takes the
// next fence, so that a late result of the first try changes nothing.
func (s *Store) recovery(m campaigns.Message) bson.D {
	now := s.now()
	to, why := campaigns.Planned, "the worker stopped before anything was handed over"
	if m.State == campaigns.HandingOver {
		to, why = campaigns.Uncertain, "the worker stopped while handing over: the mail may have gone out"
		if m.OnUncertain == campaigns.Resend && m.Attempts < maxAttempts {
			to, why = campaigns.Deferred, why+"; sent again under the same Message-ID"
		}
	}
	m.Note(campaigns.Decision{At: now, Step: m.Step, Outcome: string(to),
		Reasons: []campaigns.Reason{{Check: campaigns.CheckTime, Text: why}}})
	fields := bson.D{{Key: "state", Value: string(to)}, {Key: "reason", Value: why}, {Key: "record", Value: m.Record}}
	if to == campaigns.Uncertain {
		fields = append(fields, bson.E{Key: "ended_at", Value: now})
	}
	update := bson.D{{Key: "$inc", Value: bson.D{{Key: "rev", Value: int64(1)}, {Key: "fence", Value: int64(1)}}}}
	gone := bson.D{{Key: "claim", Value: ""}, {Key: "lease_until", Value: ""}}
	if to == campaigns.Uncertain { // the fence stays: a late result still counts
		update = bson.D{{Key: "$inc", Value: bson.D{{Key: "rev", Value: int64(1)}}}}
		gone = append(gone, bson.E{Key: "due_at", Value: ""})
	} else {
		due := m.DueAt
		if due.IsZero() {
			due = now
		}
		fields = append(fields, bson.E{Key: "due_at", Value: due})
	}
	return append(update, bson.E{Key: "$set", Value: fields}, bson.E{Key: "$unset", Value: gone})
}

// Sendings lists the messages to any of the customers that were sent, or perhaps sent, that
// workers are handing over now, or that wait to be sent.
func (s *Store) Sendings(ctx context.Context, shop string, customers []string) (all []campaigns.Sending, err error) {
	gone := bson.A{string(campaigns.Sent), string(campaigns.Uncertain), string(campaigns.HandingOver), string(campaigns.Claimed),
		string(campaigns.Planned), string(campaigns.Deferred)}
	for chunk := range slices.Chunk(customers, inChunk) {
		list, err := find[campaigns.Sending](ctx, s, colMessages, documents.Query{
			Filter: of(shop, among("customer", chunk), bson.E{Key: "state", Value: bson.D{{Key: "$in", Value: gone}}}),
			Fields: []string{"customer", "campaign", "version", "channel", "class", "order", "sent_at", "rendered", "state", "claimed_at",
				"planned_at", "first_due", "due_at", "expires_at"},
		})
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	return all, nil
}

// Messages lists a shop's messages of a campaign, a customer or all, the newest
// plan first. state "" means any.
func (s *Store) Messages(
	ctx context.Context, shop, campaign, customer string, state campaigns.MessageState, after *documents.Cursor, limit int,
) ([]campaigns.Message, error) {
	filter := of(shop)
	if campaign != "" {
		filter = append(filter, bson.E{Key: "campaign", Value: campaign})
	}
	if customer != "" {
		filter = append(filter, bson.E{Key: "customer", Value: customer})
	}
	if state != "" {
		filter = append(filter, bson.E{Key: "state", Value: string(state)})
	}
	return find[campaigns.Message](ctx, s, colMessages,
		documents.Query{Filter: filter, Sort: []string{"-planned_at"}, After: after, Limit: limit})
}

// Address is the stored form of an address: its keyed hash.
func (s *Store) Address(address commerce.Address) commerce.AddressHash {
	return commerce.HashAddress(s.keys.Identity, address)
}
