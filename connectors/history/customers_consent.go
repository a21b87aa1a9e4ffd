package history

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"comeback/commerce"
	"comeback/connectors"
)

// channel is what a row contains about marketing on one channel.
type channel struct {
	name      string
	word      string // as written; empty: the row has none
	state     permission
	in        time.Time // the person subscribed
	confirmed time.Time // the person confirmed it
	out       time.Time // the person unsubscribed
	source    string
}

// permission is the meaning of a word about marketing.
type permission string

const (
	granted      permission = "granted"
	pending      permission = "pending"
	never        permission = "none" // not subscribed, and no withdrawal is known
	withdrawn    permission = "withdrawn"
	bouncing     permission = "bounced"
	complaining  permission = "complained"
	suppressedBy permission = "suppressed"
)

// permissionWords are words of exports, as lettersOf. no is not a withdrawal:
// most exports write it for everybody who did not subscribe.
var permissionWords = map[permission][]string{
	granted: {
		"subscribed", "subscribe", "yes", "y", "true", "t", "1", "x", "on", "granted", "optin", "optedin", "active", "confirmed", "explicit",
		"ja", "oui", "si", "sí", "sim", "angemeldet", "abonniert", "是", "同意", "已订阅", "订阅", "接受", "已同意", "允许",
	},
	pending: {"pending", "unconfirmed", "pendingconfirmation", "notconfirmed", "awaitingconfirmation", "待确认", "未确认"},
	never: {
		"neversubscribed", "notsubscribed", "nonsubscribed", "transactional", "no", "n", "false", "f", "0", "off", "none", "nein", "non",
		"não", "nee", "implicit", "否", "未订阅", "未同意", "不同意", "无", "null", "",
	},
	withdrawn: {
		"unsubscribed", "unsubscribe", "optedout", "optout", "revoked", "withdrawn", "abgemeldet", "désabonné", "退订", "已退订", "拒收", "拒绝", "取消订阅",
	},
	bouncing: {
		"bounced", "bounce", "hardbounce", "hardbounced", "cleaned", "invalid", "invalidemail", "invalidaddress", "undeliverable",
		"mailboxdoesnotexist", "退信", "硬退", "无效",
	},
	complaining: {
		"complained", "complaint", "complaints", "spam", "spamcomplaint", "spamcomplaints", "markedasspam", "abuse", "abusecomplaint",
		"reportedspam", "投诉", "举报",
	},
	suppressedBy: {
		"suppressed", "usersuppressed", "manual", "manuallysuppressed", "manuallyadded", "adminsuppressed", "blacklisted", "blocked",
		"donotcontact", "archived", "redacted", "黑名单", "屏蔽",
	},
}

func permissionOf(word string) (permission, bool) {
	plain := lettersOf(word)
	for p, words := range permissionWords {
		if slices.Contains(words, plain) {
			return p, true
		}
	}
	return "", false
}

func (c *channel) say(word string) error {
	p, known := permissionOf(word)
	if !known {
		return invalid("%q is no known state of a subscription; write subscribed, unsubscribed, never subscribed or pending", clip(word))
	}
	c.word, c.state = word, p
	return nil
}

// suppressed is a reason not to write to an address.
type suppressed struct {
	why permission
	at  time.Time
}

// suppress reads the reasons of a cell: one, a list of them, or JSON with a time
// each. An unknown reason is a suppression by the shop.
func (p *person) suppress(l *listCell, text string) error {
	if strings.HasPrefix(text, "[{") {
		var list []struct{ Reason, Timestamp string }
		if err := json.Unmarshal([]byte(text), &list); err != nil {
			return invalid("%q: not a list of reasons", clip(text))
		}
		for _, one := range list {
			at, err := l.clock.read(one.Timestamp)
			if one.Timestamp != "" && err != nil {
				return err
			}
			p.reason(one.Reason, at)
		}
		return nil
	}
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return strings.ContainsRune(`,;|[]"'`, r) }) {
		if strings.TrimSpace(word) != "" {
			p.reason(word, time.Time{})
		}
	}
	return nil
}

func (p *person) reason(word string, at time.Time) {
	why, known := permissionOf(word)
	switch {
	case why == never: // no reason
		return
	case !known || why == granted || why == pending: // "yes", or words of their own
		why = suppressedBy
	}
	p.reasons = append(p.reasons, suppressed{why, at})
}

