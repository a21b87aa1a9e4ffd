package segments

// messageDimensions are messages sent, opened and clicked lately.
func messageDimensions() (list []*dimension) {
	for _, kind := range []struct {
		event   string
		columns []string
	}{
		{"message.sent", []string{"sent"}},
		{"message.opened", []string{"opened", "last opened"}},
		{"message.clicked", []string{"clicked", "last clicked"}},
	} {
		list = append(list, &dimension{family: engagement, field: kind.event, values: []string{lately},
			find:  func(int, string) any { return jsonObject{"event": kind.event, "last": jsonObject{"days": latelyDays}} },
			count: func(x *counter, _ []uint32, to *valueCounts) { x.countMessages(kind.columns, to) }})
	}
	return list
}

// The window in which messages count.
const (
	lately     = "last 90 days"
	latelyDays = 90
)

// countMessages counts the customers with an instant of the columns lately.
func (x *counter) countMessages(columns []string, to *valueCounts) {
	window := x.profiler.evaluation.period(latelyDays).interval()
	for i, column := range columns {
		at := &x.ch.messages.times[messageColumns.instant(column)]
		if i == 0 {
			x.seen = resize(x.seen, len(x.side))
			clear(x.seen)
		}
		if at.least > at.most { // none is set
			continue
		}
		x.codes = at.values(x.codes)
		row := 0
		for i, ms := range x.codes {
			if ms == unset || !window.has(ms) {
				continue
			}
			for x.ch.messageAt[row+1] <= uint32(i) {
				row++
			}
			x.seen[row] = 1
		}
	}
	for row, side := range x.side {
		to.cells[x.seen[row]][side]++
		if from, end := x.ch.messagesOf(uint32(row)); from < end {
			to.known[side]++
		}
	}
}
