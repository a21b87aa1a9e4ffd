package history

import (
	"slices"
	"strings"

	"comeback/commerce"
)

// currencyOf is the currency that a sign, a code or a name means in a shop of
// home. A sign of several currencies means the shop's, if that is one of them,
// else the most common one. ok is false for any other text.
func currencyOf(text, home string) (code string, ok bool) {
	text = strings.TrimRight(strings.TrimSpace(text), ".")
	if upper := strings.ToUpper(text); len(upper) == 3 {
		if _, known := commerce.Exponent(upper); known {
			return upper, true
		}
	}
	if first, second, two := strings.Cut(text, " "); two {
		return currencyTwice(strings.TrimSpace(first), strings.TrimSpace(second))
	}
	candidates, ok := currencySigns[strings.ToLower(text)]
	if !ok {
		return "", false
	}
	codes := strings.Fields(candidates)
	if slices.Contains(codes, home) {
		return home, true
	}
	return codes[0], true
}

// currencyTwice is the currency of a code and a sign of the same one: USD and $.
func currencyTwice(first, second string) (code string, ok bool) {
	if len(first) != 3 || currencySigns[strings.ToLower(first)] != "" {
		first, second = second, first
	}
	code = strings.ToUpper(first)
	_, known := commerce.Exponent(code)
	return code, known && slices.Contains(strings.Fields(currencySigns[strings.ToLower(second)]), code)
}

// currencySigns are the currencies that a sign or a name is used for.
var currencySigns = map[string]string{
	"$": "USD CAD AUD NZD SGD HKD TWD MXN ARS CLP COP", "us$": "USD", "a$": "AUD", "au$": "AUD", "c$": "CAD", "ca$": "CAD", "nz$": "NZD",
	"s$":  "SGD",
	"hk$": "HKD", "nt$": "TWD", "mx$": "MXN", "r$": "BRL", "€": "EUR", "euro": "EUR", "euros": "EUR", "£": "GBP", "¥": "CNY JPY",
	"￥":   "CNY JPY",
	"cn¥": "CNY", "jp¥": "JPY", "元": "CNY TWD", "圆": "CNY", "圓": "TWD", "rmb": "CNY", "人民币": "CNY", "人民幣": "CNY", "cnh": "CNY", "円": "JPY",
	"日元": "JPY", "美元": "USD", "欧元": "EUR", "英镑": "GBP", "港币": "HKD", "港元": "HKD", "新台币": "TWD", "₩": "KRW", "원": "KRW",
	"₹": "INR", "rs": "INR PKR LKR NPR", "₽": "RUB", "руб": "RUB", "р": "RUB", "zł": "PLN", "zl": "PLN", "kč": "CZK", "kc": "CZK", "ft": "HUF",
	"kr": "SEK NOK DKK ISK", "sfr": "CHF", "fr": "CHF", "₺": "TRY", "tl": "TRY", "฿": "THB", "₫": "VND", "đ": "VND", "₴": "UAH",
	"₪": "ILS", "lei": "RON", "лв": "BGN", "rm": "MYR", "rp": "IDR", "₱": "PHP", "₦": "NGN", "r": "ZAR",
}
