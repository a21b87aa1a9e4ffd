package campaigns

import (
	"slices"
	"time"
)

// Stream is the way of mails through one relay: of all shops (Shop is
// commerce.Installation), or of one shop's sender. With a Domain it is the way to the
// recipients of this domain alone. All processes share it by compare-and-set on Rev. Its
// times are of the wall clock.
type Stream struct {
	ID     string      `bson:"_id"`
	Shop   string      `bson:"shop"`
	Relay  string      `bson:"relay"` // the relay's key, see Relay
	Domain string      `bson:"domain,omitempty"`
	Name   string      `bson:"name"`  // host:port
	Setup  string      `bson:"setup"` // changes with the settings of the relay, or with the shop's sender
	State  StreamState `bson:"state"`
	Reason string      `bson:"reason"`
	Since  time.Time   `bson:"since"` // of State

	Doubts  int       `bson:"doubts"`  // refusals since the last accepted mail that may be about the mail or the relay
	Pauses  int       `bson:"pauses"`  // since the stream is held: how many pauses it has had
	NextAt  time.Time `bson:"next_at"` // when the next probe may begin
	Probe   string    `bson:"probe"`   // who has the probe, until ProbeTo
	ProbeTo time.Time `bson:"probe_to"`
	Refused []string  `bson:"refused"` // refused messages since the last accepted mail: a probe takes another one

	RefusedOf string `bson:"refused_of"` // the shop of all of these, severalShops, or "" for none

	AcceptedAt time.Time `bson:"accepted_at"` // the last accepted mail, to a second or so
	// Taken are accepted mails to two domains, the last first. It is set of a relay only.
	Taken  []Acceptance `bson:"taken"`
	SeenAt time.Time    `bson:"seen_at"` // when a worker with this relay last lived; of a domain, its last answer
	Pace   Pace         `bson:"pace"`
	Limit  Limit        `bson:"limit"`
	Rev    int64        `bson:"rev"`
}

// StreamState is what a relay does with our mails.
type StreamState string

// The states of a stream. In Refusing and Unreachable it is held: one mail at a time goes
// out, as a probe.
const (
	// StreamUp: the relay takes mails.
	StreamUp StreamState = "up"
	// StreamThrottled: the relay takes mails, but fewer than there are.
	StreamThrottled StreamState = "throttled"
	// StreamRefusing: the relay refuses us, whatever the mail.
	StreamRefusing StreamState = "refusing"
	// StreamUnreachable: there is no relay that answers.
	StreamUnreachable StreamState = "unreachable"
)

// Fault is what the end of a conversation says about the relay. Without a State it
// says nothing.
type Fault struct {
	State  StreamState // refusing, unreachable or throttled
	Sender bool        // it is about the sender's address, so about one shop
	Doubt  bool        // the mail itself may be the reason: the next mail shows
	Domain bool        // it is about the domain of the recipient
	Unsure bool        // it is, if the relay takes mails of other workers to other domains
	Full   bool        // the relay takes no further connection: others of ours may be open
	// Otherwise is the outcome if the mail proves to be the reason. Empty: it cannot be.
	Otherwise MailState
}

const (
	firstPause = 5 * time.Second
	lastPause  = 5 * time.Minute
	// streamAlive is how long a relay counts as used after a worker last lived.
	streamAlive = 3 * time.Minute
	// quietFor is how long no mail was refused, but some accepted, before a throttled stream is up.
	quietFor = time.Minute
	// idleFor is the same where no mail was accepted either. The slowest pace tries one in this
	// time, so there was none to be sent.
	idleFor = lastPause + quietFor
	// severalShops: the refusals are about the relay, not about one shop.
	severalShops = "*"
	// mostRefused bounds Stream.Refused.
	mostRefused = 8
	// mostDoubts refusals in a row hold the stream.
	mostDoubts = 2
)

// Held reports whether mails wait, apart from a probe.
func (s Stream) Held() bool { return s.State == StreamRefusing || s.State == StreamUnreachable }

// Alive reports whether a worker uses the relay.
func (s Stream) Alive(now time.Time) bool { return s.SeenAt.After(now.Add(-streamAlive)) }

// OpensAt is when the stream may take the shop's next mail. While a probe is under way it
// is a second from now, because its answer may come at once.
func (s Stream) OpensAt(shop string, now time.Time) time.Time {
	switch {
	case s.Held() && s.ProbeTo.After(now):
		return now.Add(time.Second)
	case s.Held() && s.spares(shop):
		return now
	case s.Held():
		return s.NextAt
	}
	if at := s.Limit.opensAt(limitFor, now); at.After(s.Pace.opensAt(burst, now)) {
		return at
	}
	return s.Pace.opensAt(burst, now)
}

// Take takes tokens for up to most mails, of which our own limit allows rate a second; 0: any number.
func (s Stream) Take(most int, rate float64, now time.Time) (rest Stream, mails int) {
	s.Limit, most = s.Limit.Take(most, rate, now)
	s.Pace.Bucket, mails = s.Pace.take(most, burst, now)
	s.Limit.Bucket = s.Limit.back(most - mails)
	return s, mails
}

// Return gives back the tokens of mails that were not tried.
func (s Stream) Return(mails int) Stream {
	s.Pace.Bucket, s.Limit.Bucket = s.Pace.back(mails), s.Limit.back(mails)
	return s
}

