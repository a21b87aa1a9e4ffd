package campaigns

import (
	"net/url"
	"strings"
	"unicode/utf8"

	"comeback/strictjson"
)

// mostURL bounds an address, in bytes.
const mostURL = 2000

// webhook reads {"url", "within", "then", "else"}.
func (r *reader) webhook(n *strictjson.Node, t *tree, class Class, depth int) *Webhook {
	w := &Webhook{Within: callIn}
	if !r.object(n, "webhook") {
		return w
	}
	r.needs(n, "webhook", "url")
	if at := n.Member("url"); at != nil {
		w.URL = r.address(at, "url")
	}
	if at := n.Member("within"); at != nil {
		w.Within = r.duration(at, "within")
		if asked := at.Kind == strictjson.String || at.Kind == strictjson.Object; asked && (w.Within == 0 || w.Within > callMost) {
			r.problem(at, "within: from 1m to 24h; a receiver that is away for longer is a case for else")
		}
	}
	r.fork(n, t, class, depth)
	return w
}

// address reads a web address that is posted to. It may contain a secret, so no problem repeats it.
func (r *reader) address(n *strictjson.Node, what string) string {
	text := r.long(n, what, mostURL)
	if text == "" {
		return ""
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "" || strings.ContainsAny(text, " \t\r\n"):
		r.problem(n, "%s: an address such as https://example.com/hook is wanted", what)
	case u.Scheme == "http":
		r.note(n, "%s: http is posted to only at addresses that COMEBACK_OUTBOUND_ALLOW lists; write https elsewhere", what)
	case u.Scheme != "https":
		r.problem(n, "%s: write https", what)
	case u.User != nil:
		r.problem(n, "%s: no user and password in the address: each call is signed, see docs/api.md", what)
	case u.Fragment != "":
		r.problem(n, "%s: what follows # is never sent: leave it out", what)
	}
	return text
}

// long reads a text of at most so many characters.
func (r *reader) long(n *strictjson.Node, what string, most int) string {
	switch {
	case n.Kind != strictjson.String:
		r.problem(n, "%s: text is wanted, not %s", what, n.Kind)
		return ""
	case strings.TrimSpace(n.Text) == "":
		r.problem(n, "%s: must not be empty", what)
	case utf8.RuneCountInString(n.Text) > most:
		r.problem(n, "%s: at most %d characters", what, most)
	}
	return n.Text
}

// notice reads {"to", "text", "secret"}. No problem repeats an address: it is a secret.
func (r *reader) notice(n *strictjson.Node) *Notice {
	x := &Notice{}
	if !r.object(n, "notify") {
		return x
	}
	r.needs(n, "notify", "to", "text")
	if at := n.Member("text"); at != nil {
		x.Text = r.long(at, "text", mostNotice)
	}
	at := n.Member("to")
	if at == nil {
		return x
	}
	x.To = strings.TrimSpace(r.long(at, "to", mostURL))
	if x.To != "" && x.Robot() == "" && !isMailbox(x.To) {
		r.problem(at, "to: an e-mail address is wanted, or the https address of a robot of DingTalk, WeCom, Feishu or Lark, as it is shown there")
	}
	if secret := n.Member("secret"); secret != nil {
		x.Secret = r.text(secret, "secret")
		if robot := x.Robot(); robot != DingTalk && robot != Feishu {
			r.problem(secret, "secret: only a robot of DingTalk, Feishu or Lark has one")
		}
	}
	return x
}
