package webhook

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"
)

// A signature is that of the example of Standard Webhooks. While a secret is rotated there are two.
func TestSignatureIsThatOfTheStandard(t *testing.T) {
	t.Parallel()
	key, err := base64.StdEncoding.DecodeString("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if err != nil {
		t.Fatal(err)
	}
	sent := func(keys ...[]byte) string {
		return sign("msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`), keys)
	}
	const want = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
	if got := sent(key); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := sent([]byte("new"), key); !strings.HasSuffix(got, " "+want) || len(strings.Fields(got)) != 2 {
		t.Errorf("got %s, want the old one too", got)
	}
}

// Robots that check signatures get them in the form that each wants: those were computed by the vendors' own examples
// in Python.
func TestRobotsAreSignedFor(t *testing.T) {
	t.Parallel()
	const dingTalk = "https://oapi.dingtalk.com/robot/send?access_token=a"
	got := signDingTalk(dingTalk, "this is secret", time.UnixMilli(1577262236757))
	if want := dingTalk + "&timestamp=1577262236757&sign=hmPWwU%2B7lVdm3ZZz0r9tSfx0L4Q26jWOZr9%2BGs6EZQM%3D"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	stamp, signature := signFeishu("demo", time.Unix(1599360473, 0))
	if want := "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8="; stamp != "1599360473" || signature != want {
		t.Errorf("got %s %s, want %s", stamp, signature, want)
	}
}
