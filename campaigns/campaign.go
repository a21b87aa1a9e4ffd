package campaigns

import (
	"strconv"
	"time"

	"comeback/commerce"
	"comeback/segments"
	"comeback/strictjson"
)

// Campaign is one parsed version of a campaign file. After Parse only Version,
// State and Since are set, by the code that loads it, because the file does not
// contain them. Safe for concurrent use.
type Campaign struct {
	Schema   int
	ID       string // see commerce.Slug; the same for every version
	Name     string
	Class    Class
	Trigger  Trigger
	Key      KeyKind
	Priority int                // 0 to 100: of several campaigns that want a customer, the highest goes first
	Audience segments.Condition // nil: everybody
	Reentry  Reentry
	Exits    []Exit
	Goal     *Goal // nil: none, so nobody converts
	Holdout  int   // in 1/100 %: 500 is 5 %
	Steps    []Step
	Policy   Policy
	Tests    []Test
	Backfill bool // causes older than the campaign's start may enter too

	Version   int
	State     CampaignState // empty counts as Active
	StateAt   time.Time     // when State began
	Migration *Migration    // of customers under way on other versions; nil: none is under way
	Since     time.Time     // when the campaign started: an older cause does not enter; zero: any cause does
	Hash      string        // hex SHA-256 of Raw
	Raw       []byte        // the file, byte for byte

	root     *strictjson.Node // the file's JSON tree, for the place of a problem
	segments []string         // named anywhere in the file
	routed   []string         // the channels of all routes, each once
	stock    bool             // a condition asks whether the goods are in stock
}

// Class decides which rules of consent apply to a campaign.
type Class string

// The classes of mail.
const (
	// Service mails are about an order that the customer made. They need no marketing consent
	// where the shop's jurisdiction allows that.
	Service Class = "service"
	// Marketing mails are all others; they need consent.
	Marketing Class = "marketing"
)

// KeyKind names the subject of one enrolment.
type KeyKind string

// What an enrolment is about.
const (
	// ByOrder makes one enrolment per order, or per checkout under a checkout trigger.
	ByOrder KeyKind = "order"
	// ByCustomer makes one enrolment per customer.
	ByCustomer KeyKind = "customer"
)

// CampaignState decides what a version of a campaign may still do.
type CampaignState string

// The states of a version.
const (
	// Draft does nothing.
	Draft CampaignState = "draft"
	// Active lets customers enter, runs and sends.
	Active CampaignState = "active"
	// Replaced: a newer version lets customers enter; the version's own enrolments continue.
	Replaced CampaignState = "replaced"
	// Paused stops every version: nobody enters, nothing is sent, exits still end enrolments.
	Paused CampaignState = "paused"
	// Archived: the campaign is over and open enrolments end.
	Archived CampaignState = "archived"
)

// Trigger makes a customer enter: one of Events that passes Of and Where, or a time. The times
// exclude each other, and all but Missing exclude Events.
type Trigger struct {
	Events    []commerce.EventKind
	Of        Of                 // of Events
	Where     segments.Condition // nil: every such event
	Lapse     int                // days of 24 h since the last paid order; 0: no lapse of days
	Overdue   commerce.Decimal   // the overdue ratio of a lapse on the customer's own clock; zero: no such lapse
	Date      *DateTrigger       // nil: no date
	Missing   *Missing           // what must not follow one of Events; nil: they enter at once
	Timetable *Timetable         // a schedule or a broadcast; nil: neither
}

// Reentry decides whether one key may enter again. A later cause is always needed.
type Reentry struct {
	Never bool
	After time.Duration // since the beginning of the last entry; 0: at once ("always")
}

// Same decides whose events count.
type Same string

// The orders whose events end an enrolment.
const (
	// SameOrder: events of the enrolment's order; for a checkout, of the order it became.
	SameOrder Same = "order"
	// SameCustomer: events of any other order of the customer.
	SameCustomer Same = "customer"
)

// Exit ends an enrolment when one of its events happens after its cause and is still
// true now.
type Exit struct {
	Events []commerce.EventKind
	Where  segments.Condition // nil: every such event
	Of     Of                 // of Events
	Same   Same
	As     EnrolmentState // Converted (file: goal), Superseded or Exited (file: nothing)
}

// Goal decides whether an enrolment converted, and compares the arms. The first
// such event counts, if it happens within Within of the enrolment's beginning.
type Goal struct {
	Events []commerce.EventKind
	Where  segments.Condition // nil: every such event
	Of     Of                 // of Events
	Same   Same
	Within time.Duration
}

