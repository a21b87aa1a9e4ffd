package campaigns

import (
	"strconv"
	"time"

	"comeback/commerce"
	"comeback/segments"
	"comeback/strictjson"
)

// Campaign is one version of a campaign as its file says it, parsed. It is never
// changed after Parse but for Version, State and Since, which the file does not hold:
// who loads it sets them. Safe for concurrent use.
type Campaign struct {
	Schema   int
	ID       string // see commerce.Slug; the same for every version
	Name     string
	Class    Class
	Trigger  Trigger
	Key      KeyKind
	Audience segments.Condition // nil: everybody
	Reentry  Reentry
	Exits    []Exit
	Goal     *Goal // nil: none, so nobody converts
	Holdout  int   // in 1/100 %: 500 is 5 %
	Steps    []Step
	Policy   Policy
	Tests    []Test
	Backfill bool // causes of before the campaign began to run enter too

	Version int
	State   CampaignState // empty counts as Active
	Since   time.Time     // when the campaign began to run: an older cause does not enter; zero: any does
	Hash    string        // hex SHA-256 of Raw
	Raw     []byte        // the file, byte for byte

	root *strictjson.Node // where everything stands in it
}

// Class says under which law a campaign writes.
type Class string

// Service: about an order the customer made; may go without marketing consent
// where the shop's jurisdiction allows it. Marketing: all else, needs consent.
const (
	Service   Class = "service"
	Marketing Class = "marketing"
)

// KeyKind says what one enrolment is about.
type KeyKind string

// ByOrder: one enrolment an order; under a checkout trigger, a checkout.
const (
	ByOrder    KeyKind = "order"
	ByCustomer KeyKind = "customer"
)

// CampaignState says what a version of a campaign may still do.
type CampaignState string

// Draft does nothing. Active enters, runs and sends. Replaced: a newer version
// enters; its own enrolments run on. Paused holds all of it, whatever the
// version: nobody enters, nothing is sent, exits are still heard. Archived: over,
// what is open ends.
const (
	Draft    CampaignState = "draft"
	Active   CampaignState = "active"
	Replaced CampaignState = "replaced"
	Paused   CampaignState = "paused"
	Archived CampaignState = "archived"
)

// Trigger is what makes somebody enter: one of Events that passes Where, or a
// lapse.
type Trigger struct {
	Events []commerce.EventKind
	Where  segments.Condition // nil: every such event
	Lapse  int                // days of 24 h since the last paid order; 0: not a time trigger
}

// Reentry says whether one key may enter again, always for a later cause only.
type Reentry struct {
	Never bool
	After time.Duration // since the last entry began; 0: at once ("always")
}

// Same says whose event is meant.
type Same string

// SameOrder: of the order the enrolment is about; for a checkout, of the order
// it became. SameCustomer: of any other order of the customer.
const (
	SameOrder    Same = "order"
	SameCustomer Same = "customer"
)

// Exit ends an enrolment when one of Events happens later than its cause and
// still holds as the order is now.
type Exit struct {
	Events []commerce.EventKind
	Same   Same
	As     EnrolmentState // Converted (file: goal), Superseded or Exited (file: nothing)
}

// Goal decides converted and the comparison of the arms: the first such event
// in the time Within from the enrolment's beginning.
type Goal struct {
	Events []commerce.EventKind
	Same   Same
	Within time.Duration
}

// Step is one thing a campaign does, after a wait.
type Step struct {
	ID          string
	Wait        time.Duration      // from when the step before was due, whenever it was done
	Until       *Until             // instead of Wait
	Latest      *Until             // and no later than that, where its date is known
	Expires     time.Duration      // from when it is due; 0: never
	If          segments.Condition // asked when the step is due and again at hand-over; nil: always
	Channel     string
	Template    string
	OnUncertain OnUncertain
}

// Until is a wait up to a moment that a date of the order gives: By before or
// after Date. Where the order has no such date yet it is ElseWait from when the
// step before was due, or, without one, the step is left out.
type Until struct {
	Date     DateField
	Before   bool
	By       time.Duration
	ElseWait time.Duration
	HasElse  bool
}

