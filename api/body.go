package api

import (
	"errors"
	"io"
	"net/http"

	"github.com/gin-gonic/gin"

	"comeback/commerce"
	"comeback/strictjson"
)

// rawBody reads a whole body. With a Content-Length it allocates exactly that
// size.
func rawBody(c *gin.Context) (data []byte, err error) {
	if size := c.Request.ContentLength; size > 0 && size <= maxBody {
		data = make([]byte, size)
		_, err = io.ReadFull(c.Request.Body, data)
	} else {
		data, err = io.ReadAll(c.Request.Body)
	}
	return data, unreadBody(err)
}

// unreadBody returns the error of a body that could not be read; nil if it was.
func unreadBody(err error) error {
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return commerce.Errorf(commerce.TooLarge, "body: larger than %d bytes", large.Limit)
	case err != nil:
		return commerce.Errorf(commerce.Invalid, "body: incomplete, send all of it")
	}
	return nil
}

// readBody reads a JSON body into a struct, strictly: a key it does not know
// or that is written twice or in other letters, a value of another type, and
// anything behind the value refuse the whole body, and every fault is named.
func readBody(c *gin.Context, into any) error {
	data, err := rawBody(c)
	if err != nil {
		return err
	}
	if len(data) == 0 {
		return commerce.Errorf(commerce.Invalid, "body: empty, send a JSON object")
	}
	return decode(data, into)
}

// readOptional is readBody for a call without a required body.
func readOptional(c *gin.Context, into any) error {
	data, err := rawBody(c)
	if err != nil || len(data) == 0 {
		return err
	}
	return decode(data, into)
}

func decode(data []byte, into any) error {
	return invalid("body: does not fit this call, see errors", strictjson.Into(data, into))
}
