package webhook

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"comeback/campaigns"
)

const (
	longest = 10 * time.Second
	// mostAnswer is how much of an answer is read.
	mostAnswer = 64 << 10
	// mostAfter bounds what a receiver may ask for by Retry-After.
	mostAfter = 24 * time.Hour
)

// Settings are the settings of a Client.
type Settings struct {
	Allow []netip.Prefix // addresses that may be called although they are not public, also by http
	Roots *x509.CertPool // nil: those of the system
	Agent string         // the header User-Agent
	// Within is how long one attempt takes at most, from the look-up of the name to the end of the answer; 0: 10 s.
	Within time.Duration
}

// Client posts to receivers. It is safe for concurrent use.
type Client struct {
	secure, plain *http.Client
	agent         string
	within        time.Duration
	wall          func() time.Time
}

// New makes a client; wall is the clock of signatures.
func New(s Settings, wall func() time.Time) *Client {
	g := newGuard(s.Allow)
	return &Client{secure: g.client(true, s.Roots), plain: g.client(false, nil), agent: s.Agent, within: cmp.Or(s.Within, longest), wall: wall}
}

// client posts under the guard. No variable of the environment names a proxy for it.
func (g guard) client(secure bool, roots *x509.CertPool) *http.Client {
	return &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext: g.dialer(secure).DialContext, TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
			ForceAttemptHTTP2: true, TLSHandshakeTimeout: longest, MaxResponseHeaderBytes: mostAnswer,
			MaxIdleConns: 64, MaxIdleConnsPerHost: 8, IdleConnTimeout: 30 * time.Second, DisableCompression: true,
		},
	}
}

// Call posts the body of a webhook, signed with each of the keys.
func (c *Client) Call(ctx context.Context, address, id string, body []byte, keys [][]byte) campaigns.CallAnswer {
	at := c.wall()
	header := http.Header{}
	header.Set("webhook-id", id)
	header.Set("webhook-timestamp", strconv.FormatInt(at.Unix(), 10))
	header.Set("webhook-signature", sign(id, at, body, keys))
	answer, _ := c.post(ctx, address, body, header)
	return answer
}

// Notify posts a text to a robot.
func (c *Client) Notify(ctx context.Context, n campaigns.Notice, text string) campaigns.CallAnswer {
	address, body := robotPost(n, text, c.wall())
	data, err := json.Marshal(body)
	if err != nil {
		return campaigns.CallAnswer{Final: true, Reason: "the text cannot be written as JSON"}
	}
	answer, said := c.post(ctx, address, data, http.Header{})
	return judge(answer, said)
}

// post posts JSON and reads the answer.
func (c *Client) post(ctx context.Context, address string, body []byte, header http.Header) (campaigns.CallAnswer, []byte) {
	u, err := url.Parse(address)
	if err != nil {
		return campaigns.CallAnswer{Final: true, Reason: "the address cannot be read"}, nil
	}
	ctx, end := context.WithTimeout(ctx, c.within)
	defer end()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return campaigns.CallAnswer{Final: true, Reason: "the address cannot be posted to"}, nil
	}
	header.Set("Content-Type", "application/json; charset=utf-8")
	header.Set("User-Agent", c.agent)
	request.Header = header
	client := c.plain
	if u.Scheme == "https" {
		client = c.secure
	}
	response, err := client.Do(request)
	if err != nil {
		return c.unanswered(u, err), nil
	}
	defer response.Body.Close()
	said, err := io.ReadAll(io.LimitReader(response.Body, mostAnswer))
	if err != nil { // the answer's status counts; what it says does not matter to a webhook
		said = nil
	}
	return c.answered(u, response), said
}

// answered is what a status says.
func (c *Client) answered(u *url.URL, r *http.Response) campaigns.CallAnswer {
	a := campaigns.CallAnswer{Status: r.StatusCode, Reason: u.Hostname() + " answered " + strconv.Itoa(r.StatusCode)}
	switch code := r.StatusCode; {
	case code >= 200 && code < 300:
		a.Done = true
	case code == http.StatusRequestTimeout, code == http.StatusTooManyRequests, code >= 500:
		a.After = retryAfter(r.Header.Get("Retry-After"), c.wall())
	case code >= 300 && code < 400:
		a.Final, a.Reason = true, a.Reason+": redirects are not followed, write the address that it leads to"
	default:
		a.Final = true
	}
	return a
}

// unanswered is the answer of nobody. What it says repeats neither the address nor the path.
func (c *Client) unanswered(u *url.URL, err error) campaigns.CallAnswer {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	a := campaigns.CallAnswer{Reason: u.Hostname() + ": " + err.Error()}
	var dialed *net.OpError
	var unnamed *net.DNSError
	var network net.Error
	switch {
	case errors.Is(err, errAddress):
		a.Final, a.Reason = true, u.Hostname()+": "+errAddress.Error()
	case errors.As(err, &unnamed):
		a.Reason = u.Hostname() + ": its name is not resolved"
	case errors.As(err, &network) && network.Timeout(), errors.Is(err, context.DeadlineExceeded):
		a.Reason = u.Hostname() + ": no answer within " + c.within.String()
	case errors.As(err, &dialed) && dialed.Op == "dial":
		a.Reason = u.Hostname() + ": no connection: " + dialed.Err.Error()
	}
	return a
}

// retryAfter reads the header Retry-After: seconds or a time.
func retryAfter(text string, now time.Time) time.Duration {
	text = strings.TrimSpace(text)
	if seconds, err := strconv.Atoi(text); err == nil {
		return min(time.Duration(max(seconds, 0))*time.Second, mostAfter)
	}
	if at, err := http.ParseTime(text); err == nil {
		return min(max(at.Sub(now), 0), mostAfter)
	}
	return 0
}
