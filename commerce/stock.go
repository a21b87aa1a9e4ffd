package commerce

import "time"

// Available reports whether what an unpaid order contains of the product can still be had. known is
// false where the platform does not say.
func (p Product) Available() (there, known bool) {
	switch {
	case p.DeletedNow():
		return false, true
	case p.InStock == nil:
		return false, false
	case *p.InStock:
		return true, true
	case p.HoldsUnpaid == nil:
		return false, false
	}
	return *p.HoldsUnpaid, true
}

// Stocked returns the order with InStock as its products, by id, say it now. One product that cannot be
// had any more is enough for false, unless the order itself says later that all is there. True needs
// every product to be known. Positions without a product count for nothing.
func (o Order) Stocked(products map[string]Product) Order {
	all, some := true, false
	for _, line := range o.Lines {
		if line.Product == "" {
			continue
		}
		p := products[Key(o.Shop, o.Connection, line.Product)]
		there, known := p.Available()
		if p.ID != "" && known && !there && (o.InStock == nil || p.statedAt().After(o.Version)) {
			o.InStock = &there
			return o
		}
		all, some = all && p.ID != "" && known && there, true
	}
	if o.InStock == nil && all && some {
		o.InStock = &all
	}
	return o
}

// statedAt is when the platform last said something of the product.
func (p Product) statedAt() time.Time {
	if p.DeletedNow() {
		return p.stamped().Deleted.At
	}
	return p.Version
}

// ProductIDs are the ids of the products of the order's lines, each once.
func (o Order) ProductIDs() []string {
	var ids []string
	for _, line := range o.Lines {
		if line.Product != "" {
			ids = append(ids, Key(o.Shop, o.Connection, line.Product))
		}
	}
	return EachOnce(ids)
}
