package mailbox_test

import "time"

// now is the clock of a synctest bubble: it starts in 2000 and moves only when
// everybody waits.
func now() time.Time { return time.Now() }
