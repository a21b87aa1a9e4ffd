package webhook

import (
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"

	"comeback/campaigns"
)

// mostWeCom is how long a text may be for WeCom, in bytes. Longer ones are cut off, and end with an ellipsis.
const mostWeCom = 2048

type object = map[string]any

// robotPost is where a text goes to, and the body that its robot wants.
func robotPost(n campaigns.Notice, text string, now time.Time) (address string, body object) {
	switch n.Robot() {
	case campaigns.Feishu:
		body = object{"msg_type": "text", "content": object{"text": text}}
		if n.Secret != "" {
			body["timestamp"], body["sign"] = signFeishu(n.Secret, now)
		}
		return n.To, body
	case campaigns.DingTalk:
		body = object{"msgtype": "text", "text": object{"content": text}}
		if n.Secret != "" {
			return signDingTalk(n.To, n.Secret, now), body
		}
		return n.To, body
	}
	return n.To, object{"msgtype": "text", "text": object{"content": shortened(text, mostWeCom)}}
}

// shortened is a text of at most so many bytes.
func shortened(text string, most int) string {
	const ellipsis = "…"
	if len(text) <= most {
		return text
	}
	end := most - len(ellipsis)
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + ellipsis
}

// busy are the codes by which a robot asks to come back later: too many messages, or a fault of its own.
var busy = map[int]bool{
	-1: true, 130101: true, 410100: true, 45009: true, 45033: true, 9499: true, 11232: true,
}

// judge reads what a robot says under the status 200. It names what it refuses by a code.
func judge(a campaigns.CallAnswer, said []byte) campaigns.CallAnswer {
	if !a.Done {
		return a
	}
	var answer struct {
		Errcode *int `json:"errcode"`
		Code    *int `json:"code"`
		Status  *int `json:"StatusCode"`
	}
	if err := json.Unmarshal(said, &answer); err != nil {
		a.Done, a.Final, a.Reason = false, true, a.Reason+", and not as a robot answers: is the address that of a robot?"
		return a
	}
	for _, code := range []*int{answer.Errcode, answer.Code, answer.Status} {
		if code == nil {
			continue
		}
		if *code != 0 {
			a.Done, a.Final, a.Reason = false, !busy[*code], a.Reason+", and code "+strconv.Itoa(*code)
		}
		return a
	}
	a.Done, a.Final, a.Reason = false, true, a.Reason+", and not as a robot answers: is the address that of a robot?"
	return a
}
