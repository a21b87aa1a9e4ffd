package service

import (
	"io"
	"time"
)

// Process is what the service takes from its program: the service itself reads
// neither a clock nor the terminal. No field may be nil.
type Process struct {
	Now      func() time.Time              // clock of due times; the demo steps it
	Wall     func() time.Time              // clock of leases, time-outs and signatures
	Deadline func(time.Duration) time.Time // the machine's time after a duration, for deadlines of connections
	Log      io.Writer                     // log lines: JSON, or text on a terminal
}
