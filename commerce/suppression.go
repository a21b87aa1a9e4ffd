package commerce

import (
	"slices"
	"time"
)

// Suppression is one reason why an address is not written to any more. It
// outlives the person's data: the address is known only by its hash.
type Suppression struct {
	ID        string            `bson:"_id"` // SuppressionID; of old ones without the reason
	Shop      string            `bson:"shop"`
	Address   AddressHash       `bson:"address"`
	Scope     SuppressionScope  `bson:"scope"`
	Reason    SuppressionReason `bson:"reason"`
	Message   string            `bson:"message,omitempty"` // the message it came from first
	CreatedAt time.Time         `bson:"created_at"`
	LastAt    time.Time         `bson:"last_at,omitempty"` // the same happened again
}

// SuppressionScope says what is not sent any more.
type SuppressionScope string

// SuppressMarketing: marketing mail of the shop. SuppressAll: any mail.
const (
	SuppressMarketing SuppressionScope = "marketing"
	SuppressAll       SuppressionScope = "all"
)

// SuppressionReason says what happened.
type SuppressionReason string

// Unsubscribed: the person left, by a link of ours. Bounced: the mail server
// said that there is no such mailbox. Complained: the person called a mail spam.
// Manual: the shop said so.
const (
	Unsubscribed SuppressionReason = "unsubscribed"
	Bounced      SuppressionReason = "bounced"
	Complained   SuppressionReason = "complained"
	Manual       SuppressionReason = "manual"
)

// byWeight are the reasons, the weightiest first.
var byWeight = []SuppressionReason{Complained, Bounced, Manual, Unsubscribed}

// Known tells whether the reason is one of these.
func (r SuppressionReason) Known() bool { return slices.Contains(byWeight, r) }

// SuppressionID is the id of a suppression: an address has one for each scope
// and reason, so that lifting one reason leaves the others.
func SuppressionID(shop string, address AddressHash, scope SuppressionScope, reason SuppressionReason) string {
	return Key(shop, address.String(), string(scope), string(reason))
}

// At is when it happened last.
func (x Suppression) At() time.Time { return last(x.CreatedAt, x.LastAt) }

// Lifted tells whether the consent in force for the address takes the
// suppression back: somebody who left has joined again since, by an act of
// their own. Nothing else is taken back so.
func (x Suppression) Lifted(c Consent) bool {
	return x.Reason == Unsubscribed && c.Granted && c.Explicit && c.At.After(x.At())
}

// Stopped tells whether an address's suppressions keep a message from it, and
// which one is said to, where the address has a consent (or the zero value).
// Who wants no mail at all wants no marketing either.
func Stopped(list []Suppression, marketing bool, c Consent) (why Suppression, stopped bool) {
	for _, x := range list {
		applies := (x.Scope == SuppressAll || marketing) && !x.Lifted(c)
		if applies && (!stopped || slices.Index(byWeight, x.Reason) < slices.Index(byWeight, why.Reason)) {
			why, stopped = x, true
		}
	}
	return why, stopped
}
