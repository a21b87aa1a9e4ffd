package mongodb

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"comeback/commerce"
	"comeback/store/documents"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/topology"
)

// The API's answer depends on the code alone: 503 while the database is away,
// 400 for a request that can never work.
func TestErrorsHaveTheCodeOfTheirRemedy(t *testing.T) {
	t.Parallel()
	write := func(code int) error {
		return mongo.WriteException{WriteErrors: mongo.WriteErrors{{Code: code, Message: "no"}}}
	}
	for name, test := range map[string]struct {
		err  error
		want commerce.Code
	}{
		"nothing":               {nil, ""},
		"the primary went away": {mongo.CommandError{Code: 10107}, commerce.Unavailable},
		"a retryable label":     {mongo.CommandError{Code: 1, Labels: []string{"RetryableWriteError"}}, commerce.Unavailable},
		"no server":             {topology.ServerSelectionError{Wrapped: errors.New("none")}, commerce.Unavailable},
		"closed":                {mongo.ErrClientDisconnected, commerce.Unavailable},
		"the caller went away":  {fmt.Errorf("x: %w", context.Canceled), commerce.Unavailable},
		"too late":              {context.DeadlineExceeded, commerce.Unavailable},
		"no majority":           {mongo.WriteException{WriteConcernError: &mongo.WriteConcernError{Code: 64}}, commerce.Unavailable},
		"a wrong type":          {write(14), commerce.Invalid},
		"a path through text":   {write(28), commerce.Invalid},
		"too large":             {write(17419), commerce.TooLarge},
		"unknown":               {write(4242), commerce.Internal},
		"not the server's":      {errors.New("x"), commerce.Internal},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := translate(test.err)
			if commerce.CodeOf(got) != test.want || test.err != nil && got.Error() == "" {
				t.Errorf("got %v (%s), want %s", got, commerce.CodeOf(got), test.want)
			}
		})
	}
}

// A service that starts before its database reports that instead of blocking.
func TestAMissingServerIsUnavailable(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	colls := []documents.Collection{{Name: "things"}}
	if _, err := Open(ctx, "mongodb://127.0.0.1:1/", "x", colls); commerce.CodeOf(err) != commerce.Unavailable {
		t.Errorf("got %v, want unavailable", err)
	}
	if _, err := Open(ctx, "http://nowhere", "x", colls); commerce.CodeOf(err) != commerce.Invalid {
		t.Errorf("a wrong address: got %v, want invalid", err)
	}
}
