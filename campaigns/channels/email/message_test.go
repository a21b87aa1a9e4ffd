package email

import (
	"bytes"
	"flag"
	"maps"
	"mime"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/idna"

	"comeback/campaigns"
	"comeback/campaigns/channels/mailbox"
	"comeback/commerce"
)

var update = flag.Bool("update", false, "write the golden files")

func english() campaigns.Mail {
	return campaigns.Mail{
		ID: "shop1:unpaid-reminder:wc:1001:1", MessageID: campaigns.MessageID("shop1:unpaid-reminder:wc:1001:1", "shop.example"),
		From: "hello@shop.example", FromName: "The Shop, Ltd", ReplyTo: "help@shop.example", To: "ann@customer.example", ToName: "Ann O'Neill",
		Subject: "Your order is waiting", Text: "Dear Ann,\n.\npay here: https://shop.example/pay?a=b\n",
		Date: time.Date(2016, 11, 22, 9, 0, 0, 0, time.UTC),
		HTML: "<!doctype html>\n<html><head><title>x</title></head><body><p>Your café order — " +
			"<a href=\"https://shop.example/pay?a=b\">pay</a></p></body></html>\n",
		Unsubscribe: "https://go.shop.example/u/" + strings.Repeat("t", 80), UnsubscribeMailto: "unsubscribe@shop.example?subject=x",
		ListID: "reminders.shop.example", FeedbackID: "unpaid-reminder:shop1:marketing:comeback",
	}
}

func chinese() campaigns.Mail {
	m := english()
	m.FromName, m.ToName, m.Subject = "乐淘旗舰店", "王小明", "【乐淘】您的订单还未付款，商品已为您保留二十四小时"
	m.Text = strings.Repeat("您好，您有一笔订单尚未付款。", 8) + "\n请点击付款：https://shop.example/pay\n"
	m.HTML = "<p>" + strings.Repeat("您好，您有一笔订单尚未付款。", 8) + "</p>"
	m.Unsubscribe, m.UnsubscribeMailto, m.Auto = "", "", true
	return m
}

func mustCompose(t testing.TB, m campaigns.Mail) message {
	t.Helper()
	msg, err := compose(m)
	if err != nil {
		t.Fatal(err)
	}
	return msg
}

// The bytes of a mail are fixed: they change only when somebody means to.
func TestComposeGolden(t *testing.T) {
	t.Parallel()
	for name, m := range map[string]campaigns.Mail{"english.eml": english(), "chinese.eml": chinese()} {
		path := filepath.Join("testdata", name)
		got := mustCompose(t, m).bytes
		if *update {
			if err := os.WriteFile(path, got, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(string(want), string(got)); d != "" {
			t.Errorf("%s: want -, got +:\n%s", name, d)
		}
	}
}

// Every attempt of a message puts the same bytes on the wire, and another
// message others.
func TestComposeIsStable(t *testing.T) {
	t.Parallel()
	first := mustCompose(t, english()).bytes
	for range 20 {
		if !bytes.Equal(first, mustCompose(t, english()).bytes) {
			t.Fatal("two attempts differ")
		}
	}
	other := english()
	other.ID += "x"
	if bytes.Equal(first, mustCompose(t, other).bytes) {
		t.Error("two messages are alike")
	}
}

// A mail program reads the same text as the caller gave, in any language.
func TestComposeReadsBack(t *testing.T) {
	t.Parallel()
	for name, m := range map[string]campaigns.Mail{"english": english(), "chinese": chinese()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw := mustCompose(t, m).bytes
			content := mailbox.Mail{Raw: raw}.Content()
			from, err := mail.ParseAddress(content.Header.Get("From"))
			if name == "english" && (err != nil || from.Name != m.FromName) {
				t.Errorf("from: got %v, %v, want %s", from, err, m.FromName)
			}
			got := []string{content.Header.Get("Subject"), content.Text, content.HTML}
			want := []string{m.Subject, strings.ReplaceAll(m.Text, "\n", "\r\n"), strings.ReplaceAll(m.HTML, "\n", "\r\n")}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("want -, got +:\n%s", d)
			}
			encoding := map[string]string{"english": "quoted-printable", "chinese": "base64"}[name]
			if n := bytes.Count(raw, []byte("Content-Transfer-Encoding: "+encoding)); n != 2 {
				t.Errorf("got %d parts in %s, want 2", n, encoding)
			}
		})
	}
}

