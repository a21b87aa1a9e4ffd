package commerce

import (
	"slices"
	"strings"
	"unicode"
)

// IsPlaceholder reports whether a text is a placeholder for a name. Exports, forms and
// databases write placeholders for unknown values (NULL, nan, n/a, Guest, 0.0,
// -, 无). Case, width and punctuation do not matter. Every reader of names uses
// it, so that a placeholder never becomes a person.
func IsPlaceholder(text string) bool {
	bare := bareText(text)
	if strings.Trim(bare, "0") == "" { // nothing, dashes, 0, 0.00, a UUID of zeros
		return true
	}
	trimmed := strings.TrimSpace(text)
	return slices.Contains(placeholders, bare) || slices.Contains(sheetErrors, strings.ToUpper(trimmed)) || roundedOff(trimmed)
}

// NormalID is a platform's customer id in the form that identities compare, ""
// for a placeholder. A whole number that a spreadsheet turned into a fraction
// is whole again: 17850.0 is 17850. A masked id such as t***8 is none, because
// many share it. Normalising twice changes nothing.
func NormalID(text string) string {
	text = strings.TrimSpace(text)
	if IsPlaceholder(text) || strings.ContainsAny(text, "*＊") {
		return ""
	}
	whole, zeros, fraction := strings.Cut(text, ".")
	if fraction && whole != "" && zeros != "" && onlyDigits(whole) && strings.Trim(zeros, "0") == "" {
		return whole
	}
	return text
}

// placeholders are written without punctuation and in lower case.
var placeholders = []string{
	"null", "nil", "nan", "nat", "none", "na", "pdna", "undefined", "unknown", "empty", "blank", "missing", "void",
	"false", "no", "noid", "nobody", "noname", "notset", "notavailable", "notapplicable", "notprovided", "notgiven",
	"unassigned", "default", "1null", "guest", "guests", "guestuser", "guestcustomer", "guestcheckout", "guestaccount",
	"visitor", "walkin", "walkincustomer", "anonymous", "anonymoususer", "anonymouscustomer", "anonym", "anon", "gast",
	"gastbestellung", "gastkunde", "unbekannt", "kein", "keine", "keiner", "leer", "invité", "invite", "inconnu",
	"aucun", "anonyme", "invitado", "desconocido", "ninguno", "ninguna", "anónimo", "anonimo", "ospite", "sconosciuto",
	"nessuno", "convidado", "desconhecido", "nenhum", "anônimo", "gość", "nieznany", "brak", "гость", "неизвестно",
	"нет", "无", "無", "空", "没有", "未知", "暂无", "匿名", "匿名用户", "游客", "访客", "ゲスト", "匿名希望", "なし", "不明", "없음", "비회원", "손님",
}

// sheetErrors are written by spreadsheets and databases for a missing value.
// Without punctuation they would look like names.
var sheetErrors = []string{"#REF!", "#VALUE!", "#NAME?", "#NUM!", "#DIV/0!", `\N`, "-1"}

// bareText returns the letters and digits of a text in lower case and half
// width.
func bareText(text string) string {
	return strings.Map(func(r rune) rune {
		r = halfWidth(r)
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, text)
}

// roundedOff reports whether a text is a number without its last digits, such
// as 1.38001E+10. Many numbers share this form, so it identifies nobody.
func roundedOff(text string) bool {
	digits, power, ok := strings.Cut(strings.ToUpper(text), "E")
	sign, whole := strings.HasPrefix(power, "+"), strings.TrimPrefix(power, "+")
	return ok && (sign || strings.Contains(digits, ".")) && onlyDigits(whole) && onlyDigits(strings.Replace(digits, ".", "", 1))
}

func onlyDigits(text string) bool {
	return text != "" && strings.IndexFunc(text, func(r rune) bool { return r < '0' || r > '9' }) < 0
}

// PersonalEmail is the address in the form that identities compare. It is ""
// for a text that is no address, and for addresses that forms and staff enter
// in place of a missing one (none@none.com, noreply@shop.example).
func PersonalEmail(address string) string {
	address = NormalEmail(address)
	local, domain, _ := strings.Cut(address, "@")
	first, _, _ := strings.Cut(domain, ".")
	local, first = bareText(local), bareText(first)
	switch {
	case slices.Contains(deadMailboxes, local), strings.ContainsAny(address, "*＊"): // masked, such as a***@example.com
		return ""
	case IsPlaceholder(local) && (IsPlaceholder(first) || first == local || strings.HasPrefix(first, "noe") ||
		strings.HasPrefix(first, "nom")):
		return ""
	}
	return address
}

// deadMailboxes are local parts, as bareText, that no person reads at any
// domain.
var deadMailboxes = []string{
	"noreply", "donotreply", "noemail", "nomail", "keineemail", "sinemail", "senzaemail", "null", "none", "nan",
	"undefined",
}
