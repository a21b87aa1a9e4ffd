package webhook

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"comeback/campaigns"
)

// Each robot gets a text in its own form.
func TestEachRobotHasItsForm(t *testing.T) {
	t.Parallel()
	at := time.Unix(1599360473, 0)
	for _, tt := range []struct {
		name, to, secret, body string
	}{
		{"DingTalk", "https://oapi.dingtalk.com/robot/send?access_token=a", "", `{"msgtype":"text","text":{"content":"订单"}}`},
		{"WeCom", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=a", "", `{"msgtype":"text","text":{"content":"订单"}}`},
		{"Feishu", "https://open.feishu.cn/open-apis/bot/v2/hook/a", "", `{"content":{"text":"订单"},"msg_type":"text"}`},
		{"Lark with a secret", "https://open.larksuite.com/open-apis/bot/v2/hook/a", "demo", `{"content":{"text":"订单"},"msg_type":"text",` +
			`"sign":"l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8=","timestamp":"1599360473"}`},
	} {
		address, body := robotPost(campaigns.Notice{To: tt.to, Secret: tt.secret}, "订单", at)
		if got, err := json.Marshal(body); err != nil || string(got) != tt.body || address != tt.to {
			t.Errorf("%s: got %s to %s (%v), want %s", tt.name, got, address, err, tt.body)
		}
	}
	_, long := robotPost(campaigns.Notice{To: "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=a"}, strings.Repeat("长", 2000), at)
	if text := long["text"].(object)["content"].(string); len(text) > 2048 || !utf8.ValidString(text) || !strings.HasSuffix(text, "长…") {
		t.Errorf("got %d bytes that end with %q, want at most 2048 and an ellipsis", len(text), text[len(text)-9:])
	}
}

// A robot says under status 200 what it thinks of a text. Too many at once are tried again, all else is refused.
func TestRobotsSayWhatTheyThink(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]string{
		`{"errcode":0,"errmsg":"ok"}`: "done", `{"code":0,"msg":"success","data":{}}`: "done",
		`{"StatusCode":0,"StatusMessage":"success"}`:            "done",
		`{"errcode":310000,"errmsg":"keywords not in content"}`: "refused", `{"code":19021,"msg":"sign match fail"}`: "refused",
		`{"errcode":130101,"errmsg":"send too fast"}`: "again", `{"errcode":45009}`: "again", `{"code":11232}`: "again",
		`{"errcode":-1}`: "again",
		`<html>`:         "refused", `{}`: "refused", ``: "refused", `{"errcode":"x"}`: "refused", `[]`: "refused",
	} {
		if got := outcome(judge(campaigns.CallAnswer{Status: 200, Done: true, Reason: "x answered 200"}, []byte(said))); got != want {
			t.Errorf("%s: got %s, want %s", said, got, want)
		}
	}
}

func outcome(a campaigns.CallAnswer) string {
	switch {
	case a.Done:
		return "done"
	case a.Final:
		return "refused"
	}
	return "again"
}

// Whatever a robot says, it is not taken for done by mistake, and nothing panics.
func FuzzJudge(f *testing.F) {
	f.Add([]byte(`{"errcode":0}`))
	f.Add([]byte(`{"code":19021}`))
	f.Add([]byte(`{"errcode":null,"code":0}`))
	f.Fuzz(func(t *testing.T, said []byte) {
		a := judge(campaigns.CallAnswer{Status: 200, Done: true}, said)
		if a.Done && !strings.Contains(string(said), "0") {
			t.Errorf("%s: got done, and it names no code 0", said)
		}
	})
}
