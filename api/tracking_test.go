package api_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"
	"time"

	"comeback/api"
	"comeback/campaigns"
	"comeback/campaigns/mail"
	"comeback/commerce"
)

const browser = "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

// mailed gives a shop a sent message with two links.
func (s *service) mailed() campaigns.Message {
	s.shop("demo")
	shop := s.store.shops["demo"]
	shop.URL, shop.Name = "https://shop.example/", "Tea & Co"
	s.store.shops["demo"] = shop
	m := campaigns.Message{
		ID: "demo:welcome:1:1:first", Shop: "demo", Campaign: "welcome", Customer: "demo:email:x",
		Recipient: s.store.Address(commerce.EmailAddress("ann@example.com")), State: campaigns.Sent, SentAt: s.wall,
		Links: []campaigns.Link{{N: 1, URL: "https://shop.example/cart?a=b"}, {N: 2, URL: "javascript:alert(1)"}},
	}
	s.store.messages[m.ID] = m
	return m
}

// stored lets the recorder write, and returns the touches.
func (s *service) stored(t testing.TB) []campaigns.Touch {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := s.api.Recorder().Run(ctx); err != nil {
		t.Fatal(err)
	}
	return s.store.touches
}

// A click leads to the target stored with the message, with the token for the
// shop's landing address. An open is a pixel that is not cached.
func TestClickAndOpen(t *testing.T) {
	t.Parallel()
	s := setup(t)
	m := s.mailed()
	token := s.tokens.Click(m.ID, 1)
	w := s.expect(t, 302, "GET", "/c/"+token, "", browser)
	to, err := url.Parse(w.Header().Get("Location"))
	if err != nil || to.Host != "shop.example" || to.Query().Get("a") != "b" || to.Query().Get("cbt") != token {
		t.Errorf("got %v, %v", to, err)
	}
	w = s.expect(t, 200, "GET", "/o/"+s.tokens.Open(m.ID), "", "User-Agent: GoogleImageProxy")
	if w.Header().Get("Content-Type") != "image/gif" || w.Header().Get("Cache-Control") != "no-store" || w.Body.Len() != 43 {
		t.Errorf("got %d bytes, %v", w.Body.Len(), w.Header())
	}
	touches := s.stored(t)
	if len(touches) != 2 || touches[0].Kind != campaigns.Clicked || touches[0].Link != 1 || touches[0].Agent != campaigns.HumanAgent ||
		touches[1].Agent != campaigns.ProxyAgent {
		t.Fatalf("got %+v", touches)
	}
	if !touches[0].At.Equal(s.wall.Add(time.Hour)) || touches[0].Message != m.ID || s.marks.shops["demo"] != 1 {
		t.Errorf("got %+v and marks %v", touches[0], s.marks.shops)
	}
}

// Asking for headers only counts for nothing and changes nothing.
func TestHeadCountsForNothing(t *testing.T) {
	t.Parallel()
	s := setup(t)
	m := s.mailed()
	s.expect(t, 302, "HEAD", "/c/"+s.tokens.Click(m.ID, 1), "", browser)
	s.expect(t, 200, "HEAD", "/o/"+s.tokens.Open(m.ID), "", browser)
	s.expect(t, 200, "HEAD", "/u/"+s.tokens.Unsubscribe(m.ID, ""), "", browser)
	if touches := s.stored(t); len(touches) != 0 || len(s.store.suppressions) != 0 {
		t.Errorf("got %v and %v, want nothing", touches, s.store.suppressions)
	}
}

// Nothing but a whole token of the same purpose leads anywhere: 2,000 altered
// ones, those of other purposes and those of other keys get a page.
func TestOnlyOurTokensRedirect(t *testing.T) {
	t.Parallel()
	s := setup(t)
	m := s.mailed()
	good := s.tokens.Click(m.ID, 1)
	other, err := mail.NewTokens(mail.TokenKey{ID: 1, Secret: []byte(strings.Repeat("x", 32))})
	if err != nil {
		t.Fatal(err)
	}
	bad := []string{
		s.tokens.Open(m.ID), s.tokens.Unsubscribe(m.ID, ""), other.Click(m.ID, 1), "https:", "x", good + "=",
		strings.ToUpper(good),
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		bad = append(bad, altered(random, good))
	}
	for _, token := range bad {
		w := s.do("GET", "/c/"+token, "", browser)
		if w.Code != 404 || w.Header().Get("Location") != "" {
			t.Fatalf("%s: got %d to %q, want a page", token, w.Code, w.Header().Get("Location"))
		}
	}
	for _, path := range []string{
		"/o/" + good, "/u/" + good, "/u/" + s.tokens.Open(m.ID), "/c/" + s.tokens.Click("demo:gone:1:1:first", 1),
		"/c/" + s.tokens.Click(m.ID, 3), "/c/" + s.tokens.Click(m.ID, 2),
	} {
		if w := s.expect(t, 404, "GET", path, "", browser); !strings.Contains(w.Body.String(), "This link does not work") {
			t.Errorf("got %s", w.Body)
		}
	}
	s.expect(t, 404, "POST", "/u/"+good, "List-Unsubscribe=One-Click")
}

