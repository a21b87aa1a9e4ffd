package segments

import (
	"comeback/commerce"
	"comeback/strictjson"
)

// keptDays is for how many days engagement is kept.
const keptDays = 400

// lintWindow notes a window that reaches further back than the engagement kept, or
// than the shop's orders.
func (p *parser) lintWindow(n *strictjson.Node, w window, of origin) {
	kept, what := p.history, "the shop's orders reach back %s"
	if of == originMessage {
		kept, what = keptDays, "what customers did with messages is kept for %s"
	}
	if kept == 0 || of != originMessage && of != originOrder {
		return
	}
	if w.last != nil && w.last.minutes() > kept*1440 {
		p.note(n.Member("last"), what, commerce.Count(kept, "day"))
	}
	if w.ago != nil && w.ago.from.minutes() > kept*1440 {
		p.note(n.Member("ago"), what, commerce.Count(kept, "day"))
	}
}
