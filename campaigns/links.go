package campaigns

import (
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"comeback/commerce"
)

// Link is the target of one tracked link, stored with the message. A click
// token names it by N; the target is never in the link itself, so that nobody
// can make our host lead elsewhere.
type Link struct {
	N   int    `bson:"n"` // from 1; HoneypotLink is not stored
	URL string `bson:"url"`
	Pay bool   `bson:"pay,omitempty"` // where the message's order is paid
}

// HoneypotLink is the number of the link that people cannot see: who follows
// it is a machine.
const HoneypotLink = 0

// Tracking says how the links of one message are followed. With an empty Base
// nothing is tracked: a preview.
type Tracking struct {
	Base     string // public address of the tracking endpoints, without a slash at its end
	Tokens   *Tokens
	Message  string // message id
	Scope    string // of the unsubscribe link; empty: all marketing of the shop
	UTM      UTM
	Honeypot bool // hide a link in the HTML that only machines follow
}

// UTM is what the shop's own analytics will see of a click. Empty ones are
// left out.
type UTM struct{ Source, Medium, Campaign, Term, Content string }

// clickParam carries the click token into the shop's landing URL, where orders
// report it.
const clickParam = "cbt"

// Landing is where a click on target leads: the target with the click token.
func Landing(target, token string) string { return withQuery(target, clickParam, token) }

// LandingOnly is what of an order's landing URL says which message brought it,
// and nothing else; empty where none did.
func LandingOnly(landing string) string {
	if token := LandingToken(landing); token != "" {
		return Landing("/", token)
	}
	return ""
}

// LandingToken finds our click token in an order's landing URL, "" without one.
func LandingToken(landing string) string { return commerce.QueryValue(landing, clickParam) }

func (tr Tracking) unsubscribeURL() string {
	if tr.Base == "" {
		return ""
	}
	return tr.Base + "/u/" + tr.Tokens.Unsubscribe(tr.Message, tr.Scope)
}

// linker rewrites the links of one mail. A target that stands twice is one link.
type linker struct {
	Tracking
	pay  string // where the order is paid, empty: nowhere
	list []Link
}

func newLinker(tr Tracking, pay string) *linker { return &linker{Tracking: tr, pay: pay} }

// track gives the address to write for a target.
func (l *linker) track(target string) string {
	if l.Base == "" || strings.HasPrefix(target, l.Base+"/") {
		return target
	}
	pay := target == l.pay
	target = l.UTM.addTo(target)
	i := slices.IndexFunc(l.list, func(known Link) bool { return known.URL == target })
	if i < 0 {
		i = len(l.list)
		l.list = append(l.list, Link{N: i + 1, URL: target, Pay: pay})
	}
	return l.Base + "/c/" + l.Tokens.Click(l.Message, l.list[i].N)
}

var (
	anchor   = regexp.MustCompile(`(?is)<(?:a|area)\s(?:[^>"']|"[^"]*"|'[^']*')*>`)
	hrefPart = regexp.MustCompile(`(?is)^(.*?\shref\s*=\s*)(?:"([^"]*)"|'([^']*)')(.*)$`)
	textURL  = regexp.MustCompile(`https?://[^\s<>"'（）《》「」，。；！？、]+`)
)

// html rewrites what <a> and <area> lead to and adds the pixel.
func (l *linker) html(source string) (string, error) {
	var failed error
	out := anchor.ReplaceAllStringFunc(source, func(tag string) string {
		m := hrefPart.FindStringSubmatch(tag)
		if m == nil {
			return tag
		}
		target, err := l.href(strings.TrimSpace(html.UnescapeString(m[2] + m[3])))
		if err != nil {
			failed = err
		}
		return m[1] + `"` + html.EscapeString(target) + `"` + m[4]
	})
	if failed != nil {
		return "", failed
	}
	return l.finish(out), nil
}

func (l *linker) href(target string) (string, error) {
	scheme, _, _ := strings.Cut(strings.ToLower(target), ":")
	switch {
	case target == "":
		return "#", nil
	case strings.HasPrefix(target, "#"):
		return target, nil
	case scheme == "http", scheme == "https":
		if webURL(target) == nil {
			return "", commerce.Errorf(commerce.Invalid, "link %q: not an address", clipped(target))
		}
		return l.track(target), nil
	case scheme == "mailto", scheme == "tel":
		return target, nil
	}
	return "", commerce.Errorf(commerce.Invalid, "link %q: only http, https, mailto and tel", clipped(target))
}

// finish puts the pixel, and the honeypot where wanted, at the end of the body.
func (l *linker) finish(source string) string {
	if l.Base == "" {
		return source
	}
	end := `<img src="` + html.EscapeString(l.Base+"/o/"+l.Tokens.Open(l.Message)) + `" width="1" height="1" alt="" style="display:block;width:1px;height:1px;border:0;">`
	if l.Honeypot {
		end = `<a href="` + html.EscapeString(l.Base+"/c/"+l.Tokens.Click(l.Message, HoneypotLink)) + `" style="display:none;" aria-hidden="true" tabindex="-1"></a>` + end
	}
	if i := strings.LastIndex(lowerASCII(source), "</body"); i >= 0 {
		return source[:i] + end + source[i:]
	}
	return source + end
}

// text rewrites every URL of a text part; what ends a sentence is no part of it.
func (l *linker) text(source string) string {
	return textURL.ReplaceAllStringFunc(source, func(found string) string {
		target := strings.TrimRight(found, ".,;:!?")
		if strings.HasSuffix(target, ")") && !strings.Contains(target, "(") {
			target = strings.TrimSuffix(target, ")")
		}
		if webURL(target) == nil {
			return found
		}
		return l.track(target) + found[len(target):]
	})
}

// signatures are the query parameters of addresses that break when anything is added.
var signatures = []string{"sign", "sig", "signature", "hmac", "x-amz-signature"}

// addTo fills the parameters that target does not have; all else of it stays
// byte for byte.
func (p UTM) addTo(target string) string {
	u, err := url.Parse(target)
	if err != nil {
		return target
	}
	query := u.Query()
	for _, add := range [][2]string{{"utm_source", p.Source}, {"utm_medium", p.Medium}, {"utm_campaign", p.Campaign}, {"utm_term", p.Term}, {"utm_content", p.Content}} {
		if add[1] != "" && !query.Has(add[0]) {
			target = withQuery(target, add[0], add[1])
		}
	}
	return target
}

// withQuery adds one parameter before the fragment. Signed addresses stay.
func withQuery(target, name, value string) string {
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

// isSigned tells whether anything added to target breaks it, a signature or our
// failure to read it.
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

// webURL is s where it is an http or https address with a host, else nil.
func webURL(s string) any {
	s = strings.TrimSpace(s)
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "http" && u.Scheme != "https" {
		return nil
	}
	if strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '<' || r == '>' || r == '"' }) {
		return nil
	}
	return s
}
