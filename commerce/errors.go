package commerce

import (
	"errors"
	"fmt"
)

// Code is the class of an error: what the caller can do about it. The API maps
// each code to one HTTP status. Callers read nothing else from an error's text.
type Code string

const (
	// Invalid: the input is wrong. The message names the field and the remedy.
	Invalid Code = "invalid"
	// Unauthorized: the key or the signature is missing or wrong.
	Unauthorized Code = "unauthorized"
	// Forbidden: the key is valid, but does not allow this call.
	Forbidden Code = "forbidden"
	// NotFound: the thing does not exist in this shop.
	NotFound Code = "not_found"
	// Conflict: it exists already, or another writer changed it meanwhile.
	Conflict Code = "conflict"
	// Outdated: the caller named the version to change, and it is no longer the
	// newest.
	Outdated Code = "outdated"
	// TooLarge: the input or the result is larger than the limit.
	TooLarge Code = "too_large"
	// Unsupported: the input is understood, but the feature does not exist.
	Unsupported Code = "unsupported"
	// Unavailable: a backing service does not answer. The same call may succeed
	// later.
	Unavailable Code = "unavailable"
	// TooMany: the caller has used up its share. The same call succeeds later.
	TooMany Code = "too_many"
	// Internal: a fault of the service, and the code of every error without a
	// code.
	Internal Code = "internal"
)

// Error is a failure with a code for the caller.
type Error struct {
	Code    Code
	Message string
	cause   error
}

// Error returns the message, without the code.
func (e *Error) Error() string { return e.Message }

// Unwrap returns the wrapped cause, nil when there is none.
func (e *Error) Unwrap() error { return e.cause }

// Errorf makes an Error. %w wraps as in fmt.Errorf; the new code hides the code
// of the wrapped error.
func Errorf(code Code, format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	return &Error{Code: code, Message: err.Error(), cause: errors.Unwrap(err)}
}

// CodeOf returns the code of the outermost Error in err's chain: Internal
// without one, empty for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return Internal
}
