package api

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

// ok answers with the result of h; nil gives 204.
func ok(h func(*gin.Context) (any, error)) gin.HandlerFunc { return answer(http.StatusOK, h) }

// created answers 201 with the result of h.
func created(h func(*gin.Context) (any, error)) gin.HandlerFunc {
	return answer(http.StatusCreated, h)
}

func answer(status int, h func(*gin.Context) (any, error)) gin.HandlerFunc {
	return func(c *gin.Context) {
		c.Header("Cache-Control", "no-store")
		body, err := h(c)
		switch {
		case err != nil:
			refuse(c, err)
		case body == nil:
			c.Status(http.StatusNoContent)
		default:
			if other, is := body.(statusBody); is {
				send(c, other.status, other.body)
				return
			}
			send(c, status, body)
		}
	}
}

// send answers body. The status is sent only after the whole body is encoded.
func send(c *gin.Context, status int, body any) {
	text, err := encode(body)
	if err != nil {
		refuse(c, err)
		return
	}
	c.Data(status, "application/json; charset=utf-8", text)
}

// statusBody is an answer with a status of its own.
type statusBody struct {
	status int
	body   any
}
