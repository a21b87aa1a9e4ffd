package commerce

import (
	"errors"
	"fmt"
)

// Code classes an error by what the caller can do about it. The API maps each
// to one HTTP status; nothing else may be read from an error's text.
type Code string

// Invalid: the input is wrong and the message names the field and the remedy.
// Conflict: somebody changed it meanwhile, or it exists. Unavailable: a backing
// service is away, the same call may succeed later. TooMany: the caller has taken
// its share, the same call succeeds later. Unsupported: understood, but not built. Internal is the code of every error that carries none.
const (
	Invalid      Code = "invalid"
	Unauthorized Code = "unauthorized"
	Forbidden    Code = "forbidden"
	NotFound     Code = "not_found"
	Conflict     Code = "conflict"
	TooLarge     Code = "too_large"
	Unsupported  Code = "unsupported"
	Unavailable  Code = "unavailable"
	TooMany      Code = "too_many"
	Internal     Code = "internal"
)

// Error is a failure whose class callers act on.
type Error struct {
	Code    Code
	Message string
	cause   error
}

// Error returns the message, without the code.
func (e *Error) Error() string { return e.Message }

// Unwrap returns the wrapped cause, nil when there is none.
func (e *Error) Unwrap() error { return e.cause }

// Errorf makes an Error. %w wraps as in fmt.Errorf, and the new code hides the
// wrapped one.
func Errorf(code Code, format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	return &Error{Code: code, Message: err.Error(), cause: errors.Unwrap(err)}
}

// CodeOf is the code of the outermost Error in err's chain, Internal when there
// is none, and empty for nil.
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
