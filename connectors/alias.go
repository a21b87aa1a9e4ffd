package connectors

import (
	"net/http"
	"slices"
	"strings"

	"comeback/commerce"
)

// MaxAliases is the largest number of further names of one store.
const MaxAliases = 8

// NamedStore is the host of the store that a delivery names, empty where the
// platform's stores have one name only. Shopify names a store by its myshopify.com
// domain, which a merchant may not know. The other platforms name the address at
// which the shop runs, so another name is another shop: a copy for tests, say.
func NamedStore(platform string, h http.Header) string {
	if platform != "shopify" {
		return ""
	}
	host, path := splitSource(shopifyHeader(h, "Shop-Domain"))
	if path != "" || len(host) > 253 || !strings.Contains(host, ".") || strings.Trim(host, hostLetters) != "" {
		return ""
	}
	return host
}

const hostLetters = "abcdefghijklmnopqrstuvwxyz0123456789-."

// IsStore reports whether c's store has this name.
func IsStore(c commerce.Connection, name string) bool {
	same := func(known string) bool { return sameStore(name, known) }
	return same(c.Source) || slices.ContainsFunc(c.Aliases, same)
}

// MayLearn reports whether name can be one more name of c's store. A store has one
// domain under myshopify.com, so a second one is another store.
func MayLearn(c commerce.Connection, name string) bool {
	if c.Source == "" || len(c.Aliases) >= MaxAliases {
		return false
	}
	return !atShopify(name) || !slices.ContainsFunc(append([]string{c.Source}, c.Aliases...), atShopify)
}

func atShopify(source string) bool {
	host, _ := splitSource(source)
	return strings.HasSuffix(host, ".myshopify.com")
}
