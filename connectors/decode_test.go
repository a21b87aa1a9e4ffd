package connectors

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

// FuzzDecode: what we read is what encoding/json reads; what we refuse it
// refuses too, or it is one of the dangers it lets pass.
func FuzzDecode(f *testing.F) {
	files, _ := filepath.Glob("testdata/*/*.json")
	for _, file := range files {
		if body, err := os.ReadFile(file); err == nil {
			f.Add(body)
		}
	}
	for _, text := range []string{
		`{"a":[1,-0,1.5e+3,true,false,null,"\u00e9\ud83d\ude00\n"],"":{}}`, `[]`, ` {} `, `[1,]`, `{"a":1,}`, `{"a" 1}`, `[1 2]`, `01`, `1.`, `-`, `+1`,
		`"\x"`, `"\ud800"`, `"a` + "\n" + `b"`, `nul`, `truex`, `{"a":1,"a":2}`, `{a:1}`, `"\`, `"\"`, "\x00", "[\x00]", "\ufeff{}",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := decode(data)
		if err != nil {
			if json.Valid(data) && utf8.Valid(data) && !strings.Contains(err.Error(), "given twice") && !strings.Contains(err.Error(), " more than ") {
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
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}