// A mail has the headers mailbox providers ask for, and none that tell what
// software wrote it.
func TestComposeHeaders(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*campaigns.Mail)
		want   []string
	}{
		{"marketing", func(*campaigns.Mail) {}, []string{"Feedback-Id", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post", "Reply-To"}},
		{"service", func(m *campaigns.Mail) {
			m.Auto, m.Unsubscribe, m.UnsubscribeMailto, m.ListID, m.FeedbackID, m.ReplyTo = true, "", "", "", "", ""
		}, []string{"Auto-Submitted"}},
		{"one click is not promised without https", func(m *campaigns.Mail) { m.Unsubscribe = "http://localhost:8080/u/t" },
			[]string{"Feedback-Id", "List-Id", "List-Unsubscribe", "Reply-To"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := english()
			c.change(&m)
			read, err := mail.ReadMessage(bytes.NewReader(mustCompose(t, m).bytes))
			if err != nil {
				t.Fatal(err)
			}
			want := slices.Sorted(slices.Values(append(c.want, "Content-Type", "Date", "From", "Message-Id", "Mime-Version", "Subject", "To")))
			if d := cmp.Diff(want, slices.Sorted(maps.Keys(read.Header))); d != "" {
				t.Errorf("want -, got +:\n%s", d)
			}
		})
	}
}

// Unsubscribing works by link and by mail, in the order providers prefer.
func TestListUnsubscribe(t *testing.T) {
	t.Parallel()
	read, err := mail.ReadMessage(bytes.NewReader(mustCompose(t, english()).bytes))
	if err != nil {
		t.Fatal(err)
	}
	want := "<" + english().Unsubscribe + ">, <mailto:unsubscribe@shop.example?subject=x>"
	if got := read.Header.Get("List-Unsubscribe"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := read.Header.Get("List-Unsubscribe-Post"); got != "List-Unsubscribe=One-Click" {
		t.Errorf("got %s", got)
	}
}

// What cannot be sent is refused before a connection is used, naming the field.
func TestComposeRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		field  string
		change func(*campaigns.Mail)
	}{
		{"to", func(m *campaigns.Mail) { m.To = "" }},
		{"to", func(m *campaigns.Mail) { m.To = "ann" }},
		{"to", func(m *campaigns.Mail) { m.To = "ann@localnet" }},
		{"to", func(m *campaigns.Mail) { m.To = "Ann <ann@customer.example>" }},
		{"to", func(m *campaigns.Mail) { m.To = "ann@customer.example, bob@customer.example" }},
		{"to", func(m *campaigns.Mail) { m.To = "ann@customer.example>\r\nRCPT TO:<eve@evil.example" }},
		{"to", func(m *campaigns.Mail) { m.To = `"ann> SIZE=1"@customer.example` }},
		{"to", func(m *campaigns.Mail) { m.To = strings.Repeat("a", 65) + "@customer.example" }},
		{"to", func(m *campaigns.Mail) { m.To = "ann@[127.0.0.1]" }},
		{"from", func(m *campaigns.Mail) { m.From = "shop@" }},
		{"reply to", func(m *campaigns.Mail) { m.ReplyTo = "x y@shop.example" }},
		{"message id", func(m *campaigns.Mail) { m.MessageID = "a@b>\r\nBcc: eve@evil.example" }},
		{"date", func(m *campaigns.Mail) { m.Date = time.Time{} }},
		{"text", func(m *campaigns.Mail) { m.Text, m.HTML = "", "" }},
		{"unsubscribe", func(m *campaigns.Mail) { m.Unsubscribe = "javascript:alert(1)" }},
		{"unsubscribe", func(m *campaigns.Mail) { m.Unsubscribe = "https://shop.example/\r\nBcc: eve@evil.example" }},
		{"unsubscribe mailto", func(m *campaigns.Mail) { m.UnsubscribeMailto = "a@b.example>, <https://evil.example" }},
		{"list id", func(m *campaigns.Mail) { m.ListID = "a>\r\nBcc: eve@evil.example" }},
		{"feedback id", func(m *campaigns.Mail) { m.FeedbackID = "a\nb" }},
		{"mail", func(m *campaigns.Mail) { m.Subject = strings.Repeat("x", 1200) }},
	} {
		m := english()
		c.change(&m)
		if _, err := compose(m); err == nil || !strings.HasPrefix(err.Error(), c.field+": ") {
			t.Errorf("got %v, want an error that begins with %s", err, c.field)
		}
	}
}

