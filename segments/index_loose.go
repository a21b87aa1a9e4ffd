package segments

import (
	"slices"
	"time"

	"comeback/commerce"
)

// looseRefunds are the refunds of a chunk that name no order. Few customers have
// any.
type looseRefunds struct {
	of     []uint32 // the customer's row, rising
	at     []int64  // milliseconds; unset: not known
	amount []int64
}

func (l *looseRefunds) add(row int, list []commerce.RefundFact) {
	for _, r := range list {
		l.of, l.at, l.amount = append(l.of, uint32(row)), append(l.at, milliseconds(r.At)), append(l.amount, r.Amount)
	}
}

// seal is a copy without spare capacity.
func (l *looseRefunds) seal() looseRefunds {
	sealed := looseRefunds{slices.Clone(l.of), slices.Clone(l.at), slices.Clone(l.amount)}
	l.of, l.at, l.amount = l.of[:0], l.at[:0], l.amount[:0]
	return sealed
}

// appendTo appends the refunds of a customer.
func (l *looseRefunds) appendTo(to []commerce.RefundFact, row uint32) []commerce.RefundFact {
	k, _ := slices.BinarySearch(l.of, row)
	for ; k < len(l.of) && l.of[k] == row; k++ {
		to = append(to, commerce.RefundFact{At: instantOf(l.at[k]), Amount: l.amount[k]})
	}
	return to
}

func (l *looseRefunds) bytes() int { return 4*cap(l.of) + 8*(cap(l.at)+cap(l.amount)) }

// instantOf is the opposite of milliseconds.
func instantOf(ms int64) time.Time {
	if ms == unset {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}
