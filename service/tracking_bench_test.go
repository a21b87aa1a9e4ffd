package service

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"comeback/campaigns"
	"comeback/campaigns/mail"
	"comeback/commerce"
)

// Links and pixels of mails, answered and recorded by a process of the API, on a file,
// over 128 kept-alive connections of clients on the same cores. Each fifth request repeats
// the one before; the others are of as many messages and links. The time ends when the
// last touch is stored. The ratios of time and of processor time are to a bare gin handler
// that checks a signed token of the same length and redirects, or answers a pixel: one run
// measures both in turns. The percentiles are those at half of 0.4 of the bare handler's
// rate, with requests at fixed times. unpack-us is the processor time of a worker per request
// afterwards, until each touch is stored by itself. Log lines are written at the level of a
// service as installed.
func BenchmarkTracking(b *testing.B) {
	for _, x := range []struct {
		name, bare string
		messages   int
		path       func(tokens *mail.Tokens, message string, n int) string
	}{
		{"redirect", "/c/", trackedMessages, func(t *mail.Tokens, m string, n int) string { return "/c/" + t.Click(m, 1+n%trackedLinks) }},
		{"redirect-one-token", "/c/", 1, func(t *mail.Tokens, m string, _ int) string { return "/c/" + t.Click(m, 1) }},
		{"pixel", "/o/", trackedMessages, func(t *mail.Tokens, m string, _ int) string { return "/o/" + t.Open(m) }},
	} {
		b.Run(x.name, func(b *testing.B) {
			t := trackingService(b, x.messages)
			paths := make([]string, 0, trackedMessages*trackedLinks)
			for n := range cap(paths) {
				paths = append(paths, x.path(t.tokens, trackedMessage(n/trackedLinks%x.messages), n))
			}
			product, bare := newTrackingLoad(t.base, paths, programs), newTrackingLoad(bareTracking(b), bareTokens(x.bare, paths), programs)
			product.repeats, bare.repeats = true, true
			measureTracking(b, t, product, bare)
		})
	}
}

const (
	trackedMessages = 20_000
	trackedLinks    = 3
)

// trackedShare is the part of a bare handler's rate at which the service is to record.
const trackedShare = 0.4

// measureTracking measures the service and the bare handler in turns, then the service at
// half of trackedShare of the bare handler's rate.
func measureTracking(b *testing.B, t *trackedService, product, bare *trackingLoad) {
	const round = 10_000
	var took, limit, cpu, bareCPU time.Duration
	done := 0
	for b.Loop() {
		before, began := usageNow(b).cpu, time.Now()
		product.run(b, round, 0)
		t.settle(b)
		took += time.Since(began)
		between := usageNow(b).cpu
		cpu += between - before
		began = time.Now()
		bare.run(b, round, 0)
		limit += time.Since(began)
		bareCPU += usageNow(b).cpu - between
		done += round
	}
	rate := float64(done) / took.Seconds()
	half := min(rate, trackedShare*float64(done)/limit.Seconds()) / 2
	waits := product.run(b, min(4*round, int(5*half)), half)
	t.settle(b)
	b.ReportMetric(half, "half-load/s")
	b.ReportMetric(unpackTime(b, t).Seconds()/float64(done+len(waits))*1e6, "unpack-us")
	b.ReportMetric(rate, "recorded/s")
	b.ReportMetric(float64(done)/limit.Seconds(), "bare/s")
	b.ReportMetric(limit.Seconds()/took.Seconds(), "ratio")
	b.ReportMetric(cpu.Seconds()/float64(done)*1e6, "cpu-us")
	b.ReportMetric(bareCPU.Seconds()/float64(done)*1e6, "bare-cpu-us")
	b.ReportMetric(bareCPU.Seconds()/cpu.Seconds(), "cpu-ratio")
	b.ReportMetric(percentile(waits, 0.50).Seconds()*1000, "p50-ms")
	b.ReportMetric(percentile(waits, 0.99).Seconds()*1000, "p99-ms")
	b.ReportMetric(fsyncTime(b).Seconds()*1000, "fsync-ms")
	b.ReportMetric(0, "ns/op")
}

// unpackTime is the processor time in which a worker unpacks all that is recorded.
func unpackTime(b *testing.B, t *trackedService) time.Duration {
	b.Helper()
	began := usageNow(b).cpu
	for groups := 1; groups > 0; {
		var err error
		groups, _, err = t.db.UnpackTouches(b.Context(), "s")
		ok(b, err)
	}
	return usageNow(b).cpu - began
}