// Step is one thing a campaign does, after a wait. Steps are listed in the order of the file; the
// steps of its branches follow a step.
type Step struct {
	ID          string
	Do          Deed
	Wait        time.Duration      // from the due time of the step before, whenever that was done
	Until       *Until             // instead of Wait
	Latest      *Until             // the latest time for the step, where its date is known
	Expires     time.Duration      // from the due time; 0: never
	If          segments.Condition // checked when the step is due and again at hand-over; nil: always. Of DoIf it chooses the branch
	Routes      []Route            // of DoSend: the ways on which it sends, the preferred one first
	OnUncertain OnUncertain
	Branches    []Branch      // of DoIf, DoWaitFor and DoWebhook then and else, of DoSplit its own
	For         *Awaited      // of DoWaitFor
	Tag         Tagging       // of DoTag
	Set         []commerce.KV // of DoSet: custom attributes of the customer; an empty value removes one
	Enter       string        // of DoEnter: the id of the other campaign
	Webhook     *Webhook      // of DoWebhook; its branches are then and else
	Notify      *Notice       // of DoNotify
	Reason      string        // of DoExit, for people
	Next        int           // index of the step that follows, also after a branch of this one; len(Steps): none

	size int              // itself and the steps of its branches
	at   *strictjson.Node // its place in the file
}

// Deed is what a step does when it is due.
type Deed string

// The deeds of steps.
const (
	// DoSend sends a message.
	DoSend Deed = "send"
	// DoWait only waits: the next step counts from its due time.
	DoWait Deed = "wait"
	// DoIf goes on with one of two branches.
	DoIf Deed = "then"
	// DoSplit goes on with one of several branches, drawn by a hash of the customer.
	DoSplit Deed = "split"
	// DoWaitFor waits for an event or a condition, for some time at most, and goes on with then or
	// else.
	DoWaitFor Deed = "wait_for"
	// DoTag adds tags to the customer, and removes some.
	DoTag Deed = "tag"
	// DoSet sets custom attributes of the customer.
	DoSet Deed = "set"
	// DoEnter lets the customer enter another campaign.
	DoEnter Deed = "enter"
	// DoWebhook posts to an address and waits for the answer.
	DoWebhook Deed = "webhook"
	// DoNotify notifies a colleague.
	DoNotify Deed = "notify"
	// DoExit ends the enrolment as Finished.
	DoExit Deed = "exit"
)

// Awaited is what a step waits for: the first of Events that passes Where, or Condition.
type Awaited struct {
	Events    []commerce.EventKind
	Where     segments.Condition // see EventTest; nil: every such event
	Of        Of                 // of Events
	Same      Same               // empty: of any order of the customer
	Condition segments.Condition // instead of Events; nil: none
	Within    time.Duration      // from when the step is due
}

// Tagging are changes of a customer's tags.
type Tagging struct{ Add, Remove []string }

// Branch is a way on from a step.
type Branch struct {
	Name   string // then, else, or its name in the file
	Weight int    // of a split: its share of the sum of the weights
	First  int    // index of its first step; Next of the step where the branch has none
}

// Until is a wait up to a date of the order: By before or after Date. While the
// order has no such date the wait is ElseWait from the due time of the step before.
// Without ElseWait such a step is left out. With Local it is a wait up to a local time instead.
type Until struct {
	Date     DateField
	Before   bool
	By       time.Duration
	ElseWait time.Duration
	HasElse  bool
	Local    *LocalTime
}

// LocalTime is a time of day, on any day or on some days of the week.
type LocalTime struct {
	Minute   int            // of the day; negative: whatever time it is
	Weekdays []time.Weekday // empty: any
	Zone     ZoneOf
}

// DateField names a date of an order that steps can wait for.
type DateField string

// The dates of an order that steps can wait for.
const (
	// CancelAt is when the shop closes the unpaid order.
	CancelAt DateField = "order.cancel_at"
	// DueAt is when the payment of an order on terms is due.
	DueAt DateField = "order.due_at"
	// BalanceFrom is when the balance of a deposit order can be paid.
	BalanceFrom DateField = "order.balance_from"
	// BalanceTo is until when that balance can be paid.
	BalanceTo DateField = "order.balance_to"
	// DeliveredAt is when the order was delivered.
	DeliveredAt DateField = "order.delivered_at"
)

