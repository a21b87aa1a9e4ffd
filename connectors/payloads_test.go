package connectors_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"comeback/commerce"
	"comeback/connectors"
)

var update = flag.Bool("update", false, "write what the tests see into testdata")

const payloadTable = "testdata/payloads.tsv"

// Every known payload of a platform is a record, ignored or quarantined, as in
// the table and for the reason there. Records equal their golden file.
func TestEveryPayloadHasTheOutcomeTheTableNames(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(payloadTable)
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for _, row := range strings.Split(strings.TrimSpace(string(data)), "\n") {
		columns := append(strings.Split(row, "\t"), "", "")
		file, topic := columns[0], columns[1]
		body := payload(t, file)
		if body == nil {
			continue
		}
		platform, _, _ := strings.Cut(file, "/")
		records, err := connectors.Read(platform, delivery(platform, topic, body))
		outcome, why := judge(records, err)
		rows = append(rows, strings.Join([]string{file, topic, outcome, why}, "\t"))
		if *update {
			golden(t, file, records, outcome)
			continue
		}
		t.Run(file, func(t *testing.T) {
			if diff := cmp.Diff([]string{outcome, why}, columns[2:4]); diff != "" {
				t.Errorf("got, want: %s", diff)
			}
			golden(t, file, records, outcome)
		})
	}
	if *update {
		write(t, payloadTable, strings.Join(rows, "\n")+"\n")
	}
}

// payload reads a file of the payload collection. Recorded bodies and our own
// are in the repository, the others beside it.
func payload(t *testing.T, file string) []byte {
	t.Helper()
	path := filepath.Join("../../shared/payloads", file)
	if recorded, ok := strings.CutPrefix(file, "woocommerce/genuine-8.2.2/"); ok {
		path = filepath.Join("testdata/woocommerce", recorded)
	}
	if platform, name, ours := strings.Cut(file, "/own/"); ours {
		path = filepath.Join("testdata/own", platform, name)
	}
	body, err := os.ReadFile(path)
	if err == nil {
		return body
	}
	if os.Getenv("COMEBACK_TEST_SHARED") == "required" || *update {
		t.Fatal(err)
	}
	t.Logf("%s: not here, skipped", file)
	return nil
}

func delivery(platform, topic string, body []byte) connectors.Delivery {
	return connectors.Delivery{
		Platform: platform, Connection: "main", Shop: "tea", Currency: "EUR", Topic: topic, Body: body, Header: http.Header{},
		ReceivedAt: time.Date(2026, 11, 22, 1, 0, 0, 0, time.UTC),
	}
}

func judge(r connectors.Records, err error) (outcome, why string) {
	switch {
	case err != nil && commerce.CodeOf(err) != commerce.Invalid:
		return "error", err.Error()
	case err != nil:
		return "quarantined", err.Error()
	case r.Ignored != "":
		return "ignored", r.Ignored
	}
	return "record", ""
}

func golden(t *testing.T, file string, r connectors.Records, outcome string) {
	t.Helper()
	path := filepath.Join("testdata/golden", strings.TrimSuffix(file, ".json")+".golden")
	if outcome != "record" {
		return
	}
	got := dump(t, r)
	if *update {
		write(t, path, got)
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, string(want)); diff != "" {
		t.Errorf("got, want: %s", diff)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// dump prints records without their unset fields, amounts as people write them.
func dump(t *testing.T, value any) string {
	t.Helper()
	text, err := json.MarshalIndent(plain(reflect.ValueOf(value)), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text) + "\n"
}

func plain(v reflect.Value) any {
	switch x := v.Interface().(type) {
	case time.Time:
		return x.Format(time.RFC3339Nano)
	case commerce.Money:
		return x.String() + " " + x.Currency
	case commerce.Decimal:
		return x.String()
	case commerce.KV:
		return x.Key + " = " + x.Value
	}
	switch v.Kind() {
	case reflect.Pointer:
		return plain(v.Elem())
	case reflect.Struct:
		fields := map[string]any{}
		for i := range v.NumField() {
			if !v.Field(i).IsZero() {
				fields[v.Type().Field(i).Name] = plain(v.Field(i))
			}
		}
		return fields
	case reflect.Slice:
		list := []any{}
		for i := range v.Len() {
			list = append(list, plain(v.Index(i)))
		}
		return list
	}
	return fmt.Sprint(v.Interface())
}
