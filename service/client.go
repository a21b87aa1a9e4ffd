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

// Client calls the API of the running service on this machine, or of an API within
// this process.
type Client struct {
	Announcement
	transport http.RoundTripper // nil: over the network
}

// NewClient makes a client of the service at a. transport carries the requests; nil
// is the network.
func NewClient(a Announcement, transport http.RoundTripper) *Client { return &Client{a, transport} }

// Call sends in as JSON, or an io.Reader as it is (with its Size, if it has one), and decodes the answer into out.
// Either may be nil. A refusal has the code of the service; a *FaultyBody also has
// the places of its problems. A service that is not reached is Unavailable.
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
	if file, ok := in.(interface{ Size() int64 }); ok {
		request.ContentLength = file.Size()
	}
	request.Header.Set("Authorization", "Bearer "+c.Token)
	request.Header.Set("Content-Type", "application/json")
	response, err := (&http.Client{Transport: c.transport}).Do(request)
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

// Download writes the body of an answer to w.
func (c Client) Download(ctx context.Context, path string, w io.Writer) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.URL+path, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+c.Token)
	response, err := (&http.Client{Transport: c.transport}).Do(request)
	if err != nil {
		return commerce.Errorf(commerce.Unavailable, "the running service: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode >= 300 {
		return refusedBy(response)
	}
	_, err = io.Copy(w, response.Body)
	return err
}

// refusedBy makes an error of the service's answer, with its code and the problems
// of the body.
func refusedBy(response *http.Response) error {
	var p struct {
		Code, Detail string
		Errors       []struct {
			strictjson.Problem
			Detail string
		}
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, 1<<20)).Decode(&p); err != nil || p.Code == "" {
		return commerce.Errorf(commerce.Internal, "the running service answered with status %s", strconv.Itoa(response.StatusCode))
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

// FaultyBody is a refusal with the places of the problems in a request body.
type FaultyBody struct {
	error
	Problems []strictjson.Problem
}

// Unwrap returns the error with the code.
func (f *FaultyBody) Unwrap() error { return f.error }
