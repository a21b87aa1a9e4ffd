package strictjson

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// bodies are recorded bodies of a platform, as one list of some 400 KB.
func bodies(b *testing.B) []byte {
	b.Helper()
	files, _ := filepath.Glob("../connectors/testdata/woocommerce/*.json")
	if len(files) == 0 {
		b.Fatal("no recordings")
	}
	var list [][]byte
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			b.Fatal(err)
		}
		if json.Valid(body) {
			list = append(list, body)
		}
	}
	return append(append([]byte{'['}, bytes.Join(list, []byte{','})...), ']')
}

// document is a segment file of 200 conditions, as people lay it out.
func document() []byte {
	condition := []byte(`
      {"field": "customer.country", "op": "is", "value": ["DE", "FR", "中国"]}`)
	list := bytes.Join(slices.Repeat([][]byte{condition}, 200), []byte{','})
	return slices.Concat([]byte(`{"id": "x", "condition": {"any": [`), list, []byte("\n]}}"))
}

func measure(b *testing.B, data []byte, read func([]byte) bool) {
	b.Helper()
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if !read(data) {
			b.Fatal("refused")
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	measure(b, bodies(b), func(data []byte) bool { _, err := Decode(data); return err == nil })
}

func BenchmarkRead(b *testing.B) {
	measure(b, document(), func(data []byte) bool { _, problems := Read(data); return problems == nil })
}