// A domain goes out the way DNS writes it, the part before @ as the customer
// wrote it.
func TestInternationalDomains(t *testing.T) {
	t.Parallel()
	m := english()
	m.To = "Ann@Bücher.example"
	msg := mustCompose(t, m)
	if msg.to != "Ann@xn--bcher-kva.example" || msg.utf8 {
		t.Errorf("got %s, SMTPUTF8 %v", msg.to, msg.utf8)
	}
	m.To = "用户@例子.广告"
	msg = mustCompose(t, m)
	if msg.to != "用户@xn--fsqu00a.xn--4rr70v" || !msg.utf8 {
		t.Errorf("got %s, SMTPUTF8 %v", msg.to, msg.utf8)
	}
}

// Whatever the names of customers and shops and the subject are, no
// header is added and no line breaks the limits.
func FuzzCompose(f *testing.F) {
	f.Add("Hi\r\nBcc: eve@evil.example", "A\nB", "\"x\" <y@z.example>", "text\r\n.\r\nQUIT\r\n")
	f.Add("", "=?utf-8?q?x?=", "\x00\x85\u2028", strings.Repeat("long ", 300))
	f.Add("订单", "店\r\n\r\n<script>", "\xff\xfe", "正文\rx\n\ny")
	f.Add("订单", "店", `\王 \`, "x")
	f.Fuzz(func(t *testing.T, subject, fromName, toName, text string) {
		m := english()
		m.Subject, m.FromName, m.ToName, m.Text = subject, fromName, toName, text+"x"
		msg, err := compose(m)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "mail: a header line is longer") {
				t.Fatal(err)
			}
			return
		}
		read, err := mail.ReadMessage(bytes.NewReader(msg.bytes))
		if err != nil {
			t.Fatal(err)
		}
		if len(read.Header) != 12 {
			t.Errorf("got %d headers: %v", len(read.Header), read.Header)
		}
		content := mailbox.Mail{Raw: msg.bytes}.Content()
		if got, want := content.Header.Get("Subject"), headerText(subject); got != want && !strings.Contains(want, "=?") {
			t.Errorf("subject: got %q, want %q", got, want)
		}
		to, err := mail.ParseAddress(read.Header.Get("To"))
		if want := headerText(strings.ReplaceAll(toName, `\`, " ")); err != nil || to.Name != want && !strings.Contains(want, "=?") {
			t.Errorf("to: got %v, %v, want %q", to, err, want)
		}
		if bare := bytes.ReplaceAll(msg.bytes, []byte("\r\n"), nil); bytes.ContainsAny(bare, "\r\n") {
			t.Error("a bare CR or LF")
		}
	})
}

// A name and a subject are shown as they are. A text with the mark of an encoded word is
// not decoded by the reader as another text.
func TestNameIsShownAsText(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"=?utf-8?q?The_Bank?=", `Ann "the" =?utf-8?b?QmFuaw==?= Bank`, "李=?gbk?q?x?=" + strings.Repeat("长", 60), "Ann Smith", "李雷",
	} {
		m := english()
		m.ToName, m.FromName, m.Subject = text, text, text
		msg := mustCompose(t, m).bytes
		header, err := mail.ReadMessage(bytes.NewReader(msg))
		if err != nil {
			t.Fatal(err)
		}
		subject, err := new(mime.WordDecoder).DecodeHeader(header.Header.Get("Subject"))
		if err != nil || subject != text {
			t.Errorf("subject of %q: got %q, %v", text, subject, err)
		}
		for _, name := range []string{"To", "From"} {
			raw := header.Header.Get(name)
			list, err := mail.ParseAddressList(raw)
			if err != nil || len(list) != 1 || list[0].Name != text {
				t.Errorf("%s of %q: got %+v, %v", name, text, list, err)
			}
			if strings.Contains(raw, "=?utf-8?q?The_Bank?=") || strings.Contains(raw, "QmFuaw==") {
				t.Errorf("%s of %q: a reader may decode %s", name, text, raw)
			}
		}
	}
}

// The rule for addresses writes domains as the library of the Unicode consortium's rules
// does.
func TestDomainsAreWrittenAsIDNAHasThem(t *testing.T) {
	t.Parallel()
	for _, domain := range []string{
		"müller.example", "例子.广告", "правительство.рф", "ελλάδα.ελ", "日本語.jp", "한국.kr", "bücher-für-alle.de", "مثال.إختبار", "a-b.example",
		"中国互联网络信息中心.中国", "x1.éa.fr",
	} {
		want, err := idna.Lookup.ToASCII(domain)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := commerce.MailAddress("a@" + domain); err != nil || got != "a@"+want {
			t.Errorf("%s: got %s, %v, want %s", domain, got, err, want)
		}
	}
}
