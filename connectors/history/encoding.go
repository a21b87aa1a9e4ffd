package history

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"comeback/commerce"
)

// Names of the encodings that are recognised.
const (
	utf8Name    = "utf-8"
	gbName      = "gb18030"
	latinName   = "windows-1252"
	utf16LEName = "utf-16le"
	utf16BEName = "utf-16be"
)

// Encodings are the names for --encoding. The others are not recognised: their
// bytes look like those of a recognised one.
func Encodings() []string {
	return []string{
		utf8Name, gbName, "gbk", "gb2312", latinName, "iso-8859-1", utf16LEName, utf16BEName, "big5", "shift_jis", "euc-jp", "euc-kr",
		"windows-1250", "windows-1251", "windows-1253", "windows-1254", "iso-8859-2", "iso-8859-15", "mac-roman",
	}
}

func encodingOf(name string) (encoding.Encoding, error) {
	switch name {
	case utf8Name:
		return encoding.Nop, nil
	case gbName, "gbk", "gb2312":
		return simplifiedchinese.GB18030, nil
	case latinName, "iso-8859-1":
		return charmap.Windows1252, nil
	case utf16LEName:
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), nil
	case utf16BEName:
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), nil
	case "big5":
		return traditionalchinese.Big5, nil
	case "shift_jis":
		return japanese.ShiftJIS, nil
	case "euc-jp":
		return japanese.EUCJP, nil
	case "euc-kr":
		return korean.EUCKR, nil
	case "windows-1250":
		return charmap.Windows1250, nil
	case "windows-1251":
		return charmap.Windows1251, nil
	case "windows-1253":
		return charmap.Windows1253, nil
	case "windows-1254":
		return charmap.Windows1254, nil
	case "iso-8859-2":
		return charmap.ISO8859_2, nil
	case "iso-8859-15":
		return charmap.ISO8859_15, nil
	case "mac-roman":
		return charmap.Macintosh, nil
	}
	return nil, invalid("encoding %q: write one of %s%s", clip(name), strings.Join(Encodings(), ", "), nearest(name, Encodings()))
}

// CheckEncoding checks a name for Decode; "" is one.
func CheckEncoding(name string) error {
	if name == "" {
		return nil
	}
	_, err := encodingOf(strings.ToLower(name))
	return err
}

// Text is a file as UTF-8. What cannot be decoded is U+FFFD.
type Text struct {
	*bufio.Reader
	decoder *decoder // nil: it was no file of text
}

// Encoding is the encoding of the file as far as it was read: utf-8 while there
// is nothing but ASCII.
func (t *Text) Encoding() string {
	if t.decoder == nil {
		return "xlsx"
	}
	return t.decoder.name
}

// Decode decodes a file by name, else by what its bytes show: a byte order
// mark, zeros (UTF-16), valid UTF-8, or the more plausible of GB18030 and
// windows-1252. Where both are plausible the market decides; where neither is,
// reading ends with an error that asks for --encoding. A byte order mark is left
// out.
func Decode(file *bufio.Reader, name string, market commerce.Market) (*Text, error) {
	d := &decoder{file: file, market: market, name: utf8Name}
	if err := d.begin(strings.ToLower(name)); err != nil {
		return nil, err
	}
	return &Text{bufio.NewReaderSize(d, PeekBytes), d}, nil
}

// decoder passes ASCII as it is until the first other byte, and decides the
// encoding there: a file may begin with many lines of ASCII.
type decoder struct {
	file   *bufio.Reader
	market commerce.Market
	name   string
	from   io.Reader // once the encoding is known
}

func (d *decoder) begin(name string) error {
	head, _ := d.file.Peek(4096)
	mark := ""
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		mark = utf8Name
		_, _ = d.file.Discard(3)
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		mark = utf16LEName
		_, _ = d.file.Discard(2)
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		mark = utf16BEName
		_, _ = d.file.Discard(2)
	default:
		mark = byZeros(head)
	}
	if name == "" {
		name = mark
	}
	if name == "" {
		return nil
	}
	return d.use(name)
}

func (d *decoder) use(name string) error {
	e, err := encodingOf(name)
	if err != nil {
		return err
	}
	d.name = name
	switch name {
	case utf8Name:
		d.from = &validUTF8{file: d.file}
	case gbName, "gbk", "gb2312":
		d.from = gbRuns(d.file)
	case utf16LEName:
		d.from = utf16Runs(d.file, unicode.LittleEndian)
	case utf16BEName:
		d.from = utf16Runs(d.file, unicode.BigEndian)
	default:
		d.from = transform.NewReader(d.file, e.NewDecoder())
	}
	return nil
}

// Read reads UTF-8.
func (d *decoder) Read(p []byte) (int, error) {
	if d.from != nil {
		return d.from.Read(p)
	}
	window, err := d.file.Peek(1)
	if len(window) == 0 {
		return 0, err
	}
	window, _ = d.file.Peek(min(d.file.Buffered(), len(p)))
	if n := asciiLength(window); n > 0 {
		copy(p, window[:n])
		_, _ = d.file.Discard(n)
		return n, nil
	}
	window, err = d.file.Peek(PeekBytes)
	name, ok := recognised(window, errors.Is(err, io.EOF), d.market)
	if !ok {
		return 0, invalid("encoding: the file is not UTF-8, and it is not clear what it is; add encoding=..., "+
			"with gb18030, windows-1252 or another of %s", strings.Join(Encodings(), ", "))
	}
	if err := d.use(name); err != nil {
		return 0, err
	}
	return d.from.Read(p)
}

func asciiLength(data []byte) (n int) {
	for len(data)-n >= 8 && binary.LittleEndian.Uint64(data[n:])&0x8080808080808080 == 0 {
		n += 8
	}
	for n < len(data) && data[n] < utf8.RuneSelf {
		n++
	}
	return n
}

// byZeros recognises UTF-16 without a mark: digits, separators and line ends
// have one zero byte each, always on the same side.
func byZeros(head []byte) string {
	even, odd := 0, 0
	for i, c := range head {
		if c == 0 {
			if i%2 == 0 {
				even++
			} else {
				odd++
			}
		}
	}
	switch {
	case odd >= 2 && even*4 <= odd:
		return utf16LEName
	case even >= 2 && odd*4 <= even:
		return utf16BEName
	}
	return ""
}

// validUTF8 replaces every byte that is no UTF-8 by U+FFFD.
type validUTF8 struct {
	file *bufio.Reader
	rest string // of a replacement that did not fit
}

// Read reads UTF-8.
func (v *validUTF8) Read(p []byte) (int, error) {
	if v.rest != "" {
		n := copy(p, v.rest)
		v.rest = v.rest[n:]
		return n, nil
	}
	if window, err := v.file.Peek(1); len(window) == 0 {
		return 0, err
	}
	window, _ := v.file.Peek(min(v.file.Buffered(), len(p)))
	if n := validLength(window); n > 0 {
		copy(p, window[:n])
		_, _ = v.file.Discard(n)
		return n, nil
	}
	window, _ = v.file.Peek(utf8.UTFMax)
	r, n := utf8.DecodeRune(window)
	v.rest = string(r)
	_, _ = v.file.Discard(n)
	return v.Read(p)
}

// validLength is the length of the valid beginning of data.
func validLength(data []byte) (n int) {
	if utf8.Valid(data) {
		return len(data)
	}
	for n < len(data) {
		r, size := utf8.DecodeRune(data[n:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		n += size
	}
	return n
}
