package campaigns

import "time"

// Answers are the last answers of a relay to mails, by the domain of the recipient. They show
// whether a refusal is about the relay or about one domain: a relay that takes mails to other
// domains meanwhile works. The zero Answers has seen none.
type Answers struct {
	accepted [2]acceptance // the last one, and the last one of another domain
	begun    time.Time     // the first refusal of the present run of them
	last     time.Time     // refusal
	refusals int           // of the run
	domains  map[string]answered
}

type acceptance struct {
	domain string
	at     time.Time
}

// answered are the answers about one domain since the run began.
type answered struct{ accepted, refused int }

const (
	// answersFor is how long an answer says something about the relay.
	answersFor = 10 * time.Second
	// longestRun is how long answers are counted together.
	longestRun = time.Minute
	// mostDomains bounds the memory of a run.
	mostDomains = 1000
	// Refusals of up to fewDomains, and up to fewRefusals of them, may all be about their domains:
	// what the relay takes meanwhile will show.
	fewDomains, fewRefusals = 3, 6
)

// Accepted notes an accepted mail.
func (a *Answers) Accepted(domain string, now time.Time) {
	if a.accepted[0].domain != domain {
		a.accepted[1] = a.accepted[0]
	}
	a.accepted[0] = acceptance{domain, now}
	a.count(domain, answered{accepted: 1})
}

// Refused notes a refusal that may be about the relay, and reports whether it is about the domain.
// It is unsure where no other domain took a mail lately, as far as these answers go: the relay may
// have taken some of other workers.
func (a *Answers) Refused(domain string, now time.Time) (is, unsure bool) {
	if a.domains == nil || now.Sub(a.last) > answersFor || now.Sub(a.begun) > longestRun {
		a.begun, a.refusals, a.domains = now, 0, map[string]answered{}
	}
	a.last = now
	a.refusals++
	a.count(domain, answered{refused: 1})
	refusing, taken := 0, 0
	for other, x := range a.domains {
		switch {
		case other == domain:
		case x.refused > 0:
			refusing++
		default:
			taken += x.accepted
		}
	}
	likely := refusing == 0 || taken >= 2*refusing || refusing < fewDomains && a.refusals < fewRefusals
	others := a.takesOthers(domain)
	return likely && others, likely && !others
}

// takesOthers reports whether a mail to another domain was accepted since shortly before the run.
func (a *Answers) takesOthers(domain string) bool {
	for _, x := range a.accepted {
		if x.domain != domain && !x.at.IsZero() && x.at.After(a.begun.Add(-answersFor)) {
			return true
		}
	}
	return false
}

func (a *Answers) count(domain string, more answered) {
	x, known := a.domains[domain]
	if a.domains == nil || !known && len(a.domains) >= mostDomains {
		return
	}
	a.domains[domain] = answered{x.accepted + more.accepted, x.refused + more.refused}
}
