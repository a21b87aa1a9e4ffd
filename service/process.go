package service

import (
	"io"
	"time"
)

// process is what the service takes from the program it runs in: nothing of the
// service reads a clock or the terminal by itself.
type Process struct {
	Now      func() time.Time              // due times; the demo steps it
	Wall     func() time.Time              // leases, time-outs, signatures
	Deadline func(time.Duration) time.Time // the machine's time after a while, for connections, which no other clock moves
	Log      io.Writer                     // JSON for machines, text on a terminal
}
