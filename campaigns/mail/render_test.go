package mail_test

import (
	"strings"
	"testing"
	"time"

	"comeback/campaigns/mail"
	"comeback/commerce"
)

func renderHTML(t testing.TB, html string, v mail.Vars) string {
	t.Helper()
	r := render(t, compiled(t, own("<!doctype html>"+html)), v, mail.Tracking{})
	return strings.TrimPrefix(r.HTML, "<!doctype html>")
}

// What customers and shops write is written literally: never read as a
// template, never as HTML, never as a second header or line.
func TestValuesStayLiteral(t *testing.T) {
	t.Parallel()
	v := englishVars()
	v.Customer.FirstName = `{{7*7}} <b>"Ada"&'`
	v.Customer.City = "{% include 'x' %}\r\nBcc: a@b\u2028\u202eevil"
	c := compiled(t, mail.Template{Name: "own", Language: "en", Subject: "Hi {{ customer.first_name }}\r\nBcc: x {{ customer.city }}",
		HTML: `<p title="{{ customer.city }}">{{ customer.first_name }}</p>`, Text: "{{ customer.first_name }}|{{ customer.city }}"})
	r := render(t, c, v, mail.Tracking{})
	for _, want := range []string{`>{{7*7}} &lt;b&gt;&#34;Ada&#34;&amp;&#39;</p>`, `title="{% include &#39;x&#39; %}  Bcc: a@b  evil"`} {
		if !strings.Contains(r.HTML, want) {
			t.Errorf("got %q, want in it %q", r.HTML, want)
		}
	}
	if want := `Hi {{7*7}} <b>"Ada"&' Bcc: x {% include 'x' %} Bcc: a@b evil`; r.Subject != want {
		t.Errorf("subject: got %q, want %q", r.Subject, want)
	}
	if want := "{{7*7}} <b>\"Ada\"&'|{% include 'x' %}  Bcc: a@b  evil\n"; !strings.HasPrefix(r.Text, want) {
		t.Errorf("text: got %q, want %q", r.Text, want)
	}
}

// Only what we made of HTML is HTML, and only where the author says raw.
func TestRawIsForOurOwnHTML(t *testing.T) {
	t.Parallel()
	v := englishVars()
	v.Order.Lines[0].Title = "<script>x</script>"
	got := renderHTML(t, `{{ order.table | raw }}`, v)
	if strings.Contains(got, "<script") || !strings.Contains(got, "&lt;script&gt;") || !strings.Contains(got, "<table") {
		t.Errorf("got %s", got)
	}
	if got := renderHTML(t, `{{ order.table }}`, v); strings.Contains(got, "<table") {
		t.Errorf("without raw: got %s", got)
	}
}

// A mail links to web pages only: other schemes never get into a mail, from any
// source.
func TestHostileAddresses(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"javascript:alert(1)", "data:text/html,x", "//evil.example", "ftp://x.example", "https://",
	} {
		v := englishVars()
		v.Order.PayURL = address
		v.Shop.URL = ""
		guarded := `<a href="{{ links.pay | default: "" }}">x</a>{% if links.pay %}{{ links.pay | button: "Pay" }}{% endif %}`
		if got := renderHTML(t, guarded, v); got != `<a href="#">x</a>` {
			t.Errorf("%s: got %s, want no link", address, got)
		}
	}
}

// A name that is an advertisement is no name: a mail must not carry it on.
func TestAdvertisementsAreNoNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Ada": "Ada", "O'Neil": "O'Neil", "http://win.example": "there", "Win at evil.com": "there",
		strings.Repeat("x", 41): "there", " ": "there",
	} {
		v := englishVars()
		v.Customer.FirstName = name
		got := renderHTML(t, `{{ customer.first_name | default: "there" }}`, v)
		if got = strings.ReplaceAll(got, "&#39;", "'"); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}

