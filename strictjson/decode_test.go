package strictjson

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

// seeds are small documents, right and wrong in every way that the grammar has.
var seeds = []string{
	`{"a":[1,-0,1.5e+3,true,false,null,"\u00e9\ud83d\ude00\n"],"":{}}`, `[]`, ` {} `,
	`[1,]`, `{"a":1,}`, `{"a" 1}`, `[1 2]`, `01`, `1.`, `-`, `+1`, `1e`, `1.2.3`,
	`"\x"`, `"\ud800"`, `"\ud800\u0041"`, `"\u00`, "\"a\nb\"", `nul`, `truex`,
	`{"a":1,"a":2}`, `{a:1}`, `"\`, `"\"`, "\x00", "[\x00]", "\ufeff{}", "\"\xff\"", "[[]]",
}

// What a program sends is refused with the pointer and the byte of the fault.
func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                        "body: empty, JSON is expected",
		" \n\t":                   "body: empty, JSON is expected",
		"\xff":                    "body: not UTF-8",
		"[1,\x00\xff]":            "body: not UTF-8",
		`{"a":{"b":1,"b":2}}`:     "body/a/b: given twice",
		`[{"a~/b":[0,nul]}]`:      "body/0/a~0~1b/1: not JSON, at byte 13",
		`[1,`:                     "body/1: the JSON ends too early, at byte 4",
		`["a`:                     "body/0: the JSON ends too early, at byte 4",
		`["a\`:                    "body/0: the JSON ends too early, at byte 5",
		`[1`:                      "body: a comma or the list's end is expected, at byte 3",
		`{"a":1 "b"`:              "body: a comma or the object's end is expected, at byte 8",
		`{"a":1,}`:                "body: a key in quotes is expected, at byte 8",
		`{"a" 1}`:                 "body: a colon is expected, at byte 6",
		`["\x"]`:                  "body/0: an unknown escape, at byte 3",
		"[\"a\nb\"]":              "body/0: a control character in text, at byte 4",
		`[01]`:                    "body/0: not a number, at byte 3",
		`[1.]`:                    "body/0: not a number, at byte 4",
		`{} {}`:                   "body: something follows the JSON value, at byte 4",
		strings.Repeat("[", 65):   "body" + strings.Repeat("/0", 38) + "...: nested more than 64 deep, at byte 65",
		`{"` + key(1025) + `":1}`: "body: a key of more than 1024 bytes, at byte 1028",
		"[" + strings.Repeat("1,", maxSent) + "1]": "body/249999: more than 250000 values, at byte 500000",
		`{"` + strings.Repeat("长", 100) + `":nul}`: "body/" + strings.Repeat("长", 75) + "...: not JSON, at byte 305",
	} {
		if value, err := Decode([]byte(in)); err == nil || err.Error() != want || value != nil {
			t.Errorf("%.60q: got %v, %v, want %s", in, value, err, want)
		}
	}
}

func key(n int) string { return strings.Repeat("k", n) }

// A key of 1 KiB, 64 levels and half a surrogate pair are no fault.
func TestDecodeTakesWhatProgramsSend(t *testing.T) {
	t.Parallel()
	for _, in := range []string{`{"` + key(1024) + `":1}`, strings.Repeat("[", 64) + strings.Repeat("]", 64), `"\ud83d\u0041\ud83d"`} {
		if _, err := Decode([]byte(in)); err != nil {
			t.Errorf("%.60q: got %v, want no error", in, err)
		}
	}
}

// FuzzDecode: what Decode reads is what encoding/json reads; what it refuses
// encoding/json refuses too, or it is one of the dangers that encoding/json lets pass.
// Read accepts the same documents, but for half a surrogate pair, and reads the same.
func FuzzDecode(f *testing.F) {
	files, _ := filepath.Glob("../connectors/testdata/*/*.json")
	for _, file := range files {
		if body, err := os.ReadFile(file); err == nil {
			f.Add(body)
		}
	}
	for _, text := range seeds {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := Decode(data)
		node, problems := Read(data)
		if (err != nil || node == nil) && (err == nil || node != nil) && !lenient(problems) {
			t.Fatalf("Decode: %v; Read: %v", err, problems)
		}
		if err != nil {
			ours := strings.Contains(err.Error(), "given twice") || strings.Contains(err.Error(), " more than ")
			if json.Valid(data) && utf8.Valid(data) && !ours {
				t.Fatalf("got %v, but it is JSON", err)
			}
			return
		}
		var want any
		dec := json.NewDecoder(bytes.NewReader(data))
		dec.UseNumber()
		if err := dec.Decode(&want); err != nil || !json.Valid(data) {
			t.Fatalf("got %v, but encoding/json says %v", got, err)
		}
		if !reflect.DeepEqual(got, want) || node != nil && !reflect.DeepEqual(plain(node), want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}

// lenient reports whether Decode takes what Read refuses.
func lenient(problems []Problem) bool {
	last := problems[len(problems)-1].Message
	return strings.HasPrefix(last, "half a character") || strings.Contains(last, "too large")
}
