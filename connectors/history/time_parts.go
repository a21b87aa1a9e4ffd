package history

import (
	"errors"
	"strings"
	"time"
	"unicode/utf8"
)

// timeParts are the parts of a written time, in any order: numbers of the day,
// the name of a month, hours, minutes and seconds, morning or afternoon, and an
// offset.
type timeParts struct {
	numbers                    []timeNumber // of the day
	separator                  byte         // between them
	chinese                    bool         // 年, 月, 日
	month                      int          // by name
	hour, minute, second, nano int
	clocked                    bool // a time of day was read
	zone                       *time.Location
	wrong                      bool // a part that no time has
}

type timeNumber struct {
	value, length int
}

var (
	errDayOrder = errors.New("add dates=dmy or dates=mdy for the order of day and month (ymd, where it begins with the year)")
	errYear     = errors.New("write the year with four digits")
	errNoTime   = errors.New("write 2006-01-02 15:04:05 or RFC 3339")
)

// partsOf reads text from left to right.
func partsOf(text string) timeParts {
	var p timeParts
	for text != "" && !p.wrong {
		r, size := utf8.DecodeRuneInString(text)
		switch {
		case isDigit(r):
			text = p.readNumber(text)
		case (r == '+' || r == '-') && p.clocked:
			text = p.offset(text)
		case letter(r):
			text = p.word(text)
		case r == '(' && p.zone != nil: // its name, behind its offset
			_, text, _ = strings.Cut(text, ")")
		default:
			if len(p.numbers) == 1 && p.separator == 0 && r < utf8.RuneSelf && r != ' ' {
				p.separator = byte(r)
			}
			text = text[size:]
		}
	}
	return p
}

// readNumber reads a number of the day, or a whole time of day.
func (p *timeParts) readNumber(text string) string {
	value, rest := leadingNumber(text)
	next, size := utf8.DecodeRuneInString(rest)
	switch {
	case p.clocked:
	case next == ':', next == '时' || next == '時' || next == '点' || next == '點' || next == 'h' && isDigitAt(rest, 1),
		next == '.' && p.hasDay() && isDigitAt(rest, 1):
		return p.timeOfDay(value, rest[size:], next)
	case next == '年' || next == '月' || next == '日' || next == '号':
		p.chinese, rest = true, rest[size:]
	}
	p.numbers = append(p.numbers, timeNumber{value, len(text) - len(strings.TrimLeft(text, "0123456789"))})
	p.wrong = len(p.numbers) > 3
	return rest
}

// hasDay reports whether all numbers of the day are read.
func (p *timeParts) hasDay() bool { return len(p.numbers) == 3 || p.month > 0 && len(p.numbers) == 2 }

// timeOfDay reads minutes, seconds and a fraction behind the hour and its
// separator.
func (p *timeParts) timeOfDay(hour int, text string, separator rune) string {
	p.clocked, p.hour = true, mergeHour(p.hour, hour)
	if !isDigitAt(text, 0) {
		return text
	}
	p.minute, text = leadingNumber(text)
	next, size := utf8.DecodeRuneInString(text)
	if next != ':' && next != '分' && next != separator {
		return text
	}
	if text = text[size:]; !isDigitAt(text, 0) {
		return text
	}
	p.second, text = leadingNumber(text)
	if (strings.HasPrefix(text, ".") || strings.HasPrefix(text, ",")) && isDigitAt(text, 1) {
		digits := text[1 : len(text)-len(strings.TrimLeft(text[1:], "0123456789"))]
		p.nano = digitsAt((digits + "000000000")[:9], 0, 9)
		text = text[1+len(digits):]
	}
	return strings.TrimPrefix(text, "秒")
}

// mergeHour applies morning (hour 0) or afternoon (hour 12) that was written
// before the hour.
func mergeHour(half, hour int) int {
	switch {
	case half == afternoon && hour < 12:
		return hour + 12
	case half == morning && hour == 12:
		return 0
	}
	return hour
}

