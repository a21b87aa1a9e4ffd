package campaigns

import "slices"

// noteRefusal keeps why somebody did not enter, each reason once.
func (w *world) noteRefusal(e Enrolment) {
	if len(e.Log) == 0 {
		return
	}
	last := e.Log[len(e.Log)-1]
	if last.Outcome != "refused" || !last.At.Equal(w.now) {
		return
	}
	why := string(last.Reasons[0].Check) + ": " + last.Reasons[0].Text
	if !slices.Contains(w.refused, why) && len(w.refused) < mostRefusals {
		w.refused = append(w.refused, why)
	}
}

// mostRefusals bounds the reasons that a failed test lists.
const mostRefusals = 5
