package history

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"io"

	"comeback/commerce"
)

// A file of orders packs to a tenth or a thirtieth of itself. What unpacks to far
// more says nothing, and would keep the service at work long after it came.
const (
	unpacksFreely = 16 << 20 // bytes
	unpacksMost   = 200      // times its packed size
)

// counting counts what is read.
type counting struct {
	from io.Reader
	n    int64
}

// Read reads on.
func (c *counting) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.n += int64(n)
	return n, err
}

// unpacking gives what a packed file holds, while it is not absurdly more than
// the file.
type unpacking struct {
	packed *counting
	from   io.Reader
	n      int64
}

// Read unpacks on.
func (u *unpacking) Read(p []byte) (int, error) {
	n, err := u.from.Read(p)
	u.n += int64(n)
	if u.n > unpacksFreely && u.n > unpacksMost*u.packed.n {
		return 0, commerce.Errorf(
			commerce.TooLarge, "file: unpacks to more than %d times its size; send it unpacked if it is meant so", unpacksMost,
		)
	}
	return n, err
}

// Open unpacks gzip, told by its first bytes.
func Open(file io.Reader) (*bufio.Reader, error) {
	packed := &counting{from: file}
	r := bufio.NewReaderSize(packed, PeekBytes)
	if magic, _ := r.Peek(2); !bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		return r, nil
	}
	unpacked, err := gzip.NewReader(r)
	if err != nil {
		return nil, commerce.Errorf(commerce.Invalid, "file: looks like gzip, but is not: %w", err)
	}
	return bufio.NewReaderSize(&unpacking{packed: packed, from: unpacked}, PeekBytes), nil
}
