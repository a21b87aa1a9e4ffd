package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// secretPrefix begins a secret as people see it.
const secretPrefix = "whsec_"

// Secret writes the bytes of a secret as people see it.
func Secret(key []byte) string { return secretPrefix + base64.StdEncoding.EncodeToString(key) }

// sign is the header of signatures: one for each key, with a space between, as Standard Webhooks says.
func sign(id string, at time.Time, body []byte, keys [][]byte) string {
	list := make([]string, len(keys))
	for i, key := range keys {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(id + "." + strconv.FormatInt(at.Unix(), 10) + "."))
		mac.Write(body)
		list[i] = "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	return strings.Join(list, " ")
}

// signDingTalk adds the time and the signature of a robot of DingTalk to its address.
func signDingTalk(address, secret string, at time.Time) string {
	stamp := strconv.FormatInt(at.UnixMilli(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(stamp + "\n" + secret))
	return address + "&timestamp=" + stamp + "&sign=" + url.QueryEscape(base64.StdEncoding.EncodeToString(mac.Sum(nil)))
}

// signFeishu is the signature of a robot of Feishu or Lark: of nothing, under the time and the secret.
func signFeishu(secret string, at time.Time) (stamp, signature string) {
	stamp = strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(stamp+"\n"+secret))
	return stamp, base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
