package history

import (
	"bufio"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// runs decodes a file in turns: ASCII, which most of a table is, by ascii, and
// the text between by the decoder. This is what makes these encodings as fast
// as UTF-8.
type runs struct {
	file    *bufio.Reader
	decoder transform.Transformer
	ascii   func(into, from []byte) (written, read int)
	run     func(from []byte) int // bytes of whole characters beyond ASCII; 0: the first one is cut off
	rest    []byte                // decoded, and did not fit
	out     [3 * longestRun]byte  // a run, decoded beside a destination too small for it
}

// longestRun is the most bytes decoded at once. Each becomes at most three.
const longestRun = 1024

func gbRuns(file *bufio.Reader) *runs {
	return &runs{file: file, decoder: simplifiedchinese.GB18030.NewDecoder(), ascii: asciiBytes, run: gbRun}
}

func utf16Runs(file *bufio.Reader, order unicode.Endianness) *runs {
	high := 1
	if order == unicode.BigEndian {
		high = 0
	}
	return &runs{
		file: file, decoder: unicode.UTF16(order, unicode.IgnoreBOM).NewDecoder(),
		ascii: func(into, from []byte) (int, int) { return asciiUnits(into, from, high) },
		run:   func(from []byte) int { return unitRun(from, high) },
	}
}

// Read reads UTF-8.
func (r *runs) Read(p []byte) (int, error) {
	if len(r.rest) > 0 {
		n := copy(p, r.rest)
		r.rest = r.rest[n:]
		return n, nil
	}
	for need := 1; ; need += utf8.UTFMax {
		window, err := r.file.Peek(need)
		if len(window) == 0 {
			return 0, err
		}
		cut := len(window) < need // the file ends within a character
		window, _ = r.file.Peek(r.file.Buffered())
		n, used := r.decode(p, window, cut)
		_, _ = r.file.Discard(used)
		if n > 0 || cut {
			return n, nil
		}
	}
}

// decode fills p as far as it goes.
func (r *runs) decode(p, window []byte, cut bool) (n, used int) {
	for used < len(window) {
		written, read := r.ascii(p[n:], window[used:])
		n, used = n+written, used+read
		if used == len(window) || n == len(p) {
			break
		}
		size := min(r.run(window[used:]), longestRun)
		if size == 0 && !cut {
			break
		}
		if size == 0 {
			size = len(window) - used
		}
		into := p[n:]
		if len(into) < len(r.out) {
			if n > 0 {
				break
			}
			into = r.out[:]
		}
		done, _, _ := r.decoder.Transform(into, window[used:used+size], true)
		used += size
		if len(p[n:]) < len(r.out) {
			copied := copy(p, into[:done])
			r.rest = append(r.rest[:0], into[copied:done]...)
			return copied, used
		}
		n += done
	}
	return n, used
}

func asciiBytes(into, from []byte) (written, read int) {
	n := asciiLength(from[:min(len(from), len(into))])
	return copy(into, from[:n]), n
}

// gbRun is the length of whole characters of two or four bytes.
func gbRun(from []byte) (n int) {
	for n < len(from) && n < longestRun-4 && from[n] >= utf8.RuneSelf {
		size := 2
		switch {
		case from[n] == 0x80 || from[n] == 0xff: // a euro sign of Windows, and no text
			size = 1
		case n+1 == len(from):
			return n
		case from[n+1] >= '0' && from[n+1] <= '9':
			size = 4
		case from[n+1] < 0x40: // no character: the byte alone
			size = 1
		}
		if n+size > len(from) {
			return n
		}
		n += size
	}
	return n
}

func asciiUnits(into, from []byte, high int) (written, read int) {
	for read+1 < len(from) && written < len(into) && from[read+high] == 0 && from[read+1-high] < utf8.RuneSelf {
		into[written] = from[read+1-high]
		written, read = written+1, read+2
	}
	return written, read
}

// unitRun is the length of whole characters of one or two units beyond ASCII.
func unitRun(from []byte, high int) (n int) {
	for n+1 < len(from) && n < longestRun-4 && (from[n+high] != 0 || from[n+1-high] >= utf8.RuneSelf) {
		size := 2
		if from[n+high]>>2 == 0xd8>>2 { // the first of a pair
			size = 4
		}
		if n+size > len(from) {
			return n
		}
		n += size
	}
	return n
}
