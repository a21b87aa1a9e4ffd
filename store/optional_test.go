package store_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"comeback/campaigns"
	"comeback/store"
	"comeback/store/documents"
	"comeback/store/storetest"
)

// filled sets every optional field of a stored struct that is a text, a truth, a time or a list.
func filled(v reflect.Value, at time.Time) {
	for i := range v.NumField() {
		if !strings.Contains(v.Type().Field(i).Tag.Get("bson"), "omitempty") {
			continue
		}
		switch f := v.Field(i); f.Kind() {
		case reflect.String:
			f.SetString("x")
		case reflect.Bool:
			f.SetBool(true)
		case reflect.Struct:
			f.Set(reflect.ValueOf(at))
		case reflect.Slice:
			f.Set(reflect.MakeSlice(f.Type(), 1, 1))
		}
	}
}

// A stored enrolment that loses an optional field has it no more: what an earlier entry left behind
// decides nothing. Only the mark of what results count is another writer's.
func TestSavedEnrolmentLosesItsOptionalFields(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, _ := shopAt(t, docs)
		e := campaigns.Enrolment{ID: "s:w:c:1", Shop: "s", Campaign: "w", Entry: 1, State: campaigns.Enrolled, Customer: "s:1"}
		bare := e
		filled(reflect.ValueOf(&e).Elem(), noon)
		e.Claim, e.LeaseUntil = "", time.Time{}
		saveOne(t, s, e)
		bare.Rev = 1
		saveOne(t, s, bare)
		got, err := s.Enrolment(t.Context(), "s", e.ID)
		must(t, err)
		v := reflect.ValueOf(got)
		for i := range v.NumField() {
			tag, rest, _ := strings.Cut(v.Type().Field(i).Tag.Get("bson"), ",")
			if strings.Contains(rest, "omitempty") && tag != "recount" && !v.Field(i).IsZero() {
				t.Errorf("%s is still %v", tag, v.Field(i))
			}
		}
	})
}

func saveOne(t *testing.T, s *store.Store, e campaigns.Enrolment) {
	t.Helper()
	saved, err := s.SaveEnrolments(t.Context(), "s", []campaigns.Enrolment{e})
	must(t, err)
	if !saved[0] {
		t.Fatal("not saved")
	}
}
