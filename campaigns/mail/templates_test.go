package mail_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"comeback/campaigns/mail"
	"comeback/commerce"
)

var readyNames = []string{
	"checkout-1", "checkout-2",
	"follow-up-1", "follow-up-2", "follow-up-3", "unpaid-1", "unpaid-2", "unpaid-3", "win-back-1", "win-back-2", "win-back-3",
}

func readyTemplates(t testing.TB) *mail.Templates {
	t.Helper()
	set, err := mail.ReadyTemplates()
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func tracking(t testing.TB) mail.Tracking {
	t.Helper()
	return mail.Tracking{
		Base: "https://track.example", Tokens: tokens(t, tokenKey(1)), Message: message,
		UTM: mail.UTM{Source: "comeback", Medium: "email", Campaign: "unpaid-reminder", Content: "r1"},
	}
}

// englishVars are of a London shop and a buyer called Ada; chineseVars of a shop
// in Hangzhou and a buyer called 李雷.
func englishVars() mail.Vars {
	eur := func(minor int64) commerce.Money { return commerce.Money{Minor: minor, Currency: "GBP"} }
	o := commerce.Order{ID: "tea-shop:wc:1001", Shop: "tea-shop", Connection: "wc", External: "1001"}
	o.Number, o.Currency, o.Total, o.Shipping, o.Discount = "1001", "GBP", eur(123450), eur(495), eur(1000)
	o.PayURL = "https://shop.example/pay/1001?key=abc"
	o.Times.PlacedAt = time.Date(2026, 11, 21, 9, 30, 0, 0, time.UTC)
	o.Times.PaidAt = o.Times.PlacedAt
	o.CancelAt = time.Date(2026, 11, 23, 18, 0, 0, 0, time.UTC)
	o.Lines = []commerce.Line{
		{Product: "7", Title: "Darjeeling First Flush", Variant: "100 g", Quantity: 2, Net: eur(2990),
			UnitPrice: commerce.Decimal{Units: 1495, Scale: 2}},
		{Product: "8", Title: "Cast-iron teapot & two cups", Quantity: 1, Net: eur(121000)},
	}
	return mail.Vars{
		Shop: commerce.Shop{ID: "tea-shop", Name: "Tea & Leaves", URL: "https://shop.example", Zone: "Europe/London",
			Sender: commerce.Sender{From: "hello@shop.example", Address: "12 Mill Lane, London N1 7AA"}},
		Customer: commerce.Attributes{FirstName: "Ada", LastName: "Byron", Email: "ada@mail.example"}, Order: &o,
	}
}

func chineseVars() mail.Vars {
	v := englishVars()
	cny := func(minor int64) commerce.Money { return commerce.Money{Minor: minor, Currency: "CNY"} }
	o := *v.Order
	o.Number, o.Currency, o.Total, o.Shipping, o.Discount = "20261121000017", "CNY", cny(35800), cny(0), cny(2000)
	o.Lines = []commerce.Line{
		{Product: "7", Title: "明前龙井", Variant: "100克/罐", Quantity: 2, Net: cny(25800)},
		{Product: "8", Title: "手工青瓷茶杯", Quantity: 1, Net: cny(12000)},
	}
	v.Shop = commerce.Shop{
		ID: "tea-shop", Name: "清和茶铺", URL: "https://shop.example", Zone: "Asia/Shanghai", Jurisdiction: "cn", Language: "zh-CN",
		Sender: commerce.Sender{From: "hello@shop.example", Address: "浙江省杭州市西湖区龙井路1号"},
	}
	v.Customer = commerce.Attributes{FirstName: "雷", LastName: "李"}
	v.Order = &o
	return v
}

// about are the variables of a template: those of checkouts have a checkout instead of an
// order.
func about(name string, v mail.Vars) mail.Vars {
	v.Marketing = !strings.HasPrefix(name, "unpaid")
	if o := v.Order; o != nil && strings.HasPrefix(name, "checkout") {
		k := commerce.Checkout{ID: "tea-shop:wc:k1", Shop: "tea-shop", StartedAt: o.Times.PlacedAt}
		k.Currency, k.Total, k.Lines, k.URL = o.Currency, o.Total, o.Lines, "https://shop.example/checkout/k1"
		v.Order, v.Checkout = nil, &k
	}
	return v
}

func render(t testing.TB, c *mail.Compiled, v mail.Vars, tr mail.Tracking) mail.Rendered {
	t.Helper()
	r, err := mail.Render(c, v, tr)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func mustFind(t testing.TB, name string, languages ...string) *mail.Compiled {
	t.Helper()
	c, ok := readyTemplates(t).Find(name, languages...)
	if !ok {
		t.Fatalf("no template %s", name)
	}
	return c
}

// Each ready template is there in both languages and renders, for a person and
// an order of which everything is known and of which nothing is, to a mail that
// Gmail does not clip, without leftovers.
func TestReadyTemplatesRender(t *testing.T) {
	t.Parallel()
	set := readyTemplates(t)
	if diff := cmp.Diff(set.Names(), readyNames); diff != "" {
		t.Fatalf("got, want:\n%s", diff)
	}
	bare := mail.Vars{Shop: commerce.Shop{ID: "s", Name: "S", URL: "https://s.example"}, Order: &commerce.Order{}}
	for _, name := range set.Names() {
		for language, full := range map[string]mail.Vars{"en": englishVars(), "zh": chineseVars()} {
			c, _ := set.Find(name, language)
			if c.Language != language {
				t.Errorf("%s: got language %s, want %s", name, c.Language, language)
			}
			for kind, v := range map[string]mail.Vars{"full": full, "bare": bare, "nothing": {Shop: bare.Shop}} {
				v = about(name, v)
				r := render(t, c, v, tracking(t))
				for part, text := range map[string]string{"subject": r.Subject, "html": r.HTML, "text": r.Text} {
					if text == "" || strings.Contains(text, "{{") || strings.Contains(text, "{%") || strings.Contains(text, "[[") ||
						strings.Contains(text, "&amp;amp;") {
						t.Errorf("%s %s %s: leftovers in %s: %s", name, language, kind, part, text)
					}
				}
				if len(r.HTML) >= 102_000 {
					t.Errorf("%s: %d bytes of HTML, Gmail clips at 102 kB", name, len(r.HTML))
				}
				for _, part := range []string{r.HTML, r.Text} {
					if v.Marketing != strings.Contains(part, "/u/") {
						t.Errorf("%s %s %s: got unsubscribe link %v, want %v:\n%s", name, language, kind, !v.Marketing, v.Marketing, part)
					}
				}
			}
		}
	}
}

// The text parts of the mails read like this.
func TestReadyTemplatesGolden(t *testing.T) {
	t.Parallel()
	for language, v := range map[string]mail.Vars{"en": englishVars(), "zh": chineseVars()} {
		var b strings.Builder
		for _, name := range readyNames {
			r := render(t, mustFind(t, name, language), about(name, v), mail.Tracking{})
			b.WriteString("==== " + name + "\nSubject: " + r.Subject + "\n\n" + r.Text + "\n")
		}
		goldenMails(t, "mails-"+language+".txt", b.String())
	}
}

func goldenMails(t testing.TB, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, string(want)); diff != "" {
		t.Errorf("%s: got, want:\n%s", name, diff)
	}
}

// A template is found in the customer's language, else the shop's, else English.
func TestFindFallsBack(t *testing.T) {
	t.Parallel()
	set := readyTemplates(t)
	cases := []struct{ customer, shop, want string }{
		{"zh-Hans-CN", "en", "zh"}, {"de-DE", "zh-CN", "zh"}, {"de", "fr", "en"}, {"", "", "en"}, {"EN_us", "zh", "en"},
	}
	for _, c := range cases {
		got, ok := set.Find("unpaid-1", c.customer, c.shop)
		if !ok || got.Language != c.want {
			t.Errorf("customer %q, shop %q: got %s, want %s", c.customer, c.shop, got.Language, c.want)
		}
	}
	if set.Has("unpaid-9") {
		t.Error("got unpaid-9, want no such template")
	}
	if _, ok := set.Find("unpaid-9", "en"); ok {
		t.Error("got a template for an unknown name")
	}
}

// A shop's own template wins over the ready one of its name and language, and
// touches nothing else.
func TestOverride(t *testing.T) {
	t.Parallel()
	set := readyTemplates(t)
	own := compiled(t, mail.Template{Name: "unpaid-1", Language: "zh-CN", Subject: "自己的", HTML: "<p>自己的</p>", Text: "自己的"})
	with := set.With(own)
	if got, _ := with.Find("unpaid-1", "zh"); got != own {
		t.Error("got the ready template, want the shop's")
	}
	if got, _ := with.Find("unpaid-1", "en"); got == own {
		t.Error("got the shop's Chinese template for English")
	}
	if got, _ := set.Find("unpaid-1", "zh"); got == own {
		t.Error("the ready set was changed")
	}
}

func compiled(t testing.TB, source mail.Template) *mail.Compiled {
	t.Helper()
	c, problems := mail.Compile(source)
	if c == nil {
		t.Fatal(problems)
	}
	return c
}

// A template's file has two heads and two parts; anything else is refused.
func TestReadTemplate(t *testing.T) {
	t.Parallel()
	got, err := mail.ReadTemplate("n", "en", []byte("subject: S: a\r\npreheader: P\r\n--- html\r\n<p>H</p>\r\n--- text\r\nT\r\n"))
	want := mail.Template{Name: "n", Language: "en", Subject: "S: a", Preheader: "P", HTML: "<p>H</p>\n", Text: "T\n"}
	if diff := cmp.Diff(got, want); err != nil || diff != "" {
		t.Errorf("got, want (%v):\n%s", err, diff)
	}
	for _, bad := range []string{"", "subject: x\n", "--- text\nT\n", "titel: x\n--- html\nH\n--- text\nT\n"} {
		if _, err := mail.ReadTemplate("n", "en", []byte(bad)); commerce.CodeOf(err) != commerce.Invalid {
			t.Errorf("%q: got %v, want invalid", bad, err)
		}
	}
	if _, err := json.Marshal(want); err != nil {
		t.Error(err)
	}
}
