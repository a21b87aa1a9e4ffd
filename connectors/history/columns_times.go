package history

import (
	"slices"
	"strings"
)

// dayTime is the column with the time of day of dates that are in another column.
type dayTime struct {
	index  int
	header string
}

// timesOfDay are names of columns with the time of day of an order.
var timesOfDay = []string{"hour", "uhrzeit", "heure", "hora", "ora", "tijd", "时刻", "時刻"}

// joinTimes joins columns of dates with the columns of their times of day: Order Date
// and Order Time. Names and cells must both show it: the date has no time in any cell
// of the sample, and the other column has only times.
func joinTimes(columns []column, t *table) {
	plain, taken := plainHeaders(t.header), map[int]bool{}
	for _, c := range columns {
		taken[c.index] = true
	}
	for i := range columns {
		c := &columns[i]
		if !c.isTime {
			continue
		}
		for other, name := range plain {
			if taken[other] || !besides(c.name, plain[c.index], name) {
				continue
			}
			date, clock := c.index, other
			if all(t.sample, date, isClock) { // the column of the time has the usual name
				date, clock = other, date
			}
			if all(t.sample, date, isDay) && all(t.sample, clock, isClock) {
				c.index, c.header = date, strings.TrimSpace(t.header[date])
				c.clock, taken[other] = &dayTime{clock, strings.TrimSpace(t.header[clock])}, true
				break
			}
		}
	}
}

// besides reports whether two names of columns are those of a date and its time.
func besides(field, name, other string) bool {
	words := strings.NewReplacer("date", "time", "datum", "zeit", "日期", "时间")
	if words.Replace(name) == words.Replace(other) {
		return true
	}
	if field != "at" {
		return false
	}
	if slices.Contains(timesOfDay, other) {
		return true
	}
	for _, u := range usualNames {
		if u.field == field {
			return slices.ContainsFunc(u.names, func(usual string) bool { return plainHeader(usual) == other })
		}
	}
	return false
}

// all reports whether a column of the sample has values, and is holds for each.
func all(sample [][]string, i int, is func(string) bool) bool {
	some := false
	for _, cells := range sample {
		text := unguarded(cellAt(cells, i))
		if text != "" && !is(text) {
			return false
		}
		some = some || text != ""
	}
	return some
}

// isDay reports whether a text is a date without a time.
func isDay(text string) bool {
	p := partsOf(strings.TrimSpace(halfWidth(ofDay(text))))
	return p.hasDay() && !p.clocked && !p.wrong
}

// ofDay is a date without the midnight of spreadsheets.
func ofDay(text string) string {
	day, _ := strings.CutSuffix(text, " 00:00:00")
	day, _ = strings.CutSuffix(day, " 00:00")
	return day
}

// isClock reports whether a text is a time of day: 9:05, 09:05:30, 9:05 PM, 下午 3:05.
func isClock(text string) bool {
	p := partsOf(strings.TrimSpace(halfWidth(text)))
	return p.clocked && len(p.numbers) == 0 && p.month == 0 && !p.wrong
}

// join is the date with the time of day of its row. A row without a time keeps its date.
func (d *dayTime) join(date string, cells []string) string {
	clock := unguarded(cellAt(cells, d.index))
	if clock == "" {
		return date
	}
	return ofDay(date) + " " + clock
}
