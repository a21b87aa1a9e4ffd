package api

import (
	"bytes"
	"encoding/json"
	"reflect"
	"time"

	"comeback/commerce"
)

// encode writes an answer as JSON before its status is sent. A time that JSON
// cannot represent, after the year 9999, is shown as the nearest possible time.
// An item of a list that cannot be encoded is left out and counted, so that it
// never hides the other items.
func encode(body any) ([]byte, error) {
	text, err := encodePlain(body)
	if err == nil {
		return text, nil
	}
	body = nearest(reflect.ValueOf(body)).Interface()
	if text, err = encodePlain(body); err == nil {
		return text, nil
	}
	if list, is := body.(sparing); is {
		return encodePlain(list.spare())
	}
	return nil, commerce.Errorf(commerce.Internal, "answer: %w", err)
}

func encodePlain(body any) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(body)
	return text.Bytes(), err
}

// sparing is a list that can be shown without its items that cannot.
type sparing interface{ spare() any }

// spare is p without the items that cannot be encoded.
func (p page[T]) spare() any {
	kept := page[json.RawMessage]{Items: []json.RawMessage{}, Next: p.Next}
	for _, item := range p.Items {
		text, err := encodePlain(item)
		if err != nil {
			kept.Unshown++
			continue
		}
		kept.Items = append(kept.Items, bytes.TrimSpace(text))
	}
	return kept
}

// nearest copies v. Each time that JSON cannot represent is moved to the
// nearest possible time.
func nearest(v reflect.Value) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	out.Set(v)
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() {
			break
		}
		inner := nearest(v.Elem())
		if v.Kind() == reflect.Interface {
			out.Set(inner)
			break
		}
		out.Set(reflect.New(v.Type().Elem()))
		out.Elem().Set(inner)
	case reflect.Slice:
		if v.IsNil() || v.Type().Elem().Kind() == reflect.Uint8 {
			break
		}
		out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		for i := range v.Len() {
			out.Index(i).Set(nearest(v.Index(i)))
		}
	case reflect.Map:
		if v.IsNil() {
			break
		}
		out.Set(reflect.MakeMap(v.Type()))
		for key, value := range v.Seq2() {
			out.SetMapIndex(key, nearest(value))
		}
	case reflect.Struct:
		nearestFields(v, out)
	}
	return out
}

func nearestFields(v, out reflect.Value) {
	if at, is := v.Interface().(time.Time); is {
		out.Set(reflect.ValueOf(nearestTime(at)))
		return
	}
	for i := range v.NumField() {
		if out.Field(i).CanSet() {
			out.Field(i).Set(nearest(v.Field(i)))
		}
	}
}

// nearestTime is at, moved into the years 0 to 9999, which RFC 3339 can write.
func nearestTime(at time.Time) time.Time {
	switch year := at.Year(); {
	case year > 9999:
		return time.Date(9999, 12, 31, 23, 59, 59, 999_000_000, time.UTC)
	case year < 0:
		return time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return at
}
