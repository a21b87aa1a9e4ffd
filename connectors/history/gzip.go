package history

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"io"

	"comeback/commerce"
)

// A file of orders is compressed to about a tenth or a thirtieth. A file that grows
// far more contains nothing useful, and would occupy the service for a long time.
const (
	unpacksFreely = 16 << 20 // bytes
	unpacksMost   = 200      // times its packed size
)

// counting counts the bytes read.
type counting struct {
	from io.Reader
	n    int64
}

// Read reads and counts.
func (c *counting) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.n += int64(n)
	return n, err
}

// unpacking reads a gzipped file until it is unreasonably larger than the file.
type unpacking struct {
	packed *counting
	from   io.Reader
	n      int64
}

// Read reads the decompressed file.
func (u *unpacking) Read(p []byte) (int, error) {
	n, err := u.from.Read(p)
	u.n += int64(n)
	if u.n > unpacksFreely && u.n > unpacksMost*u.packed.n {
		return 0, commerce.Errorf(
			commerce.TooLarge, "file: unpacks to more than %d times its size; if this is right, send it unpacked", unpacksMost,
		)
	}
	return n, err
}

// Open reads a file that may be gzipped, which its first bytes show.
func Open(body io.Reader) (*bufio.Reader, error) {
	packed := &counting{from: body}
	r := bufio.NewReaderSize(packed, PeekBytes)
	if magic, _ := r.Peek(2); !bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		return r, nil
	}
	unpacked, err := gzip.NewReader(r)
	if err != nil {
		return nil, commerce.Errorf(commerce.Invalid, "file: begins like gzip, but is not valid: %w", err)
	}
	file := bufio.NewReaderSize(&unpacking{packed: packed, from: unpacked}, PeekBytes)
	if magic, _ := file.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		return nil, invalid("file: is gzipped twice; unpack it once")
	}
	return file, nil
}
