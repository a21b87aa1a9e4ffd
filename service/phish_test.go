package service

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// Names, titles and numbers written by others are shown as text: no address in
// them is a link in the mail, least of all one over our host.
func TestTextOfOthersIsNoLink(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		sent := withCampaigns(t, h)
		activate(t, h.Store, reminder)
		at := h.at().UTC().Format(time.RFC3339)
		for i, words := range [][2]string{
			{"http://evil.example/login", "tea"}, {"Ann", "WIN https://evil.example/prize"}, {"www.evil.example", "tea"},
			{"x@evil.example", "mailto:x@evil.example"},
			{"Ann", "https://127.0.0.1:18471/c/AAAA"}, {"Ann", "茶hthttps://tps://evil.example/茶"}, {"HTTPS://evil.example", "ftp://evil.example"},
		} {
			body := fmt.Sprintf(`{"type":"order","id":"p%d","number":"https://evil.example/%d","updated_at":%q,"placed_at":%q,
				"payment_status":"unpaid","currency":"EUR","total":"42.90",
				"lines":[{"id":"1","product":"t","title":%q,"variant":"https://evil.example/v","quantity":2,"unit_price":"19.00","net":"38.00"}],
				"buyer":{"email":"p%d@victim.test","verified":true,"first_name":%q,"country":"DE"},
					"pay_url":"https://shop.example/pay/%d"}`, i, i, at, at, words[1], i, words[0], i)
			if status, err := h.send(t.Context(), delivery{platform: "generic", topic: "order", body: []byte(body)}); err != nil || status != 200 {
				t.Fatalf("order %d: got %d, %v", i, status, err)
			}
		}
		settleAll(t, h, 1)
		h.moveTo(h.at().Add(2 * time.Hour))
		settleAll(t, h, 1)
		if len(sent.mails) != 7 {
			t.Fatalf("got %d mails, want 7", len(sent.mails))
		}
		for _, m := range sent.mails {
			for part, text := range map[string]string{"text": m.Text, "html": m.HTML, "subject": m.Subject} {
				for _, bad := range []string{"://evil", "://127", "mailto:x@evil", "www.evil", "x@evil.example,"} {
					if strings.Contains(strings.ToLower(text), bad) {
						t.Errorf("to %s: the %s holds %s:\n%s", m.To, part, bad, text)
					}
				}
				if part != "subject" && strings.Count(text, "http://comeback.test/c/") == 0 {
					t.Errorf("to %s: the %s lacks the link to pay", m.To, part)
				}
			}
		}
		links, err := h.Messages(t.Context(), "s", "reminder", "", "", nil, 50)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range links {
			for _, l := range m.Links {
				if strings.Contains(l.URL, "evil") || strings.Contains(l.URL, "127.0.0.1") {
					t.Errorf("%s leads to %s", m.ID, l.URL)
				}
			}
		}
	})
}
