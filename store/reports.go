package store

import (
	"context"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/store/documents"
)

// receipt records that a shop's event with an id was reported, so that the same id is
// one event for ever. Its id contains a keyed hash of the shop's id, and Content is a
// keyed hash of what was reported: it contains no personal data. Customer is empty
// once the person was erased.
type receipt struct {
	ID         string    `bson:"_id"`
	Shop       string    `bson:"shop"`
	Content    string    `bson:"content"`
	Customer   string    `bson:"customer"`
	At         time.Time `bson:"at"` // of the event
	ReceivedAt time.Time `bson:"received_at"`
}

// ReportEvents stores what a shop reports that its customers did. The answers are in
// the order of list. If a report cannot be stored, nothing is, and the answers show
// why; only where two callers use one id at once, the others are stored too. To
// report the same again changes nothing and gets the same answer.
func (s *Store) ReportEvents(ctx context.Context, shop string, list []commerce.Report) ([]commerce.Reported, error) {
	r := &reporting{db: s, shop: shop, list: make([]reported, len(list)), received: s.now().UTC().Truncate(time.Millisecond)}
	for i, report := range list {
		r.list[i] = reported{Report: report, receipt: s.receiptOf(shop, report)}
	}
	for _, step := range []func(context.Context) error{r.recognise, r.judge, r.identify, r.save} {
		if err := step(ctx); err != nil {
			return nil, err
		}
		if r.refused() {
			break
		}
	}
	answers := make([]commerce.Reported, len(list))
	for i, one := range r.list {
		answers[i].State = one.state
		if one.state == commerce.ReportStored {
			answers[i].Event = one.event(shop)
		}
	}
	return answers, nil
}

// reporting is the storing of reports under way.
type reporting struct {
	db       *Store
	shop     string
	list     []reported
	received time.Time
}

// reported is a report with what is known of it.
type reported struct {
	commerce.Report
	receipt receipt
	state   commerce.ReportState // empty: not decided so far
}

func (r *reported) event(shop string) commerce.Event {
	e := commerce.NewEvent(shop, r.Kind, r.receipt.Customer, r.ID, r.receipt.At)
	e.Customer, e.Properties = r.receipt.Customer, r.Properties
	return e
}

// receiptOf is the receipt of a report before it is stored.
func (s *Store) receiptOf(shop string, r commerce.Report) receipt {
	at := ""
	if !r.At.IsZero() {
		at = r.At.UTC().Truncate(time.Millisecond).Format(time.RFC3339Nano)
	}
	content := []string{string(r.Kind), r.Customer, r.Connection, r.Buyer.Platform, r.Buyer.Email, r.Buyer.Phone, at}
	for _, p := range r.Properties {
		content = append(content, commerce.Key(append([]string{p.Key, string(p.Type), p.Value}, p.List...)...))
	}
	return receipt{
		ID: commerce.Key(shop, s.pseudonym("report:"+r.ID)), Shop: shop,
		Content: s.pseudonym("content of a report:" + commerce.Key(content...)), At: r.At,
	}
}

func (r *reporting) refused() bool {
	return slices.ContainsFunc(r.list, func(one reported) bool {
		return one.state != "" && one.state != commerce.ReportStored && one.state != commerce.ReportErased
	})
}

// recognise finds reports that were stored before, and ids with another content.
func (r *reporting) recognise(ctx context.Context) error {
	ids := make([]string, len(r.list))
	for i, one := range r.list {
		ids[i] = one.receipt.ID
	}
	known, err := byIDs(ctx, r.db, colReports, r.shop, ids, func(x receipt) string { return x.ID })
	if err != nil {
		return err
	}
	within := map[string]receipt{}
	for i := range r.list {
		one := &r.list[i]
		if before, stored := known[one.receipt.ID]; stored {
			one.found(before)
		} else if before, twice := within[one.receipt.ID]; twice && before.Content != one.receipt.Content {
			one.state = commerce.ReportConflict
		}
		within[one.receipt.ID] = one.receipt
	}
	return nil
}

