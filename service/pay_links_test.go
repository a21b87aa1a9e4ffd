package service

import (
	"fmt"
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"comeback/campaigns/channels/mailbox"
)

// payPages are payment pages as shops write them, with the address that a browser
// must ask for.
func payPages() map[string]string {
	long := func(n int) string {
		start := "https://shop.example/pay?t="
		return start + strings.Repeat("k", n-len(start))
	}
	pages := map[string]string{
		"https://shop.example/pay/a b": "https://shop.example/pay/a%20b",
		"https://shop.example/pay/茶，绿茶/（新）?名=值": "https://shop.example/" +
			"pay/%E8%8C%B6%EF%BC%8C%E7%BB%BF%E8%8C%B6/%EF%BC%88%E6%96%B0%EF%BC%89?%E5%90%8D=%E5%80%BC",
		"https://shop.example/pay?for=\"tea\"&x=1": "https://shop.example/pay?for=%22tea%22&x=1",
	}
	for _, same := range []string{
		"https://shop.example/pay/Levi's-jeans?x=1", "https://shop.example/pay/it's", "https://shop.example/pay?token=abc.",
		"https://shop.example/pay/(1)", "https://shop.example/pay(1", "https://shop.example/pay?a=1,2,", "https://shop.example/pay/now!",
		"https://shop.example/pay?x=a;b=c", "https://shop.example/pay?off=100%", "https://shop.example/pay/50%-off/1",
		"https://u:pw@shop.example/pay", "https://shop.example/app?x=1#/checkout/step?y=2",
		"https://shop.example/pay?email=a+b@c.de&sig=abc", "https://shop.example/pay/1-", "https://shop.example/pay/1_",
		long(1950), long(2100), long(8000),
	} {
		pages[same] = same
	}
	return pages
}

// A payment link arrives whole in both parts of the mail, as mail programs find it,
// and leads to exactly the shop's address.
func TestPaymentLinksArriveWhole(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		activate(t, h.Store, reminder)
		l.pass(t, time.Minute)
		wants, n := map[string]string{}, 0
		for page, want := range payPages() {
			n++
			id := fmt.Sprint("o", n)
			wants[id+"@example.com"] = want
			l.report(t, unpaidAt(id, page, l.at()))
		}
		l.pass(t, 61*time.Minute)
		for address, want := range wants {
			mails := l.mailsTo(address)
			if len(mails) != 1 {
				t.Errorf("%.90s: got %d mails, want one", want, len(mails))
				continue
			}
			for part, link := range linksOf(mails[0]) {
				if got := l.leadsTo(t, link); withoutOurs(got) != want {
					t.Errorf("the %s part leads to %.120s, want %.120s", part, got, want)
				}
			}
		}
	})
}

// unpaidAt is an unpaid order with that payment page.
func unpaidAt(id, page string, at time.Time) object {
	order := object{
		"type": "order", "id": id, "placed_at": at, "payment_status": "unpaid", "currency": "EUR", "total": "10.00",
		"lines": []object{{"id": "1", "product": "tea", "title": "Tea", "quantity": 1, "unit_price": "10.00", "net": "10.00"}},
		"buyer": object{"email": id + "@example.com"},
	}
	if page != "" {
		order["pay_url"] = page
	}
	return order
}

var (
	// Mail programs end a link in a text before such characters.
	linkInText = regexp.MustCompile(`https?://[^\s<>"'()\[\]{}\x80-\x{10ffff}]+`)
	linkInHTML = regexp.MustCompile(`<a href="([^"]+)"[^>]*class="button-link"`)
)

// linksOf are the first link of each part of a mail, as mail programs find it.
func linksOf(m mailbox.Mail) map[string]string {
	content := m.Content()
	links := map[string]string{"text": strings.TrimRight(linkInText.FindString(content.Text), ".,;:!?-_'"), "HTML": ""}
	if found := linkInHTML.FindStringSubmatch(content.HTML); found != nil {
		links["HTML"] = html.UnescapeString(found[1])
	}
	return links
}

// leadsTo follows a link of a mail, and returns where it leads.
func (l *leaving) leadsTo(t *testing.T, link string) string {
	t.Helper()
	path, ours := strings.CutPrefix(link, "https://comeback.test")
	if !ours {
		return link
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, l.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	return response.Header.Get("Location")
}

var ourParameters = regexp.MustCompile(`[?&](utm_[a-z]+|cbt)=[^&#]*`)

func withoutOurs(link string) string { return ourParameters.ReplaceAllString(link, "") }

// A payment link that nobody can follow from a mail is counted as a flaw of the
// order. The message says where it leads instead, and so does the explanation.
func TestAPaymentLinkNobodyCanFollowIsReported(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		activate(t, h.Store, reminder)
		l.pass(t, time.Minute)
		l.report(t, unpaidAt("o1", "weixin://wxpay/bizpayurl?pr=abc", l.at()))
		l.pass(t, 61*time.Minute)
		l.asks(t, l.key, 200, "GET /v1/quality", "", `"link_unusable":1`)
		l.asks(t, l.key, 200, "GET /v1/quality/link_unusable", "", `"s:generic:o1"`)
		mails := l.mailsTo("o1@example.com")
		if len(mails) != 1 {
			t.Fatalf("got %d mails, want one", len(mails))
		}
		for part, link := range linksOf(mails[0]) {
			if got := withoutOurs(l.leadsTo(t, link)); got != "https://tea.example" {
				t.Errorf("the %s part leads to %s, want the shop's own address", part, got)
			}
		}
		why := "weixin: cannot be followed from a mail"
		l.asks(t, l.key, 200, "GET /v1/messages/"+l.messageAbout(t, "s:generic:o1")+"/explain", "", why, "leads to the shop's url instead")
		customer := l.asks(t, l.key, 200, "GET /v1/orders/s:generic:o1", "")
		_, customer, _ = strings.Cut(customer, `"customer":"`)
		customer, _, _ = strings.Cut(customer, `"`)
		l.asks(t, l.key, 200, "GET /v1/customers/"+customer+"/explain?campaign=reminder", "", why)
	})
}

// messageAbout is the id of the only message about an order.
func (l *leaving) messageAbout(t *testing.T, order string) string {
	t.Helper()
	list, err := l.Messages(t.Context(), "s", "", "", "", nil, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range list {
		if m.Order == order {
			return m.ID
		}
	}
	t.Fatalf("no message about %s", order)
	return ""
}
