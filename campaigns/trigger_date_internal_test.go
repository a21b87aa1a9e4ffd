package campaigns

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"comeback/commerce"
	"comeback/segments"
)

// The next occurrence of a date is what a calendar shows that is searched day by day.
func TestNextOccurrenceOfADate(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		zone, err := time.LoadLocation(rapid.SampledFrom([]string{"UTC", "Europe/Berlin", "America/New_York", "Pacific/Apia"}).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		from := time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(0, 24*1500).Draw(t, "hours")) * time.Hour)
		born := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 3000).Draw(t, "born"))
		if rapid.IntRange(0, 3).Draw(t, "leap") == 0 {
			born = time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)
		}
		text, known := born.Format(time.DateOnly), rapid.Bool().Draw(t, "year known")
		if !known {
			text = "-" + text[4:]
		}
		date, ok := segments.ParseDate(text)
		if !ok {
			t.Fatal(text)
		}
		trigger := DateTrigger{
			Offset: rapid.IntRange(-365, 365).Draw(t, "offset"),
			At:     rapid.IntRange(0, 24*60-1).Draw(t, "at"), Yearly: rapid.Bool().Draw(t, "yearly"),
		}
		want, found := searched(trigger, born, known, zone, from)
		got, ok := trigger.next(date, zone, from)
		if ok != found || ok && !got.at.Equal(want) {
			t.Fatalf("%s %+v from %s: got %v %v, want %v %v", text, trigger, from, got.at, ok, want, found)
		}
	})
}

// searched looks for the first date, day by day, that is the date or an anniversary of it, and
// whose moment is not before from.
func searched(c DateTrigger, born time.Time, known bool, zone *time.Location, from time.Time) (at time.Time, found bool) {
	for day := from.AddDate(0, 0, -370).Truncate(24 * time.Hour); day.Before(from.AddDate(10, 0, 0)); day = day.AddDate(0, 0, 1) {
		same := day.Month() == born.Month() && day.Day() == born.Day()
		if born.Month() == time.February && born.Day() == 29 && day.AddDate(0, 0, 1).Day() == 1 {
			same = day.Month() == time.February
		}
		switch {
		case c.Yearly && (!same || known && day.Year() <= born.Year()), !c.Yearly && (!known || !day.Equal(born)):
			continue
		}
		shifted := day.AddDate(0, 0, c.Offset)
		at := time.Date(shifted.Year(), shifted.Month(), shifted.Day(), 0, c.At, 0, 0, zone)
		if date, ok := segments.ParseDate(shifted.Format(time.DateOnly)); ok {
			at = date.At(c.At, zone) // a time that is skipped or comes twice: tested in segments
		}
		if !at.Before(from) {
			return at, true
		}
	}
	return time.Time{}, false
}

// A date that is decided is not decided again: the watch goes on to the next year, and keeps
// the outcome.
func TestDecidedDateGoesOn(t *testing.T) {
	t.Parallel()
	c := &Campaign{ID: "c", Key: ByCustomer, Trigger: Trigger{Date: &DateTrigger{Field: segments.Birthday, At: 9 * 60, Yearly: true}}}
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	f := Facts{Shop: commerce.Shop{ID: "s"}, Customer: &commerce.Customer{ID: "s:p:1", Shop: "s"}}
	f.Customer.Attributes.Birthday = "--03-02"
	w, ok := WatchOf(c, f, now)
	if !ok || w.Next == nil {
		t.Fatalf("got %+v, want this year's", w)
	}
	next := *w.Next
	w.Decided, w.Outcome = w.Cause, "entered"
	got, e, _ := DecideWatch(c, w, Enrolment{}, f, now)
	if got.Cause != next.Cause || !got.DueAt.Equal(next.DueAt) || got.Outcome != "entered" || len(e.Log) > 0 {
		t.Errorf("got %+v and %v, want it due in a year, entered", got, e.Log)
	}
}