// consents are the statements of the row. The reasons of suppressions go to b.
func (p *person) consents(l *listCell, b *Batch) []commerce.Consent {
	p.byProfile(l)
	var list []commerce.Consent
	for _, c := range []*channel{p.email, p.sms} {
		consent, stated := p.consent(c, l)
		address := p.address(c.name)
		if !stated || address.IsZero() {
			continue
		}
		consent.Channel, consent.Address = c.name, address.Clear()
		if consent.Source == "" {
			consent.Source = orImport(l.profile.Name)
		}
		list = append(list, consent)
		if consent.Refused() {
			p.suppressAddress(b, address, withdrawn, consent.At)
		}
	}
	address := p.address("email")
	if address.IsZero() {
		address = p.address("sms")
	}
	for _, r := range p.reasons {
		at := r.at
		for _, other := range []time.Time{p.reasonAt, p.email.out, p.record.Version} {
			if at.IsZero() {
				at = other
			}
		}
		p.suppressAddress(b, address, r.why, at)
	}
	return list
}

func orImport(profile string) string {
	if profile == "" {
		return "import"
	}
	return profile
}

func (p *person) address(channel string) commerce.Address {
	a := commerce.Attributes{Email: p.record.Email, Phone: p.record.Phone, Country: p.record.Attributes.Country}
	return a.Reach(channel)
}

func (p *person) suppressAddress(b *Batch, address commerce.Address, why permission, at time.Time) {
	reasons := map[permission]commerce.SuppressionReason{
		withdrawn: commerce.Unsubscribed, bouncing: commerce.Bounced, complaining: commerce.Complained, suppressedBy: commerce.Manual,
	}
	reason, ok := reasons[why]
	if !ok || address.IsZero() {
		return
	}
	s := connectors.Suppression{Address: address, Scope: commerce.SuppressMarketing, Reason: reason, At: at}
	if why == bouncing {
		s.Scope = commerce.SuppressAll
	}
	for _, known := range b.Records.Suppressions {
		if known.Address == s.Address && known.Reason == s.Reason && known.Scope == s.Scope {
			return
		}
	}
	b.Records.Suppressions = append(b.Records.Suppressions, s)
}

// byProfile applies what an export states for all of its rows, in its profile or
// only in its file's name.
func (p *person) byProfile(l *listCell) {
	file := strings.ToLower(l.options.Name)
	if strings.HasPrefix(l.profile.Name, "mailchimp") {
		switch {
		case strings.Contains(file, "nonsubscribed"):
			p.email.state, p.email.word = never, "nonsubscribed"
		case strings.Contains(file, "unsubscribed") && p.email.out.IsZero():
			p.email.state, p.email.word = withdrawn, "unsubscribed"
		}
	}
	if word := l.profile.Constant["email_consent"]; word != "" && p.email.word == "" && p.email.out.IsZero() {
		_ = p.email.say(word)
	}
	if word := l.profile.Constant["suppression"]; word != "" && len(p.reasons) == 0 {
		p.reason(word, time.Time{})
	}
}

// consent is the statement about a channel. A word is the state now; without
// one the later of the times decides. A grant with the time of the person's act
// is explicit. A grant without it counts from the registration, and so does the
// state of somebody who never subscribed: it must not end what the person agreed
// to elsewhere. Only the platform's own export states that now. A withdrawal
// without a time counts from now.
func (p *person) consent(c *channel, l *listCell) (consent commerce.Consent, stated bool) {
	in := cmp.Or(c.confirmed, c.in)
	state, stated := c.now(in)
	if !stated {
		return consent, false
	}
	consent = commerce.Consent{Source: c.source, At: in}
	switch state {
	case granted:
		consent.Granted, consent.Explicit, consent.Confirmed = true, !in.IsZero(), !c.confirmed.IsZero()
		if in.IsZero() {
			consent.At = p.record.RegisteredAt
		}
	case pending:
		consent.State = commerce.ConsentPending
	case never:
		if consent.State = commerce.ConsentNone; in.IsZero() {
			consent.At = p.record.RegisteredAt
		}
		if consent.At.IsZero() && p.record.External == "" {
			return consent, false
		}
	case withdrawn:
		if !c.out.IsZero() {
			consent.At = c.out
		}
	default: // a bounce or a complaint is a suppression, and no statement of the person
		if c.name == "email" {
			p.reasons = append(p.reasons, suppressed{state, c.out})
		}
		return consent, false
	}
	if consent.At.IsZero() {
		consent.At = l.options.ReadAt
	}
	return consent, true
}

// now is the state at the time of the export.
func (c *channel) now(in time.Time) (state permission, stated bool) {
	switch {
	case c.word == "" && c.out.IsZero() && in.IsZero():
		return "", false
	case c.word == "" && (c.out.IsZero() || in.After(c.out)):
		return granted, true
	case c.word == "", c.state == granted && !c.out.IsZero() && !in.After(c.out):
		return withdrawn, true
	}
	return c.state, true
}
