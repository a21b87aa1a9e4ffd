package commerce

import (
	"errors"
	"strings"
	"testing"
)

// A shop is refused at the setting that nothing can work with, and with a remedy.
func TestShopSettingsAreRefusedByField(t *testing.T) {
	t.Parallel()
	good := Shop{
		Name: "Tea", Market: West, Zone: "Europe/London", Currency: "GBP", Language: "en", URL: "https://tea.example",
		Sender: Sender{Name: "Tea", From: "a@tea.example", Address: "1 Quay\nDover"},
	}
	if err := good.Check(); err != nil {
		t.Errorf("a good shop: got %v", err)
	}
	for pointer, spoil := range map[string]func(s *Shop){
		"/currency":              func(s *Shop) { s.Currency = "EURO" },
		"/name":                  func(s *Shop) { s.Name = "" },
		"/market":                func(s *Shop) { s.Market = "mars" },
		"/zone":                  func(s *Shop) { s.Zone = "Local" },
		"/language":              func(s *Shop) { s.Language = "English" },
		"/jurisdiction":          func(s *Shop) { s.Jurisdiction = "EU" },
		"/trade":                 func(s *Shop) { s.Trade = strings.Repeat("x", 61) },
		"/url":                   func(s *Shop) { s.URL = "javascript:alert(1)" },
		"/sender/name":           func(s *Shop) { s.Sender.Name = "a\r\nBcc: b" },
		"/sender/from":           func(s *Shop) { s.Sender.From = "nobody" },
		"/sender/reply_to":       func(s *Shop) { s.Sender.ReplyTo = "nobody" },
		"/sender/address":        func(s *Shop) { s.Sender.Address = "\x00" },
		"/results/window_hours":  func(s *Shop) { s.Results.WindowHours = -1 },
		"/results/margin_ratio":  func(s *Shop) { s.Results.MarginBP = 10_001 },
		"/results/message_price": func(s *Shop) { s.Results.MessagePrice = -1 },
	} {
		s := good
		spoil(&s)
		var field *FieldError
		if err := s.Check(); !errors.As(err, &field) || field.Pointer != pointer || field.Detail == "" || CodeOf(err) != Invalid {
			t.Errorf("%s: got %v (%s)", pointer, err, CodeOf(err))
		}
	}
}
