package history

import (
	"slices"
	"strings"

	"comeback/commerce"
)

// identifier keeps an id. A number that a spreadsheet rounded is no id, and 17.0
// is 17.
func identifier(into *string, text string) error {
	id := text
	if whole, ok := wholeID(text); ok {
		id = whole
	}
	return unrounded(into, id)
}

// wholeID removes the fraction that a spreadsheet or a program added to a whole
// number: 1001.0.
func wholeID(text string) (string, bool) {
	whole, zeros, ok := strings.Cut(text, ".")
	return whole, ok && whole != "" && zeros != "" && digitsOnly(whole) && strings.Trim(zeros, "0") == ""
}

func unrounded(into *string, text string) error {
	if scientific(text) {
		return errRounded(text)
	}
	fill(into, text)
	return nil
}

func errRounded(text string) error {
	return invalid("%q: a spreadsheet rounded this number, its digits are lost; format the column as text and export it again", clip(text))
}

// pieceWords may follow a quantity.
var pieceWords = []string{
	"", "x", "pcs", "pc", "pce", "piece", "pieces", "ea", "each", "unit", "units", "item", "items", "stk", "stck", "stück", "st", "szt",
	"pz", "ud", "uds", "un", "件", "个", "個", "只", "双", "盒", "瓶", "箱", "包", "套", "条", "袋", "支", "点", "個入り",
}

func setQuantity(c *cell, text string) error {
	n, err := readNumber(text, c.column.comma)
	switch {
	case err != nil:
		return err
	case !slices.Contains(pieceWords, strings.ToLower(strings.TrimRight(n.mark, "."))):
		return invalid("number %q: write the pieces as a plain number such as 2", clip(text))
	case n.mark != "":
		c.order.note("quantity_with_unit")
	}
	if n.Units == 0 {
		c.order.note("zero_quantity")
	}
	pieces, whole := n.Pieces()
	c.line.Quantity = pieces
	if !whole {
		c.line.Exact = n.Decimal
		c.order.note("quantity_rounded")
	}
	return nil
}

func setPrice(c *cell, text string) (err error) {
	c.line.UnitPrice, err = c.money(text)
	return err
}

func setCustomer(c *cell, text string) error {
	if scientific(text) {
		return errRounded(text)
	}
	c.order.buys(func(b *commerce.Buyer) *string { return &b.Platform }, commerce.NormalID(text))
	return nil
}

func setEmail(c *cell, text string) error {
	c.order.buys(func(b *commerce.Buyer) *string { return &b.Email }, strings.ToLower(text))
	return nil
}

// setPhone keeps the first number of a cell that has several.
func setPhone(c *cell, text string) error {
	if scientific(text) {
		return errRounded(text)
	}
	first := strings.TrimSpace(strings.FieldsFunc(text+" ", func(r rune) bool { return strings.ContainsRune("/;,、，；|", r) })[0])
	if commerce.NormalPhone(text, "CN") != "" {
		first = text
	}
	c.order.buys(func(b *commerce.Buyer) *string { return &b.Phone }, first)
	return nil
}

// setName keeps a whole name: its last word is the last name, except in scripts
// that write names in one.
func setName(c *cell, text string) error {
	b := &c.order.state.Buyer
	if b.FirstName != "" || b.LastName != "" || noName(text) {
		return nil
	}
	i := strings.LastIndexByte(text, ' ')
	b.FirstName = strings.Clone(strings.TrimSpace(text[:max(i, 0)]))
	if b.LastName = strings.Clone(text[i+1:]); i < 0 {
		b.FirstName, b.LastName = b.LastName, ""
	}
	return nil
}

// noName reports whether a text is a placeholder, or is masked. Names of two
// letters, such as No, are names.
func noName(text string) bool {
	return strings.ContainsRune(text, '*') || commerce.IsPlaceholder(text) && (len([]rune(text)) > 2 || lettersOf(text) == "")
}

