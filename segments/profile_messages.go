package segments

// messageQuestions ask who a message reached, and who answered one, lately.
func messageQuestions() (list []*question) {
	for _, kind := range []struct {
		event   string
		columns []string
	}{
		{"message.sent", []string{"sent"}},
		{"message.opened", []string{"opened", "last opened"}},
		{"message.clicked", []string{"clicked", "last clicked"}},
	} {
		list = append(list, &question{family: engagement, field: kind.event, answers: []string{lately},
			ask:   func(int, string) any { return asking{"event": kind.event, "last": asking{"days": latelyDays}} },
			count: func(x *clerk, _ []uint32, to *ballot) { x.countMessages(kind.columns, to) }})
	}
	return list
}

// How long ago an answer to a message still tells something.
const (
	lately     = "last 90 days"
	latelyDays = 90
)

// countMessages counts the customers to whom it happened lately.
func (x *clerk) countMessages(columns []string, to *ballot) {
	window := x.survey.evaluation.period(latelyDays).interval()
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