// altered is a token with one letter changed, dropped, added or swapped.
func altered(random *rand.Rand, token string) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	for {
		b := []byte(token)
		i, letter := random.IntN(len(b)), letters[random.IntN(len(letters))]
		switch random.IntN(4) {
		case 0:
			b[i] = letter
		case 1:
			b = append(b[:i], b[i+1:]...)
		case 2:
			b = append(b[:i], append([]byte{letter}, b[i:]...)...)
		default:
			j := random.IntN(len(b))
			b[i], b[j] = b[j], b[i]
		}
		if string(b) != token {
			return string(b)
		}
	}
}

// A click on the hidden link is counted, and leads to the shop.
func TestHiddenLink(t *testing.T) {
	t.Parallel()
	s := setup(t)
	m := s.mailed()
	w := s.expect(t, 302, "GET", "/c/"+s.tokens.Click(m.ID, campaigns.HoneypotLink), "", browser)
	if touches := s.stored(t); !strings.HasPrefix(w.Header().Get("Location"), "https://shop.example/") || len(touches) != 1 ||
		touches[0].Link != campaigns.HoneypotLink {
		t.Errorf("got %q and %+v", w.Header().Get("Location"), touches)
	}
}

// Opening the link only shows a question. Sending the form, or the mail
// program's one click, unsubscribes at once, any number of times, with the same
// answer.
func TestUnsubscribe(t *testing.T) {
	t.Parallel()
	s := setup(t)
	m := s.mailed()
	path := "/u/" + s.tokens.Unsubscribe(m.ID, "")
	page := s.expect(t, 200, "GET", path, "", browser).Body.String()
	if len(s.store.suppressions) != 0 || !strings.Contains(page, `<form method="post">`) || !strings.Contains(page, "Tea &amp; Co") {
		t.Errorf("got %v and %s", s.store.suppressions, page)
	}
	for _, body := range []string{"List-Unsubscribe=One-Click", "", "List-Unsubscribe=One-Click"} {
		w := s.expect(t, 200, "POST", path, body, "Content-Type: application/x-www-form-urlencoded")
		if !strings.Contains(w.Body.String(), "You are unsubscribed") {
			t.Errorf("got %s", w.Body)
		}
	}
	x, found := s.store.suppressions[commerce.SuppressionID("demo", m.Recipient, commerce.SuppressMarketing, commerce.Unsubscribed)]
	if !found || x.Reason != "unsubscribed" || x.Message != m.ID || len(s.store.suppressions) != 1 {
		t.Errorf("got %+v", s.store.suppressions)
	}
	if touches := s.stored(t); len(touches) == 0 || touches[0].Kind != campaigns.Unsubscribed {
		t.Errorf("got %+v", touches)
	}
	for method, want := range map[string]string{"GET": "no more mail of any kind", "POST": "no more mail, from now on"} {
		if w := s.expect(t, 200, method, "/u/"+s.tokens.Unsubscribe(m.ID, "all"), ""); !strings.Contains(w.Body.String(), want) {
			t.Errorf("got %s, want %s", w.Body, want)
		}
	}
	s.expect(t, 200, "POST", "/u/"+s.tokens.Unsubscribe("demo:gone:1:1:first", ""), "")
	if _, found := s.store.suppressions[commerce.SuppressionID("demo", m.Recipient, commerce.SuppressAll, commerce.Unsubscribed)]; !found {
		t.Errorf("got %+v, want all mail suppressed", s.store.suppressions)
	}
	s.store.breakWith(commerce.Errorf(commerce.Unavailable, "away"))
	if w := s.expect(t, 503, "POST", path, ""); w.Header().Get("Retry-After") == "" || strings.Contains(w.Body.String(), "You are") {
		t.Errorf("got %s, want no confirmation of unsubscribing", w.Body)
	}
}

