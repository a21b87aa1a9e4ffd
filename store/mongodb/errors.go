package mongodb

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"comeback/commerce"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/topology"
)

// translate gives an error of the driver the code that a caller can act on.
// Only this file knows the server's codes.
func translate(err error) error {
	var server mongo.ServerError
	switch {
	case err == nil:
		return nil
	case isAway(err):
		return commerce.Errorf(commerce.Unavailable, "database: %w", err)
	case !errors.As(err, &server):
		return fmt.Errorf("database: %w", err)
	case hasCode(server, tooLarge):
		return commerce.Errorf(commerce.TooLarge, "document: %w", err)
	case hasCode(server, badUpdate):
		return commerce.Errorf(commerce.Invalid, "update: %w", err)
	}
	return fmt.Errorf("database: %w", err)
}

// away are codes of a server that is starting, stepping down, shutting down,
// too slow, or cannot reach its majority. Other such errors have labels or
// types.
var away = []int{6, 7, 50, 64, 89, 91, 100, 189, 262, 9001, 10107, 10058, 11600, 11602, 13388, 13435, 13436}

// badUpdate are codes of an operator that met a value it cannot work on:
// BadValue, TypeMismatch, PathNotViable, ConflictingUpdateOperators.
var badUpdate = []int{2, 14, 28, 40}

// tooLarge are codes of a document beyond what the server stores.
var tooLarge = []int{10334, 17419, 17420}

func isAway(err error) bool {
	var selection topology.ServerSelectionError
	var server mongo.ServerError
	return mongo.IsTimeout(err) || mongo.IsNetworkError(err) || isClosed(err) ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.As(err, &selection) ||
		errors.As(err, &server) && (server.HasErrorLabel("RetryableWriteError") || hasCode(server, away))
}

func isClosed(err error) bool {
	return errors.Is(err, mongo.ErrClientDisconnected) || errors.Is(err, topology.ErrTopologyClosed)
}

func hasCode(err mongo.ServerError, codes []int) bool {
	return slices.ContainsFunc(codes, err.HasErrorCode)
}

// isBadHint reports whether the index that a search names is not there. The server has
// no code of its own for that.
func isBadHint(err error) bool {
	var server mongo.ServerError
	return errors.As(err, &server) && server.HasErrorCodeWithMessage(2, "hint")
}
