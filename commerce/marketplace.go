package commerce

import (
	"slices"
	"strings"
)

// marketplaces give sellers a relay address for each buyer or each order. They
// forward only mail about the order. Their rules forbid marketing to it, and no
// consent covers it: the buyer is a customer who never gets marketing. The
// names are labels below a subdomain and before the country's ending:
// marketplace.amazon.co.uk, members.ebay.de.
var marketplaces = []string{
	"allegro", "amazon", "bol", "cdiscount", "ebay", "etsy", "fnac", "joom", "kaufland", "lazada", "manomano", "mercadolibre", "mercadolivre",
	"mirakl", "newegg", "onbuy", "otto", "rakuten", "shopee", "temu", "tiktok", "walmart", "wayfair", "wish", "zalando",
}

// relayDomains are further domains of relay addresses, with all their
// subdomains.
var relayDomains = []string{"allegromail.pl", "clemarche.com", "etsy.com", "kaufland-marktplatz.de", "otto.market", "tiktokw.us"}

// Marketplace reports whether the address is a marketplace's relay address, and
// its domain.
func (a Address) Marketplace() (domain string, yes bool) {
	_, domain, _ = strings.Cut(a.text, "@")
	for _, own := range relayDomains {
		if domain == own || strings.HasSuffix(domain, "."+own) {
			return domain, true
		}
	}
	labels := strings.Split(domain, ".")
	ending := 1
	if n := len(labels); n > 3 && len(labels[n-1]) == 2 && slices.Contains([]string{"co", "com", "ne"}, labels[n-2]) {
		ending = 2 // co.uk, com.mx, ne.jp
	}
	at := len(labels) - ending - 1
	return domain, at > 0 && slices.Contains(marketplaces, labels[at])
}

// unlessRelay returns the consent; for a relay address it returns ConsentRelay.
func (c Consent) unlessRelay() Consent {
	if _, relay := c.Of().Marketplace(); relay {
		return Consent{Channel: c.Channel, Address: c.Address, At: c.At, Source: c.Source, State: ConsentRelay}
	}
	return c
}
