package mail_test

import (
	"strings"
	"testing"

	"comeback/campaigns/mail"
	"comeback/commerce"
)

// The text of a notification says what the variables are, in the language of the shop. Text of customers is no link, and
// no template.
func TestNoticeSaysWhatItsVariablesAre(t *testing.T) {
	t.Parallel()
	vars := mail.Vars{
		Shop:     commerce.Shop{Name: "Tea", URL: "https://tea.example", Currency: "CNY", Zone: "Asia/Shanghai"},
		Customer: commerce.Attributes{FirstName: "{{7*7}}", City: "see https://evil.example"},
		Order: &commerce.Order{Shop: "s", OrderState: commerce.OrderState{Number: "1001", Currency: "CNY",
			Total: commerce.Money{Minor: 9900, Currency: "CNY"}, PayURL: "https://tea.example/pay?o=1"}},
	}
	for _, tt := range []struct{ text, language, want string }{
		{"订单 {{ order.number }} {{ order.total }}", "zh", "订单 1001 ¥99.00"},
		{"{{ links.pay }} {{ links.shop }}", "en", "https://tea.example/pay?o=1 https://tea.example"},
		{"{{ customer.city }}", "en", "see evil.example"},
		{"{% if order.paid_at %}paid{% else %}unpaid{% endif %}", "", "unpaid"},
		{"{{ checkout.total | default: \"-\" }}", "de", "-"},
	} {
		n, problems := mail.CompileNotice(tt.text, tt.language)
		if n == nil {
			t.Fatalf("%s: %v", tt.text, problems)
		}
		if got, err := n.Render(vars); got != tt.want || err != nil {
			t.Errorf("%s: got %q, %v, want %q", tt.text, got, err, tt.want)
		}
	}
	for text, want := range map[string]string{"{{ checkout.url }}": "lead nowhere", "{% if order.paid_at %}paid{% endif %}": "is empty"} {
		n, _ := mail.CompileNotice(text, "en")
		if _, err := n.Render(vars); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want it to fail: %s", text, err, want)
		}
	}
}

// Whatever a text is, it is refused or rendered: nothing panics.
func FuzzNotice(f *testing.F) {
	f.Add("{{ order.number }} {% if order.paid_at %}{{ order.total | money }}{% endif %}")
	f.Add("{{ links.unsubscribe }}")
	f.Add("{% for line in order.lines %}{{ line.title | truncate: 5 }}{% endfor %}")
	f.Fuzz(func(t *testing.T, text string) {
		if n, problems := mail.CompileNotice(text, "en"); n != nil {
			_, _ = n.Render(mail.Vars{Order: &commerce.Order{}})
		} else if len(problems) == 0 {
			t.Errorf("%q: refused without a reason", text)
		}
	})
}
