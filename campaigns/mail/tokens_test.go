package mail_test

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"comeback/campaigns/mail"
	"comeback/commerce"
)

const message = "tea-shop:unpaid-reminder:wc:1001:1:r1"

func tokens(t testing.TB, current mail.TokenKey, old ...mail.TokenKey) *mail.Tokens {
	t.Helper()
	made, err := mail.NewTokens(current, old...)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func tokenKey(id byte) mail.TokenKey {
	return mail.TokenKey{ID: id, Secret: bytes.Repeat([]byte{id + 1}, 32)}
}

// A token gives back its content for its purpose, and is one URL segment.
func TestTokenRoundTrip(t *testing.T) {
	t.Parallel()
	ts := tokens(t, tokenKey(1))
	cases := map[string]struct {
		purpose mail.Purpose
		token   string
		want    mail.Token
	}{
		"open":            {mail.OpenPixel, ts.Open(message), mail.Token{Shop: "tea-shop", Message: message}},
		"click":           {mail.ClickLink, ts.Click(message, 3), mail.Token{Shop: "tea-shop", Message: message, Link: 3}},
		"unsubscribe all": {mail.Unsubscribe, ts.Unsubscribe(message, ""), mail.Token{Shop: "tea-shop", Message: message}},
		"unsubscribe one": {
			mail.Unsubscribe, ts.Unsubscribe(message, "win-back"), mail.Token{Shop: "tea-shop", Message: message, Scope: "win-back"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := ts.Parse(c.purpose, c.token)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(got, c.want); diff != "" {
				t.Errorf("got, want:\n%s", diff)
			}
			if rest := strings.Trim(c.token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"); rest != "" {
				t.Errorf("token has %q: not one plain URL segment", rest)
			}
			if strings.Contains(c.token, "unpaid") {
				t.Error("token shows what it carries")
			}
		})
	}
	if once, again := ts.Click(message, 3), ts.Click(message, 3); once != again {
		t.Error("the same link twice gives two tokens: a message sent again would differ")
	}
}

// A token is refused for every purpose but its own.
func TestTokenPurposesAreSeparate(t *testing.T) {
	t.Parallel()
	ts := tokens(t, tokenKey(1))
	made := map[mail.Purpose]string{
		mail.OpenPixel: ts.Open(message), mail.ClickLink: ts.Click(message, 0), mail.Unsubscribe: ts.Unsubscribe(message, ""),
	}
	for own, token := range made {
		for _, purpose := range []mail.Purpose{mail.OpenPixel, mail.ClickLink, mail.Unsubscribe} {
			if _, err := ts.Parse(purpose, token); (err == nil) != (purpose == own) {
				t.Errorf("token of %c read as %c: got %v", own, purpose, err)
			}
		}
	}
}

// A token that was changed in any way is refused: of 2,000 mutations none is read.
func TestMutatedTokensAreRefused(t *testing.T) {
	t.Parallel()
	ts := tokens(t, tokenKey(1))
	random := rand.New(rand.NewPCG(1, 2))
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/ \n%."
	good := []string{ts.Click(message, 1), ts.Open(message), ts.Unsubscribe(message, "all"), ts.Click("s:c:x:1:a", 1)}
	for refused := 0; refused < 2000; {
		original := good[random.IntN(len(good))]
		token := mutate(random, original, alphabet)
		if token == original {
			continue
		}
		for _, purpose := range []mail.Purpose{mail.OpenPixel, mail.ClickLink, mail.Unsubscribe} {
			got, err := ts.Parse(purpose, token)
			if commerce.CodeOf(err) != commerce.NotFound {
				t.Fatalf("mutation %q of %q: got %+v, %v, want not found", token, original, got, err)
			}
		}
		refused++
	}
}

// A token has one spelling: line breaks, padding and unused bits are
// refused too.
func TestTokenHasOneSpelling(t *testing.T) {
	t.Parallel()
	ts := tokens(t, tokenKey(1))
	for _, id := range []string{"s:c:x:1:a", "s:c:x:1:ab", "s:c:x:1:abc"} {
		token := ts.Open(id)
		spellings := []string{token + "=", token + "\n", "\r" + token, token[:9] + "\n" + token[9:]}
		for _, letter := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_" {
			if other := token[:len(token)-1] + string(letter); other != token {
				spellings = append(spellings, other)
			}
		}
		for _, other := range spellings {
			if got, err := ts.Parse(mail.OpenPixel, other); err == nil {
				t.Errorf("%q for %q: got %+v, want not found", other, token, got)
			}
		}
	}
}

func mutate(random *rand.Rand, token, alphabet string) string {
	b := []byte(token)
	at, letter := random.IntN(len(b)), alphabet[random.IntN(len(alphabet))]
	switch random.IntN(5) {
	case 0:
		b[at] = letter
	case 1:
		b = append(b[:at], b[at+1:]...)
	case 2:
		b = append(b[:at], append([]byte{letter}, b[at:]...)...)
	case 3:
		b = b[:at]
	default:
		other := random.IntN(len(b))
		b[at], b[other] = b[other], b[at]
	}
	return string(b)
}

// After a rotation the links in old mails still work. After a key is retired only
// unsubscribing still works, without end.
func TestOldLinksWorkAfterAKeyRotation(t *testing.T) {
	t.Parallel()
	before := tokens(t, tokenKey(1))
	retired := tokenKey(1)
	retired.Retired = true
	cases := map[string]struct {
		after       *mail.Tokens
		click, stop bool
	}{
		"rotated":               {tokens(t, tokenKey(2), tokenKey(1)), true, true},
		"retired":               {tokens(t, tokenKey(2), retired), false, true},
		"unknown key":           {tokens(t, tokenKey(2)), false, false},
		"another shop's server": {tokens(t, mail.TokenKey{ID: 1, Secret: bytes.Repeat([]byte{9}, 32)}), false, false},
	}
	for name, c := range cases {
		if _, err := c.after.Parse(mail.ClickLink, before.Click(message, 1)); (err == nil) != c.click {
			t.Errorf("%s: click: got %v, want read %v", name, err, c.click)
		}
		if _, err := c.after.Parse(mail.Unsubscribe, before.Unsubscribe(message, "")); (err == nil) != c.stop {
			t.Errorf("%s: unsubscribe: got %v, want read %v", name, err, c.stop)
		}
	}
}

// Weak and ambiguous keys are refused at start.
func TestTokenKeysAreChecked(t *testing.T) {
	t.Parallel()
	if _, err := mail.NewTokens(mail.TokenKey{ID: 1, Secret: []byte("short")}); commerce.CodeOf(err) != commerce.Invalid {
		t.Errorf("short secret: got %v, want invalid", err)
	}
	if _, err := mail.NewTokens(tokenKey(1), tokenKey(1)); commerce.CodeOf(err) != commerce.Invalid {
		t.Errorf("two keys of one id: got %v, want invalid", err)
	}
}

// Whatever arrives in a URL, reading it neither fails hard nor believes it.
func FuzzParseToken(f *testing.F) {
	ts, err := mail.NewTokens(tokenKey(1))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(ts.Click(message, 2))
	f.Add("")
	f.Add("AQ")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := ts.Parse(mail.ClickLink, text)
		if err == nil && ts.Click(got.Message, got.Link) != text {
			t.Errorf("%q is read but is not what is written", text)
		}
	})
}

func BenchmarkParseToken(b *testing.B) {
	ts := tokens(b, tokenKey(1))
	token := ts.Click(message, 2)
	for b.Loop() {
		if _, err := ts.Parse(mail.ClickLink, token); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tokens/s")
}
