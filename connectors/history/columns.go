package history

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"comeback/commerce"
	"comeback/strictjson"
)

// csvField is a field of an order line. For a field of the whole order the
// first value counts; later rows only fill it while it is unset.
type csvField struct {
	name   string
	needed bool
	set    func(r *csvRow, text string) error
}

// csvRow is one row and its order.
type csvRow struct {
	order   *csvOrder
	line    *commerce.Line
	options *CSVOptions
	zone    *time.Location
}

// column is one of the file's columns, with the field it is mapped to.
type column struct {
	csvField
	header string
}

var csvFields = []csvField{
	{"order", true, func(*csvRow, string) error { return nil }}, // read first, to find the order
	{"at", true, setAt},
	{"product", true, func(r *csvRow, text string) error { r.line.Product = text; return nil }},
	{"quantity", true, setQuantity},
	{"price", true, setPrice},
	{"title", false, func(r *csvRow, text string) error { r.line.Title = text; return nil }},
	{"sku", false, func(r *csvRow, text string) error { r.line.SKU = text; return nil }},
	{"variant", false, func(r *csvRow, text string) error { r.line.Variant = text; return nil }},
	{"brand", false, func(r *csvRow, text string) error { r.line.Brand = text; return nil }},
	{"category", false, func(r *csvRow, text string) error { r.line.Category = text; return nil }},
	{"customer", false, func(r *csvRow, text string) error { return keep(&r.order.state.Buyer.Platform, text) }},
	{"email", false, func(r *csvRow, text string) error { return keep(&r.order.state.Buyer.Email, text) }},
	{"phone", false, func(r *csvRow, text string) error { return keep(&r.order.state.Buyer.Phone, text) }},
	{"first_name", false, func(r *csvRow, text string) error { return keep(&r.order.state.Buyer.FirstName, text) }},
	{"last_name", false, func(r *csvRow, text string) error { return keep(&r.order.state.Buyer.LastName, text) }},
	{"country", false, setCountry},
	{"region", false, func(r *csvRow, text string) error { return keep(&r.order.state.Buyer.Region, text) }},
	{"city", false, func(r *csvRow, text string) error { return keep(&r.order.state.Buyer.City, text) }},
	{"postcode", false, func(r *csvRow, text string) error { return keep(&r.order.state.Buyer.Postcode, text) }},
	{"channel", false, func(r *csvRow, text string) error { return keep(&r.order.state.Channel, text) }},
	{"store", false, func(r *csvRow, text string) error { return keep(&r.order.state.Store, text) }},
	{"method", false, func(r *csvRow, text string) error { return keep(&r.order.state.Method, text) }},
	{"coupon", false, setCoupon},
	{"tags", false, setTags},
}

// knownHeaders are mappings of exports that need no --map. The first line whose
// columns all exist is used.
var knownHeaders = []string{
	// UCI "Online Retail" and "Online Retail II".
	"order=InvoiceNo,product=StockCode,title=Description,quantity=Quantity,at=InvoiceDate,price=UnitPrice,customer=CustomerID,country=Country",
	"order=Invoice,product=StockCode,title=Description,quantity=Quantity,at=InvoiceDate,price=Price,customer=Customer ID,country=Country",
}

// mapColumns finds the file's columns for a --map, or for a known header.
func mapColumns(header []string, mapping string) ([]column, error) {
	if mapping == "" {
		for _, known := range knownHeaders {
			if columns, err := mapColumns(header, known); err == nil {
				return columns, nil
			}
		}
		return nil, commerce.Errorf(
			commerce.Invalid,
			"columns %s: map them with --map order=...,at=...,product=...,quantity=...,price=...,customer=...; known fields: %s",
			commerce.Clip(strings.Join(header, ", "), 500), strings.Join(Fields(), ", "),
		)
	}
	columns := make([]column, len(header))
	for i, name := range header {
		columns[i].header = name
	}
	for pair := range strings.SplitSeq(mapping, ",") {
		if err := mapColumn(columns, pair); err != nil {
			return nil, err
		}
	}
	for _, f := range csvFields {
		if f.needed && columnIndex(columns, f.name) < 0 {
			return nil, commerce.Errorf(commerce.Invalid, "--map: %s is missing; add %s=COLUMN", f.name, f.name)
		}
	}
	return columns, nil
}

