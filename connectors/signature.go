package connectors

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"

	"comeback/commerce"
)

// signed reports whether mac is HMAC-SHA256 of message under one of secrets.
// All are tried, so that the time does not reveal the matching one.
func signed(mac []byte, secrets Secrets, message ...[]byte) bool {
	found := false
	for _, secret := range secrets {
		if len(secret) == 0 {
			continue
		}
		h := hmac.New(sha256.New, secret)
		for _, part := range message {
			h.Write(part)
		}
		if hmac.Equal(mac, h.Sum(nil)) {
			found = true
		}
	}
	return found
}

// verifyBase64 checks a base64 signature over the raw body, as Shopify and
// WooCommerce send it.
func verifyBase64(d Delivery, header, signature string, secrets Secrets) error {
	if signature == "" {
		return unauthorized(commerce.Unsigned, "%s: missing", header)
	}
	if len(d.Body) == 0 {
		return unauthorized(commerce.Unsigned, "body: empty")
	}
	mac, err := base64.StdEncoding.DecodeString(strings.TrimSpace(signature))
	if err != nil || len(mac) != sha256.Size {
		return unauthorized(commerce.Unsigned, "%s: not the base64 of 32 bytes", header)
	}
	if !signed(mac, secrets, d.Body) {
		return unauthorized(commerce.WrongSecret, "%s: does not match the body under any secret of the connection", header)
	}
	return nil
}

// verifySource requires that the delivery names the connection's store, if the
// connection has a source.
func verifySource(d Delivery, header, named string) error {
	if d.Source == "" || IsStore(commerce.Connection{Source: d.Source, Aliases: d.Aliases}, named) {
		return nil
	}
	err := commerce.Errorf(commerce.Unauthorized, "%s: %q is not the connection's source %q", header, named, d.Source)
	return refusal{err, commerce.WrongSource, commerce.Clip(strings.ToValidUTF8(named, ""), 100)}
}

// sameStore compares stores by the host of their address, without www. Two
// stores on one host differ only if both addresses have a path.
func sameStore(a, b string) bool {
	hostA, pathA := splitSource(a)
	hostB, pathB := splitSource(b)
	return hostA == hostB && hostA != "" && (pathA == pathB || pathA == "" || pathB == "")
}

func plainSource(source string) string {
	source = strings.ToLower(strings.TrimSpace(source))
	source = strings.TrimPrefix(strings.TrimPrefix(source, "https://"), "http://")
	return strings.TrimRight(source, "/")
}

// splitSource splits a store's address into its host, with an unusual port, and
// its path. A name that is no address is all host.
func splitSource(source string) (host, path string) {
	source = plainSource(source)
	if host, path, _ = strings.Cut(source, "/"); !strings.ContainsAny(host, ".:") {
		return source, ""
	}
	for _, usual := range []string{":443", ":80"} {
		host = strings.TrimSuffix(host, usual)
	}
	return strings.TrimPrefix(strings.TrimSuffix(host, "."), "www."), path
}

// refusal is an Unauthorized error with its reason.
type refusal struct {
	error
	reason commerce.Refusal
	named  string // of WrongSource
}

// Unwrap returns the error with its code.
func (r refusal) Unwrap() error { return r.error }

func unauthorized(reason commerce.Refusal, format string, args ...any) error {
	return refusal{commerce.Errorf(commerce.Unauthorized, format, args...), reason, ""}
}

// RefusalOf returns why Verify refused a delivery, and of WrongSource the store that
// it named. reason is empty for other errors and for nil. The sender must not see it.
func RefusalOf(err error) (reason commerce.Refusal, named string) {
	var r refusal
	errors.As(err, &r)
	return r.reason, r.named
}

// digest hashes parts. Different lists of parts have different hashes.
func digest(parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		sum := sha256.Sum256([]byte(part))
		h.Write(sum[:])
	}
	return hex.EncodeToString(h.Sum(nil))
}
