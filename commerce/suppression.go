package commerce

import (
	"slices"
	"time"
)

// Suppression is one reason not to write to an address any more. It outlives
// the person's data: only the hash of the address is stored.
type Suppression struct {
	ID        string            `bson:"_id"` // SuppressionID; old ones lack the reason
	Shop      string            `bson:"shop"`
	Address   AddressHash       `bson:"address"`
	Scope     SuppressionScope  `bson:"scope"`
	Reason    SuppressionReason `bson:"reason"`
	Message   string            `bson:"message,omitempty"` // the first message that caused it
	CreatedAt time.Time         `bson:"created_at"`
	LastAt    time.Time         `bson:"last_at,omitempty"` // last repetition
}

// SuppressionScope is the kind of mail that is not sent any more.
type SuppressionScope string

const (
	// SuppressMarketing: marketing mail of the shop.
	SuppressMarketing SuppressionScope = "marketing"
	// SuppressAll: any mail of the shop.
	SuppressAll SuppressionScope = "all"
)

// SuppressionReason is the cause of a suppression.
type SuppressionReason string

const (
	// Unsubscribed: the person used an unsubscribe link of ours.
	Unsubscribed SuppressionReason = "unsubscribed"
	// Bounced: the mail server reported that the mailbox does not exist.
	Bounced SuppressionReason = "bounced"
	// Complained: the person marked a mail as spam.
	Complained SuppressionReason = "complained"
	// Manual: the shop suppressed the address.
	Manual SuppressionReason = "manual"
)

// byWeight are the reasons in order of weight, the heaviest first.
var byWeight = []SuppressionReason{Complained, Bounced, Manual, Unsubscribed}

// Known reports whether the reason is defined here.
func (r SuppressionReason) Known() bool { return slices.Contains(byWeight, r) }

// SuppressionID is the id of a suppression. An address has one for each scope
// and reason, so that lifting one reason leaves the others.
func SuppressionID(shop string, address AddressHash, scope SuppressionScope, reason SuppressionReason) string {
	return Key(shop, address.String(), string(scope), string(reason))
}

// At is the time it happened last.
func (x Suppression) At() time.Time { return last(x.CreatedAt, x.LastAt) }

// Lifted reports whether the consent in force for the address lifts the
// suppression: the person unsubscribed and later explicitly agreed again.
// Nothing else lifts a suppression.
func (x Suppression) Lifted(c Consent) bool {
	return x.Reason == Unsubscribed && c.Granted && c.Explicit && c.At.After(x.At())
}

// Stopped reports whether the suppressions of an address stop a message, and
// which one to name. c is the consent of the address, or the zero value. A
// suppression of all mail also stops marketing.
func Stopped(list []Suppression, marketing bool, c Consent) (why Suppression, stopped bool) {
	for _, x := range list {
		applies := (x.Scope == SuppressAll || marketing) && !x.Lifted(c)
		if applies && (!stopped || slices.Index(byWeight, x.Reason) < slices.Index(byWeight, why.Reason)) {
			why, stopped = x, true
		}
	}
	return why, stopped
}
