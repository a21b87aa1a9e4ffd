// Command send signs order.json, or the file that is named, and posts it. It
// needs nothing but the standard library: go run ./examples/webhooks/go
// WEBHOOK_URL and WEBHOOK_SECRET are what POST /v1/connections answered.
package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"time"
)

func main() {
	file := "examples/webhooks/order.json"
	if len(os.Args) > 1 {
		file = os.Args[1]
	}
	body, err := os.ReadFile(file)
	if err == nil {
		err = send(body, os.Getenv("WEBHOOK_URL"), os.Getenv("WEBHOOK_SECRET"))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// send posts one body. On 429 and 503 nothing was stored: send it again later.
func send(body []byte, url, secret string) error {
	request, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	// The signature is over the timestamp, a point and the raw bytes of the body.
	now := strconv.FormatInt(time.Now().Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(now + "."))
	mac.Write(body)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Timestamp", now)
	request.Header.Set("X-Signature", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	client := http.Client{Timeout: 10 * time.Second}
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", answer.Status, text)
	}
	fmt.Println(string(text))
	return nil
}
