package commerce

import "time"

// LooseRefund is a refund that names no order. It is a record of its own and
// counts for the customer's money, so that nothing is lost.
type LooseRefund struct {
	ID         string    `bson:"_id"` // Key(shop, connection, external)
	Shop       string    `bson:"shop"`
	Connection string    `bson:"connection"`
	External   string    `bson:"external"`
	Refund     Refund    `bson:"refund"`
	Buyer      Buyer     `bson:"buyer"`
	Customer   string    `bson:"customer,omitempty"`
	Home       string    `bson:"home,omitempty"` // see Order.Home
	Quality    []string  `bson:"quality"`
	At         time.Time `bson:"at"`
	Imported   bool      `bson:"imported,omitempty"` // from an import
	Received   time.Time `bson:"received,omitempty"` // of an import: its receipt; the later import counts
	Rev        int64     `bson:"rev"`
}

// MergeLoose merges two records of one refund by the rule of an order's refunds. The
// newer record decides its customer. A customer once named stays.
func MergeLoose(before, in LooseRefund) LooseRefund {
	if before.ID == "" {
		before = in
	}
	both := Merge(before.order(), in.order())
	older, newer := before, in
	if in.rank().before(before.rank()) {
		older, newer = in, before
	}
	if len(newer.Buyer.Identities(newer.Connection)) == 0 {
		newer.Buyer = older.Buyer
	}
	newer.Refund, newer.Received = both.Refunds[0], millis(newer.Received)
	return newer
}

func (r LooseRefund) order() Order {
	return Order{Imported: r.Imported, OrderState: OrderState{Received: r.Received}, Refunds: []Refund{r.Refund}}
}

func (r LooseRefund) rank() rank { return rankOf(false, r.Imported, Stamp{r.At, r.Received}, 0) }

// Unreceived returns r without the times of receipt. Two equal results contain the
// same data.
func (r LooseRefund) Unreceived() LooseRefund {
	r.Received, r.Refund.RecordReceived, r.Refund.Mention = time.Time{}, time.Time{}, r.Refund.unreceived()
	return r
}
