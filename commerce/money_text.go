package commerce

import "strings"

// Text writes an amount for readers of English or Chinese. The symbol is alone
// where it is clear to them, else it has the country's letters.
func (m Money) Text(chinese bool) string {
	if m.Currency == "" {
		return ""
	}
	symbols := symbolsEnglish
	if chinese {
		symbols = symbolsChinese
	}
	symbol, ok := symbols[m.Currency]
	if !ok {
		symbol = m.Currency + " "
	}
	text := m.Grouped()
	if rest, negative := strings.CutPrefix(text, "-"); negative {
		return "-" + symbol + rest
	}
	return symbol + text
}

var (
	symbolsEnglish = map[string]string{
		"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "CNY": "CN¥", "HKD": "HK$", "TWD": "NT$", "AUD": "A$", "CAD": "CA$",
		"NZD": "NZ$", "SGD": "S$", "KRW": "₩", "INR": "₹", "BRL": "R$", "MXN": "MX$",
	}
	symbolsChinese = map[string]string{
		"USD": "US$", "EUR": "€", "GBP": "£", "JPY": "JP¥", "CNY": "¥", "HKD": "HK$", "TWD": "NT$", "AUD": "AU$", "CAD": "CA$",
		"NZD": "NZ$", "SGD": "S$", "KRW": "₩", "INR": "₹", "BRL": "R$", "MXN": "MX$",
	}
)

// Grouped writes the amount as String does, with a comma between thousands.
func (m Money) Grouped() string {
	text := m.String()
	whole, fraction, point := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if point {
		whole += "." + fraction
	}
	if strings.HasPrefix(text, "-") {
		return "-" + whole
	}
	return whole
}
