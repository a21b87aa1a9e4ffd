package history

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

// scanned is all records of a text, the refused ones as nil.
func scanned(t interface{ Fatalf(string, ...any) }, from io.Reader, width, size int) (records [][]string, faults []string) {
	s := newScanner(from, ',', Position{Line: 1})
	s.width = width
	for last := int64(0); ; last = s.at.Offset {
		r, err := s.next()
		if errors.Is(err, io.EOF) {
			if s.at.Offset != int64(size) {
				t.Fatalf("ended at %d of %d bytes", s.at.Offset, size)
			}
			return records, faults
		}
		if err != nil || r.next.Offset <= last || r.from.Offset != last || r.next.Line <= r.from.Line {
			t.Fatalf("got %+v after %d (%v)", r, last, err)
		}
		records = append(records, slices.Clone(r.cells))
		if r.fault != "" {
			faults = append(faults, fmt.Sprintf("line %d: %s", r.from.Line, r.fault))
		}
	}
}

// What another program writes as CSV is read back, however the bytes come.
func TestRecordsOfOtherProgramsAreReadBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.StringMatching(`[a-z", ;'\n]{0,6}|[0-9.]{1,5}|é李`)
		rows := rapid.SliceOfN(rapid.SliceOfN(cell, 2, 4), 1, 20).Draw(t, "rows")
		var file bytes.Buffer
		w := csv.NewWriter(&file)
		w.UseCRLF = rapid.Bool().Draw(t, "crlf")
		if err := w.WriteAll(rows); err != nil {
			t.Fatal(err)
		}
		from := io.Reader(bytes.NewReader(file.Bytes()))
		if rapid.Bool().Draw(t, "slowly") {
			from = iotest.OneByteReader(from)
		}
		got, faults := scanned(t, from, 0, file.Len())
		if len(faults) > 0 || !slices.EqualFunc(got, rows, slices.Equal) {
			t.Fatalf("got %q (%v), want %q of %q", got, faults, rows, file.String())
		}
	})
}

// One mistake costs its own line, never those after it.
func TestOneMistakeCostsOneLine(t *testing.T) {
	t.Parallel()
	good := strings.Repeat("1,a,2\n", 3000)
	for name, test := range map[string]struct {
		text   string
		faults string
		lines  int // that are read
	}{
		"a quote that is never closed":       {good + "1,\"a,2\n" + good, "line 3001: " + errTooLarge.Error(), 6000},
		"one near the end of the file":       {good + "1,\"a,2\n1,b,3\n", "line 3001: " + errOpen.Error(), 3001},
		"a quote that closes in a later row": {"1,\"a,2\n1,\"b\",2\n1,c,2\n", "line 1: " + errAfter.Error(), 2},
		"a row of too few cells over lines": {"1,\"a\nb\"\n1,c,2\n",
			"line 1: 2 of the header's 3 cells: the row is cut short, or another separator was used", 1},
		"a line of 3 MiB": {
			good + "1," + strings.Repeat("x", 3<<20) + ",2\n" + good, "line 3001: " + errTooLarge.Error(), 6000},
		"a cell of 2 MiB in quotes": {
			good + "1,\"" + strings.Repeat("x", 2<<20) + "\",2\n" + good, "line 3001: " + errTooLarge.Error(), 6000},
		"no mistake: a cell of 999 lines": {"1,\"" + strings.Repeat("x\n", 998) + "\",2\n" + good, "", 3001},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			records, faults := scanned(t, strings.NewReader(test.text), 3, len(test.text))
			n := 0
			for _, cells := range records {
				n += count(len(cells) == 3)
			}
			if len(faults) == 0 {
				faults = []string{""}
			}
			if n != test.lines || faults[0] != test.faults {
				t.Errorf("got %d lines, %d faults, the first %s; want %d, %s", n, len(faults), faults[0], test.lines, test.faults)
			}
		})
	}
}

// Lines may end in three ways, in one file too.
func TestLinesEndInThreeWays(t *testing.T) {
	t.Parallel()
	text := "a,b\r\nc,d\re,\"f\rg\"\n,\n\r\nh,i"
	want := [][]string{{"a", "b"}, {"c", "d"}, {"e", "f\rg"}, {"", ""}, {""}, {"h", "i"}}
	for _, from := range []io.Reader{strings.NewReader(text), iotest.OneByteReader(strings.NewReader(text))} {
		if got, faults := scanned(t, from, 0, len(text)); len(faults) > 0 || !slices.EqualFunc(got, want, slices.Equal) {
			t.Errorf("got %q (%v), want %q", got, faults, want)
		}
	}
}

// Scanning any text ends, goes forward, and does not depend on how bytes come.
func FuzzRecords(f *testing.F) {
	f.Add("a,b\r\n\"c\n\"\"\",d\re,\"f\n", uint8(2))
	f.Add("a,\"b\" c,d\n\"", uint8(0))
	f.Fuzz(func(t *testing.T, text string, width uint8) {
		whole, _ := scanned(t, strings.NewReader(text), int(width%4), len(text))
		slowly, _ := scanned(t, iotest.OneByteReader(strings.NewReader(text)), int(width%4), len(text))
		if !slices.EqualFunc(whole, slowly, slices.Equal) {
			t.Fatalf("got %q, and byte by byte %q", whole, slowly)
		}
	})
}
