package commerce

import (
	"fmt"
	"strings"
)

// FieldError is one wrong value of a record. Its code is Invalid.
type FieldError struct {
	Pointer string // JSON pointer of the value in the record, e.g. /sender/from
	Detail  string // the fault and the remedy
}

// Error returns the field and the detail.
func (e *FieldError) Error() string { return strings.TrimPrefix(e.Pointer, "/") + ": " + e.Detail }

// Unwrap returns an Error with the code.
func (e *FieldError) Unwrap() error { return &Error{Code: Invalid, Message: e.Detail} }

func wrongField(pointer, format string, args ...any) error {
	return &FieldError{Pointer: pointer, Detail: fmt.Sprintf(format, args...)}
}
