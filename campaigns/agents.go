package campaigns

import (
	_ "embed" // the tables of user agents
	"regexp"
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
}

// Class is the class of the request by itself. Judge also uses the message's other
// touches.
func (r Request) Class() AgentClass {
	if r.Method == "HEAD" || prefetches(r.Purpose) {
		return MachineAgent
	}
	return classOfAgent(r.UserAgent)
}

func prefetches(purpose string) bool {
	purpose = strings.ToLower(purpose)
	return strings.Contains(purpose, "prefetch") || strings.Contains(purpose, "preview") || strings.Contains(purpose, "prerender")
}

//go:embed agents/machines.txt
var machineTable string

//go:embed agents/proxies.txt
var proxyTable string

var (
	agentEmail   = regexp.MustCompile(`[a-z0-9._-]+@[a-z0-9-]+\.[a-z]{2,}`)
	agentBrowser = regexp.MustCompile(`^(mozilla/[45]\.0 \(|opera/)`)
)

// classOfAgent is the class of a user agent. It is found by the tables, by a contact
// address or a "compatible;" that no browser writes any more, else by the form of a
// browser's name.
func classOfAgent(agent string) AgentClass {
	agent = strings.ToLower(strings.TrimSpace(agent))
	// The whole agent of Apple's mail privacy proxy.
	if agent == "mozilla/5.0" || hasWord(agent, proxyTable) {
		return ProxyAgent
	}
	named := strings.ReplaceAll(agent, "cubot", "") // a brand of phones
	if hasWord(named, machineTable) || strings.Contains(agent, "://") || strings.Contains(agent, "www.") || agentEmail.MatchString(agent) {
		return MachineAgent
	}
	old := strings.Contains(agent, "msie") || strings.Contains(agent, "trident")
	if strings.Contains(agent, "compatible;") && !old {
		return MachineAgent
	}
	if agentBrowser.MatchString(agent) {
		return HumanAgent
	}
	return UnknownAgent
}

func hasWord(agent, table string) bool {
	for word := range strings.Lines(table) {
		word = strings.TrimSpace(word)
		if word != "" && word[0] != '#' && strings.Contains(agent, word) {
			return true
		}
	}
	return false
}

// Times in which no person clicks.
const (
	tooSoon  = 2 * time.Second // after the server took the mail
	allLinks = 3 * time.Second // to click every link of it
)

// Judge sets the Class of all touches of one message, from each request and from
// all of them together. These clicks are a machine's: a click sooner than two
// seconds after the mail was accepted (zero: not known); clicks on all tracked
// links, two or more, within three seconds; all clicks of an actor that followed the
// hidden link. links is the number of tracked links. A second Judge changes nothing.
func Judge(touches []Touch, acceptedAt time.Time, links int) {
	trapped := map[string]bool{}
	for _, t := range touches {
		if t.Kind == Clicked && t.Link == HoneypotLink {
			trapped[t.Actor] = true
		}
	}
	burst := bursts(touches, links)
	for i, t := range touches {
		touches[i].Class = t.Agent
		if t.Kind != Clicked {
			continue
		}
		soon := !acceptedAt.IsZero() && t.At.Before(acceptedAt.Add(tooSoon))
		if soon || trapped[t.Actor] || burst[t.ID] {
			touches[i].Class = MachineAgent
		}
	}
}

// bursts finds the clicks of every period of allLinks in which each link was clicked.
func bursts(touches []Touch, links int) map[string]bool {
	found := map[string]bool{}
	if links < 2 {
		return found
	}
	var clicks []Touch
	for _, t := range touches {
		if t.Kind == Clicked && t.Link != HoneypotLink {
			clicks = append(clicks, t)
		}
	}
	slices.SortFunc(clicks, func(a, b Touch) int { return a.At.Compare(b.At) })
	for i, first := range clicks {
		seen, end := map[int]bool{}, i
		for ; end < len(clicks) && clicks[end].At.Sub(first.At) <= allLinks; end++ {
			seen[clicks[end].Link] = true
		}
		if len(seen) < links {
			continue
		}
		for _, t := range clicks[i:end] {
			found[t.ID] = true
		}
	}
	return found
}