// Pages are in the language of the browser, else of the shop. They load and run
// nothing.
func TestPages(t *testing.T) {
	t.Parallel()
	s := setup(t)
	m := s.mailed()
	path := "/u/" + s.tokens.Unsubscribe(m.ID, "")
	for accept, want := range map[string]string{
		"": "Unsubscribe?", "zh-CN,zh;q=0.9,en;q=0.8": "要退订吗？", "fr, en;q=0.5, zh;q=0.4": "Unsubscribe?",
		"en;q=0.1, zh;q=0.2": "要退订吗？", "de": "Unsubscribe?", ";;q=x,,": "Unsubscribe?",
	} {
		w := s.expect(t, 200, "GET", path, "", "Accept-Language: "+accept)
		page := w.Body.String()
		if !strings.Contains(page, "<h1>"+want+"</h1>") || strings.Contains(page, "<script") || strings.Contains(page, "http") {
			t.Errorf("%s: got %s, want %s", accept, page, want)
		}
		_, style, _ := strings.Cut(page, "<style>")
		style, _, _ = strings.Cut(style, "</style>")
		sum := sha256.Sum256([]byte(style))
		policy := w.Header().Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, base64.StdEncoding.EncodeToString(sum[:])) {
			t.Errorf("got policy %s for %s", policy, style)
		}
	}
	shop := s.store.shops["demo"]
	shop.Language, shop.Name = "zh-CN", "<script>"
	s.store.shops["demo"] = shop
	if page := s.expect(t, 200, "GET", path, "").Body.String(); !strings.Contains(page, "退订") || strings.Contains(page, "<script>") {
		t.Errorf("got %s", page)
	}
}

// Neither the log nor the store contains a client's address or a token. The
// store without the salt does not allow finding the address by trying all.
func TestTouchesContainNoAddress(t *testing.T) {
	t.Parallel()
	salted := setup(t, func(c *api.Config) { c.Salt = []byte("another salt of 16 bytes") })
	salted.expect(t, 302, "GET", "/c/"+salted.tokens.Click(salted.mailed().ID, 1), "", browser)
	s := setup(t)
	m := s.mailed()
	token := s.tokens.Click(m.ID, 1)
	s.expect(t, 302, "GET", "/c/"+token, "", browser)
	touches := s.stored(t)
	if touches[0].Actor == salted.stored(t)[0].Actor {
		t.Error("got one actor under two salts")
	}
	for _, private := range []string{"192.0.2.1", token, "Firefox"} {
		if strings.Contains(s.log.String(), private) || strings.Contains(touches[0].ID+touches[0].Actor, private) {
			t.Errorf("%s is kept: %s, %+v", private, s.log, touches[0])
		}
	}
}

// A person who opens an address that does not exist in a browser gets a page. A
// program gets a problem in JSON.
func TestAnUnknownAddressInABrowserIsAPage(t *testing.T) {
	t.Parallel()
	s := setup(t)
	w := s.expect(t, 404, "GET", "/", "", "Accept: text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Language: zh-CN")
	if !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") || !strings.Contains(w.Body.String(), "这里没有页面") {
		t.Errorf("got %s %s, want a page", w.Header().Get("Content-Type"), w.Body)
	}
	w = s.expect(t, 404, "GET", "/v1/nothing", "", "Accept: */*")
	if !strings.Contains(w.Body.String(), `"code":"not_found"`) {
		t.Errorf("got %s, want a problem in JSON", w.Body)
	}
}

// Shopify signs with its own secret, so a connection without it is refused with the
// place where to find it.
func TestAShopifyConnectionNeedsShopifysSecret(t *testing.T) {
	t.Parallel()
	s := setup(t)
	key := s.shop("demo")
	w := s.expect(t, 400, "POST", "/v1/connections", `{"slug":"shopify","platform":"shopify","source":"acme.myshopify.com"}`, key)
	if !strings.Contains(w.Body.String(), "/secret") || !strings.Contains(w.Body.String(), "Settings, Notifications, Webhooks") {
		t.Errorf("got %s, want the secret's place", w.Body)
	}
	s.expect(t, 201, "POST", "/v1/connections", `{"slug":"shopify","platform":"shopify","secret":"shpss_0123456789"}`, key)
}
