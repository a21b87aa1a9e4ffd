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

// signatures are query parameters of addresses that break when anything is added.
var signatures = []string{"sign", "sig", "signature", "hmac", "x-amz-signature"}

// WithQuery adds one parameter before the fragment. A signed address is returned
// unchanged.
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
		return whole + "#" + fragment
	}
	return whole
}

// isSigned reports whether adding to target would break it: it has a signature, or
// it cannot be parsed.
func isSigned(target string) bool {
	u, err := url.Parse(target)
	if err != nil {
		return true
	}
	for name := range u.Query() {
		if slices.Contains(signatures, strings.ToLower(name)) {
			return true
		}
	}
	return false
}
