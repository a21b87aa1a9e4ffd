package main

import (
	"strings"
	"time"

	"comeback/commerce"
)

// checkShop refuses a shop whose settings no rule could work with.
func checkShop(s commerce.Shop) error {
	if _, ok := commerce.Exponent(s.Currency); !ok {
		return commerce.Errorf(commerce.Invalid, "currency %q: not an ISO 4217 code, write for example EUR", s.Currency)
	}
	if _, err := time.LoadLocation(s.Zone); err != nil || s.Zone == "" || strings.EqualFold(s.Zone, "local") {
		return commerce.Errorf(commerce.Invalid, "time zone %q: not an IANA name, write for example Europe/London", s.Zone)
	}
	if s.Market != commerce.China && s.Market != commerce.West {
		return commerce.Errorf(commerce.Invalid, "market %q: write cn or west", s.Market)
	}
	return nil
}
