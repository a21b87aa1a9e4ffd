package mail_test

import (
	"regexp"
	"strings"
	"testing"

	"comeback/campaigns/mail"
	"comeback/commerce"
)

// A ready mail either leads somewhere or is not sent. It never shows a label without
// its link, and never a button that leads nowhere.
func TestNoMailShowsALabelWithoutItsLink(t *testing.T) {
	t.Parallel()
	set := readyTemplates(t)
	labelled := regexp.MustCompile(`(?m)^(.+)https://track\.example/c/`)
	for _, name := range set.Names() {
		for language, v := range map[string]mail.Vars{"en": englishVars(), "zh": chineseVars()} {
			for _, page := range []string{"", "weixin://wxpay/bizpayurl?pr=1"} {
				v.Marketing, v.Shop.URL = !strings.HasPrefix(name, "unpaid"), "https://shop.example"
				label := labelled.FindStringSubmatch(render(t, found(set, name, language), v, tracking(t)).Text)
				if label == nil {
					t.Fatalf("%s %s: no link in the text", name, language)
				}
				v.Shop.URL, v.Order.PayURL = "", page
				r, err := mail.Render(found(set, name, language), v, tracking(t))
				switch {
				case len(set.Leads(name)) > 0:
					if err == nil || !strings.Contains(err.Error(), "would lead nowhere") || !strings.Contains(err.Error(), "/v1/shop") {
						t.Errorf("%s %s: got %v, want it refused with the remedy", name, language, err)
					}
				case err != nil:
					t.Error(err)
				case strings.Contains(r.Text, strings.TrimSpace(label[1])), strings.Contains(r.HTML, "button-link\""),
					strings.Contains(r.HTML, `href="#"`):
					t.Errorf("%s %s: a label without a link in\n%s\n%s", name, language, r.Text, r.HTML)
				}
			}
		}
	}
}

// A mail leads nowhere if a destination that its author wrote has no value. Inside an
// {% if %}, or with a default, the author says what comes in its place.
func TestADestinationWithoutAValueStopsTheMail(t *testing.T) {
	t.Parallel()
	for source, wants := range map[string]struct {
		leads string
		sent  bool
	}{
		`{{ links.pay }}`:                                           {"links.pay", false},
		`{{links.shop|button:"x"}}`:                                 {"links.shop", false},
		`<a href="{{ order.pay_url }}">x</a>`:                       {"order.pay_url", false},
		`{% if order.number %}{{ links.pay }}{% endif %}`:           {"links.pay", false},
		`{% if links.pay %}{{ links.pay }}{% endif %}`:              {"", true},
		`{% if order.paid_at %}{{ links.pay }}{% endif %}`:          {"links.pay", true},
		`{{ links.pay | default: "https://shop.example/account" }}`: {"", true},
		`{{ customer.first_name }}`:                                 {"", true},
	} {
		c := compiled(t, own("<!doctype html>"+source))
		v := englishVars()
		v.Shop.URL, v.Order.PayURL = "", ""
		v.Order.Times.PaidAt = v.Order.DueAt
		_, err := mail.Render(c, v, mail.Tracking{})
		if (err == nil) != wants.sent {
			t.Errorf("%s: got %v, want it sent: %v", source, err, wants.sent)
		}
		empty := &mail.Templates{}
		if got := strings.Join(empty.With(c).Leads("own"), " "); got != wants.leads {
			t.Errorf("%s: got the destinations %q, want %q", source, got, wants.leads)
		}
	}
}

// longWords are titles that contain no place to break a line.
var longWords = []string{
	"Spülmaschinenreinigertabletten", "USB-C_Ladekabel_2m_geflochten_NYLON_V2",
	"Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaftstasse", strings.Repeat("茶叶", 40),
}

func crowded(v mail.Vars) mail.Vars {
	o := *v.Order
	o.Lines = nil
	for _, word := range longWords {
		o.Lines = append(o.Lines, commerce.Line{
			Title: word, Variant: word, Quantity: 12, Net: commerce.Money{Minor: 123456789, Currency: "GBP"},
		})
	}
	o.Number = strings.Repeat("1234567890", 5)
	v.Order, v.Shop.Name, v.Shop.Sender.Address, v.Customer.FirstName = &o, longWords[2], longWords[2], strings.Repeat("w", 40)
	return v
}

// Every cell with text lets a word of any length break, so that no mail is wider
// than a small screen.
func TestLongWordsBreak(t *testing.T) {
	t.Parallel()
	set, rule := readyTemplates(t), "overflow-wrap:anywhere;word-break:break-word;"
	for _, name := range readyNames {
		for language, v := range map[string]mail.Vars{"en": englishVars(), "zh": chineseVars()} {
			v.Marketing = !strings.HasPrefix(name, "unpaid")
			r := render(t, found(set, name, language), crowded(v), tracking(t))
			for _, cell := range []string{"brand", "content", "foot"} {
				if !strings.Contains(r.HTML, `<td class="pad `+cell+`" style="`+rule) {
					t.Errorf("%s %s: the cell %s does not break long words", name, language, cell)
				}
			}
			if strings.Contains(r.HTML, "table-layout") || strings.Contains(r.HTML, "min-width") {
				t.Errorf("%s %s: a width that nothing may shrink", name, language)
			}
		}
	}
}

func found(set *mail.Templates, name, language string) *mail.Compiled {
	c, _ := set.Find(name, language)
	return c
}
