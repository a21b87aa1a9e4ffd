package commerce

import (
	"fmt"
	"net/url"
	"strings"
	"unicode"
)

// MaxLink is the length of the longest link, in bytes. Web servers refuse longer ones.
const MaxLink = 16_000

// FlawLink is the data-quality code of a payment link, or a link to a checkout, that
// a mail cannot lead to.
const FlawLink = "link_unusable"

// WebLink is an address as mails and redirects need it: http or https, with a host
// and in ASCII. What browsers would encode is encoded: blanks, quotes, characters of
// other scripts. Everything else stays as it is, because a signature may cover it:
// also a bare % and a user's name before the host. The error is Invalid and says why
// nobody can follow the address.
func WebLink(text string) (string, error) {
	text = strings.TrimSpace(text)
	if strings.ContainsAny(text, "\t\r\n") { // rare, and a Replacer costs more than all the rest
		text = strings.NewReplacer("\t", "", "\r", "", "\n", "").Replace(text)
	}
	scheme, rest, found := strings.Cut(text, ":")
	switch {
	case text == "":
		return "", Errorf(Invalid, "link: empty")
	case !found || !plainScheme(scheme):
		return "", Errorf(Invalid, "link: no http or https at its start")
	case !strings.EqualFold(scheme, "http") && !strings.EqualFold(scheme, "https"):
		return "", Errorf(Invalid, "link: %s: cannot be followed from a mail, only http and https can", strings.ToLower(Clip(scheme, 40)))
	case !strings.HasPrefix(rest, "//"):
		return "", Errorf(Invalid, "link: no // after its %s:", strings.ToLower(scheme))
	}
	link := strings.ToLower(scheme) + ":" + encodeLink(rest)
	if _, ok := LinkHost(link); !ok {
		return "", Errorf(Invalid, "link: no valid host after its %s://", strings.ToLower(scheme))
	}
	if len(link) > MaxLink {
		return "", Errorf(Invalid, "link: %d bytes, at most %d", len(link), MaxLink)
	}
	return link, nil
}

func plainScheme(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("+-.", r)
	})
}

// encodeLink encodes the bytes that no address contains.
func encodeLink(s string) string {
	var out strings.Builder
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f || strings.IndexByte("\"<>`", c) >= 0 {
			fmt.Fprintf(&out, "%%%02X", c)
			continue
		}
		out.WriteByte(s[i])
	}
	return out.String()
}

// LinkAuthority splits a link behind its host and port: https://u@shop.example:8443
// and /path?query#fragment.
func LinkAuthority(link string) (authority, rest string) {
	start := strings.Index(link, "://") + len("://")
	if start < len("://") {
		return "", link
	}
	if i := strings.IndexAny(link[start:], `/?#\`); i >= 0 {
		return link[:start+i], link[start+i:]
	}
	return link, ""
}

// LinkHost is the host of a link, in small letters and without a port. ok is false
// for a link without a valid one.
func LinkHost(link string) (host string, ok bool) {
	authority, _ := LinkAuthority(link)
	scheme, named, _ := strings.Cut(authority, "://")
	u, err := url.Parse(scheme + "://" + named[strings.LastIndexByte(named, '@')+1:])
	if err != nil || u.Hostname() == "" || strings.ContainsAny(u.Hostname(), " %") && !strings.Contains(u.Host, "[") {
		return "", false
	}
	return strings.ToLower(u.Hostname()), true
}
