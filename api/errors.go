package api

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"comeback/commerce"
)

// problem is an error in the form of RFC 9457. Code is for programs, Detail for
// people. Errors names each fault of the input where there are several.
type problem struct {
	Type     string  `json:"type"`
	Title    string  `json:"title"`
	Status   int     `json:"status"`
	Detail   string  `json:"detail"`
	Instance string  `json:"instance,omitempty"` // the request's id, to be found in the log
	Code     string  `json:"code"`
	Errors   []fault `json:"errors,omitempty"`
}

// fault is one fault of a body. A note is valid, but surprising.
type fault struct {
	Pointer    string `json:"pointer"` // JSON Pointer (RFC 6901)
	Line       int    `json:"line,omitempty"`
	Column     int    `json:"column,omitempty"`
	Detail     string `json:"detail"`
	Suggestion string `json:"suggestion,omitempty"`
	Note       bool   `json:"note,omitempty"`
}

// statuses is the only place that maps an error's code to a status.
var statuses = map[commerce.Code]int{
	commerce.Invalid:      http.StatusBadRequest,
	commerce.Unauthorized: http.StatusUnauthorized,
	commerce.Forbidden:    http.StatusForbidden,
	commerce.NotFound:     http.StatusNotFound,
	commerce.Conflict:     http.StatusConflict,
	commerce.Outdated:     http.StatusPreconditionFailed,
	commerce.TooLarge:     http.StatusRequestEntityTooLarge,
	commerce.Unsupported:  http.StatusUnprocessableEntity,
	commerce.Unavailable:  http.StatusServiceUnavailable,
	commerce.TooMany:      http.StatusTooManyRequests,
	commerce.Internal:     http.StatusInternalServerError,
}

// faulty is an Invalid error that lists every fault of an input.
type faulty struct {
	detail string
	faults []fault
}

func (f *faulty) Error() string { return f.detail }

// refuse answers err and ends the request. The text of internal errors goes to
// the log, not to the caller.
func refuse(c *gin.Context, err error) {
	code := codeOf(err)
	p := problem{Status: statuses[code], Detail: err.Error(), Instance: requestID(c), Code: string(code)}
	var f *faulty
	if errors.As(err, &f) {
		p.Errors = f.faults
	}
	if code == commerce.Internal {
		p.Detail = "an internal error, not a fault of the request; the log has the details under this id"
	}
	switch code {
	case commerce.Internal, commerce.Unavailable:
		_ = c.Error(err) // shown in the request's log line
	}
	if code == commerce.Unavailable {
		c.Header("Retry-After", strconv.Itoa(retryAfter(err)))
	}
	if code == commerce.TooMany && c.Writer.Header().Get("Retry-After") == "" {
		c.Header("Retry-After", "1")
	}
	if code == commerce.Unauthorized {
		c.Header("WWW-Authenticate", "Bearer")
	}
	p.send(c)
}

// retryAfter is the number of seconds after which an unavailable thing may be there.
func retryAfter(err error) int {
	var later interface{ RetryAfter() time.Duration }
	if errors.As(err, &later) {
		return max(1, int(later.RetryAfter()/time.Second))
	}
	return 2
}

// codeOf returns an error's code. An ended context without a code means that
// the store does not answer.
func codeOf(err error) commerce.Code {
	var f *faulty
	switch {
	case errors.As(err, &f):
		return commerce.Invalid
	case commerce.CodeOf(err) == commerce.Internal && timedOut(err):
		return commerce.Unavailable
	}
	return commerce.CodeOf(err)
}

func (p problem) send(c *gin.Context) {
	p.Type, p.Title = "about:blank", http.StatusText(p.Status)
	c.Header("Cache-Control", "no-store")
	c.Header("Content-Type", "application/problem+json")
	c.AbortWithStatusJSON(p.Status, p)
}

func noRoute(c *gin.Context) {
	refuse(c, commerce.Errorf(commerce.NotFound, "path: not found; see /openapi.json"))
}

func noMethod(c *gin.Context) {
	problem{Status: http.StatusMethodNotAllowed, Detail: "method: use one of the Allow header",
		Instance: requestID(c), Code: "method_not_allowed"}.send(c)
}
