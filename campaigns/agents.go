package campaigns

import (
	_ "embed" // the tables of user agents
	"regexp"
	"slices"
	"strings"
	"time"
)

// AgentClass says who is behind an open or a click.
type AgentClass string

// HumanAgent: a browser or mail program of a person, for all that shows.
// MachineAgent: a scanner, crawler, prefetch or library. ProxyAgent: an image
// proxy of a mail service, which fetches for a reader or ahead of one.
// UnknownAgent: nothing known either way. Only human ones count.
const (
	HumanAgent   AgentClass = "human"
	MachineAgent AgentClass = "machine"
	ProxyAgent   AgentClass = "proxy"
	UnknownAgent AgentClass = "unknown"
)

// Request is what an HTTP request for a pixel or a link shows of its sender.
type Request struct {
	Method    string
	UserAgent string
	Purpose   string // values of the headers Sec-Purpose, Purpose, X-Purpose and X-Moz, joined
}

// Class judges the request by itself. What only the message's other touches
// show is added by Judge.
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

// classOfAgent judges a user agent: by the tables, by an address to complain to
// or a "compatible;" that no browser writes any more, else by a browser's shape.
func classOfAgent(agent string) AgentClass {
	agent = strings.ToLower(strings.TrimSpace(agent))
	// The whole agent of Apple's mail privacy proxy.
	if agent == "mozilla/5.0" || hasWord(agent, proxyTable) {
		return ProxyAgent
	}
	named := strings.ReplaceAll(agent, "cubot", "") // a maker of telephones
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

// Bounds within which no person clicks.
const (
	tooSoon  = 2 * time.Second // after the server took the mail
	allLinks = 3 * time.Second // to click every link of it
)

// Judge sets the Class of all touches of one message, from what each request
// showed and what only all of them show: a click sooner than two seconds after
// the mail was accepted (zero: not known), every one of the links tracked
// links, two or more, within three seconds, and all clicks of whoever followed
// the hidden link are a machine's. Judging again gives the same.
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

// bursts finds the clicks within a time in which every link was clicked.
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
