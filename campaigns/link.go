package campaigns

// Link is the target of one tracked link, stored with the message. A click token
// names it by N. The target is never in the link itself, so nobody can make our
// host redirect to another address.
type Link struct {
	N   int    `bson:"n"` // from 1; HoneypotLink is not stored
	URL string `bson:"url"`
	Pay bool   `bson:"pay,omitempty"` // the payment page of the message's order
}

// HoneypotLink is the number of the link that people cannot see. Only machines
// follow it.
const HoneypotLink = 0