// trackedService is a started service with mails that were sent.
type trackedService struct {
	*Instance
	tokens *mail.Tokens
}

// settle waits until no touch waits in memory.
func (t *trackedService) settle(b *testing.B) {
	b.Helper()
	for range time.Tick(time.Millisecond) {
		if t.api.Recorder().Waiting() == 0 {
			break
		}
	}
	families, err := t.metrics.Gather()
	if err != nil {
		b.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "comeback_touches_dropped_total" && f.GetMetric()[0].GetCounter().GetValue() > 0 {
			b.Fatal("touches were dropped")
		}
	}
}

// trackingService starts the service over a file with so many mails of a day ago.
func trackingService(b *testing.B, messages int) *trackedService {
	b.Helper()
	data := b.TempDir()
	tokens := prepareTracked(b, data, messages)
	return &trackedService{serveOnly(b, data), tokens}
}

// serveOnly opens the service over a file and runs its API alone, as a process with the
// role api does.
func serveOnly(b *testing.B, data string) *Instance {
	b.Helper()
	config, err := LoadConfig([]string{"COMEBACK_DATA=" + data, "COMEBACK_LISTEN=127.0.0.1:0"})
	ok(b, err)
	process := ownProcess()
	process.Log = io.Discard
	s, err := Open(b.Context(), config, process)
	ok(b, err)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.api.Run(ctx, s.listener) }()
	b.Cleanup(func() {
		stop()
		if err := errors.Join(<-done, s.Close()); err != nil {
			b.Error(err)
		}
	})
	return s
}

func trackedMessage(n int) string {
	return commerce.Key("s", "welcome", fmt.Sprint("1000", n), "1", "first")
}

// sentMessage is a mail as the hand-over leaves it.
func sentMessage(n int, at time.Time) campaigns.Message {
	m := campaigns.Message{
		ID: trackedMessage(n), Shop: "s", Campaign: "welcome", Version: 1, Enrolment: commerce.Key("s", "welcome", fmt.Sprint("1000", n)),
		Entry: 1, Step: "first", Template: "welcome-1", Channel: "email", Class: campaigns.Marketing, Arm: campaigns.Treated,
		Customer: commerce.Key("s", "email", fmt.Sprint(n)), State: campaigns.Sent, PlannedAt: at, SentAt: at, Fence: 1, Attempts: 1,
		Subject: "Welcome to the tea shop", MessageID: fmt.Sprintf("%026d@tea.example", n), Code: 250,
	}
	for link := range trackedLinks {
		m.Links = append(m.Links, campaigns.Link{N: link + 1, URL: fmt.Sprintf("https://tea.example/products/green-tea-%d?size=%d", n, link)})
	}
	return m
}

const bareSecret = "the secret of the bare handler's tokens"

func bareSum(payload []byte) []byte {
	mac := hmac.New(sha256.New, []byte(bareSecret))
	mac.Write(payload)
	return mac.Sum(nil)[:16]
}

// bareTokens are signed tokens of the same number and lengths.
func bareTokens(prefix string, paths []string) []string {
	list := make([]string, len(paths))
	for n, path := range paths {
		size := base64.RawURLEncoding.DecodedLen(len(path)-len(prefix)) - 16
		payload := fmt.Appendf(nil, "%0*d", size, n)
		list[n] = prefix + base64.RawURLEncoding.EncodeToString(append(payload, bareSum(payload)...))
	}
	return list
}

// bareTracking is the least that an answer can cost: the token's signature is checked.
func bareTracking(b *testing.B) (url string) {
	b.Helper()
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	signed := func(c *gin.Context) bool {
		raw, err := base64.RawURLEncoding.DecodeString(c.Param("token"))
		if err != nil || len(raw) < 16 || !hmac.Equal(raw[len(raw)-16:], bareSum(raw[:len(raw)-16])) {
			c.Status(http.StatusNotFound)
			return false
		}
		return true
	}
	engine.GET("/c/:token", func(c *gin.Context) {
		if signed(c) {
			c.Redirect(http.StatusFound, "https://tea.example/products/green-tea")
		}
	})
	gif := []byte("GIF89a" + strings.Repeat("x", 37))
	engine.GET("/o/:token", func(c *gin.Context) {
		if signed(c) {
			c.Data(http.StatusOK, "image/gif", gif)
		}
	})
	server := httptest.NewServer(engine)
	b.Cleanup(server.Close)
	return server.URL
}
