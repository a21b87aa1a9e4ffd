package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"comeback/commerce"
	"comeback/jobs"
	"comeback/service"
)

// meter shows on a terminal how far a file is read, in place.
type meter struct {
	from        io.Reader
	to          io.Writer // nil: no terminal
	size        int64     // 0: not known
	wall        func() time.Time
	began, last time.Time

	mu   sync.Mutex
	n    int64
	text string // counts of records, where they are known
}

// metered is a file whose progress is shown.
func (p *program) metered(file io.Reader, size int64) *meter {
	if size > 0 { // what is added to the file meanwhile is not read
		file = io.LimitReader(file, size)
	}
	m := &meter{from: file, size: size, wall: p.wall, began: p.wall()}
	if service.IsTerminal(p.stderr) {
		m.to = p.stderr
	}
	return m
}

// Read reads and shows the progress once a second.
func (m *meter) Read(b []byte) (int, error) {
	n, err := m.from.Read(b)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.n += int64(n)
	m.show()
	return n, err
}

// Size is the number of bytes that are sent; 0 if it is not known.
func (m *meter) Size() int64 { return m.size }

// counts shows the counts of a report.
func (m *meter) counts(t jobs.ImportReport) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.text = lines(t.Lines) + ", " + commerce.Count(t.Orders, "order")
	if t.Profiles > 0 {
		m.text += ", " + commerce.Count(t.Profiles, "profile")
	}
	if took := m.wall().Sub(m.began).Seconds(); took > 0 {
		m.text += fmt.Sprintf(", %.0f lines/s", float64(t.Lines)/took)
	}
	m.show()
}

func (m *meter) show() {
	now := m.wall()
	if m.to == nil || now.Sub(m.last) < time.Second {
		return
	}
	m.last = now
	fmt.Fprint(m.to, "\r"+progressLine(m.text, m.n, m.size, now.Sub(m.began))+"   \r")
}

// progressLine is what a terminal shows: counts, and how much of the file is read.
// The time left is that of the bytes that are not read yet.
func progressLine(counts string, n, size int64, took time.Duration) string {
	text := fmt.Sprintf("%d KiB", n>>10)
	if size > 0 && n > 0 {
		left := time.Duration(float64(took) * float64(size-n) / float64(n)).Round(time.Second)
		text = fmt.Sprintf("%d %%, %s left", 100*n/size, left)
	}
	if counts != "" {
		text = counts + ", " + text
	}
	return text
}
