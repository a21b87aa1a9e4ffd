package mail_test

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"comeback/campaigns"
	"comeback/campaigns/mail"
	"comeback/commerce"
)

// Every http and https link of both parts leads through us to the target that
// is stored; the same target twice is one link; others are left alone.
func TestLinksAreTracked(t *testing.T) {
	t.Parallel()
	tr := tracking(t)
	untracked := `<a href="mailto:x@y.example">m</a><a href="#t">t</a><a name="t"></a>` +
		`<abbr href="https://no.example">n</abbr> https://plain.example`
	c := compiled(t, mail.Template{Name: "own", Language: "en", Subject: "x",
		HTML: `<!doctype html><body><a class='x' HREF='https://shop.example/a?x=1&amp;y=2#frag'>a</a> ` +
			`<a href="{{ links.pay }}">p</a> <area href="https://shop.example/b"> ` + untracked + `</body>`,
		Text: "Pay: {{ links.pay }}. (https://shop.example/c), mailto:x@y.example {{ links.unsubscribe }}"})
	v := englishVars()
	r := render(t, c, v, tr)
	utm := "utm_source=comeback&utm_medium=email&utm_campaign=unpaid-reminder&utm_content=r1"
	want := []campaigns.Link{
		{N: 1, URL: "https://shop.example/a?x=1&y=2&" + utm + "#frag"},
		{N: 2, URL: "https://shop.example/pay/1001?key=abc&" + utm, Pay: true},
		{N: 3, URL: "https://shop.example/b?" + utm},
		{N: 4, URL: "https://shop.example/c?" + utm},
	}
	if diff := cmp.Diff(r.Links, want); diff != "" {
		t.Errorf("got, want:\n%s", diff)
	}
	click := func(n int) string { return tr.Base + "/c/" + tr.Tokens.Click(message, n) }
	wantHTML := `<!doctype html><body><a class='x' HREF="` + click(1) + `">a</a> <a href="` + click(2) + `">p</a> ` +
		`<area href="` + click(3) + `"> ` + untracked + `<img src="` + tr.Base + "/o/" + tr.Tokens.Open(message) +
		`" width="1" height="1" alt="" style="display:block;width:1px;height:1px;border:0;"></body>`
	if diff := cmp.Diff(r.HTML, wantHTML); diff != "" {
		t.Errorf("html: got, want:\n%s", diff)
	}
	wantText := "Pay: " + click(2) + ". (" + click(4) + "), mailto:x@y.example " + r.Unsubscribe + "\n"
	if diff := cmp.Diff(r.Text, wantText); diff != "" {
		t.Errorf("text: got, want:\n%s", diff)
	}
	if strings.Contains(r.Unsubscribe, "utm") {
		t.Error("UTM in the unsubscribe link")
	}
}

// A message sent again is the same bytes.
func TestRenderIsStable(t *testing.T) {
	t.Parallel()
	c := mustFind(t, "unpaid-1", "en")
	if diff := cmp.Diff(render(t, c, englishVars(), tracking(t)), render(t, c, englishVars(), tracking(t))); diff != "" {
		t.Error(diff)
	}
}

// UTM is filled only where it is absent, and nothing else of an address changes;
// an address with a signature is left alone.
func TestUTM(t *testing.T) {
	t.Parallel()
	tr := tracking(t)
	tr.UTM = mail.UTM{Source: "comeback", Campaign: "春 sale"}
	for target, want := range map[string]string{
		"https://s.example":                     "https://s.example?utm_source=comeback&utm_campaign=%E6%98%A5+sale",
		"https://s.example/?":                   "https://s.example/?utm_source=comeback&utm_campaign=%E6%98%A5+sale",
		"https://s.example/?utm_source=news&b":  "https://s.example/?utm_source=news&b&utm_campaign=%E6%98%A5+sale",
		"https://s.example/?z=1&a=%20&":         "https://s.example/?z=1&a=%20&utm_source=comeback&utm_campaign=%E6%98%A5+sale",
		"https://pay.example/gate?a=1&sign=XYZ": "https://pay.example/gate?a=1&sign=XYZ",
	} {
		v := englishVars()
		v.Order.PayURL = target
		r := render(t, compiled(t, own(`<!doctype html><a href="{{ links.pay }}">x</a>`)), v, tr)
		if got := r.Links[0].URL; got != want {
			t.Errorf("%s: got %s, want %s", target, got, want)
		}
	}
}

