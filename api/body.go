package api

import (
	"errors"
	"io"
	"net/http"

	"github.com/gin-gonic/gin"

	"comeback/commerce"
	"comeback/strictjson"
)

// rawBody reads a body whole. One that says its size is read into just that.
func rawBody(c *gin.Context) (data []byte, err error) {
	if size := c.Request.ContentLength; size > 0 && size <= maxBody {
		data = make([]byte, size)
		_, err = io.ReadFull(c.Request.Body, data)
	} else {
		data, err = io.ReadAll(c.Request.Body)
	}
	return data, unreadBody(err)
}

// unreadBody says why a body could not be read; nil when it could.
func unreadBody(err error) error {
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return commerce.Errorf(commerce.TooLarge, "body: larger than %d bytes", large.Limit)
	case err != nil:
		return commerce.Errorf(commerce.Invalid, "body: cut off, send it whole")
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

// readOptional is readBody for a call whose body may be left out.
func readOptional(c *gin.Context, into any) error {
	data, err := rawBody(c)
	if err != nil || len(data) == 0 {
		return err
	}
	return decode(data, into)
}

func decode(data []byte, into any) error {
	return invalid("body: not what this call takes, see errors", strictjson.Into(data, into))
}
