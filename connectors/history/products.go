package history

import (
	"bufio"
	"cmp"
	"strings"

	"comeback/commerce"
)

// Products reads a file with one product or variant a row: what it is called,
// where it belongs, and what it costs the shop. A product without an id of the
// platform is named by its SKU.
type Products struct {
	listing[article]
	before article
}

// NewProducts reads text that Decode made UTF-8.
func NewProducts(r *bufio.Reader, o ListOptions) (*Products, error) {
	h := &Products{listing: listing[article]{options: o, fields: productFields()}}
	h.begin = func() article { return article{} }
	h.custom = func(p *article, name, text string) { p.attribute(name, text) }
	h.end = h.emit
	if err := h.open(r, productProfiles(), productNames); err != nil {
		return nil, err
	}
	if !h.has("product") && !h.has("sku") {
		return nil, invalid("columns %s: none names a product; map one with map=product=COLUMN or map=sku=COLUMN; fields: %s",
			commerce.Clip(strings.Join(h.guess.Unused, ", "), 500), strings.Join(h.names(), ", "))
	}
	return h, nil
}

// Next returns the next batch; io.EOF after the last.
func (h *Products) Next() (Batch, error) { return h.next() }

// Guess returns how the file is read.
func (h *Products) Guess() Guess { return h.guess }

// ProductFields are the fields for --map.
func ProductFields() []string { return (&listing[article]{fields: productFields()}).names() }

// ProductExports are the names of the known exports, for --profile.
func ProductExports() []string { return namesOf(productProfiles()) }

// article is one row.
type article struct {
	product     commerce.Product
	group       string // rows of one group are variants of one product
	price, cost optional
	currency    string // of the row
	marked      string // currency that stands with an amount
}

func (p *article) attribute(name, text string) {
	if list := p.product.Attributes; len(list) < maxCustomFields {
		p.product.Attributes = append(list, commerce.KV{Key: commerce.Clip(name, 100), Value: commerce.Clip(text, 1000)})
	}
}

// emit adds the product to b. A variant has what its first row states of the
// whole product.
func (h *Products) emit(p *article, l *listCell, b *Batch) error {
	out := p.product
	if p.group != "" && p.group == h.before.group {
		first := h.before.product
		out.Title, out.Brand, out.Image = cmp.Or(out.Title, first.Title), cmp.Or(out.Brand, first.Brand), cmp.Or(out.Image, first.Image)
		if len(out.Categories) == 0 {
			out.Categories = first.Categories
		}
		if len(out.Tags) == 0 {
			out.Tags = first.Tags
		}
	}
	h.before = article{group: p.group, product: out}
	if out.External = cmp.Or(out.External, out.SKU); out.External == "" {
		return nameless("names no product: neither an id nor a SKU")
	}
	currency := cmp.Or(p.currency, p.marked, l.profile.Constant["currency"], l.options.Shop.Currency)
	if p.marked != "" && p.marked != currency {
		return invalid("currency: the row is in %s, and an amount is in %s", currency, p.marked)
	}
	if _, ok := commerce.Exponent(currency); !ok {
		return invalid("currency %q: not an ISO 4217 code", clip(currency))
	}
	for _, a := range []struct {
		from optional
		into *commerce.Money
	}{{p.price, &out.Price}, {p.cost, &out.UnitCost}} {
		var err error
		if !a.from.given {
			continue
		}
		if *a.into, err = money(a.from.Decimal, currency); err != nil {
			return err
		}
	}
	out.Shop, out.Connection = l.options.Shop.ID, l.options.Connection
	out.ID = commerce.Key(out.Shop, out.Connection, out.External)
	if out.Version.IsZero() {
		out.Version = l.options.ReadAt
	}
	b.Records.Products = append(b.Records.Products, out)
	return nil
}

type articleField = listField[article]

// productFields are the fields of a row, by the names of --map.
func productFields() []articleField {
	return []articleField{
		articleID("product", func(p *article) *string { return &p.product.External }),
		articleID("sku", func(p *article) *string { return &p.product.SKU }),
		articleText("group", func(p *article, text string) { p.group = text }),
		articleText("title", func(p *article, text string) { p.product.Title = text }),
		articleText("brand", func(p *article, text string) { p.product.Brand = text }),
		articleText("category", func(p *article, text string) { p.product.Categories = categoryPaths(text) }),
		articleText("tags", func(p *article, text string) {
			p.product.Tags = commerce.EachOnce(strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",;|，；、", r) }))
		}),
		articleAmount("price", func(p *article) *optional { return &p.price }),
		articleAmount("unit_cost", func(p *article) *optional { return &p.cost }),
		{name: "currency", set: func(l *listCell, p *article, text string) error {
			code, known := currencyOf(text, l.options.Shop.Currency)
			if !known {
				return invalid("currency %q: write an ISO 4217 code such as EUR", clip(text))
			}
			p.currency = code
			return nil
		}},
		{name: "stock", lenient: true, set: func(_ *listCell, p *article, text string) error {
			stock, err := wholeNumber(text)
			if stock = max(stock, 0); err == nil {
				p.product.Stock = &stock
			}
			return err
		}},
		articleText("url", func(p *article, text string) { p.product.URL = text }),
		articleText("image", func(p *article, text string) { p.product.Image, _, _ = strings.Cut(text, ", ") }),
		{name: "updated_at", isTime: true, lenient: true, set: func(l *listCell, p *article, text string) (err error) {
			p.product.Version, err = l.clock.read(text)
			return err
		}},
	}
}

func articleText(name string, set func(*article, string)) articleField {
	return articleField{name: name, set: func(_ *listCell, p *article, text string) error {
		if !commerce.IsPlaceholder(text) {
			set(p, strings.Clone(text))
		}
		return nil
	}}
}

func articleID(name string, of func(*article) *string) articleField {
	return articleField{name: name, set: func(_ *listCell, p *article, text string) error {
		if commerce.IsPlaceholder(text) && !digitsOnly(text) {
			return nil
		}
		return identifier(of(p), strings.Clone(text))
	}}
}

func articleAmount(name string, of func(*article) *optional) articleField {
	return articleField{name: name, isNumber: true, set: func(l *listCell, p *article, text string) error {
		n, err := readNumber(text, l.comma)
		switch {
		case err != nil:
			return err
		case n.Units < 0:
			return invalid("amount %q: write an amount that is not negative", clip(text))
		case n.mark != "":
			code, known := currencyOf(n.mark, l.options.Shop.Currency)
			if !known {
				return invalid("amount %q: %q is no known currency", clip(text), clip(n.mark))
			}
			if p.marked != "" && p.marked != code {
				return invalid("amount %q: the row has amounts in %s too", clip(text), p.marked)
			}
			p.marked = code
		}
		*of(p) = optional{n.Decimal, true}
		return nil
	}}
}

// categoryPaths reads categories: paths with > between their parts, several
// with ; or | between them, or with commas where the text has paths.
func categoryPaths(text string) [][]string {
	between := ";|；"
	if strings.Contains(text, ">") {
		between += ",，"
	}
	var paths [][]string
	for one := range strings.FieldsFuncSeq(text, func(r rune) bool { return strings.ContainsRune(between, r) }) {
		one = strings.NewReplacer(" / ", ">", "›", ">", "»", ">", "＞", ">").Replace(one)
		var path []string
		for part := range strings.SplitSeq(one, ">") {
			if part = strings.TrimSpace(part); part != "" {
				path = append(path, part)
			}
		}
		if len(path) > 0 {
			paths = append(paths, path)
		}
	}
	return paths
}
