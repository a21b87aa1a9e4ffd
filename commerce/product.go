package commerce

import (
	"cmp"
	"slices"
	"time"
)

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
	// HoldsUnpaid is set with InStock: the platform keeps what an unpaid order contains, so that its buyer
	// gets it although InStock is false. nil: not known.
	HoldsUnpaid *bool `bson:"holds_unpaid,omitempty"`

	URL     string   `bson:"url"`
	Image   string   `bson:"image"`
	Quality []string `bson:"quality"`
	Rev     int64    `bson:"rev"`

	Imported bool     `bson:"imported,omitempty"` // known from imports only
	Past     *Product `bson:"past,omitempty"`     // what the latest import contained, beside the platform's record
}

// Unreceived returns p without receipts, and without a version that is only the
// receipt of an import. Two equal results contain the same data.
func (p Product) Unreceived() Product {
	if p.Imported && p.Version.Equal(p.Received) {
		p.Version = time.Time{}
	}
	p.Received = time.Time{}
	if p.Past != nil {
		past := p.Past.Unreceived()
		p.Past = &past
	}
	return p
}

// Whole returns the product with what only an import contained: above all its unit
// cost. What the platform reports goes before it.
func (p Product) Whole() Product {
	if p.Past == nil {
		return p
	}
	past := *p.Past
	p.Title, p.Brand, p.SKU = cmp.Or(p.Title, past.Title), cmp.Or(p.Brand, past.Brand), cmp.Or(p.SKU, past.SKU)
	p.URL, p.Image = cmp.Or(p.URL, past.URL), cmp.Or(p.Image, past.Image)
	p.Price, p.UnitCost = cmp.Or(p.Price, past.Price), cmp.Or(p.UnitCost, past.UnitCost)
	if len(p.Categories) == 0 {
		p.Categories = past.Categories
	}
	if len(p.Tags) == 0 {
		p.Tags = past.Tags
	}
	p.Attributes = slices.Clone(p.Attributes)
	for _, kv := range past.Attributes {
		if _, have := Lookup(p.Attributes, kv.Key); !have {
			p.Attributes = append(p.Attributes, kv)
		}
	}
	if p.Stock == nil {
		p.Stock = past.Stock
	}
	return p
}

// DeletedNow reports whether the platform deleted the product after its newest record.
func (p Product) DeletedNow() bool {
	p = p.stamped()
	return !p.Deleted.IsZero() && p.Deleted.compare(Stamp{p.Version, p.Received}) >= 0
}
