package service

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"comeback/commerce"
	"comeback/commerce/clocktest"
	"comeback/store"
	"comeback/store/storetest"
)

// Webhooks accepted a second: a signed body of 6 KB over 64 kept-alive
// connections, stored durably before the answer; and its ratio to a bare gin
// handler that only checks the HMAC and makes the same insert. One run measures
// both in turns, so changes of the machine's speed affect both.
func BenchmarkWebhookAccept(b *testing.B) {
	h := newHarness(b, storetest.Embedded(b, store.Collections()), clocktest.Now(b))
	bare := httptest.NewServer(bareHandler(h))
	b.Cleanup(bare.Close)
	product, limit := time.Duration(0), time.Duration(0)
	done := 0
	for b.Loop() {
		const round = 4000
		product += accept(b, h.url, "/hooks/woocommerce/s:woocommerce", done, round)
		limit += accept(b, bare.URL, "/bare", done, round)
		done += round
	}
	b.ReportMetric(float64(done)/product.Seconds(), "accepts/s")
	b.ReportMetric(float64(done)/limit.Seconds(), "bare/s")
	b.ReportMetric(limit.Seconds()/product.Seconds(), "ratio")
	b.ReportMetric(fsyncTime(b).Seconds()*1000, "fsync_ms")
	b.ReportMetric(0, "ns/op")
}

// bareHandler is the least a webhook can cost: read, HMAC, insert, answer.
func bareHandler(h *harness) http.Handler {
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.POST("/bare", func(c *gin.Context) {
		body, err := io.ReadAll(c.Request.Body)
		if err != nil {
			c.Status(http.StatusBadRequest)
			return
		}
		mac := hmac.New(sha256.New, []byte(hookSecret))
		mac.Write(body)
		given, _ := base64.StdEncoding.DecodeString(c.GetHeader("X-WC-Webhook-Signature"))
		sum := mac.Sum(nil)
		if !hmac.Equal(sum, given) {
			c.Status(http.StatusUnauthorized)
			return
		}
		d := commerce.Delivery{
			ID: commerce.Key("s", "bare", fmt.Sprintf("%x", sum)), Connection: "bare", Platform: "woocommerce", Body: body,
			ReceivedAt: h.at(),
		}
		if _, err := h.AddDelivery(c.Request.Context(), "s", d); err != nil {
			c.Status(http.StatusServiceUnavailable)
			return
		}
		c.Data(http.StatusOK, "application/json", []byte(`{"received":true}`))
	})
	return engine
}

const clients = 64

// accept posts n signed bodies, numbered from first, over 64 connections, and
// returns the time it took. The requests are made before the measurement
// starts.
func accept(b *testing.B, server, path string, first, n int) time.Duration {
	b.Helper()
	address := strings.TrimPrefix(server, "http://")
	requests := make([][]byte, n)
	for i := range requests {
		requests[i] = signedRequest(address, path, first+i, clocktest.Now(b))
	}
	conns := make([]net.Conn, clients)
	for i := range conns {
		var err error
		if conns[i], err = net.Dial("tcp", address); err != nil {
			b.Fatal(err)
		}
		defer conns[i].Close()
	}
	var next atomic.Int64
	var running sync.WaitGroup
	began := time.Now()
	for _, conn := range conns {
		running.Go(func() {
			answers := bufio.NewReader(conn)
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				if err := exchange(conn, answers, requests[i]); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	running.Wait()
	return time.Since(began)
}

func exchange(conn net.Conn, answers *bufio.Reader, request []byte) error {
	if _, err := conn.Write(request); err != nil {
		return err
	}
	response, err := http.ReadResponse(answers, nil)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("answered %s", response.Status)
	}
	_, err = io.Copy(io.Discard, response.Body)
	return err
}

// signedRequest is a WooCommerce order of 6 KB, on the wire.
func signedRequest(address, path string, number int, at time.Time) []byte {
	body := shuffledOrder(number, number%200, "processing", at, at.Add(time.Second)).body
	body = bytes.Replace(
		body, []byte(`"meta_data":[]`),
		fmt.Appendf(nil, `"meta_data":[{"key":"note","value":%q}]`, strings.Repeat("x", 6<<10-len(body)-30)), 1,
	)
	mac := hmac.New(sha256.New, []byte(hookSecret))
	mac.Write(body)
	return fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n"+
		"X-WC-Webhook-Topic: order.updated\r\nX-WC-Webhook-Signature: %s\r\n\r\n%s",
		path, address, len(body), base64.StdEncoding.EncodeToString(mac.Sum(nil)), body)
}

// fsyncTime is how long the machine takes to write 4 KB durably.
func fsyncTime(b *testing.B) time.Duration {
	b.Helper()
	f, err := os.Create(filepath.Join(b.TempDir(), "fsync"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	began := time.Now()
	for range 20 {
		if _, err := f.Write(make([]byte, 4096)); err != nil {
			b.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
	}
	return time.Since(began) / 20
}
