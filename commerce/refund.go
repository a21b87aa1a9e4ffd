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
	Rev        int64     `bson:"rev"`
}
