package email

import (
	"errors"
	"strings"
	"sync"
	"time"
)

// mode is a way to need fewer round trips for a mail.
type mode int

const (
	pipelining mode = iota // MAIL and RCPT in one write: RFC 2920
	chunking               // BDAT instead of DATA: RFC 3030
)

// plainFor is how long a mode is left alone after it failed.
const plainFor = 30 * time.Minute

// modes remembers which modes work with the relay. Some relays offer one and cannot do it, or a
// firewall before them cannot.
type modes struct {
	wall func() time.Time

	mu      sync.Mutex
	plainTo [chunking + 1]time.Time
	proven  bool // the relay knows BDAT
}

func (x *modes) may(m mode) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return !x.wall().Before(x.plainTo[m])
}

func (x *modes) leave(m mode) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.plainTo[m], x.proven = x.wall().Add(plainFor), false
}

func (x *modes) isProven() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.proven
}

func (x *modes) prove() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.proven = true
}

// pipelinedBadly notes a pipelined envelope that may have failed for being pipelined. again
// reports that the relay says so, and that the mail may be tried again at once.
func (x *modes) pipelinedBadly(at phase, err error) (again bool) {
	if err == nil || errors.Is(err, errStopped) || at != phaseMail && at != phaseRcpt {
		return false
	}
	r := replyOf(err)
	again = at == phaseRcpt && r.code != 501 && r.code != 504 && isProtocol(r) || r.code/100 == 5 && r.says([]string{"pipelin", "synchroni"})
	if again || r.code == 0 {
		x.leave(pipelining)
	}
	return again
}

// isProtocol reports whether a reply says that the command is wrong, whatever the mail.
func isProtocol(r reply) bool {
	return r.code >= 500 && r.code <= 504 && (r.enhanced == "" || strings.HasPrefix(r.enhanced, "5.5."))
}
