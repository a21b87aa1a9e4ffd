package campaigns

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// AgentClass is the kind of sender behind an open or a click.
type AgentClass string

// The classes of programs that load pixels and follow links.
const (
	// HumanAgent is a browser or mail program of a person, as far as can be seen. Only its touches
	// count.
	HumanAgent AgentClass = "human"
	// MachineAgent is a scanner, crawler, prefetch or library.
	MachineAgent AgentClass = "machine"
	// ProxyAgent is an image proxy of a mail service, which fetches for a reader or before one.
	ProxyAgent AgentClass = "proxy"
	// UnknownAgent is none of these.
	UnknownAgent AgentClass = "unknown"
)

// Request is the part of an HTTP request for a pixel or a link that identifies its
// sender.
type Request struct {
	Method    string
	UserAgent string
	Purpose   string // values of the headers Sec-Purpose, Purpose, X-Purpose and X-Moz, joined

	Known AgentClass // what Class found for the same method, agent and purpose; "": not known
}

// Class is the class of the request by itself. Judge also uses the message's other
// touches.
func (r Request) Class() AgentClass {
	if r.Known != "" {
		return r.Known
	}
	if r.Method == "HEAD" || prefetches(r.Purpose) {
		return MachineAgent
	}
	return classOfAgent(r.UserAgent)
}

func prefetches(purpose string) bool {
	purpose = strings.ToLower(purpose)
	return strings.Contains(purpose, "prefetch") || strings.Contains(purpose, "preview") || strings.Contains(purpose, "prerender")
}

// Times in which no person clicks.
const (
	tooSoon   = 2 * time.Second // after the server took the mail
	allLinks  = 3 * time.Second // to click every link of it, or this many
	severalOf = 3               // links
	oneVisit  = 5 * time.Second // between two clicks of one program
)

// Judge sets the Class of all touches of one message, from each request and from
// all of them together. These clicks are a machine's: a click sooner than two
// seconds after the mail was accepted (zero: not known); clicks on all tracked
// links, or on three of them, within three seconds; those around a click on the
// hidden link, of the same visit or within three seconds. Later clicks of the same
// actor are a person's again, who reads the mail behind the scanner. links is the
// number of tracked links. A second Judge changes nothing.
func Judge(touches []Touch, acceptedAt time.Time, links int) {
	clicks := clicksOf(touches)
	found := bursts(clicks, links)
	maps.Copy(found, trapped(clicks))
	for i, t := range touches {
		touches[i].Class = t.Agent
		if t.Kind != Clicked {
			continue
		}
		soon := !acceptedAt.IsZero() && t.At.Before(acceptedAt.Add(tooSoon))
		if soon || found[t.ID] || t.Link == HoneypotLink {
			touches[i].Class = MachineAgent
		}
	}
}

// clicksOf are the clicks in the order of time.
func clicksOf(touches []Touch) []Touch {
	var clicks []Touch
	for _, t := range touches {
		if t.Kind == Clicked {
			clicks = append(clicks, t)
		}
	}
	slices.SortFunc(clicks, func(a, b Touch) int { return a.At.Compare(b.At) })
	return clicks
}

// bursts finds the clicks of every period of allLinks in which each link was clicked,
// or severalOf of them.
func bursts(clicks []Touch, links int) map[string]bool {
	found := map[string]bool{}
	if links < 2 {
		return found
	}
	for i, first := range clicks {
		seen, end := map[int]bool{}, i
		for ; end < len(clicks) && clicks[end].At.Sub(first.At) <= allLinks; end++ {
			if clicks[end].Link != HoneypotLink {
				seen[clicks[end].Link] = true
			}
		}
		if len(seen) < min(links, severalOf) {
			continue
		}
		for _, t := range clicks[i:end] {
			found[t.ID] = true
		}
	}
	return found
}

// trapped finds the clicks around one on the hidden link.
func trapped(clicks []Touch) map[string]bool {
	found := map[string]bool{}
	for i, trap := range clicks {
		if trap.Link != HoneypotLink {
			continue
		}
		for _, way := range [][]Touch{backwards(clicks[:i]), clicks[i+1:]} {
			last := trap.At
			for _, t := range way {
				if t.At.Sub(last).Abs() > oneVisit {
					break
				}
				if t.Actor == trap.Actor {
					last = t.At
				}
				if t.Actor == trap.Actor || t.At.Sub(trap.At).Abs() <= allLinks {
					found[t.ID] = true
				}
			}
		}
	}
	return found
}

func backwards(clicks []Touch) []Touch {
	clicks = slices.Clone(clicks)
	slices.Reverse(clicks)
	return clicks
}
