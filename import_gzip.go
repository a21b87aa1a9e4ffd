package main

import (
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
		return 0, commerce.Errorf(commerce.TooLarge, "file: unpacks to more than %d times its size; send it unpacked if it is meant so", unpacksMost)
	}
	return n, err
}
