package mail

import (
	"fmt"
	"html"
	"strconv"
	"strings"
	"time"
	"unicode"

	"comeback/commerce"
)

// Filter is one filter of templates, as {{ value | name: arguments }}.
type Filter struct {
	Name  string
	About string

	args     int
	on       []Kind // kinds it takes; empty: any
	gives    Kind
	htmlOnly bool
	apply    any
}

// Filters lists the filters templates may use.
func Filters() []Filter { return filters }

var filters = []Filter{
	{Name: "default", About: `the text if there is no value: {{ customer.first_name | default: "there" }}`, args: 1,
		gives: kindAny, apply: filterDefault},
	{Name: "money", About: "the amount with its currency; the same as without a filter", on: []Kind{KindMoney},
		gives: KindText, apply: filterMoney},
	{Name: "amount", About: "the amount without its currency", on: []Kind{KindMoney}, gives: KindText, apply: filterAmount},
	{Name: "date", About: "21 November 2026, 2026年11月21日; in the shop's zone, like all times", on: []Kind{KindTime},
		gives: KindText, apply: filterDate},
	{Name: "weekday", About: "Saturday 21 November, 11月21日 星期六", on: []Kind{KindTime}, gives: KindText, apply: filterWeekday},
	{Name: "time", About: "14:30", on: []Kind{KindTime}, gives: KindText, apply: filterTime},
	{Name: "datetime", About: "21 November 2026, 14:30; the same as without a filter", on: []Kind{KindTime},
		gives: KindText, apply: filterDatetime},
	{Name: "plural", About: `the number with the word for one or more: {{ order.units | plural: "item", "items" }}`, args: 2,
		on: []Kind{KindNumber}, gives: KindText, apply: filterPlural},
	{Name: "upcase", About: "capital letters", on: []Kind{KindText}, gives: KindText, apply: filterUpcase},
	{Name: "downcase", About: "small letters", on: []Kind{KindText}, gives: KindText, apply: filterDowncase},
	{Name: "truncate", About: "at most so many characters, the last one an ellipsis", args: 1, on: []Kind{KindText},
		gives: KindText, apply: filterTruncate},
	{Name: "button", args: 1, on: []Kind{KindURL}, gives: KindHTML, htmlOnly: true, apply: filterButton,
		About: `a button that leads to a URL: {{ links.pay | button: "Complete your order" }}`},
	{Name: "raw", About: "HTML as it is; only for variables that are HTML", on: []Kind{KindHTML}, gives: KindHTML,
		htmlOnly: true, apply: filterRaw},
}

func filterNames() []string {
	list := make([]string, len(filters))
	for i, f := range filters {
		list[i] = f.Name
	}
	return list
}

// The values of variables. They print in the form for mails, so that a missing
// filter does no harm.
type (
	money struct {
		commerce.Money
		chinese bool
	}
	moment struct {
		time.Time // in the shop's zone
		chinese   bool
	}
	safeHTML  string // written as it is with | raw
	rawHTML   string // written as it is
	lineBlock string // text of several lines; other texts are one line
)

func (m money) String() string { return m.Money.Text(m.chinese) }

func (m moment) String() string { return filterDatetime(m) }

func filterDefault(v any, instead any) any {
	if v == nil || v == "" || v == false {
		return instead
	}
	return v
}

func filterMoney(v any) any { return v }

func filterAmount(v any) any {
	if m, ok := v.(money); ok {
		return m.Money.Grouped()
	}
	return v
}

func onMoment(v any, english, chinese string) any {
	m, ok := v.(moment)
	if !ok {
		return v
	}
	if m.chinese {
		return m.Format(chinese)
	}
	return m.Format(english)
}

func filterDate(v any) any { return onMoment(v, "2 January 2006", "2006年1月2日") }

func filterTime(v any) any { return onMoment(v, "15:04", "15:04") }

func filterDatetime(v any) string {
	return fmt.Sprint(onMoment(v, "2 January 2006, 15:04", "2006年1月2日 15:04"))
}

func filterWeekday(v any) any {
	if m, ok := v.(moment); ok && m.chinese {
		return m.Format("1月2日") + " 星期" + string([]rune("日一二三四五六")[m.Weekday()])
	}
	return onMoment(v, "Monday 2 January", "")
}

func filterPlural(v any, one, many string) any {
	n, ok := v.(int)
	if !ok {
		return v
	}
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

func filterUpcase(v any) any { return onText(v, strings.ToUpper) }

func filterDowncase(v any) any { return onText(v, strings.ToLower) }

func filterTruncate(v any, most int) any {
	return onText(v, func(s string) string {
		if r := []rune(s); len(r) > max(most, 1) {
			return strings.TrimRightFunc(string(r[:max(most, 1)-1]), unicode.IsSpace) + "…"
		}
		return s
	})
}

func onText(v any, change func(string) string) any {
	if s, ok := v.(string); ok {
		return change(s)
	}
	return v
}

// filterButton writes a button. Mail programs without styles, such as Outlook, show
// it as a coloured cell.
func filterButton(v any, label string) any {
	target, ok := v.(string)
	if !ok || target == "" {
		return rawHTML("")
	}
	return rawHTML(`<table role="presentation" cellpadding="0" cellspacing="0" border="0" class="button"><tr>` +
		`<td class="button-cell" align="center" bgcolor="#1f2937" style="border-radius:8px;background-color:#1f2937;">` +
		`<a href="` + html.EscapeString(target) + `" class="button-link" style="display:inline-block;padding:14px 28px;` +
		`font-size:16px;line-height:20px;font-weight:600;color:#ffffff;text-decoration:none;border-radius:8px;">` +
		html.EscapeString(label) + `</a></td></tr></table>`)
}

func filterRaw(v any) any {
	if s, ok := v.(safeHTML); ok {
		return rawHTML(s)
	}
	return v
}

// outputHTML ends every output of an HTML part.
func outputHTML(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case rawHTML:
		return string(v)
	}
	return html.EscapeString(outputText(v))
}

// outputText ends every output of a text part and of the subject. The result is one
// line, except for lists of lines.
func outputText(v any) string {
	if v == nil {
		return ""
	}
	if s, ok := v.(lineBlock); ok {
		return string(s)
	}
	return oneLineText(fmt.Sprint(v))
}

// oneLineText replaces line breaks, control and direction characters by blanks.
func oneLineText(s string) string {
	clean := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' {
			return ' '
		}
		return r
	}, s)
	return strings.TrimSpace(clean)
}