// spares reports whether all refusals may be about another shop. Then a mail of this one is
// tried at once.
func (s Stream) spares(shop string) bool {
	return s.RefusedOf != "" && s.RefusedOf != severalShops && s.RefusedOf != shop
}

// Probing gives the probe to a holder for a mail of the shop, until then. ok is false if it
// is not time yet, or somebody has it.
func (s Stream) Probing(holder, shop string, now, until time.Time) (probing Stream, ok bool) {
	if !s.Held() || s.OpensAt(shop, now).After(now) {
		return s, false
	}
	s.Probe, s.ProbeTo = holder, until
	return s, true
}

// Unprobed gives the probe back: no mail was tried.
func (s Stream) Unprobed(holder string) Stream {
	if s.Probe == holder {
		s.Probe, s.ProbeTo = "", time.Time{}
	}
	return s
}

// Prolonged keeps the probe for its worker until then.
func (s Stream) Prolonged(holder string, until time.Time) Stream {
	if s.Probe == holder {
		s.ProbeTo = until
	}
	return s
}

// Accepted notes accepted mails. The acceptance of a probe ends a hold; other mails may
// have gone over connections from before it.
func (s Stream) Accepted(mails int, probe bool, now time.Time) Stream {
	s.AcceptedAt, s.SeenAt = now, now
	if s.Held() && !probe {
		return s
	}
	s.Doubts, s.Pauses, s.Probe, s.ProbeTo, s.Refused, s.RefusedOf = 0, 0, "", time.Time{}, nil, ""
	s.Pace = s.Pace.accepted(mails, now)
	if s.Held() {
		s = s.wakened(now)
		return s.become(s.Pace.state(), "the relay takes mails again", now)
	}
	return s.rested(now)
}

// Lived notes that a worker with this relay and setup lives. A changed setup, or a worker
// that has just begun, is tried at once.
func (s Stream) Lived(setup string, begun bool, now time.Time) Stream {
	if s.State == "" {
		s.State, s.Since = StreamUp, now
	}
	if s.Setup != setup || begun {
		s.NextAt, s.Pauses = now, 0
		if s.Setup != setup {
			s.Pace, s.Probe, s.ProbeTo = Pace{}, "", time.Time{}
		}
	}
	s.Setup, s.SeenAt = setup, now
	return s.rested(now)
}

// Rests reports whether a throttling is over.
func (s Stream) Rests(now time.Time) bool {
	quiet := now.Sub(s.Pace.CutAt)
	return s.State == StreamThrottled && (quiet >= idleFor || quiet >= quietFor && s.AcceptedAt.After(s.Pace.CutAt))
}

// rested ends a throttling that is over.
func (s Stream) rested(now time.Time) Stream {
	if !s.Rests(now) {
		return s
	}
	s.Pace = Pace{}
	return s.become(StreamUp, "the relay takes all mails", now)
}

// Refuse notes that the relay refused a message of a shop. A probe prolongs the pause of a held
// stream; the refusals of mails that were under way do not.
func (s Stream) Refuse(f Fault, reason, shop, message string, probe bool, now time.Time) Stream {
	if s.State == "" {
		s.State, s.Since = StreamUp, now
	}
	if s.Domain != "" {
		s.SeenAt = now
	}
	s = s.Doubted(message)
	if s.RefusedOf == "" {
		s.RefusedOf = shop
	}
	if s.RefusedOf != shop || f.Otherwise == "" && !f.Doubt {
		s.RefusedOf = severalShops
	}
	switch {
	case f.State == StreamThrottled && !s.Held():
		s.Pace = s.Pace.refused(now)
		return s.become(StreamThrottled, reason, now)
	case s.Held() && !probe:
		return s
	case f.State == StreamThrottled: // a probe: it answers, and takes nothing yet
		s.Pace = s.Pace.refused(now)
	case f.Doubt:
		if s.Doubts++; !s.Held() && (s.Doubts < mostDoubts || s.Domain != "" && !s.Several()) {
			return s
		}
	}
	s.Probe, s.ProbeTo, s.NextAt = "", time.Time{}, now
	if !f.Doubt || s.Several() { // else only one message is known to be refused: any other is tried at once
		s.NextAt = now.Add(Pause(s.Pauses))
		s.Pauses++
	}
	if f.State == StreamThrottled {
		return s.become(s.State, reason, now)
	}
	return s.become(f.State, reason, now)
}

// Doubted remembers a refused message, so that a probe takes another one.
func (s Stream) Doubted(message string) Stream {
	if s.State == "" {
		s.State = StreamUp
	}
	s.Refused = append(slices.DeleteFunc(slices.Clone(s.Refused), func(id string) bool { return id == message }), message)
	s.Refused = s.Refused[max(0, len(s.Refused)-mostRefused):]
	return s
}

// Pause is the time between two probes: 5 s, doubled after each, at most 5 min.
func Pause(before int) time.Duration {
	pause := firstPause
	for range min(before, 10) {
		pause *= 2
	}
	return min(pause, lastPause)
}

func (s Stream) become(state StreamState, reason string, now time.Time) Stream {
	if s.State != state {
		s.State, s.Since = state, now
	}
	if s.Reason = reason; state == StreamUp {
		s.Reason = ""
	}
	return s
}
