package connectors_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"comeback/commerce"
	"comeback/connectors"
)

// Every key of the generic schema arrives in its field.
func TestGenericRecordsCarryAllTheirFields(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"generic/order.json", "generic/batch.json"} {
		body, err := os.ReadFile(filepath.Join("testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		records, err := connectors.Read("generic", delivery("generic", "", body))
		if err != nil {
			t.Fatal(err)
		}
		golden(t, file, records, "record")
	}
}

// minimal is the smallest valid order.
const minimal = `{"type":"order","id":"1","updated_at":"2026-01-01T00:00:00Z","placed_at":"2026-01-01T00:00:00Z",` +
	`"payment_status":"unpaid","currency":"EUR","total":"1.00","buyer":{"email":"a@example.com","country":"DE"}}`

// with is the minimal order with fields of patch set, or left out for null.
func with(t *testing.T, patch string) string {
	t.Helper()
	var order, change map[string]any
	for text, into := range map[string]*map[string]any{minimal: &order, patch: &change} {
		if err := json.Unmarshal([]byte(text), into); err != nil {
			t.Fatal(err)
		}
	}
	maps.Copy(order, change)
	text, err := json.Marshal(order)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Every mistake in a generic record is named with its pointer and a remedy,
// and nothing of the delivery is taken.
func TestGenericMistakesAreNamed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ body, want string }{
		"unknown key":               {with(t, `{"totl":"1"}`), "/totl: unknown key, did you mean total?"},
		"unknown key, nothing near": {with(t, `{"xyzzy":"1"}`), "/xyzzy: unknown key"},
		"unknown key inside":        {with(t, `{"lines":[{"id":"1","quantity":1,"nett":"1"}]}`), "/lines/0/nett: unknown key, did you mean net?"},
		"key with a slash":          {with(t, `{"a/b~c":"1"}`), "/a~1b~0c: unknown key"},
		"missing key":               {with(t, `{"total":null,"currency":null}`), "/currency: missing; /total: missing"},
		"number for an amount":      {with(t, `{"total":12.3}`), `/total: write decimal text in quotes, such as "12.30"`},
		"comma in an amount":        {with(t, `{"total":"1,200.00"}`), `/total: write decimal text in quotes, such as "12.30"`},
		"amount beyond measure":     {with(t, `{"total":"99999999999999.00"}`), "/total: 99999999999999 is too large for an amount"},
		"number for an id":          {with(t, `{"id":7}`), "/id: write text, in quotes"},
		"empty id":                  {with(t, `{"id":""}`), "/id: 1 to 200 bytes of text are expected"},
		"text for a flag":           {with(t, `{"test":"true"}`), "/test: write true or false"},
		"text for a number":         {with(t, `{"rating":"5"}`), "/rating: write a whole number, without quotes"},
		"six stars":                 {with(t, `{"rating":6}`), "/rating: 6 is not one of 1 to 5"},
		"time without offset": {
			with(t, `{"paid_at":"2026-01-01T00:00:00"}`), "/paid_at: write a time with its offset, such as 2026-01-31T12:00:00Z",
		},
		"unknown status": {
			with(t, `{"payment_status":"payd"}`),
			"/payment_status: payd is not one of unpaid, deposit_paid, authorized, partially_paid, paid, partially_refunded, refunded, voided, " +
				"did you mean paid?",
		},
		"list for an object":     {with(t, `{"buyer":[]}`), "/buyer: an object is expected"},
		"object for a list":      {with(t, `{"lines":{}}`), "/lines: a list of objects is expected"},
		"texts in a list":        {with(t, `{"lines":["1"]}`), "/lines: a list of objects is expected"},
		"numbers for texts":      {with(t, `{"coupons":[1]}`), "/coupons: a list of texts is expected"},
		"operator for a text":    {with(t, `{"buyer":{"email":{"$ne":null}}}`), "/buyer/email: write text, in quotes"},
		"number as custom value": {with(t, `{"custom":{"a":1}}`), "/custom: an object of texts is expected"},
		"negative refund": {
			with(t, `{"refunds":[{"id":"r","amount":"-1.00"}]}`),
			"/refunds/0/amount: write the refunded amount as a positive number",
		},
		"unknown type": {
			`{"type":"ordr"}`, `/type: "ordr" is not one of order, checkout, refund, customer, product, event, did you mean order?`,
		},
		"no type": {`{"id":"1"}`, `/type: "" is not one of order, checkout, refund, customer, product, event`},
		"status change as event": {
			`{"type":"event","kind":"order.paid","subject":"1","at":"2026-01-01T00:00:00Z"}`,
			"/kind: order.paid is not one of order.shipped, order.delivered, order.deleted, checkout.completed, checkout.deleted, " +
				"product.deleted, customer.deleted",
		},
		"refund at no time": {
			`{"type":"refund","id":"1","currency":"EUR","amount":"1.00"}`,
			"/refunded_at: missing: one of requested_at, refunded_at, closed_at is required",
		},
		"customer without identity": {
			`{"type":"customer","updated_at":"2026-01-01T00:00:00Z"}`, "/id: missing: without it an email or a phone is required",
		},
		"birthday in words": {
			`{"type":"customer","id":"1","updated_at":"2026-01-01T00:00:00Z","birthday":"May 1"}`,
			"/birthday: write 2006-01-02, or --01-02 without the year",
		},
		"price without currency": {`{"type":"product","id":"1","updated_at":"2026-01-01T00:00:00Z","price":"1.00"}`, "/currency: missing"},
		"one wrong in a batch": {
			`{"records":[` + minimal + `,{"type":"order"}]}`,
			"/records/1/id: missing; /records/1/updated_at: missing; /records/1/payment_status: missing; /records/1/currency: missing; " +
				"/records/1/total: missing; and 1 more",
		},
		"batch with more":  {`{"records":[],"type":"order"}`, "/type: unknown key beside /records"},
		"batch of no list": {`{"records":{}}`, "/records: a list of records is expected"},
		"bare list":        {`[` + minimal + `]`, `body: a list; write {"records": [...]}`},
		"scalar":           {`7`, ": an object is expected"},
		"key given twice":  {`{"type":"order","type":"refund"}`, "body/type: given twice"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			records, err := connectors.Read("generic", delivery("generic", "", []byte(c.body)))
			if commerce.CodeOf(err) != commerce.Invalid || len(records.Orders) > 0 {
				t.Fatalf("got %v and %d orders, want an invalid error and none", err, len(records.Orders))
			}
			got := err.Error()
			if diff := cmp.Diff(got, c.want); diff != "" && !strings.HasPrefix(strings.TrimPrefix(got, c.want), "; /") {
				t.Errorf("got, want: %s", diff)
			}
		})
	}
}

