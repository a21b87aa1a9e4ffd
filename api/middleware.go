package api

import (
	"context"
	"encoding/hex"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"comeback/commerce"
)

// Keys of values that the middleware stores in a request's context.
const (
	keyRequest = "request"
	keyWho     = "who"
	keyShop    = "shop"
	keyKey     = "key" // id of the caller's API key; empty: the process's own token
)

// identify gives the request an id, for its answer and its log line. Ids from
// callers are not used, because callers could choose them freely.
func identify(c *gin.Context) {
	id := hex.EncodeToString(random(12))
	c.Set(keyRequest, id)
	c.Header("X-Request-Id", id)
	c.Next()
}

func requestID(c *gin.Context) string { return c.GetString(keyRequest) }

// logged writes one line a request. It names the route, never the path, the
// query or the client, because these contain tokens and personal data. The answers that
// mail links get by the thousand are lines of the level debug.
func logged(log *slog.Logger, wall func() time.Time) gin.HandlerFunc {
	return func(c *gin.Context) {
		began := wall()
		c.Next()
		status := c.Writer.Status()
		level := slog.LevelInfo
		switch {
		case status >= http.StatusInternalServerError:
			level = slog.LevelError
		case status < http.StatusBadRequest && len(c.Errors) == 0 && (c.FullPath() == openPath || c.FullPath() == clickPath):
			level = slog.LevelDebug
		}
		if !log.Enabled(c.Request.Context(), level) {
			return
		}
		attrs := []slog.Attr{
			slog.String("method", c.Request.Method), slog.String("route", c.FullPath()), slog.Int("status", status),
			slog.Float64("took_ms", float64(wall().Sub(began).Microseconds())/1000), slog.Int("bytes", max(c.Writer.Size(), 0)),
			slog.String("request", requestID(c)),
		}
		if shop := c.GetString(keyShop); shop != "" {
			attrs = append(attrs, slog.String("shop", shop))
		}
		if len(c.Errors) > 0 {
			attrs = append(attrs, slog.String("error", c.Errors.Last().Error()))
		}
		log.LogAttrs(c.Request.Context(), level, "request", attrs...)
	}
}

// recovered answers a panic as an internal error.
func recovered(c *gin.Context) {
	defer func() {
		switch r := recover(); r {
		case nil:
		case http.ErrAbortHandler:
			panic(r)
		default:
			refuse(c, commerce.Errorf(commerce.Internal, "panic: %s", fmt.Sprintf("%v\n%s", r, debug.Stack())))
		}
	}()
	c.Next()
}

// maxAddress is the longest path and query, in bytes. Those of the service are
// shorter.
const maxAddress = 8 << 10

// addressed refuses an address by its length, before it is parsed.
func addressed(c *gin.Context) {
	if len(c.Request.RequestURI) > maxAddress {
		refuse(c, commerce.Errorf(commerce.TooLarge, "address: more than %d bytes of path and query", maxAddress))
	}
}

// secured sets headers for every answer. Pages add what they may load. The answers share
// the lists of values, which nobody writes to.
func secured() gin.HandlerFunc {
	always := http.Header{}
	always.Set("X-Content-Type-Options", "nosniff")
	always.Set("X-Frame-Options", "DENY")
	always.Set("Referrer-Policy", "no-referrer")
	always.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	always.Set("Strict-Transport-Security", "max-age=31536000")
	return func(c *gin.Context) { maps.Copy(c.Writer.Header(), always) }
}

// bounded limits the body and the time of a request.
func bounded(bytes int64, limit time.Duration) gin.HandlerFunc {
	return func(c *gin.Context) {
		c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, bytes)
		ctx, cancel := context.WithTimeout(c.Request.Context(), limit)
		defer cancel()
		c.Request = c.Request.WithContext(ctx)
		c.Next()
	}
}

// upgraded refuses calls of the API while stored data is being upgraded, because
// they would read old shapes. Webhooks and mail links only store data.
func upgraded(upgrading func() string) gin.HandlerFunc {
	return func(c *gin.Context) {
		if upgrading == nil || !strings.HasPrefix(c.FullPath(), "/v1/") {
			return
		}
		if what := upgrading(); what != "" {
			refuse(
				c,
				commerce.Errorf(commerce.Unavailable, "data stored by an older version is being upgraded (%s); try again later", what),
			)
		}
	}
}
