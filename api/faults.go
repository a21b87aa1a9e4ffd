package api

import (
	"strings"

	"comeback/commerce"
	"comeback/segments"
)

// invalid is the error for a body with faults, nil when there are none but notes.
func invalid(detail string, problems []segments.Problem) error {
	if !segments.Refused(problems) {
		return nil
	}
	return &faulty{detail: detail, faults: faults(problems)}
}

func faults(problems []segments.Problem) []fault {
	list := make([]fault, len(problems))
	for i, p := range problems {
		list[i] = fault{Pointer: p.Pointer, Line: p.Line, Column: p.Column, Detail: p.Message, Suggestion: p.Suggestion, Note: p.Note}
	}
	return list
}

// wrong is the error for one field of a body.
func wrong(pointer, format string, args ...any) error {
	err := commerce.Errorf(commerce.Invalid, format, args...)
	return &faulty{detail: strings.TrimPrefix(pointer, "/") + ": " + err.Error(), faults: []fault{{Pointer: pointer, Detail: err.Error()}}}
}