// Odd values of a generic order are stored and get a data-quality code.
func TestGenericOdditiesGetACode(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ patch, quality, total string }{
		"nothing odd":                      {`{}`, "", "1.00 EUR"},
		"digits beyond the currency":       {`{"total":"1.005"}`, "amount_rounded", "1.01 EUR"},
		"half rounds away from zero":       {`{"total":"-1.005"}`, "amount_rounded", "-1.01 EUR"},
		"trailing zeros are no digits":     {`{"total":"1.000000"}`, "", "1.00 EUR"},
		"yen have no decimals":             {`{"total":"104.00","currency":"JPY"}`, "", "104 JPY"},
		"dinar have three":                 {`{"total":"1.005","currency":"KWD"}`, "", "1.005 KWD"},
		"currency in small letters":        {`{"currency":"eur"}`, "", "1.00 EUR"},
		"currency without exponent":        {`{"currency":"BTC"}`, "currency_unknown", "1.00 BTC"},
		"currency that is none":            {`{"currency":"euros"}`, "currency_unknown", "1.00 XXX"},
		"negative quantity":                {`{"lines":[{"id":"1","quantity":-2}]}`, "negative_quantity", "1.00 EUR"},
		"nobody":                           {`{"buyer":{}}`, "no_address no_customer", "1.00 EUR"},
		"no buyer":                         {`{"buyer":null}`, "no_address no_customer", "1.00 EUR"},
		"somebody who lives nowhere":       {`{"buyer":{"phone":"+4930123456"}}`, "no_address", "1.00 EUR"},
		"a text beyond measure is clipped": {`{"store":"` + strings.Repeat("界", 1000) + `"}`, "text_clipped", "1.00 EUR"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			records, err := connectors.ReadGeneric([]byte(with(t, c.patch)), "tea", "main", noon())
			if err != nil {
				t.Fatal(err)
			}
			o := records.Orders[0]
			got := []string{strings.Join(o.Quality, " "), o.Total.String() + " " + o.Total.Currency}
			if diff := cmp.Diff(got, []string{c.quality, c.total}); diff != "" {
				t.Errorf("got, want: %s", diff)
			}
		})
	}
}

// An order with times only gets its status from them. A line without a net
// amount is worth its price times its quantity.
func TestGenericDerivesMissingValues(t *testing.T) {
	t.Parallel()
	for patch, want := range map[string]commerce.OrderStatus{
		`{}`: commerce.Open,
		`{"completed_at":"2026-01-02T00:00:00Z"}`:                                           commerce.Completed,
		`{"completed_at":"2026-01-02T00:00:00Z","cancelled_at":"2026-01-02T00:00:00Z"}`:     commerce.Cancelled,
		`{"completed_at":"2026-01-02T00:00:00Z","status":"open"}`:                           commerce.Open,
		`{"lines":[{"id":"1","quantity":3,"unit_price":"0.335"}],"status":"completed"}`:     commerce.Completed,
		`{"lines":[{"id":"1","quantity":3,"unit_price":"9","net":"1.01"}],"status":"open"}`: commerce.Open,
	} {
		records, err := connectors.Read("generic", delivery("generic", "order", []byte(with(t, patch))))
		if err != nil {
			t.Fatal(err)
		}
		o := records.Orders[0]
		if o.Status != want {
			t.Errorf("%s: got %s, want %s", patch, o.Status, want)
		}
		for _, line := range o.Lines {
			if line.Net != (commerce.Money{Minor: 101, Currency: "EUR"}) {
				t.Errorf("%s: got %s, want 1.01", patch, line.Net)
			}
		}
	}
}

// The topic header can replace the type key, and must not contradict it.
func TestGenericTopicReplacesTheType(t *testing.T) {
	t.Parallel()
	d := delivery("generic", "", []byte(with(t, `{"type":null}`)))
	d.Header = headers("X-Topic", "order")
	if _, err := connectors.Read("generic", d); err != nil {
		t.Error(err)
	}
	d.Header = headers("X-Topic", "refund")
	d.Body = []byte(minimal)
	if _, err := connectors.Read("generic", d); commerce.CodeOf(err) != commerce.Invalid {
		t.Errorf("got %v, want an invalid error", err)
	}
}
