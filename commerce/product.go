package commerce

import "time"

// Product is an article in its platform's newest description. The newest record
// decides every field; see MergeProduct.
type Product struct {
	ID         string    `bson:"_id"` // Key(shop, connection, external)
	Shop       string    `bson:"shop"`
	Connection string    `bson:"connection"`
	External   string    `bson:"external"`
	Version    time.Time `bson:"version"`
	Received   time.Time `bson:"received,omitempty"`   // receipt of the newest record
	DeletedAt  time.Time `bson:"deleted_at,omitempty"` // set only while deleted; see DeletedNow
	Deleted    Stamp     `bson:"deleted,omitempty"`    // the latest deletion; set by MergeProduct

	Title      string     `bson:"title"`
	Categories [][]string `bson:"categories"` // paths, root first
	Brand      string     `bson:"brand"`
	Tags       []string   `bson:"tags"`
	Attributes []KV       `bson:"attributes"`
	SKU        string     `bson:"sku"`
	Price      Money      `bson:"price"`
	UnitCost   Money      `bson:"unit_cost"`
	Stock      *int64     `bson:"stock,omitempty"` // nil: the platform does not count it
	InStock    *bool      `bson:"in_stock,omitempty"`
	URL        string     `bson:"url"`
	Image      string     `bson:"image"`
	Quality    []string   `bson:"quality"`
	Rev        int64      `bson:"rev"`
}

// DeletedNow reports whether the platform deleted the product after its newest record.
func (p Product) DeletedNow() bool {
	p = p.stamped()
	return !p.Deleted.IsZero() && p.Deleted.compare(Stamp{p.Version, p.Received}) >= 0
}
