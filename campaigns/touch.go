package campaigns

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"

	"comeback/commerce"
)

// TouchKind is what a recipient did with a message.
type TouchKind string

// The kinds of touches.
const (
	// Opened: the pixel of a mail was loaded.
	Opened TouchKind = "open"
	// Clicked: a link of a mail was followed.
	Clicked TouchKind = "click"
	// Unsubscribed: the recipient left by a link or button of the mail.
	Unsubscribed TouchKind = "unsubscribe"
)

// Touch is a raw open, click or unsubscription: one for each message, kind, link,
// actor, class of request and 5 seconds, however many requests came in these seconds.
// So a person's click is stored beside that of a scanner or a prefetch before it. The
// touch contains neither address nor user agent of a person.
type Touch struct {
	ID       string     `bson:"_id"` // message id with kind, link, actor, 5 seconds and class; of old touches the minute
	Shop     string     `bson:"shop"`
	Message  string     `bson:"message"`
	Campaign string     `bson:"campaign"`
	Customer string     `bson:"customer"`
	Kind     TouchKind  `bson:"kind"`
	Link     int        `bson:"link"`
	Actor    string     `bson:"actor"` // hash of message, IP address and user agent: the same only within a message
	At       time.Time  `bson:"at"`    // the first of them
	Agent    AgentClass `bson:"agent"` // by the request alone
	Class    AgentClass `bson:"class"` // after Judge: the class that counts
}

// NewTouch makes the touch of a request. message is the id from a token. The caller
// fills in the message's Campaign and Customer.
func NewTouch(message string, kind TouchKind, link int, ip string, r Request, at time.Time) (Touch, error) {
	parts, err := commerce.SplitKey(message)
	if err != nil {
		return Touch{}, err
	}
	sum := sha256.Sum256([]byte(message + "\x00" + ip + "\x00" + r.UserAgent))
	class := r.Class()
	t := Touch{
		Shop: parts[0], Message: message, Kind: kind, Link: link, Actor: hex.EncodeToString(sum[:12]), At: at, Agent: class, Class: class,
	}
	t.ID = t.Identity()
	return t, nil
}

// Identity is the ID of a touch, computed of its other fields. All requests of one touch have
// the same.
func (t Touch) Identity() string {
	when := strconv.FormatInt(t.At.Unix()/int64(oneVisit.Seconds()), 36)
	if t.Agent != HumanAgent {
		when += "." + string(t.Agent)
	}
	return t.Message + ":" + commerce.Key(string(t.Kind), strconv.Itoa(t.Link), t.Actor, when)
}

// Counters are the counts of one message's touches. A touch that is not shown to be
// a human's counts as a machine's. ProxyOpens are the part of MachineOpens by a mail
// service's image proxy, behind which a reader may be.
type Counters struct {
	Opens, Clicks               int64
	MachineOpens, MachineClicks int64
	ProxyOpens                  int64
	OpenedAt, LastOpenedAt      time.Time // by humans, as ClickedAt
	ClickedAt, LastClickedAt    time.Time
	UnsubscribedAt              time.Time
}

// minutes are the minutes in which something was counted.
type minutes map[string]bool

// more is 1 for the first touch of its kind, link, actor, class and minute, else 0.
func (m minutes) more(t Touch) int64 {
	once := commerce.Key(string(t.Kind), strconv.Itoa(t.Link), t.Actor, string(t.Class), strconv.FormatInt(t.At.Unix()/60, 36))
	if m[once] {
		return 0
	}
	m[once] = true
	return 1
}

// Count counts touches by their Class. Several of one kind, link, actor and minute
// count once.
func Count(touches []Touch) Counters {
	var c Counters
	counted := minutes{}
	for _, t := range touches {
		c.add(TouchDay{Kind: t.Kind, Class: t.Class, First: t.At, Last: t.At, N: counted.more(t)})
	}
	return c
}

// Fold writes the counters to their message. A second Fold changes nothing.
func (c Counters) Fold(m *Message) {
	m.Opens, m.Clicks, m.MachineOpens, m.MachineClicks = c.Opens, c.Clicks, c.MachineOpens, c.MachineClicks
	m.OpenedAt, m.ClickedAt, m.LastClickedAt = c.OpenedAt, c.ClickedAt, c.LastClickedAt
	m.UnsubscribedAt = c.UnsubscribedAt
}

func earliest(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

func lastOf(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// Folded is a message with the counts of its touches.
type Folded struct {
	Message
	Human bool // a human opened or clicked it, by this count or by the one before: orders may be credited otherwise
}
