package service

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"comeback/commerce"
	"comeback/strictjson"
)

// client calls the running service on this machine, or one within this process.
type Client struct {
	Announcement
	way http.RoundTripper // nil: over the network
}

// newClient calls the service that a names; way carries the requests, nil is the
// network.
func NewClient(a Announcement, way http.RoundTripper) *Client { return &Client{a, way} }

// call sends in as JSON, or body as it is, and reads the answer into out; nil
// stands for nothing. What the service refuses keeps its code.
func (c Client) Call(ctx context.Context, method, path string, query url.Values, in, out any) error {
	var body io.Reader
	switch in := in.(type) {
	case nil:
	case io.Reader:
		body = in
	default:
		text, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(text)
	}
	address := c.URL + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	request, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+c.Token)
	request.Header.Set("Content-Type", "application/json")
	response, err := (&http.Client{Transport: c.way}).Do(request)
	if err != nil {
		return commerce.Errorf(commerce.Unavailable, "the running service: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode >= 300 {
		return refusedBy(response)
	}
	if out == nil || response.StatusCode == http.StatusNoContent {
		return nil
	}
	return json.NewDecoder(response.Body).Decode(out)
}

// refusedBy is the service's problem as an error with its code. What is wrong
// with a body is kept with its places.
func refusedBy(response *http.Response) error {
	var p struct {
		Code, Detail string
		Errors       []struct {
			strictjson.Problem
			Detail string
		}
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, 1<<20)).Decode(&p); err != nil || p.Code == "" {
		return commerce.Errorf(commerce.Internal, "the running service answers %s", strconv.Itoa(response.StatusCode))
	}
	err := commerce.Errorf(commerce.Code(p.Code), "%s", p.Detail)
	if len(p.Errors) == 0 {
		return err
	}
	wrong := &FaultyBody{error: err}
	for _, e := range p.Errors {
		e.Message = e.Detail
		wrong.Problems = append(wrong.Problems, e.Problem)
	}
	return wrong
}

// faultyBody is a refusal that says where a body is wrong.
type FaultyBody struct {
	error
	Problems []strictjson.Problem
}

// Unwrap gives the error with the code.
func (f *FaultyBody) Unwrap() error { return f.error }