func mapColumn(columns []column, pair string) error {
	field, header, ok := strings.Cut(strings.TrimSpace(pair), "=")
	at := slices.IndexFunc(csvFields, func(f csvField) bool { return f.name == field })
	if !ok || at < 0 {
		text := ""
		if near := strictjson.Nearest(field, Fields()); near != "" {
			text = "; did you mean " + near + "?"
		}
		return commerce.Errorf(
			commerce.Invalid, "--map: %q: write field=Column, with a field of %s%s", pair, strings.Join(Fields(), ", "), text,
		)
	}
	if columnIndex(columns, field) >= 0 {
		return commerce.Errorf(commerce.Invalid, "--map: %s is given twice", field)
	}
	for i := range columns {
		if strings.EqualFold(strings.TrimSpace(columns[i].header), header) {
			if columns[i].set != nil {
				return commerce.Errorf(commerce.Invalid, "--map: column %q is used twice", header)
			}
			columns[i].csvField = csvFields[at]
			return nil
		}
	}
	return commerce.Errorf(commerce.Invalid, "--map: the file has no column %q", header)
}

// Fields returns the names of the fields of a row.
func Fields() []string {
	names := make([]string, len(csvFields))
	for i, f := range csvFields {
		names[i] = f.name
	}
	return names
}

func columnIndex(columns []column, field string) int {
	return slices.IndexFunc(columns, func(c column) bool { return c.name == field })
}

// fieldOf is a row's value of a field; "" also for a row that is too short.
func fieldOf(columns []column, fields []string, name string) (value string, ok bool) {
	if i := columnIndex(columns, name); i >= 0 && i < len(fields) {
		return strings.TrimSpace(strings.ToValidUTF8(fields[i], "\ufffd")), true
	}
	return "", false
}

func keep(field *string, text string) error {
	if *field == "" {
		*field = strings.Clone(text) // a copy, because the row's memory is reused
	}
	return nil
}

func setQuantity(r *csvRow, text string) error {
	d, err := commerce.ParseDecimal(text)
	if err == nil && d.Units == 0 {
		r.order.note("zero_quantity")
	}
	pieces, whole := d.Pieces()
	r.line.Quantity = pieces
	if !whole {
		r.line.Exact = d
		r.order.note("quantity_rounded")
	}
	return err
}

func setPrice(r *csvRow, text string) (err error) {
	r.line.UnitPrice, err = commerce.ParseDecimal(text)
	return err
}

func setCountry(r *csvRow, text string) error {
	code, known := countryCode(text)
	if !known {
		r.order.note("unknown_country")
		return nil
	}
	return keep(&r.order.state.Buyer.Country, code)
}

func setCoupon(r *csvRow, text string) error {
	if o := r.order; !slices.Contains(o.state.Coupons, text) {
		o.state.Coupons = append(o.state.Coupons, strings.Clone(text))
	}
	return nil
}

// setTags reads "a, b" as two tags. The tags of an order's rows add up.
func setTags(r *csvRow, text string) error {
	o := r.order
	o.state.Tags = commerce.EachOnce(append(o.state.Tags, strings.Split(strings.Clone(text), ",")...))
	return nil
}

// setAt uses the earliest row as the order's time, and the latest as its
// version.
func setAt(r *csvRow, text string) error {
	at, err := parseTime(text, r.zone, r.options.Dates)
	if err != nil {
		return err
	}
	o := r.order
	if o.earliest.IsZero() || at.Before(o.earliest) {
		o.earliest = at
	}
	if at.After(o.latest) {
		o.latest = at
	}
	return nil
}

// Layouts of times. A time without a zone is in the shop's zone.
var (
	plainLayouts = []string{"2006-01-02 15:04:05", time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02"}
	slashLayouts = map[string][]string{
		"mdy": {"1/2/2006 15:04:05", "1/2/2006 15:04", "1/2/2006"},
		"dmy": {"2/1/2006 15:04:05", "2/1/2006 15:04", "2/1/2006"},
	}
)

func parseTime(text string, zone *time.Location, dates string) (time.Time, error) {
	layouts := plainLayouts
	if strings.ContainsRune(text, '/') {
		if layouts = slashLayouts[dates]; layouts == nil {
			return time.Time{}, commerce.Errorf(commerce.Invalid, "time %q: add --dates dmy or --dates mdy for the order of day and month", text)
		}
	}
	for _, layout := range layouts {
		if at, err := time.ParseInLocation(layout, text, zone); err == nil {
			return at, commerce.CheckInstant(at)
		}
	}
	return time.Time{}, commerce.Errorf(commerce.Invalid, "time %s: write 2006-01-02 15:04:05 or RFC 3339", strconv.Quote(text))
}
