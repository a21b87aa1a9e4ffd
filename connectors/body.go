package connectors

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"comeback/commerce"
	"comeback/strictjson"
)

const (
	maxText     = 2000 // bytes of one text
	maxID       = 200  // bytes of one id
	maxCustom   = 50   // custom attributes of one record
	maxProblems = 5    // named in one error
)

// body is one JSON object being read. Its accessors accept a platform's
// variants (numbers as text and text as numbers, null or "" or [] for nothing).
// All other faults go into the log, so that one error names all of them.
type body struct {
	at     string // JSON Pointer
	fields map[string]any
	log    *log
}

// log collects the faults of a record and its data-quality codes.
type log struct {
	problems []string // the first ones
	left     int      // number of further ones
	quality  []string
}

func (l *log) fail(at, format string, args ...any) {
	if l.full() {
		l.left++
		return
	}
	l.problems = append(l.problems, clip(at)+": "+fmt.Sprintf(format, args...))
}

// full reports whether another problem would only be counted.
func (l *log) full() bool { return len(l.problems) >= maxProblems }

// of is the log of one record among many. After the first few problems, further
// wrong records cost no more than right ones.
func (l *log) of() *log { return &log{problems: slices.Clip(l.problems), left: l.left} }

// found is the number of problems.
func (l *log) found() int { return len(l.problems) + l.left }

// note notes a data-quality code once.
func (l *log) note(code string) {
	if !slices.Contains(l.quality, code) {
		l.quality = append(l.quality, code)
		slices.Sort(l.quality)
	}
}

func (l *log) err() error {
	if len(l.problems) == 0 {
		return nil
	}
	more := ""
	if l.left > 0 {
		more = fmt.Sprintf("; and %d more", l.left)
	}
	return commerce.Errorf(commerce.Invalid, "%s", strings.Join(l.problems, "; ")+more)
}

// has reports whether key is there and not null.
func (b body) has(key string) bool { return b.fields[key] != nil }

func (b body) fail(key, format string, args ...any) {
	b.log.fail(strictjson.Pointer(b.at, key), format, args...)
}

// need reports a missing key that the record requires.
func (b body) need(keys ...string) {
	for _, key := range keys {
		if value := b.fields[key]; value == nil || value == "" {
			b.fail(key, "missing")
		}
	}
}

// text is the value as text; an object or a list gives "".
func (b body) text(key string) string { return b.tidy(plainText(b.fields[key])) }

func plainText(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

// tidy removes NUL, which no store accepts, and the end of an overlong text.
func (b body) tidy(text string) string {
	text = strings.TrimSpace(strings.ReplaceAll(text, "\x00", ""))
	if len(text) > maxText {
		b.log.note("text_clipped")
		text = strings.ToValidUTF8(text[:maxText], "")
	}
	return text
}

// link is the address of a page to finish on. It is never cut, because half an
// address leads elsewhere. One that a mail cannot lead to is noted and stored as it
// is, so that explanations can name it.
func (b body) link(key string) string {
	text := address(b.fields[key])
	if text == "" {
		return ""
	}
	if _, err := commerce.WebLink(text); err != nil {
		b.log.note(commerce.FlawLink)
		return commerce.Clip(text, maxText)
	}
	return text
}

// page is the address of a page or picture; empty for one that is too long.
func (b body) page(key string) string {
	if text := address(b.fields[key]); len(text) <= commerce.MaxLink {
		return text
	}
	return ""
}

func address(value any) string {
	return strings.TrimSpace(strings.ReplaceAll(plainText(value), "\x00", ""))
}

// id is an identifier as text. Digits are copied exactly, however many.
func (b body) id(key string) string {
	var id string
	switch v := b.fields[key].(type) {
	case nil:
	case string:
		id = strings.TrimSpace(v)
	case json.Number:
		id = v.String()
		if strings.ContainsAny(id, ".eE") {
			b.fail(key, "%s is not a whole number", clip(id))
		}
	default:
		b.fail(key, "an id is text or a whole number")
	}
	if len(id) > maxID {
		b.fail(key, "longer than %d bytes", maxID)
	}
	return id
}

// ref is an id that platforms write as 0 for none.
func (b body) ref(key string) string {
	if id := b.id(key); id != "0" {
		return id
	}
	return ""
}

// flag is true only for true and its spellings.
func (b body) flag(key string) bool {
	switch plainText(b.fields[key]) {
	case "true", "1", "yes":
		return true
	}
	return false
}

func (b body) object(key string) body {
	fields, _ := b.fields[key].(map[string]any)
	return body{at: strictjson.Pointer(b.at, key), fields: fields, log: b.log}
}

// list is the objects of an array; other elements are skipped.
func (b body) list(key string) []body {
	items, _ := b.fields[key].([]any)
	return objects(strictjson.Pointer(b.at, key), items, b.log)
}

func objects(at string, items []any, l *log) []body {
	list := make([]body, 0, len(items))
	for i, item := range items {
		if fields, ok := item.(map[string]any); ok {
			list = append(list, body{at: at + "/" + strconv.Itoa(i), fields: fields, log: l})
		}
	}
	return list
}

// holdsList reports whether key contains a list, even an empty one: it is
// complete.
func (b body) holdsList(key string) bool {
	_, is := b.fields[key].([]any)
	return is
}

// texts is the scalars of an array.
func (b body) texts(key string) []string {
	items, _ := b.fields[key].([]any)
	var list []string
	for _, item := range items {
		if text := b.tidy(plainText(item)); text != "" {
			list = append(list, text)
		}
	}
	return list
}

// whole is a whole number; 2.0 is one.
func (b body) whole(key string) int64 {
	d := b.decimal(key)
	n, exact := d.Minor(0)
	if !exact || n > maxAmount || n < -maxAmount {
		b.fail(key, "%s is not a whole number of reasonable size", clip(plainText(b.fields[key])))
		return 0
	}
	return n
}

// instant reads a time with its offset, or without one as UTC. A time outside
// the years of commerce.CheckInstant is noted and counts as missing.
func (b body) instant(key string) time.Time {
	text, isText := b.fields[key].(string)
	if b.fields[key] == nil || isText && text == "" {
		return time.Time{}
	}
	at, ok := parseTime(text)
	if !ok {
		b.fail(key, "%q is not a time such as 2026-01-31T12:00:00Z", clip(plainText(b.fields[key])))
	}
	if ok && commerce.CheckInstant(at) != nil {
		b.log.note("time_out_of_range")
		return time.Time{}
	}
	return at
}

func parseTime(text string) (at time.Time, ok bool) {
	for _, layout := range []string{
		time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999Z07:00",
		"2006-01-02 15:04:05.999999999",
	} {
		if at, err := time.Parse(layout, strings.TrimSpace(text)); err == nil {
			return at.UTC(), true
		}
	}
	return time.Time{}, false
}

// clip shortens text of a platform, for messages.
func clip(text string) string { return commerce.Clip(text, 80) }
