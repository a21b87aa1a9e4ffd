package segments

import (
	"strconv"
	"time"
)

// day is a date of the calendar. Its year is 0 if unknown, as in some birthdays.
type day struct {
	year  int
	month time.Month
	day   int
}

func dayOf(t time.Time, zone *time.Location) day {
	y, m, d := t.In(zone).Date()
	return day{y, m, d}
}

// parseDay reads 2006-01-02, or --01-02 for a date without a year.
func parseDay(text string) (d day, ok bool) {
	layout, year := "2006-01-02", true
	if len(text) == 7 && text[:2] == "--" {
		text, year = "2000"+text[1:], false // a leap year: 29 February is a birthday
	}
	t, err := time.Parse(layout, text)
	if err != nil || t.Year() < 1 {
		return day{}, false
	}
	d = day{t.Year(), t.Month(), t.Day()}
	if !year {
		d.year = 0
	}
	return d, true
}

// add is the date n days later; n may be negative.
func (d day) add(n int) day {
	y, m, dd := time.Date(d.year, d.month, d.day+n, 0, 0, 0, 0, time.UTC).Date()
	return day{y, m, dd}
}

// addMonths is the same day n months later, or the last day of a month that does
// not have it.
func (d day) addMonths(n int) day {
	first := time.Date(d.year, d.month+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return day{first.Year(), first.Month(), min(d.day, last)}
}

// start is the first instant of the date in zone, also where summer time skips
// or repeats midnight.
func (d day) start(zone *time.Location) time.Time {
	t := time.Date(d.year, d.month, d.day, 0, 0, 0, 0, zone)
	if dayOf(t, zone) != d { // midnight is skipped, t fell before it
		h, m, s := t.Clock()
		return t.Add(24*time.Hour - time.Duration(h)*time.Hour - time.Duration(m)*time.Minute - time.Duration(s)*time.Second)
	}
	if earlier := t.Add(-time.Hour); dayOf(earlier, zone) == d {
		return earlier // midnight comes twice
	}
	return t
}

// compare orders dates.
func (d day) compare(e day) int {
	return (d.year-e.year)*10000 + int(d.month-e.month)*100 + d.day - e.day
}

// anniversary is the date in another year. 29 February becomes the 28th in common
// years.
func (d day) anniversary(year int) day { return day{year, d.month, d.day}.addMonths(0) }

// age is the full years from d to today. It is not ok if the year is unknown or d
// is in the future.
func (d day) age(today day) (years int, ok bool) {
	years = today.year - d.year
	if today.compare(d.anniversary(today.year)) < 0 {
		years--
	}
	return years, d.year > 0 && years >= 0
}

// since counts the days from d to e.
func (d day) since(e day) int64 {
	const perDay = 24 * time.Hour
	from := time.Date(e.year, e.month, e.day, 0, 0, 0, 0, time.UTC)
	to := time.Date(d.year, d.month, d.day, 0, 0, 0, 0, time.UTC)
	return int64(to.Sub(from) / perDay)
}

// String writes the date as it is read.
func (d day) String() string {
	text := time.Date(2000, d.month, d.day, 0, 0, 0, 0, time.UTC).Format("-01-02")
	if d.year == 0 {
		return "-" + text
	}
	year := strconv.Itoa(d.year)
	for len(year) < 4 {
		year = "0" + year
	}
	return year + text
}
