package webhook_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"comeback/campaigns"
	"comeback/campaigns/channels/webhook"
	"comeback/commerce/clocktest"
)

func client(t testing.TB, s webhook.Settings) *webhook.Client {
	t.Helper()
	at := clocktest.Now(t)
	return webhook.New(s, func() time.Time { return at })
}

// here lets a client call this machine.
func here() []netip.Prefix { return []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} }

// What a receiver answers decides whether a call is done, refused or made again.
func TestAnswers(t *testing.T) {
	t.Parallel()
	at := clocktest.Now(t)
	for _, tt := range []struct {
		status int
		after  string
		want   campaigns.CallAnswer // without the reason
	}{
		{200, "", campaigns.CallAnswer{Done: true}}, {204, "", campaigns.CallAnswer{Done: true}},
		{301, "", campaigns.CallAnswer{Final: true}}, {400, "", campaigns.CallAnswer{Final: true}},
		{404, "", campaigns.CallAnswer{Final: true}}, {410, "", campaigns.CallAnswer{Final: true}},
		{408, "", campaigns.CallAnswer{}}, {500, "", campaigns.CallAnswer{}}, {503, "120", campaigns.CallAnswer{After: 2 * time.Minute}},
		{429, at.Add(time.Hour).UTC().Truncate(time.Second).Format(http.TimeFormat), campaigns.CallAnswer{After: time.Hour}},
		{429, "-5", campaigns.CallAnswer{}}, {429, "99999999999", campaigns.CallAnswer{After: 24 * time.Hour}},
		{503, "soon", campaigns.CallAnswer{}},
	} {
		t.Run(strconv.Itoa(tt.status)+" "+tt.after, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", tt.after)
				w.WriteHeader(tt.status)
			}))
			defer r.Close()
			c := webhook.New(webhook.Settings{Allow: here()}, func() time.Time { return at })
			got := c.Call(t.Context(), r.URL+"/SECRET", "id", []byte("{}"), [][]byte{[]byte("k")})
			if got.Done != tt.want.Done || got.Final != tt.want.Final || (got.After-tt.want.After).Abs() > time.Second || got.Status != tt.status ||
				strings.Contains(got.Reason, "SECRET") {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

// No name leads to this machine where the setting does not allow it, no redirect is followed, and no reason repeats the
// address.
func TestPrivateAddressesAreNotCalled(t *testing.T) {
	t.Parallel()
	var reached atomic.Int32
	r := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	defer r.Close()
	secure := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	defer secure.Close()
	for _, address := range []string{
		r.URL, strings.Replace(r.URL, "127.0.0.1", "localhost", 1), strings.Replace(secure.URL, "127.0.0.1", "localhost", 1), secure.URL,
		strings.Replace(secure.URL, "127.0.0.1", "2130706433", 1), strings.Replace(secure.URL, "127.0.0.1", "0x7f.1", 1),
		strings.Replace(secure.URL, "127.0.0.1", "[::ffff:127.0.0.1]", 1),
	} {
		a := client(t, webhook.Settings{}).Call(t.Context(), address+"/hook?token=SECRET", "id", nil, nil)
		if a.Done || a.Reason == "" || strings.Contains(a.Reason, "SECRET") {
			t.Errorf("%s: got %+v, want it refused without the address", address, a)
		}
	}
	away := httptest.NewServer(http.RedirectHandler(r.URL, http.StatusTemporaryRedirect))
	defer away.Close()
	if a := client(t, webhook.Settings{Allow: here()}).Call(t.Context(), away.URL, "id", nil, nil); !a.Final || a.Status != 307 {
		t.Errorf("got %+v, want the redirect refused", a)
	}
	if n := reached.Load(); n != 0 {
		t.Errorf("reached %d times, want never", n)
	}
}

// A connection that breaks is no answer, and its reason does not repeat the address.
func TestBrokenConnectionIsNoAnswer(t *testing.T) {
	t.Parallel()
	r := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	defer r.Close()
	a := client(t, webhook.Settings{Allow: here()}).Call(t.Context(), r.URL+"/SECRET", "id", nil, nil)
	if a.Done || a.Final || a.Status != 0 || a.Reason == "" || strings.Contains(a.Reason, "SECRET") {
		t.Errorf("got %+v, want no answer, without the address", a)
	}
}

// A receiver that never answers, or sends without end, takes no longer than an attempt may.
func TestSlowReceiversEnd(t *testing.T) {
	t.Parallel()
	done := make(chan struct{})
	r := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if q.URL.Path == "/silent" {
			select {
			case <-done:
			case <-q.Context().Done():
			}
			return
		}
		for q.Context().Err() == nil {
			if _, err := io.WriteString(w, strings.Repeat("x", 1<<16)); err != nil {
				return
			}
		}
	}))
	defer r.Close()
	defer close(done)
	hasty := client(t, webhook.Settings{Allow: here(), Within: 50 * time.Millisecond})
	if a := hasty.Call(t.Context(), r.URL+"/silent", "id", nil, nil); a.Done || a.Final || !strings.Contains(a.Reason, "no answer within") {
		t.Errorf("got %+v, want no answer", a)
	}
	if a := client(t, webhook.Settings{Allow: here()}).Call(t.Context(), r.URL+"/endless", "id", nil, nil); !a.Done {
		t.Errorf("got %+v, want the status to count", a)
	}
}
