// Package failpoint names the moments at which tests kill the program. The program
// does nothing there unless it is built with the tag fault.
package failpoint

// Point is a moment between two steps of a protocol (ARCHITECTURE.md, section 5).
type Point string

// The points, in the order in which an order's reminder passes them, and then its clicks.
const (
	BeforeAnswer      Point = "before-answer"       // a delivery is stored, and not answered
	BeforeEvents      Point = "before-events"       // an order is stored, its events are not
	BeforeProfiles    Point = "before-profiles"     // the events of customers are stored, their profiles are not
	BeforeClean       Point = "before-clean"        // a profile is stored, and still marked to compute
	BeforeHandled     Point = "before-handled"      // an event has had its effects, and is not handled
	BeforeEnrolment   Point = "before-enrolment"    // a decision's messages are planned, its enrolment is not stored
	BeforeBegin       Point = "before-begin"        // the run after a run is planned, and this one has not begun
	BeforePassed      Point = "before-passed"       // customers have entered by a run, and it has not passed them
	BeforeClaim       Point = "before-claim"        // messages are due, and nobody has them
	AfterClaim        Point = "after-claim"         // messages are claimed
	AfterFacts        Point = "after-facts"         // the facts of claimed messages are read
	BeforeHandingOver Point = "before-handing-over" // the relay has the envelope, and nothing says so
	AfterHandingOver  Point = "after-handing-over"  // a message is marked, and DATA is not sent
	BeforeData        Point = "before-data"         // the channel begins with the mail itself
	AfterDot          Point = "after-dot"           // the relay has the mail, and has not answered
	AfterReply        Point = "after-reply"         // the relay has answered 250
	BeforeResult      Point = "before-result"       // the outcome is known, and not stored
	AfterResult       Point = "after-result"        // the outcome is stored
	BeforeUnpacked    Point = "before-unpacked"     // touches are stored each by itself, and their group still is
)

// Setting names the point at which the program built with the tag fault dies:
// POINT, or POINT:N for the Nth time it comes there.
const Setting = "COMEBACK_TEST_FAILPOINT"
