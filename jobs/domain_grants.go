package jobs

import "sync"

// domainGrants are the probes and tokens of domains that an admission has.
type domainGrants struct {
	mu     *sync.Mutex
	probes map[place]string // the message that is the probe; "" until there is one
	tokens map[place]int    // that were taken
	spare  map[place]int    // of these, tokens that no message has yet
	metBy  map[string]int   // messages that met the relay, by domain
}

func newDomainGrants() domainGrants {
	return domainGrants{&sync.Mutex{}, map[place]string{}, map[place]int{}, map[place]int{}, map[string]int{}}
}

// add adds what was taken of a domain's stream.
func (g domainGrants) add(of place, probe bool, tokens int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if probe {
		g.probes[of] = ""
	}
	g.tokens[of] += tokens
	g.spare[of] += tokens
}

// has is what no message has yet.
func (g domainGrants) has(of place) (probe bool, tokens int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	message, probing := g.probes[of]
	return probing && message == "", g.spare[of]
}

func (g domainGrants) isProbe(of place, message string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return of.domain != "" && g.probes[of] == message
}

func (g domainGrants) met(domain string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.metBy[domain]++
}

func (g domainGrants) probed() (list []place) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for of := range g.probes {
		list = append(list, of)
	}
	return list
}

// left are the tokens that were not used.
func (g domainGrants) left() (list []taking) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for of, tokens := range g.tokens {
		list = append(list, taking{of, tokens - g.metBy[of.domain]})
	}
	return list
}

// grant notes the probe, or the tokens, that deliveries got of a stream.
func (g domainGrants) grant(of place, list []*delivery, probe bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, d := range list {
		if probe {
			g.probes[of], d.probe = d.m.ID, true
			continue
		}
		g.spare[of]--
		d.paced = true
	}
}
