package campaigns

import (
	"net/url"
	"slices"
	"strings"

	"comeback/commerce"
)

// clickParam carries the click token into the shop's landing URL, where orders
// report it.
const clickParam = "cbt"

// Landing is where a click on target leads: the target with the click token.
func Landing(target, token string) string { return WithQuery(target, clickParam, token) }

// LandingOnly is the part of an order's landing URL that names the message, and
// nothing else; empty if no message brought the order.
func LandingOnly(landing string) string {
	if token := LandingToken(landing); token != "" {
		return Landing("/", token)
	}
	return ""
}

// LandingToken is the click token in an order's landing URL; "" without one.
func LandingToken(landing string) string { return commerce.QueryValue(landing, clickParam) }

// signatures are words in the names of query parameters that sign an address. It
// breaks when anything is added.
var signatures = []string{"sign", "sig", "signature", "signed", "paysign", "hmac", "mac", "checksum", "digest", "hash", "md5"}

// longestLanding is the length up to which anything is added to an address. Some web
// servers refuse longer ones, and reaching the page is worth more than counting.
const longestLanding = 2_000

// WithQuery adds one parameter before the fragment. An address that is signed, cannot
// be parsed or would become too long is returned unchanged.
func WithQuery(target, name, value string) string {
	if isSigned(target) {
		return target
	}
	whole, fragment, hasFragment := strings.Cut(target, "#")
	switch {
	case !strings.Contains(whole, "?"):
		whole += "?"
	case !strings.HasSuffix(whole, "?") && !strings.HasSuffix(whole, "&"):
		whole += "&"
	}
	whole += name + "=" + url.QueryEscape(value)
	if hasFragment {
		whole += "#" + fragment
	}
	if len(whole) > longestLanding {
		return target
	}
	return whole
}

// isSigned reports whether adding to target would break it: it has a signature, or
// it cannot be parsed.
func isSigned(target string) bool {
	if _, err := url.Parse(target); err != nil {
		return true
	}
	return slices.ContainsFunc(commerce.QueryNames(target), func(name string) bool {
		words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return r == '-' || r == '_' || r == '.' })
		return slices.ContainsFunc(words, func(word string) bool { return slices.Contains(signatures, word) })
	})
}
