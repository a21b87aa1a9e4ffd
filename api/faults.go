package api

import (
	"errors"
	"strings"

	"comeback/commerce"
	"comeback/strictjson"
)

// invalid is the error for a body with faults, nil when there are none but notes.
func invalid(detail string, problems []strictjson.Problem) error {
	if !strictjson.Refused(problems) {
		return nil
	}
	return &faulty{detail: detail, faults: faults(problems)}
}

func faults(problems []strictjson.Problem) []fault {
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

// ofField turns the error of a record's field into the error of a body's field;
// nil stays nil.
func ofField(err error) error {
	var field *commerce.FieldError
	if errors.As(err, &field) {
		return wrong(field.Pointer, "%s", field.Detail)
	}
	return err
}
