package campaigns

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