// found takes the stored receipt of the report's id.
func (r *reported) found(before receipt) {
	switch {
	case before.Content != r.receipt.Content:
		r.state = commerce.ReportConflict
	case before.Customer == "":
		r.state = commerce.ReportErased
	default:
		r.state, r.receipt = commerce.ReportStored, before
	}
}

// judge finds what cannot be stored: customers that do not exist, persons who were
// erased, and events that would be deleted at once.
func (r *reporting) judge(ctx context.Context) error {
	before, limited := r.db.over(r.db.retention.Events)
	var named, marks []string
	for i := range r.list {
		one := &r.list[i]
		if one.state != "" {
			continue
		}
		if one.At.IsZero() {
			one.receipt.At = r.received
		}
		if limited && one.receipt.At.Before(before) {
			one.state = commerce.ReportOld
		}
		if one.Customer != "" {
			named = append(named, one.Customer)
		} else {
			marks = append(marks, r.db.marks(r.shop, one.fact())...)
		}
	}
	customers, err := r.db.present(ctx, r.shop, named)
	if err != nil {
		return err
	}
	erased, err := r.db.erasures(ctx, r.shop, marks)
	for i := range r.list {
		switch one := &r.list[i]; {
		case one.state != "":
		case one.Customer != "":
			if one.receipt.Customer = customers[one.Customer]; one.receipt.Customer == "" {
				one.state = commerce.ReportUnknown
			}
		case r.db.concerns(r.shop, one.fact(), erased):
			one.state = commerce.ReportErased
		}
	}
	return err
}

func (r *reported) fact() fact {
	return fact{connection: r.Connection, buyer: r.Buyer, at: r.receipt.At}
}

// present are the customers that ids mean now, without those that were erased.
func (s *Store) present(ctx context.Context, shop string, ids []string) (map[string]string, error) {
	list, err := amongAll[commerce.Customer](ctx, s, colCustomers, shop, "_id", distinct(ids), "merged_into", "gone_at")
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(c commerce.Customer) bool { return !c.GoneAt.IsZero() })
	found := make([]string, len(list))
	for i, c := range list {
		found[i] = c.ID
	}
	return s.mergeEnds(ctx, shop, found)
}

// identify finds the persons of the other reports, or makes them as other records do.
// The events are those of the home, so that they follow the person who is parted.
func (r *reporting) identify(ctx context.Context) error {
	var who []*reported
	var buyers []named
	for i := range r.list {
		if one := &r.list[i]; one.state == "" && one.receipt.Customer == "" {
			who, buyers = append(who, one), append(buyers, named{one.Connection, one.Buyer})
		}
	}
	if len(who) == 0 {
		return nil
	}
	owners, err := r.db.customersOf(ctx, r.shop, buyers)
	if err != nil {
		return err
	}
	records := map[string][]commerce.CustomerRecord{}
	for i, one := range who {
		if one.receipt.Customer = owners[i].home; one.receipt.Customer == "" {
			one.state = commerce.ReportUnknown
			continue
		}
		records[owners[i].home] = append(records[owners[i].home], one.record(r.received))
	}
	return r.db.introduce(ctx, r.shop, records)
}

// record is what a report says about a person that nothing else is known of. The
// e-mail is not verified: it grants nothing and overwrites nothing.
func (r *reported) record(received time.Time) commerce.CustomerRecord {
	return commerce.CustomerRecord{
		Connection: r.Connection, External: r.Buyer.Platform, Aspect: "reported", Version: r.receipt.At, Received: received,
		Email: r.Buyer.Email, Phone: r.Buyer.Phone,
	}
}

