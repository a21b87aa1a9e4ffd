package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/store/documents"
)

// eraseMessages removes the text and the recipient of the person's messages,
// and cancels the unclaimed ones. Sent messages and their results stay counted.
// By the address's hash, a link of an old mail still unsubscribes.
func (s *Store) eraseMessages(ctx context.Context, shop string, p person, erased *commerce.Erased) error {
	if len(p.customers) == 0 {
		return nil
	}
	list, err := find[campaigns.Message](ctx, s, colMessages, documents.Query{Filter: of(shop, among("customer", p.ids()))})
	if err != nil {
		return err
	}
	var ops []documents.Op
	for _, m := range list {
		if erasedMessage(m) {
			continue
		}
		fields := bson.D{{Key: "reason", Value: erasedNote}, {Key: "links", Value: bson.A{}}, {Key: "record", Value: bson.A{}}}
		gone := bson.D{{Key: "subject", Value: ""}}
		same := byID(shop, m.ID)
		if open(m) {
			fields = append(fields, bson.E{Key: "state", Value: string(campaigns.Cancelled)}, bson.E{Key: "ended_at", Value: s.now()})
			gone = append(gone, bson.E{Key: "due_at", Value: ""})
			same = append(same, bson.E{Key: "state", Value: string(m.State)}, bson.E{Key: "fence", Value: m.Fence})
		}
		ops = append(ops, documents.UpdateOp(same,
			bson.D{{Key: "$set", Value: fields}, {Key: "$unset", Value: gone}, {Key: "$inc", Value: bson.D{{Key: "rev", Value: int64(1)}}}}))
	}
	erased.Messages += int64(len(ops))
	return s.bulk(ctx, colMessages, ops)
}

func open(m campaigns.Message) bool {
	return m.State == campaigns.Planned || m.State == campaigns.Deferred
}

// erasedMessage reports whether there is nothing left to remove.
func erasedMessage(m campaigns.Message) bool {
	return !open(m) && m.Reason == erasedNote && m.Subject == "" && len(m.Links)+len(m.Record) == 0
}

// eraseEnrolments ends the person's enrolments, and removes the words of their
// decisions. Arm, times and goal stay: results count them.
func (s *Store) eraseEnrolments(ctx context.Context, shop string, p person, erased *commerce.Erased) error {
	if len(p.customers) == 0 {
		return nil
	}
	list, err := find[campaigns.Enrolment](ctx, s, colEnrolments, documents.Query{Filter: of(shop, among("customer", p.ids()))})
	if err != nil {
		return err
	}
	var ops []documents.Op
	for _, e := range list {
		if e.Ended() && len(e.Log) == 0 && e.DueAt.IsZero() {
			continue
		}
		fields := bson.D{{Key: "log", Value: bson.A{}}}
		if !e.Ended() {
			fields = append(fields, bson.E{Key: "state", Value: string(campaigns.Exited)}, bson.E{Key: "reason", Value: erasedNote},
				bson.E{Key: "ended_at", Value: s.now()})
		}
		gone := bson.D{{Key: "due_at", Value: ""}, {Key: "claim", Value: ""}, {Key: "lease_until", Value: ""}}
		ops = append(ops, documents.UpdateOp(byID(shop, e.ID, bson.E{Key: "rev", Value: e.Rev}),
			bson.D{{Key: "$set", Value: fields}, {Key: "$unset", Value: gone}, {Key: "$inc", Value: bson.D{{Key: "rev", Value: int64(1)}}}}))
	}
	erased.Enrolments += int64(len(ops))
	return s.bulk(ctx, colEnrolments, ops)
}

// forgotten begins the actor of a touch whose address is forgotten.
const forgotten = "x"

// eraseTouches replaces the hash of address and program in each touch by a
// number. The hash distinguishes the readers of a message. Opens and clicks
// stay counted.
func (s *Store) eraseTouches(ctx context.Context, shop string, p person, erased *commerce.Erased) error {
	if len(p.customers) == 0 {
		return nil
	}
	if err := s.unpackAll(ctx, shop); err != nil {
		return err
	}
	list, err := find[campaigns.Touch](ctx, s, colTouches, documents.Query{Filter: of(shop, among("customer", p.ids()))})
	if err != nil {
		return err
	}
	actors := map[string][]string{}
	for _, t := range list {
		if !slices.Contains(actors[t.Message], t.Actor) {
			actors[t.Message] = append(actors[t.Message], t.Actor)
		}
	}
	for _, known := range actors {
		slices.Sort(known)
	}
	var added []any
	var dropped []documents.Op
	for _, t := range list {
		if strings.HasPrefix(t.Actor, forgotten) {
			continue
		}
		old := t.ID
		t.ID, t.Actor = renumbered(t, slices.Index(actors[t.Message], t.Actor))
		added, dropped = append(added, t), append(dropped, documents.DeleteOp(shop, old))
	}
	if _, err := s.insertMany(ctx, colTouches, added); err != nil {
		return err
	}
	erased.Touches += int64(len(dropped))
	return s.bulk(ctx, colTouches, dropped)
}

// renumbered is a touch's id and actor with a number in the actor's place.
func renumbered(t campaigns.Touch, n int) (id, actor string) {
	actor = fmt.Sprintf("%s%d", forgotten, n)
	minute := t.At.UTC().Truncate(time.Minute).Format("20060102T1504")
	return t.Message + ":" + commerce.Key(string(t.Kind), fmt.Sprint(t.Link), actor, minute), actor
}
