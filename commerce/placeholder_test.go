package commerce_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"comeback/commerce"
)

// A placeholder for an unknown value names no customer, in any spelling.
func TestPlaceholdersAreNoIdentity(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", " ", "NULL", "null", "(null)", "<NULL>", `\N`, "nan", "NaN", "None", "Guest", "GUEST", "guest ", "0", "00", "0.0",
		"0.000", "-", "--", "—", "?",
		"n/a", "N.A.", "#N/A", "#REF!", "anonymous", "Anonymous", "undefined", "unknown", "无", "（无）", "匿名", "ｎｕｌｌ", "ゲスト", "Gast", "-1",
		"00000000-0000-0000-0000-000000000000", "1.38001E+10", "2.81639e+18", "false", "\u00a0", "[]", "{}",
	} {
		if id := commerce.NormalID(text); id != "" || !commerce.IsPlaceholder(text) {
			t.Errorf("%q: got %q, want nobody", text, id)
		}
		buyer := commerce.Buyer{Platform: text, Email: text, Phone: text}
		if got := buyer.Identities("c"); len(got) > 0 {
			t.Errorf("%q: got %v, want no identity", text, got)
		}
	}
	for _, address := range []string{
		"none@none.com", "a***@example.com", "no-reply@shop.example", "NULL@null.com", "guest@guest.com", "na@na.na", "noemail@shop.example",
		"n/a@n/a",
	} {
		if got := (commerce.Buyer{Email: address}).Identities("c"); len(got) > 0 {
			t.Errorf("%s: got %v, want nobody", address, got)
		}
	}
}

// A real id, address or number is not taken for a placeholder, and a whole
// number that a table made a fraction of is the number.
func TestRealNamesStayThemselves(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"17850.0": "17850", "17850": "17850", " 17850.00 ": "17850", "007": "007", "1.5": "1.5", "10": "10", "12e45678": "12e45678", "t***8": "",
		"820982911946154508": "820982911946154508", "Guest-7": "Guest-7", "anna": "anna", "0x1": "0x1", "无名氏7": "无名氏7", "v1.0": "v1.0",
	} {
		if got := commerce.NormalID(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	for _, address := range []string{
		"anna@example.com", "guest@hotel.example", "nana@example.com", "nobody.special@example.com",
		"info@nonesuch.example",
	} {
		if commerce.PersonalEmail(address) != address {
			t.Errorf("%s: taken for nobody's", address)
		}
	}
}

// A phone is an identity only with complete digits of one possible number. The
// guards of spreadsheets around it are ignored.
func TestPhonesThatAreAnIdentity(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ number, country, want string }{
		{"+43 1 5120000", "AT", "+4315120000"}, {"+49 (0)30 1234567", "DE", "+49301234567"}, {"0049-30/1234567", "DE", "+49301234567"},
		{"+1 (212) 555-0100", "US", "+12125550100"}, {"tel:+4930123456", "", "+4930123456"},
		{"13800138000.0", "", "+8613800138000"}, {"'13800138000", "CN", "+8613800138000"}, {`="13800138000"`, "", "+8613800138000"},
		{"0086-13800138000", "", "+8613800138000"}, {"008613800138000.00", "", "+8613800138000"}, {"8613800138000", "", "+8613800138000"},
		{"１３８００１３８０００", "", "+8613800138000"}, {"138 0000 0000", "CN", "+8613800000000"},
		{"1.38001E+10", "", ""}, {"138****8000", "", ""}, {"139 1234 5678 / 010-12345678", "", ""}, {"+49 30 1234567 ext 5", "", ""},
		{"+49 000 0000000", "DE", ""}, {"+49 111 1111111", "DE", ""}, {"0000000000", "", ""}, {"+1 000-000-0000", "US", ""},
		{"+49 123456789", "DE", ""},
		{"00000000000000", "", ""}, {"+86 00000000000", "CN", ""}, {"030 1234567", "DE", ""}, {"13800138000", "DE", ""},
		{"+49 30 1234567 +49 30 7654321", "DE", ""},
		{"", "", ""}, {"+", "", ""}, {"+1", "", ""}, {"123", "CN", ""},
	} {
		if got := commerce.NormalPhone(c.number, c.country); got != c.want {
			t.Errorf("%s of %q: got %q, want %q", c.number, c.country, got, c.want)
		}
	}
}

// Normalising twice changes nothing, and a placeholder stays a placeholder.
func FuzzNormalForms(f *testing.F) {
	for _, text := range []string{"17850.0", "NULL", "0.0.0", "＋49 30 1234567", "='138'", "none@none.com", "1.0e+5", "（０）"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		id, phone, address := commerce.NormalID(text), commerce.NormalPhone(text, ""), commerce.PersonalEmail(text)
		again := []string{commerce.NormalID(id), commerce.NormalPhone(phone, ""), commerce.PersonalEmail(address)}
		if diff := cmp.Diff([]string{id, phone, address}, again); diff != "" {
			t.Error(diff)
		}
		if id != "" && commerce.IsPlaceholder(id) || strings.TrimSpace(id) != id {
			t.Errorf("%q: %q is no id", text, id)
		}
	})
}
