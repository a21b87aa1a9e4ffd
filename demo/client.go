package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"comeback/commerce"
)

// client calls the demo's own service over HTTP, as any other program would.
type client struct {
	base string // http://host:port
	http *http.Client
}

func newClient(base string) *client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 2 * atOnce
	return &client{base: base, http: &http.Client{
		Transport: transport, Timeout: time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// call sends JSON with a key and reads the JSON answer into out, unless out is nil.
func (c *client) call(ctx context.Context, key, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		data, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(data)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+key)
	request.Header.Set("Content-Type", "application/json")
	_, answer, err := c.send(request)
	if err != nil || out == nil {
		return err
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	return nil
}

// send returns the header and body of the answer. A status of 400 or more is an error.
func (c *client) send(request *http.Request) (http.Header, []byte, error) {
	response, err := c.http.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, 16<<20))
	if err != nil {
		return nil, nil, err
	}
	if response.StatusCode >= http.StatusBadRequest {
		return nil, nil, commerce.Errorf(
			commerce.Internal, "demo: %s %s answers %s: %.500s", request.Method, request.URL.Path, response.Status, answer,
		)
	}
	return response.Header, answer, nil
}

// visit requests one link of a mail as a browser or a machine would. It does not
// follow the redirect, but returns its target.
func (c *client) visit(ctx context.Context, method, address, agent string, form io.Reader) (leads string, err error) {
	request, err := http.NewRequestWithContext(ctx, method, address, form)
	if err != nil {
		return "", err
	}
	request.Header.Set("User-Agent", agent)
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	header, _, err := c.send(request)
	return header.Get("Location"), err
}