// DateField names a date of an order that steps can wait for.
type DateField string

// The dates of an order that steps can wait for.
const (
	CancelAt    DateField = "order.cancel_at"
	DueAt       DateField = "order.due_at"
	BalanceFrom DateField = "order.balance_from"
	BalanceTo   DateField = "order.balance_to"
	DeliveredAt DateField = "order.delivered_at"
)

// OnUncertain says what happens to a message nobody knows the fate of.
type OnUncertain string

// Hold leaves it uncertain (default of marketing), Resend sends it again under
// the same Message-ID (default of service).
const (
	Hold   OnUncertain = "hold"
	Resend OnUncertain = "resend"
)

// Policy is the campaign's own quiet hours and cap. nil means the default of
// the shop's market (Defaults), which differs by class and channel.
type Policy struct {
	Quiet *Quiet
	Cap   *Cap
}

// Quiet is a time of day, From <= t < To, in which nothing is sent. It may go
// over midnight. From equal to To is no quiet time at all.
type Quiet struct {
	From, To int      // minutes of the day
	Zone     ZoneOf   // whose clock
	Then     QuietAct // what becomes of a message due inside
}

// ZoneOf says whose time zone counts. A customer without one has the shop's.
type ZoneOf string

// Whose clock quiet hours go by.
const (
	ShopZone     ZoneOf = "shop"
	CustomerZone ZoneOf = "customer"
)

// QuietAct says what becomes of a message due in quiet hours.
type QuietAct string

// QuietDefer: sent when they end. QuietDrop: not sent. EarlierOrAfter: sent five
// minutes before they begin where the cause is then five minutes old and the step
// before was due earlier, else when they end.
const (
	QuietDefer     QuietAct = "defer"
	QuietDrop      QuietAct = "drop"
	EarlierOrAfter QuietAct = "earlier_or_after"
)

// Cap bounds how many messages of one class and channel, of all campaigns, a
// customer gets in any time of length Per.
type Cap struct {
	Max  int
	Per  time.Duration
	Drop bool // over the cap: dropped; else deferred until there is room
}

// Definition is one version of a campaign as it is stored.
type Definition struct {
	ID        string        `bson:"_id"` // Key(shop, slug, version)
	Shop      string        `bson:"shop"`
	Campaign  string        `bson:"campaign"`
	Version   int           `bson:"version"` // from 1
	State     CampaignState `bson:"state"`   // as stored Draft, or what held before there were standings: see Standing.Of
	Hash      string        `bson:"hash"`
	JSON      []byte        `bson:"json"` // as accepted, byte for byte
	CreatedAt time.Time     `bson:"created_at"`
	ChangedAt time.Time     `bson:"changed_at"` // of State
	Rev       int64         `bson:"rev"`
	Since     time.Time     `bson:"-"` // of the campaign's Standing
}

// NewDefinition is the stored form of c as a draft; c.Version must be set.
func NewDefinition(shop string, c *Campaign, now time.Time) Definition {
	return Definition{
		ID: commerce.Key(shop, c.ID, strconv.Itoa(c.Version)), Shop: shop, Campaign: c.ID, Version: c.Version,
		State: Draft, Hash: c.Hash, JSON: c.Raw, CreatedAt: now, ChangedAt: now,
	}
}

// Load parses the stored version again. What was accepted once and is not
// understood any more is Internal.
func (d Definition) Load() (*Campaign, error) {
	c, problems := Parse(d.JSON)
	for _, p := range problems {
		if !p.Note {
			return nil, commerce.Errorf(commerce.Internal, "campaign %s: stored version is not valid: %s", d.ID, p)
		}
	}
	c.Version, c.State, c.Since = d.Version, d.State, d.Since
	return c, nil
}

// runs tells whether steps are taken and messages sent.
func (c *Campaign) runs() bool { return c.State == "" || c.State == Active || c.State == Replaced }

// enters tells whether somebody new may enter.
func (c *Campaign) enters() bool { return c.State == "" || c.State == Active }
