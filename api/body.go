package api

import (
	"errors"
	"io"
	"net/http"

	"github.com/gin-gonic/gin"

	"comeback/commerce"
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
