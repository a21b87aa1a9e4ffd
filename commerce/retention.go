package commerce

import "time"

// Retention is how long an installation stores what nobody needs for ever; zero
// means for ever. What is counted stays counted.
type Retention struct {
	Bodies      time.Duration // of deliveries that were read
	Quarantined time.Duration // bodies of deliveries that could not be read
	Events      time.Duration // handled events, and deliveries without their bodies
	Touches     time.Duration // opens and clicks one by one; then as sums by day
}

// OldData is a kind of data that a Retention limits.
type OldData string

// The kinds of old data, in the order in which they are removed.
const (
	// OldBodies are bodies of deliveries that were read.
	OldBodies OldData = "bodies"
	// OldQuarantined are bodies of deliveries that could not be read.
	OldQuarantined OldData = "quarantined_bodies"
	// OldDeliveries are deliveries without their bodies.
	OldDeliveries OldData = "deliveries"
	// OldEvents are handled events.
	OldEvents OldData = "events"
	// OldReports are the receipts of events that the shop reported.
	OldReports OldData = "reports"
	// OldTouches are opens and clicks, which are stored as sums from then on.
	OldTouches OldData = "touches"
	// OldDomains are the states of domains of recipients to which no mail went for a day.
	OldDomains OldData = "domains"
	// OldCalls are calls to receivers outside that ended 30 days ago.
	OldCalls OldData = "calls"
)

// EachOldData lists all kinds of old data.
func EachOldData() []OldData {
	return []OldData{OldBodies, OldQuarantined, OldDeliveries, OldEvents, OldReports, OldTouches, OldDomains, OldCalls}
}