// introduce stores the records of those customers that have no other data so far.
func (s *Store) introduce(ctx context.Context, shop string, records map[string][]commerce.CustomerRecord) error {
	var ids []string
	for id := range records {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	list, err := amongAll[commerce.Customer](ctx, s, colCustomers, shop, "_id", ids)
	if err != nil {
		return err
	}
	fresh := map[string][]commerce.CustomerRecord{}
	for _, c := range list {
		if len(c.Records) == 0 && c.WantedGeneration == 0 {
			fresh[c.ID] = records[c.ID][:1]
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	_, _, err = s.addRecords(ctx, shop, fresh)
	return err
}

// save stores the receipts, then the events. A receipt may be there without its event,
// because the process that stored it died. So the events of known receipts are stored
// too.
func (r *reporting) save(ctx context.Context) error {
	if err := r.insert(ctx); err != nil {
		return err
	}
	var events []commerce.Event
	for i := range r.list {
		if one := &r.list[i]; one.state == commerce.ReportStored {
			events = append(events, one.event(r.shop))
		}
	}
	return r.db.addEvents(ctx, r.shop, events, nil, 0)
}

// insert stores the receipts. Of two callers with one id the first one's counts.
func (r *reporting) insert(ctx context.Context) error {
	var docs []any
	var fresh []*reported
	own := map[string]*reported{}
	for i := range r.list {
		one := &r.list[i]
		if one.state != "" {
			continue
		}
		if first, twice := own[one.receipt.ID]; twice {
			one.receipt.Customer, one.receipt.At = first.receipt.Customer, first.receipt.At
			one.state = commerce.ReportStored
			continue
		}
		own[one.receipt.ID] = one
		one.receipt.ReceivedAt = r.received
		docs, fresh = append(docs, one.receipt), append(fresh, one)
	}
	inserted, err := r.db.insertMany(ctx, colReports, docs)
	if err != nil {
		return err
	}
	var lost []string
	for i, one := range fresh {
		if one.state = commerce.ReportStored; !inserted[i] {
			lost = append(lost, one.receipt.ID)
		}
	}
	if len(lost) == 0 {
		return nil
	}
	theirs, err := byIDs(ctx, r.db, colReports, r.shop, lost, func(x receipt) string { return x.ID })
	for i := range r.list {
		if before, stored := theirs[r.list[i].receipt.ID]; stored {
			r.list[i].found(before)
		}
	}
	return err
}

// eraseReports deletes the events that the shop reported of the person, those from
// after the request too, and forgets in their receipts whose they were. A report of
// the same id brings none back.
func (s *Store) eraseReports(ctx context.Context, shop string, p person, _ *commerce.Erased) error {
	if len(p.customers) == 0 {
		return nil
	}
	receipts, err := find[receipt](ctx, s, colReports,
		documents.Query{Filter: of(shop, among("customer", p.ids())), Fields: []string{"_id"}})
	if err != nil {
		return err
	}
	ops := make([]documents.Op, len(receipts))
	for i, x := range receipts {
		ops[i] = documents.UpdateOp(byID(shop, x.ID), bson.D{set(bson.E{Key: "customer", Value: ""})})
	}
	if err := s.bulk(ctx, colReports, ops); err != nil {
		return err
	}
	events, err := find[commerce.Event](ctx, s, colEvents,
		documents.Query{Filter: of(shop, among("customer", p.ids())), Fields: []string{"_id", "kind"}})
	ops = nil
	for _, e := range events {
		if e.Kind.Reported() {
			ops = append(ops, documents.DeleteOp(shop, e.ID))
		}
	}
	return orElse(err, s.bulk(ctx, colEvents, ops))
}

// removeReceipts deletes receipts of reports whose events would be deleted too.
func (s *Store) removeReceipts(ctx context.Context, shop string, limit int) (int, error) {
	before, ok := s.over(s.retention.Events)
	if !ok {
		return 0, nil
	}
	old := bson.E{Key: "received_at", Value: bson.D{{Key: "$lt", Value: before}}}
	list, err := find[receipt](ctx, s, colReports, documents.Query{
		Filter: of(shop, old), Fields: []string{"received_at"}, Sort: []string{"received_at"}, Limit: limit,
	})
	if err != nil || len(list) == 0 {
		return 0, err
	}
	ops := make([]documents.Op, len(list))
	for i, x := range list {
		ops[i] = documents.DeleteOp(shop, x.ID)
	}
	totals, _, err := s.docs.Bulk(ctx, colReports, ops)
	return totals.Deleted, err
}
