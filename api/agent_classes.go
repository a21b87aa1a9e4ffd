package api

import (
	"net/http"
	"strings"
	"sync"

	"comeback/campaigns"
)

// agentClasses finds the classes of requests, and keeps those of the user agents that came
// last: judging one by its tables costs more than all the rest of an answer. Strangers
// write user agents as they like, so the number and the lengths are bounded.
type agentClasses struct {
	mu    sync.Mutex
	known *recent[agent, campaigns.AgentClass]
}

// agent is what a request says about its sender.
type agent struct{ name, purpose string }

const (
	agentsKnown   = 2048
	longestOfMany = 512 // bytes; browsers and apps are shorter
)

func newAgentClasses() *agentClasses {
	return &agentClasses{known: newRecent[agent, campaigns.AgentClass](agentsKnown)}
}

// request describes a GET or a POST, with its class.
func (a *agentClasses) request(r *http.Request) campaigns.Request {
	out := campaigns.Request{Method: r.Method, UserAgent: r.UserAgent(), Purpose: purposes(r.Header)}
	if len(out.UserAgent)+len(out.Purpose) > longestOfMany {
		return out
	}
	a.mu.Lock()
	class, found := a.known.get(agent{out.UserAgent, out.Purpose})
	a.mu.Unlock()
	if found {
		out.Known = class
		return out
	}
	out.Known = out.Class()
	a.mu.Lock()
	a.known.put(agent{strings.Clone(out.UserAgent), strings.Clone(out.Purpose)}, out.Known)
	a.mu.Unlock()
	return out
}

// purposes joins what the headers say about a request that no person made.
func purposes(h http.Header) (joined string) {
	for _, name := range [...]string{"Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"} {
		value := h.Get(name)
		if joined != "" && value != "" {
			joined += " "
		}
		joined += value
	}
	return joined
}
