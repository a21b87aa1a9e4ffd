package webhook

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"comeback/campaigns"
	"comeback/commerce/clocktest"
)

// leadTo lets a client reach a server of the test under any name.
func leadTo(c *Client, s *httptest.Server) {
	transport := c.secure.Transport.(*http.Transport)
	transport.TLSClientConfig = &tls.Config{InsecureSkipVerify: true}
	transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, s.Listener.Addr().String())
	}
}

// A text is posted to each robot at its own address, in its own form, and its answer counts.
func TestRobotsGetTexts(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	got := map[string]string{}
	answers := map[string]string{"oapi.dingtalk.com": `{"errcode":0}`, "open.feishu.cn": `{"code":19024,"msg":"Key Words Not Found"}`}
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		got[r.Host] = r.URL.RequestURI() + " " + string(body)
		_, _ = io.WriteString(w, answers[r.Host])
	}))
	defer s.Close()
	at := clocktest.Now(t)
	c := New(Settings{Agent: "Comeback/test"}, func() time.Time { return at })
	leadTo(c, s)
	a := c.Notify(t.Context(), campaigns.Notice{To: "https://oapi.dingtalk.com/robot/send?access_token=SECRET", Secret: "S"}, "订单")
	if !a.Done {
		t.Errorf("DingTalk: got %+v, want it taken", a)
	}
	a = c.Notify(t.Context(), campaigns.Notice{To: "https://open.feishu.cn/open-apis/bot/v2/hook/SECRET"}, "订单")
	if a.Done || !a.Final || !strings.Contains(a.Reason, "code 19024") || strings.Contains(a.Reason, "SECRET") {
		t.Errorf("Feishu: got %+v, want it refused with the code", a)
	}
	mu.Lock()
	defer mu.Unlock()
	text := got["oapi.dingtalk.com"]
	if !strings.HasPrefix(text, "/robot/send?access_token=SECRET&timestamp=") || !strings.Contains(text, "&sign=") ||
		!strings.HasSuffix(text, ` {"msgtype":"text","text":{"content":"订单"}}`) {
		t.Errorf("DingTalk got %s", text)
	}
	if text = got["open.feishu.cn"]; text != `/open-apis/bot/v2/hook/SECRET {"content":{"text":"订单"},"msg_type":"text"}` {
		t.Errorf("Feishu got %s", text)
	}
}