func nameOf(into *string, text string) error {
	if *into == "" && !noName(text) {
		fill(into, text)
	}
	return nil
}

func setCountry(c *cell, text string) error {
	code, known := countryCode(text)
	if !known {
		c.order.note("unknown_country")
		return nil
	}
	fill(&c.order.state.Buyer.Country, code)
	return nil
}

func setMarketing(c *cell, text string) error {
	if flag(&c.order.state.Buyer.AcceptsMarketing, text) != nil {
		c.order.note("marketing_unknown")
	}
	return nil
}

// state reads a word of a state. The first row that has one decides.
func (c *cell) state(into *saidState, text string) error {
	m, known := c.reader.words[lettersOf(text)]
	if !known {
		return invalid("%q is an unknown state; add status=\"%s=paid\", or another of %s",
			clip(text), clip(text), strings.Join(Meanings(), ", "))
	}
	switch into = c.stateOf(into); {
	case into.word == "":
		*into = saidState{strings.Clone(text), m}
	case into.meaning != m:
		c.order.note("status_differs")
	}
	return nil
}

func setFulfillment(c *cell, text string) error {
	m, known := c.reader.words[lettersOf(text)]
	if !known {
		c.order.note("fulfillment_unknown")
		return nil
	}
	c.order.fulfillment.shipped = c.order.fulfillment.shipped || m.shipped
	c.order.fulfillment.delivered = c.order.fulfillment.delivered || m.delivered
	return nil
}

var (
	yesWords = []string{"true", "yes", "y", "1", "t", "x", "on", "ja", "oui", "si", "sí", "sim", "是", "有", "对", "真", "はい", "subscribed", "✓"}
	noWords  = []string{"false", "no", "n", "0", "f", "off", "nein", "non", "não", "nao", "nee", "否", "无", "没有", "假", "いいえ",
		"unsubscribed", "-"}
)

func flag(into *bool, text string) error {
	switch word := strings.ToLower(text); {
	case slices.Contains(yesWords, word):
		*into = true
	case !slices.Contains(noWords, word):
		return invalid("%q: write yes or no", clip(text))
	}
	return nil
}

func setCurrency(c *cell, text string) error {
	code, known := currencyOf(text, c.reader.options.Shop.Currency)
	switch o := c.order; {
	case !known:
		return invalid("currency %q: write an ISO 4217 code such as EUR", clip(text))
	case o.state.Currency == "":
		o.state.Currency = code
	case o.state.Currency != code:
		return invalid("currency %s: the order began in %s", code, o.state.Currency)
	}
	return nil
}

func setMethod(c *cell, text string) error {
	s := &c.order.state
	if s.Method == "" && !isNothing(text) {
		s.Method = strings.Clone(text)
		s.MethodNames = []string{s.Method}
	}
	return nil
}

func setCoupon(c *cell, text string) error {
	if o := c.order; !slices.Contains(o.state.Coupons, text) {
		o.state.Coupons = append(o.state.Coupons, strings.Clone(text))
	}
	return nil
}

// setTags reads "a, b" as two tags. The tags of an order's rows add up.
func setTags(c *cell, text string) error {
	o := c.order
	o.state.Tags = commerce.EachOnce(append(o.state.Tags, strings.Split(strings.Clone(text), ",")...))
	return nil
}

// unguarded removes what spreadsheets and exports put around a value: ="00123",
// an apostrophe before a number, blanks that are not seen.
func unguarded(text string) string {
	text = strings.Trim(text, " \t\r\n\u00a0\u3000\ufeff\u200b\u200e\u200f")
	if len(text) > 1 && text[0] == '=' {
		if inner, ok := strings.CutPrefix(text, `="`); ok && strings.HasSuffix(inner, `"`) {
			return strings.TrimSpace(strings.TrimSuffix(inner, `"`))
		}
	}
	if len(text) > 1 && (text[0] == '\'' || text[0] == '`') && strings.IndexByte("+-=@0123456789", text[1]) >= 0 {
		return text[1:]
	}
	return text
}
