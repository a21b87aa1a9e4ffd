package mail

import (
	"html"
	"regexp"
	"slices"
	"strings"

	"comeback/campaigns"
	"comeback/commerce"
)

// Tracking are the settings for the tracked links of one message. With an empty Base
// nothing is tracked, as in a preview.
type Tracking struct {
	Base     string // public address of the tracking endpoints, without a final slash
	Tokens   *Tokens
	Message  string // message id
	Scope    string // of the unsubscribe link; empty: all marketing of the shop
	UTM      UTM
	Honeypot bool // hide a link in the HTML that only machines follow
}

// UTM are the parameters of a click for the shop's own analytics. Empty ones are left
// out.
type UTM struct{ Source, Medium, Campaign, Term, Content string }

// LandedMessage is the message whose click token is in the order's landing URL; ""
// if there is none or the token is not genuine.
func LandedMessage(t *Tokens, o commerce.Order) string {
	token, err := t.Parse(ClickLink, campaigns.LandingToken(o.Source.Landing))
	if err != nil || token.Shop != o.Shop {
		return ""
	}
	return token.Message
}

func (tr Tracking) unsubscribeURL() string {
	if tr.Base == "" {
		return ""
	}
	return tr.Base + "/u/" + tr.Tokens.Unsubscribe(tr.Message, tr.Scope)
}

// linker rewrites the links of one mail. The same target twice is one link.
type linker struct {
	Tracking
	known *addresses
	list  []campaigns.Link
}

func newLinker(tr Tracking, known *addresses) *linker { return &linker{Tracking: tr, known: known} }

// track is the address to write for a target.
func (l *linker) track(target string) string {
	if l.Base == "" || strings.HasPrefix(target, l.Base+"/") {
		return target
	}
	pay := l.known.pay != "" && target == l.known.pay
	target = l.UTM.addTo(target)
	i := slices.IndexFunc(l.list, func(known campaigns.Link) bool { return known.URL == target })
	if i < 0 {
		i = len(l.list)
		l.list = append(l.list, campaigns.Link{N: i + 1, URL: target, Pay: pay})
	}
	return l.Base + "/c/" + l.Tokens.Click(l.Message, l.list[i].N)
}

var (
	anchor   = regexp.MustCompile(`(?is)<(?:a|area)\s(?:[^>"']|"[^"]*"|'[^']*')*>`)
	hrefPart = regexp.MustCompile(`(?is)^(.*?\shref\s*=\s*)(?:"([^"]*)"|'([^']*)')(.*)$`)
	textURL  = regexp.MustCompile(`(?i)https?://[^\s<>"（）《》「」，。；！？、]+`)
)

// html rewrites the targets of <a> and <area> and adds the pixel.
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
		link, err := commerce.WebLink(l.known.exact(target))
		if err != nil {
			return "", commerce.Errorf(commerce.Invalid, "link %q: %w", clip(target), err)
		}
		return l.track(link), nil
	case scheme == "mailto", scheme == "tel":
		return target, nil
	}
	return "", commerce.Errorf(commerce.Invalid, "link %q: only http, https, mailto and tel", clip(target))
}

// finish adds the pixel, and the honeypot if enabled, at the end of the body.
func (l *linker) finish(source string) string {
	if l.Base == "" {
		return source
	}
	pixel := html.EscapeString(l.Base + "/o/" + l.Tokens.Open(l.Message))
	end := `<img src="` + pixel + `" width="1" height="1" alt="" style="display:block;width:1px;height:1px;border:0;">`
	if l.Honeypot {
		hidden := html.EscapeString(l.Base + "/c/" + l.Tokens.Click(l.Message, campaigns.HoneypotLink))
		end = `<a href="` + hidden + `" style="display:none;" aria-hidden="true" tabindex="-1"></a>` + end
	}
	if i := strings.LastIndex(lowerASCII(source), "</body"); i >= 0 {
		return source[:i] + end + source[i:]
	}
	return source + end
}

// text rewrites every URL of a text part. Punctuation at the end of a sentence is no
// part of a URL.
func (l *linker) text(source string) string {
	if l.Base == "" {
		return source
	}
	return textURL.ReplaceAllStringFunc(source, func(found string) string {
		target := l.known.within(found)
		if link, err := commerce.WebLink(l.known.exact(target)); err == nil {
			return closed(l.track(link)) + found[len(target):]
		}
		return found
	})
}

// closed is a link that mail programs take as a whole. Some leave out a hyphen or an
// underscore at the end, and our tokens may end so.
func closed(link string) string {
	rest := strings.TrimRight(link, "-_")
	return rest + strings.NewReplacer("-", "%2D", "_", "%5F").Replace(link[len(rest):])
}

// longestWithUTM is the length up to which parameters are added for the shop's
// analytics. It leaves room for the click token.
const longestWithUTM = 1_800

// addTo adds the parameters that target does not have. The rest of target stays
// unchanged, byte for byte.
func (p UTM) addTo(target string) string {
	there, long := commerce.QueryNames(target), target
	for _, add := range [][2]string{
		{"utm_source", p.Source}, {"utm_medium", p.Medium}, {"utm_campaign", p.Campaign}, {"utm_term", p.Term}, {"utm_content", p.Content},
	} {
		if add[1] != "" && !slices.Contains(there, add[0]) {
			long = campaigns.WithQuery(long, add[0], add[1])
		}
	}
	if len(long) > longestWithUTM {
		return target
	}
	return long
}
