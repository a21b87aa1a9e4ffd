package connectors

import (
	_ "embed" // the published schema
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"

	"comeback/commerce"
	"comeback/strictjson"
)

// Generic is our own signed JSON, for every platform without a connector.
// generic.md documents it; the tables in generic_fields.go define it.

const (
	genericSignature = "X-Signature"
	genericTimestamp = "X-Timestamp"
	genericWindow    = 300 * time.Second
)

//go:embed generic.schema.json
var genericSchema []byte

// Schema is the JSON Schema (2020-12) of the generic platform's bodies.
func Schema() []byte { return append([]byte(nil), genericSchema...) }

func genericTopic(h http.Header) string { return h.Get("X-Topic") }

// verifyGeneric checks a signature over timestamp and body, so that a recorded
// delivery cannot be sent again later.
func verifyGeneric(d Delivery, secrets Secrets, wall time.Time) error {
	stamp := d.Header.Get(genericTimestamp)
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return unauthorized(commerce.Unsigned, "%s: %q is not a time in whole seconds since 1970", genericTimestamp, clip(stamp))
	}
	text, prefixed := strings.CutPrefix(d.Header.Get(genericSignature), "sha256=")
	mac, err := hex.DecodeString(text)
	if err != nil || !prefixed || len(mac) != 32 {
		return unauthorized(commerce.Unsigned, "%s: write sha256= and 64 hex digits", genericSignature)
	}
	if !signed(mac, secrets, []byte(stamp+"."), d.Body) {
		return unauthorized(commerce.WrongSecret, "%s: does not match %s, a point and the body under any secret of the connection",
			genericSignature, genericTimestamp)
	}
	if off := wall.Unix() - seconds; off > int64(genericWindow.Seconds()) || off < -int64(genericWindow.Seconds()) {
		return unauthorized(commerce.WrongTime, "%s: %s off our clock, at most 300 are allowed", genericTimestamp,
			commerce.Count(off, "second"))
	}
	return verifySource(d, "X-Source", d.Header.Get("X-Source"))
}

func dedupeGeneric(d Delivery) string {
	if event := d.Header.Get("X-Event-Id"); event != "" {
		return digest("event", event)
	}
	return digest("body", d.Topic, string(d.Body))
}

// ReadGeneric reads one line of an import file: one record of the generic
// schema, whose type key is required. Missing times are receivedAt.
func ReadGeneric(line []byte, shop, connection string, receivedAt time.Time) (Records, error) {
	return readGenericDelivery(Delivery{
		Platform: "generic", Shop: shop, Connection: connection, Body: line, ReceivedAt: receivedAt,
	})
}

func readGenericDelivery(d Delivery) (Records, error) {
	value, err := strictjson.Decode(d.Body)
	if err != nil {
		return Records{}, err
	}
	if fields, ok := value.(map[string]any); ok && fields["records"] != nil {
		return readGenericBatch(d, fields)
	}
	if _, ok := value.([]any); ok {
		return Records{}, commerce.Errorf(commerce.Invalid, `body: a list; write {"records": [...]}`)
	}
	return each(d, "", value, readGenericRecord)
}

func readGenericBatch(d Delivery, fields map[string]any) (Records, error) {
	for key := range fields {
		if key != "records" {
			return Records{}, commerce.Errorf(commerce.Invalid, "%s: unknown key beside /records", clip(strictjson.Pointer("", key)))
		}
	}
	items, ok := fields["records"].([]any)
	if !ok {
		return Records{}, commerce.Errorf(commerce.Invalid, "/records: a list of records is expected")
	}
	return each(d, "/records", items, readGenericRecord)
}

// genericRecord is one type of record: its fields and its reader.
type genericRecord struct {
	name   string
	fields []field
	read   func(Delivery, body, *Records)
}

func readGenericRecord(d Delivery, b body, r *Records) {
	name, given := b.fields["type"].(string)
	if !given {
		name = d.Topic
	}
	if d.Topic != "" && name != d.Topic {
		b.fail("type", "%q, but the X-Topic header has %q", clip(name), clip(d.Topic))
		return
	}
	var names []string
	for _, record := range genericRecords {
		if record.name == name {
			before := b.log.found()
			check(b, record.fields)
			if b.log.found() == before {
				record.read(d, b, r)
			}
			return
		}
		names = append(names, record.name)
	}
	b.fail("type", "%q is not one of %s%s", clip(name), strings.Join(names, ", "), suggestion(name, names))
}