// Money and dates are written as their readers write them: exact minor units,
// the shop's time zone, English and Chinese.
func TestFormats(t *testing.T) {
	t.Parallel()
	en, zh := englishVars(), chineseVars()
	at := time.Date(2026, 1, 31, 16, 30, 0, 0, time.UTC) // half past midnight of 1 February in Shanghai, a Sunday
	jpy, kwd := englishVars(), englishVars()
	jpy.Order.Total = commerce.Money{Minor: 1234567, Currency: "JPY"}
	kwd.Order.Total = commerce.Money{Minor: -1234567, Currency: "KWD"}
	en.Order.Times.PlacedAt, zh.Order.Times.PlacedAt = at, at
	cases := []struct {
		source, language string
		v                mail.Vars
		want             string
	}{
		{"{{ order.total | money }}", "en", en, "£1,234.50"},
		{"{{ order.total }}", "en", en, "£1,234.50"},
		{"{{ order.total | amount }}", "en", en, "1,234.50"},
		{"{{ order.total }}", "en", jpy, "¥1,234,567"},
		{"{{ order.total }}", "en", kwd, "-KWD 1,234.567"},
		{"{{ order.total }}", "zh", zh, "¥358.00"},
		{"{{ order.total }}", "en", zh, "CN¥358.00"},
		{"{{ order.total }}", "zh", jpy, "JP¥1,234,567"},
		{"{{ order.placed_at | date }}", "en", en, "31 January 2026"},
		{"{{ order.placed_at | date }}", "zh", zh, "2026年2月1日"},
		{"{{ order.placed_at | time }}", "zh", zh, "00:30"},
		{"{{ order.placed_at }}", "en", en, "31 January 2026, 16:30"},
		{"{{ order.placed_at | datetime }}", "zh", zh, "2026年2月1日 00:30"},
		{"{{ order.placed_at | weekday }}", "en", en, "Saturday 31 January"},
		{"{{ order.placed_at | weekday }}", "zh", zh, "2月1日 星期日"},
		{`{{ order.units | plural: "item", "items" }}`, "en", en, "3 items"},
		{`{{ order.tax | money }}`, "en", en, ""},
		{`{{ order.tax | default: "none" }}`, "en", en, "none"},
		{`{{ customer.name }}`, "zh", zh, "李雷"},
		{`{{ customer.name }}`, "en", en, "Ada Byron"},
		{`{{ order.number | truncate: 3 }}`, "zh", zh, "20…"},
		{`{% for line in order.lines %}{{ line.unit_price | money }};{% endfor %}`, "en", en, "£14.95;£0.00;"},
		{`{% if order.discount %}-{{ order.discount }}{% endif %}`, "zh", zh, "-¥20.00"},
	}
	for _, c := range cases {
		source := own(c.source)
		source.Language, source.Text = c.language, c.source
		got := render(t, compiled(t, source), c.v, mail.Tracking{}).Text
		if got, _, _ = strings.Cut(got, "\n\n--"); strings.HasPrefix(got, "--") {
			got = ""
		}
		if strings.TrimSpace(got) != c.want {
			t.Errorf("%s (%s): got %q, want %q", c.source, c.language, got, c.want)
		}
	}
}

// A template reads the properties of the event that the customer entered with. What
// the event has not writes nothing, and what it has is text: no markup, and a link only
// where the whole value is one.
func TestTemplatesReadReportedProperties(t *testing.T) {
	t.Parallel()
	v := englishVars()
	v.Reported = []commerce.Property{
		{Key: "score", Value: "8", Type: commerce.NumberProperty}, {Key: "passed", Value: "true", Type: commerce.FlagProperty},
		{Key: "failed", Value: "false", Type: commerce.FlagProperty}, {Key: "price", Value: "7.50", Type: commerce.NumberProperty},
		{Key: "topics", List: []string{"tea", "cups"}, Type: commerce.ListProperty}, {Key: "note", Value: "<b>see https://evil.example</b>"},
		{Key: "page", Value: "https://tea.example/quiz"},
	}
	for source, want := range map[string]string{
		`{{ event.score }} {{ event.price }} {{ event.topics }}`:                                    "8 7.50 tea, cups",
		`{% if event.score >= 8 %}high{% endif %}{% if event.score > 8 %}er{% endif %}`:             "high",
		`{% if event.passed %}yes{% endif %}{% if event.failed %}no{% endif %}`:                     "yes",
		`[{{ event.unknown }}]{{ event.unknown | default: "?" }}{% if event.unknown %}x{% endif %}`: "[]?",
		`{{ event.note }}`: "&lt;b&gt;see evil.example&lt;/b&gt;",
		`{{ event.page }}`: "https://tea.example/quiz",
	} {
		if got := renderHTML(t, source, v); got != want {
			t.Errorf("%s: got %s, want %s", source, got, want)
		}
	}
	v.Reported = nil
	if got := renderHTML(t, `[{{ event.score }}]`, v); got != "[]" {
		t.Errorf("without an event: got %s, want nothing", got)
	}
}

// Marketing goes out with the way to leave it, in both parts, or not at all.
func TestMarketingNeedsUnsubscribe(t *testing.T) {
	t.Parallel()
	v := englishVars()
	v.Marketing = true
	without := compiled(t, own("<!doctype html><p>x</p>"))
	if _, err := mail.Render(without, v, tracking(t)); commerce.CodeOf(err) != commerce.Invalid ||
		!strings.Contains(err.Error(), "links.unsubscribe") {
		t.Errorf("got %v, want invalid", err)
	}
	v.Marketing = false
	render(t, without, v, tracking(t))
	v.Marketing = true
	r := render(t, compiled(t, own("<p>x</p>")), v, tracking(t))
	if !strings.Contains(r.HTML, `href="`+r.Unsubscribe+`"`) || !strings.Contains(r.Text, r.Unsubscribe) {
		t.Errorf("the layout's footer lacks %s:\n%s\n%s", r.Unsubscribe, r.HTML, r.Text)
	}
}

