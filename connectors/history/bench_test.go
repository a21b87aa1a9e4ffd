package history

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

// salesLines is a file of n orders of two rows each, with names in city.
func salesLines(n int, city string) string {
	var b strings.Builder
	b.WriteString("order,at,sku,title,qty,price,email,first,city,country\n")
	for i := range n {
		fmt.Fprintf(&b, "%d,2011-01-05 10:%02d:00,tea-%d,Tea of %s,2,9.90,c%d@example.com,Ann,%s,DE\n", 100000+i, i%60, i%50, city, i%997, city)
		fmt.Fprintf(&b, "%d,2011-01-05 10:%02d:00,cup-%d,Cup,1,4.50,c%d@example.com,Ann,%s,DE\n", 100000+i, i%60, i%50, i%997, city)
	}
	return b.String()
}

// The figure to watch is the time of each encoding beside that of UTF-8 with the
// same text: at most a fifth more.
func BenchmarkReadLines(b *testing.B) {
	latin, chinese := salesLines(20000, "Düsseldorf"), salesLines(20000, "北京朝阳")
	for _, of := range []struct {
		name string
		e    encoding.Encoding
		text string
	}{
		{"ascii", encoding.Nop, salesLines(20000, "Bonn")},
		{"utf-8", encoding.Nop, latin}, {"windows-1252", charmap.Windows1252, latin},
		{"utf-8 of China", encoding.Nop, chinese}, {"gb18030", simplifiedchinese.GB18030, chinese},
		{"utf-16le", unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), chinese},
	} {
		file := encoded(b, of.e, of.text)
		b.Run(of.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				text, err := Decode(bufio.NewReaderSize(bytes.NewReader(file), PeekBytes), "", berlin.Market)
				if err != nil {
					b.Fatal(err)
				}
				h, err := NewCSV(text.Reader, Options{Shop: berlin, Connection: "h"})
				if err != nil {
					b.Fatal(err)
				}
				lines := 0
				for err = nil; err == nil; {
					var batch Batch
					batch, err = h.Next()
					lines += batch.Lines
				}
				if !errors.Is(err, io.EOF) || lines != 40000 {
					b.Fatalf("got %d lines (%v)", lines, err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/40000, "ns/line")
		})
	}
}