// A long link gets no parameters: they would make it too long for a web server.
func TestALongLinkGetsNoParameters(t *testing.T) {
	t.Parallel()
	v := englishVars()
	v.Order.PayURL = "https://s.example/pay?t=" + strings.Repeat("k", 1776)
	r := render(t, compiled(t, own(`<!doctype html><a href="{{ links.pay }}">x</a>`)), v, tracking(t))
	if got := r.Links[0].URL; got != v.Order.PayURL {
		t.Errorf("got %d bytes, want the address alone, %d", len(got), len(v.Order.PayURL))
	}
}

// Mail programs find the whole link in a text: they leave out a hyphen or an underscore
// at its end, and stop before the next word of a language without blanks.
func TestLinksOfATextAreFoundWhole(t *testing.T) {
	t.Parallel()
	c := compiled(t, mail.Template{Name: "own", Language: "zh", Subject: "x", HTML: "<!doctype html>x",
		Text: "付款：{{ links.pay }}立即支付。"})
	tr, awkward := tracking(t), 0
	for n := 0; awkward < 5; n++ {
		tr.Message = message + "-" + strconv.Itoa(n)
		r := render(t, c, englishVars(), tr)
		if len(r.Links) != 1 || !strings.HasPrefix(r.Links[0].URL, "https://shop.example/pay/1001?key=abc&") {
			t.Fatalf("got the links %v, want the address of the order", r.Links)
		}
		token := tr.Tokens.Click(tr.Message, 1)
		awkward += len(token) - len(strings.TrimRight(token, "-_"))
		found := strings.TrimRight(regexp.MustCompile(`https://[!-~]+`).FindString(r.Text), "-_")
		if plain, err := url.PathUnescape(found); err != nil || plain != tr.Base+"/c/"+token {
			t.Fatalf("got %q (%v), want %q", plain, err, tr.Base+"/c/"+token)
		}
	}
}

// The click token goes along to the shop and is found again in the order's
// landing URL.
func TestLandingToken(t *testing.T) {
	t.Parallel()
	for _, target := range []string{"https://s.example", "https://s.example/p?a=1#x"} {
		landed := campaigns.Landing(target, "TOK-en_1")
		if got := campaigns.LandingToken(landed); got != "TOK-en_1" {
			t.Errorf("%s: got %q", landed, got)
		}
	}
	for _, none := range []string{"", "https://s.example/?x=1", "://", "%zz"} {
		if got := campaigns.LandingToken(none); got != "" {
			t.Errorf("%q: got %q, want none", none, got)
		}
	}
}

// The hidden link is there only when asked for, and is not a stored link.
func TestHoneypot(t *testing.T) {
	t.Parallel()
	tr := tracking(t)
	tr.Honeypot = true
	r := render(t, compiled(t, own("<p>x</p>")), englishVars(), tr)
	if !strings.Contains(r.HTML, tr.Tokens.Click(message, campaigns.HoneypotLink)) || len(r.Links) != 0 {
		t.Errorf("got links %v in %s", r.Links, r.HTML)
	}
}

// The landing URL names a message only with our genuine token of that shop.
func TestLandedMessage(t *testing.T) {
	t.Parallel()
	ts := tokens(t, tokenKey(1))
	o := commerce.Order{Shop: "s"}
	const sent = "s:win-back:c:1:w1"
	for landing, want := range map[string]string{
		"https://shop.example/?utm_source=x&cbt=" + ts.Click(sent, 1):       sent,
		"https://shop.example/?cbt=" + ts.Click("other:win-back:c:1:w1", 1): "",
		"https://shop.example/?cbt=" + ts.Open(sent):                        "",
		"https://shop.example/?cbt=forged":                                  "",
		"":                                                                  "",
	} {
		o.Source.Landing = landing
		if got := mail.LandedMessage(ts, o); got != want {
			t.Errorf("%s: got %q, want %q", landing, got, want)
		}
	}
}