// In China and in Korea the subject of marketing mail begins with a mark, also where only
// the shop or only the recipient is there; that of service mail does not. A mark of the template is not
// repeated, and a word that only begins like one is none.
func TestAdvertisingIsMarked(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		subject, language, shop, country string
		marketing                        bool
		want                             string
	}{
		{"Hello", "zh", "cn", "", true, "广告：Hello"},
		{"Hello", "en", "cn", "", true, "AD: Hello"},
		{"Hello", "en", "us", "CN", true, "AD: Hello"},
		{"Hello", "en", "cn", "DE", true, "AD: Hello"},
		{"Hello", "zh", "cn", "", false, "Hello"},
		{"Hello", "zh", "eu", "", true, "Hello"},
		{"Hello", "en", "kr", "", true, "(광고) Hello"},
		{"Hello", "en", "us", "KR", true, "(광고) Hello"},
		{"Hello", "en", "kr", "", false, "Hello"},
		{"Hello", "zh", "cn", "KR", true, "(광고) 广告：Hello"},
		{"【广告】春茶上市", "zh", "cn", "", true, "广告：春茶上市"},
		{"[AD] Spring tea", "en", "cn", "", true, "AD: Spring tea"},
		{"AD Spring tea", "zh", "cn", "", true, "广告：Spring tea"},
		{"广告: 【广告】春茶", "zh", "cn", "", true, "广告：春茶"},
		{"(광고)봄 차", "en", "kr", "", true, "(광고) 봄 차"},
		{"（광고） 봄 차", "en", "kr", "", true, "(광고) 봄 차"},
		{"[AD] Spring tea", "en", "us", "", true, "[AD] Spring tea"},
		{"Adventure", "en", "cn", "", true, "AD: Adventure"},
		{"ADIDAS at half price", "en", "cn", "", true, "AD: ADIDAS at half price"},
		{"广告学教材", "zh", "cn", "", true, "广告：广告学教材"},
	} {
		v := chineseVars()
		v.Shop.Jurisdiction, v.Customer.Country, v.Marketing = c.shop, c.country, c.marketing
		source := own("<p>x</p>")
		source.Language, source.Subject = c.language, c.subject
		if got := render(t, compiled(t, source), v, mail.Tracking{}).Subject; got != c.want {
			t.Errorf("%+v: got %q, want %q", c, got, c.want)
		}
	}
}

// An order of a wholesaler does not make an endless mail: 50 lines are shown,
// the rest is counted, and 1 MiB is the end.
func TestLongOrders(t *testing.T) {
	t.Parallel()
	v := englishVars()
	line := v.Order.Lines[0]
	for len(v.Order.Lines) < 5000 {
		v.Order.Lines = append(v.Order.Lines, line)
	}
	r := render(t, mustFind(t, "unpaid-1", "en"), v, tracking(t))
	if !strings.Contains(r.Text, "and 4950 more") || strings.Count(r.Text, line.Title) != 49 {
		t.Errorf("got %s", r.Text)
	}
	if len(r.HTML) >= 102_000 {
		t.Errorf("got %d bytes of HTML", len(r.HTML))
	}
	v.Order.Lines[0].Title = strings.Repeat("x", 60_000)
	c := compiled(t, own("{% for i in (1..20) %}{% for line in order.lines %}{{ line.title }}{% endfor %}{% endfor %}"))
	if _, err := mail.Render(c, v, tracking(t)); err == nil || !strings.Contains(err.Error(), "1 MiB") {
		t.Errorf("got %v, want the output refused", err)
	}
}

// The costliest accepted template: its cost bounds every rendering.
func BenchmarkRenderWorst(b *testing.B) {
	c := compiled(b, own("{% for a in (1..100) %}{% for b in (1..90) %}{{ b }}{{ a }}{{ b }}{% endfor %}{% endfor %}"))
	benchmarkRender(b, c)
}

func BenchmarkRender(b *testing.B) { benchmarkRender(b, mustFind(b, "unpaid-1", "en")) }

func benchmarkRender(b *testing.B, c *mail.Compiled) {
	v, tr := englishVars(), tracking(b)
	for b.Loop() {
		if _, err := mail.Render(c, v, tr); err != nil {
			b.Fatal(err)
		}
	}
}