// OnUncertain decides what happens to a message whose delivery is unknown.
type OnUncertain string

// What becomes of a message of which nobody knows whether the server accepted it.
const (
	// Hold leaves the message uncertain; it is the default of marketing.
	Hold OnUncertain = "hold"
	// Resend sends it again under the same Message-ID; it is the default of service.
	Resend OnUncertain = "resend"
)

// Policy is the campaign's own quiet hours and caps. Quiet nil means the quiet hours of the
// shop's market. A cap takes the place of the market's cap of the same period; the market's
// other caps hold too (Defaults).
type Policy struct {
	Quiet  *Quiet
	Caps   []Cap
	Scoped []ScopedCap // beside all others
}

// Quiet is a part of the day, From <= t < To, in which nothing is sent. It may
// span midnight. If From equals To there are no quiet hours.
type Quiet struct {
	From, To int      // minutes of the day
	Zone     ZoneOf   // whose time zone
	Then     QuietAct // what happens to a message that is due inside
}

// ZoneOf decides whose time zone counts. A customer without one has the shop's.
type ZoneOf string

// The time zones that quiet hours can use.
const (
	// ShopZone is the time zone of the shop.
	ShopZone ZoneOf = "shop"
	// CustomerZone is the customer's; the shop's where that is not known.
	CustomerZone ZoneOf = "customer"
)

// QuietAct decides what happens to a message that is due in quiet hours.
type QuietAct string

// What becomes of a message that is due in quiet hours.
const (
	// QuietDefer sends when quiet hours end.
	QuietDefer QuietAct = "defer"
	// QuietDrop does not send.
	QuietDrop QuietAct = "drop"
	// EarlierOrAfter sends five minutes before quiet hours begin, if the cause is then five
	// minutes old and the step before was due earlier; else when quiet hours end.
	EarlierOrAfter QuietAct = "earlier_or_after"
)

// Cap limits how many messages of one class and channel a customer gets from all
// campaigns in any period of length Per, or about one order.
type Cap struct {
	Max   int
	Per   time.Duration
	Order bool // messages about one order, ever: Per is 0, and a message above the cap is dropped
	Drop  bool // a message above the cap is dropped; else it is deferred until the cap allows it
}

// Definition is one version of a campaign as it is stored.
type Definition struct {
	ID        string        `bson:"_id"` // Key(shop, slug, version)
	Shop      string        `bson:"shop"`
	Campaign  string        `bson:"campaign"`
	Version   int           `bson:"version"` // from 1
	State     CampaignState `bson:"state"`   // Draft, or the state of an old store without lifecycles: see Lifecycle.Apply
	Hash      string        `bson:"hash"`
	JSON      []byte        `bson:"json"` // as accepted, byte for byte
	CreatedAt time.Time     `bson:"created_at"`
	ChangedAt time.Time     `bson:"changed_at"` // of State
	Rev       int64         `bson:"rev"`
	Since     time.Time     `bson:"-"` // of the campaign's Lifecycle
	Migration *Migration    `bson:"-"` // likewise: one to this version that is under way; nil: none
}

// NewDefinition makes the stored form of c as a draft; c.Version must be set.
func NewDefinition(shop string, c *Campaign, now time.Time) Definition {
	return Definition{
		ID: commerce.Key(shop, c.ID, strconv.Itoa(c.Version)), Shop: shop, Campaign: c.ID, Version: c.Version,
		State: Draft, Hash: c.Hash, JSON: c.Raw, CreatedAt: now, ChangedAt: now,
	}
}

// Load parses the stored version again. A file that was accepted once and cannot
// be parsed any more is an Internal error.
func (d Definition) Load() (*Campaign, error) {
	c, problems := Parse(d.JSON)
	for _, p := range problems {
		if !p.Note {
			return nil, commerce.Errorf(commerce.Internal, "campaign %s: stored version is not valid: %s", d.ID, p)
		}
	}
	c.Version, c.State, c.StateAt, c.Since, c.Migration = d.Version, d.State, d.ChangedAt, d.Since, d.Migration
	return c, nil
}

// Runs reports whether steps are taken and messages sent.
func (c *Campaign) Runs() bool { return c.State == "" || c.State == Active || c.State == Replaced }

// enters reports whether new customers may enter.
func (c *Campaign) enters() bool { return c.State == "" || c.State == Active }