// Halves of a day, as the hour until an hour is read.
const (
	morning   = -1
	afternoon = -2
)

// offset reads +01:00, +0100 and +01.
func (p *timeParts) offset(text string) string {
	sign := 1
	if text[0] == '-' {
		sign = -1
	}
	digits := text[1 : len(text)-len(strings.TrimLeft(text[1:], "0123456789"))]
	rest := text[1+len(digits):]
	if strings.HasPrefix(rest, ":") && len(digits) <= 2 && isDigitAt(rest, 1) {
		minutes := rest[1 : len(rest)-len(strings.TrimLeft(rest[1:], "0123456789"))]
		digits, rest = digits+minutes, rest[1+len(minutes):]
	} else if len(digits) <= 2 {
		digits += "00"
	}
	if len(digits) == 3 {
		digits = "0" + digits
	}
	if len(digits) != 4 {
		p.wrong = true
		return ""
	}
	hours, minutes := digitsAt(digits, 0, 2), digitsAt(digits, 2, 4)
	if p.wrong = hours > 14 || minutes > 59; !p.wrong {
		p.zone = time.FixedZone("", sign*(hours*3600+minutes*60))
	}
	return rest
}

// word reads a name: of a month, a zone, half of the day. Names of weekdays and
// words between the parts say nothing.
func (p *timeParts) word(text string) string {
	end := 0
	for i, r := range text {
		if !letter(r) && !(r == '.' && i > 0 && i+1 < len(text) && (text[i+1] == 'm' || text[i+1] == 'M')) {
			break
		}
		end = i + utf8.RuneLen(r)
	}
	name, rest := strings.ToLower(strings.ReplaceAll(text[:end], ".", "")), text[end:]
	half, isHalf := dayHalves[name]
	offset, isZone := zoneNames[name]
	switch {
	case name == "t" && len(p.numbers) == 3, noTimeWord(name):
	case isHalf && p.clocked:
		p.hour = mergeHour(half, p.hour)
		p.wrong = p.hour > 23
	case isHalf:
		p.hour = half
	case isZone:
		p.zone = time.FixedZone(name, offset*60)
	case monthOf(name) > 0 && p.month == 0:
		p.month = monthOf(name)
	default:
		p.wrong = true
	}
	return rest
}

// day is the day, by the order of its numbers.
func (p timeParts) day(dates string) (year, month, day int, err error) {
	n := p.numbers
	switch {
	case p.month > 0 && len(n) == 2 && n[0].length == 4:
		return n[0].value, p.month, n[1].value, nil
	case p.month > 0 && len(n) == 2:
		return fullYear(n[1]), p.month, n[0].value, nil
	case p.wrong, len(n) != 3 || p.month > 0:
		return 0, 0, 0, errNoTime
	case n[0].length == 4 || p.chinese:
		return fullYear(n[0]), n[1].value, n[2].value, nil
	case dates == "ymd" && n[0].length == 2:
		return fullYear(n[0]), n[1].value, n[2].value, nil
	case n[2].length < 4 && p.separator == '-' && dates == "": // 26-01-05
		return 0, 0, 0, errYear
	case p.separator == '.' || dates == "dmy":
		return fullYear(n[2]), n[1].value, n[0].value, nil
	case dates == "mdy":
		return fullYear(n[2]), n[0].value, n[1].value, nil
	}
	return 0, 0, 0, errDayOrder
}

// fullYear reads 26 as 2026, as spreadsheets write it; 70 and later are of the
// last century.
func fullYear(n timeNumber) int {
	switch {
	case n.length == 2 && n.value < 70:
		return 2000 + n.value
	case n.length == 2:
		return 1900 + n.value
	}
	return n.value
}

func leadingNumber(text string) (value int, rest string) {
	rest = strings.TrimLeft(text, "0123456789")
	if len(text)-len(rest) > 9 {
		return -1, rest
	}
	return digitsAt(text, 0, len(text)-len(rest)), rest
}

func isDigitAt(text string, i int) bool { return i < len(text) && isDigit(rune(text[i])) }
