package segments

import (
	"time"

	"comeback/commerce"
)

// Date is a date of the calendar, as conditions read it from texts: with a year, or
// without one, as of some birthdays. The zero value is no date.
type Date struct{ day day }

// ParseDate reads 2006-01-02, or --01-02 for a date without a year.
func ParseDate(text string) (d Date, ok bool) {
	parsed, ok := parseDay(text)
	return Date{parsed}, ok
}

// DateOf is the date of an instant in a zone.
func DateOf(t time.Time, zone *time.Location) Date { return Date{dayOf(t, zone)} }

// DateField reads customer.birthday, or customer.custom.<key> as a date: 2006-01-02,
// --01-02, or an instant of RFC 3339, whose date is that of zone. text is the value;
// it is empty where the customer has none.
func DateField(a commerce.Attributes, name string, zone *time.Location) (d Date, text string, ok bool) {
	text = a.Birthday
	if key, custom := CustomKey(name); custom {
		text, _ = commerce.Lookup(a.Custom, key)
	}
	if d, ok = ParseDate(text); ok {
		return d, text, true
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil || name == Birthday {
		return Date{}, text, false
	}
	return DateOf(at, zone), text, true
}

// Birthday is the name of the field with the date of birth.
const Birthday = "customer.birthday"

// CustomKey is the key of a name customer.custom.<key>.
func CustomKey(name string) (key string, ok bool) {
	const prefix = "customer.custom."
	if len(name) <= len(prefix) || name[:len(prefix)] != prefix {
		return "", false
	}
	return name[len(prefix):], true
}

// Year is the date's year; 0 if it is not known.
func (d Date) Year() int { return d.day.year }

// In is the date in another year. 29 February becomes the 28th in common years.
func (d Date) In(year int) Date { return Date{d.day.anniversary(year)} }

// Add is the date n days later; n may be negative. The year must be known.
func (d Date) Add(n int) Date { return Date{d.day.add(n)} }

// Compare orders dates: -1, 0 or 1.
func (d Date) Compare(e Date) int {
	switch c := d.day.compare(e.day); {
	case c < 0:
		return -1
	case c > 0:
		return 1
	}
	return 0
}

// String writes the date as ParseDate reads it.
func (d Date) String() string { return d.day.String() }

// At is the first instant at which a clock in zone shows this date and minute of the
// day, or a later one. So a time that summer time skips comes when the clock is put
// forward, and one that comes twice counts the first time. The year must be known.
func (d Date) At(minute int, zone *time.Location) time.Time {
	wall := time.Date(d.day.year, d.day.month, d.day.day, 0, minute, 0, 0, time.UTC)
	_, before := wall.Add(-24 * time.Hour).In(zone).Zone()
	_, after := wall.Add(24 * time.Hour).In(zone).Zone()
	first := wall.Add(-time.Duration(max(before, after)) * time.Second)
	second := wall.Add(-time.Duration(min(before, after)) * time.Second)
	for _, t := range []time.Time{first, second} {
		if _, offset := t.In(zone).Zone(); t.Add(time.Duration(offset) * time.Second).Equal(wall) {
			return t
		}
	}
	_, skipped := first.In(zone).ZoneBounds() // the clock is put forward here
	return skipped.UTC()
}
