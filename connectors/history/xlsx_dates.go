package history

import (
	"encoding/xml"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// dateSystem is the day 0 of a workbook's dates.
type dateSystem int

const (
	since1900 dateSystem = iota // Excel, and nearly every file
	since1904                   // old files from a Mac
)

// dateStyles are the cell styles, by number, that show a number as a date.
type dateStyles []bool

func (d dateStyles) at(style string) bool {
	n, err := strconv.Atoi(style)
	return err == nil && n >= 0 && n < len(d) && d[n]
}

func (w *workbook) readStyles() (dateStyles, error) {
	part := related(w.related, "styles")
	var styles dateStyles
	dates := map[string]bool{}
	inCells := false
	err := w.each(part, func(e xml.StartElement) {
		switch e.Name.Local {
		case "numFmt":
			dates[attribute(e, "numFmtId")] = isDateFormat(attribute(e, "formatCode"))
		case "cellXfs":
			inCells = true
		case "cellStyles", "dxfs", "cellStyleXfs":
			inCells = false
		case "xf":
			if inCells {
				id := attribute(e, "numFmtId")
				custom, known := dates[id]
				styles = append(styles, custom || !known && isBuiltInDate(id))
			}
		}
	})
	return styles, err
}

// isBuiltInDate reports whether a format without a code is a date. 27 to 36 and
// 50 to 58 are dates in Chinese and Japanese versions of Excel.
func isBuiltInDate(id string) bool {
	n, err := strconv.Atoi(id)
	if err != nil {
		return false
	}
	return slices.ContainsFunc([][2]int{{14, 22}, {27, 36}, {45, 47}, {50, 58}}, func(r [2]int) bool { return r[0] <= n && n <= r[1] })
}

// isDateFormat reports whether a format such as yyyy"年"m"月" shows a date or a
// time of day: outside quotes and brackets, it contains a letter of dates.
func isDateFormat(code string) bool {
	first, _, _ := strings.Cut(code, ";") // the section for positive numbers
	quoted, bracket := false, false
	for i := 0; i < len(first); i++ {
		switch c := first[i]; {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '\\', c == '_', c == '*':
			i++ // the next character is shown as it is
		case c == '[':
			bracket = true
			if length, _, _ := strings.Cut(strings.ToLower(first[i+1:]), "]"); length != "" && strings.Trim(length, "hms") == "" {
				return true // [h]:mm, a length of time
			}
		case c == ']':
			bracket = false
		case bracket:
		case strings.HasPrefix(strings.ToLower(first[i:]), "general"):
			return false
		case strings.ContainsRune("yYmMdDhHsS", rune(c)):
			return true
		}
	}
	return false
}

// date writes a serial number as a date and a time of day; ok is false where it
// is neither. Excel counts a 29 February 1900 that never was.
func (s dateSystem) date(serial float64) (text string, ok bool) {
	if math.IsNaN(serial) || serial < 0 || serial >= 2958466 { // the year 10000
		return "", false
	}
	all := int64(math.Round(serial * 86400))
	days, seconds := all/86400, int(all%86400)
	clock := time.Date(2000, 1, 1, 0, 0, seconds, 0, time.UTC)
	first := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	switch {
	case s == since1904:
		first = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	case days == 0:
		return clock.Format(time.TimeOnly), true
	case days < 60:
		first = first.AddDate(0, 0, 1)
	}
	at := first.AddDate(0, 0, int(days)).Add(time.Duration(seconds) * time.Second)
	if seconds == 0 {
		return at.Format(time.DateOnly), true
	}
	return at.Format(time.DateTime), true
}
