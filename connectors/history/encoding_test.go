package history

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

// Reading in turns gives what the decoder alone gives, however the bytes come,
// also for bytes that are no text. The result is always UTF-8.
func FuzzDecoding(f *testing.F) {
	f.Add([]byte("order,at\n1,2011-01-05,\xc0\xee\xc0\xd7\n"), uint8(0))
	f.Add([]byte("a\x00,\x00Ng\xf7\x96\n\x00\x3d\xd8\x00\xde"), uint8(1))
	f.Add([]byte("\x00a\x00,Ng\x96\xf7\x00\n"), uint8(2))
	f.Add([]byte("\x81\x30\x81\x30,\xff,\xd0\xac\x81"), uint8(0))
	f.Add(bytes.Repeat([]byte("\xc0\xee,a\n"), 300), uint8(0))
	f.Fuzz(func(t *testing.T, file []byte, which uint8) {
		name := []string{gbName, utf16LEName, utf16BEName, utf8Name, latinName}[which%5]
		var texts []string
		for _, from := range []io.Reader{bytes.NewReader(file), iotest.OneByteReader(bytes.NewReader(file)),
			iotest.HalfReader(bytes.NewReader(file))} {
			text, err := Decode(bufio.NewReader(from), name, berlin.Market)
			if err != nil {
				t.Fatal(err)
			}
			all, err := io.ReadAll(text)
			if err != nil || !utf8.Valid(all) {
				t.Fatalf("%s: got %q (%v), want UTF-8", name, all, err)
			}
			texts = append(texts, string(all))
		}
		if texts[0] != texts[1] || texts[0] != texts[2] {
			t.Fatalf("%s: got %q, %q and %q of the same bytes", name, texts[0], texts[1], texts[2])
		}
		e := []encoding.Encoding{
			simplifiedchinese.GB18030, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM),
		}[min(which%5, 2)]
		marks := bytes.HasPrefix(file, []byte("\xff\xfe")) || bytes.HasPrefix(file, []byte("\xfe\xff")) || bytes.HasPrefix(file,
			[]byte("\xef\xbb\xbf"))
		if want, _ := e.NewDecoder().Bytes(file); which%5 < 3 && !marks && !bytes.Contains(want, []byte("\ufffd")) && string(want) != texts[0] {
			t.Fatalf("%s: got %q, want %q", name, texts[0], want)
		}
	})
}

// Deciding the encoding never fails but by asking for it.
func FuzzRecognising(f *testing.F) {
	f.Add([]byte("Name,City\nJ\xf6rg,K\xf6ln\n"), true)
	f.Add([]byte("\xb6\xa9\xb5\xa5\n"), false)
	f.Fuzz(func(t *testing.T, file []byte, china bool) {
		shop := berlin
		if china {
			shop = shanghai
		}
		text, err := Decode(bufio.NewReader(bytes.NewReader(file)), "", shop.Market)
		if err != nil {
			t.Fatal(err)
		}
		all, err := io.ReadAll(text)
		if !utf8.Valid(all) || err != nil && !strings.Contains(err.Error(), "encoding=") {
			t.Fatalf("got %q (%v)", all, err)
		}
	})
}
