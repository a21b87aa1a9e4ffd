package history

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"comeback/commerce"
)

// sheetText is all of a sheet as CSV.
func sheetText(file []byte, sheet string) (string, error) {
	s, err := OpenSheet(bytes.NewReader(file), int64(len(file)), sheet)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(s)
	return string(text), err
}

// written is a workbook that another program wrote.
func written(t testing.TB, fill func(f *excelize.File) error) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	var file bytes.Buffer
	if err := errors.Join(fill(f), f.Write(&file)); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func styled(f *excelize.File, cell, format string, builtIn int) error {
	style := &excelize.Style{NumFmt: builtIn}
	if format != "" {
		style.CustomNumFmt = &format
	}
	id, err := f.NewStyle(style)
	return errors.Join(err, f.SetCellStyle("Sheet1", cell, cell, id))
}

func TestSheetHasTheValuesThatExcelStores(t *testing.T) {
	t.Parallel()
	file := written(t, func(f *excelize.File) error {
		return errors.Join(
			f.MergeCell("Sheet1", "A1", "F1"), f.SetCellValue("Sheet1", "A1", "订单导出 2011年"),
			f.SetSheetRow("Sheet1", "A3", &[]any{"订单编号", "下单时间", "日期", "手机", "金额", "备注"}),
			f.SetSheetRow("Sheet1", "A4", &[]any{"00123", 40674.4375, 40674, 13800138000, 19.989999999999998, "a, \"b\"\nc"}),
			styled(f, "B4", `yyyy"年"m"月"d"日" hh:mm`, 0), styled(f, "C4", "", 14),
			styled(f, "D4", "0.00E+00", 0), styled(f, "E4", `"¥"#,##0.00`, 0),
			f.SetCellStr("Sheet1", "A6", "1234567890123456789"), f.SetCellDefault("Sheet1", "B6", "40674.52"), styled(f, "B6", "[h]:mm", 0),
			f.SetCellDefault("Sheet1", "D6", "2.8163900000000001E+18"), f.SetCellDefault("Sheet1", "E6", "1.234"),
			f.SetCellBool("Sheet1", "F6", true), f.SetCellDefault("Sheet1", "A7", "6920123456789012345"),
			f.SetCellDefault("Sheet1", "E7", "1.5E-3"), f.SetCellDefault("Sheet1", "D7", "1.3800138E10"),
			f.SetCellRichText("Sheet1", "F7", []excelize.RichTextRun{{Text: "mal"}, {Text: "zeit", Font: &excelize.Font{Bold: true}}}),
		)
	})
	got, err := sheetText(file, "")
	want := `

订单编号,下单时间,日期,手机,金额,备注
00123,2011-05-11 10:30:00,2011-05-11,13800138000,19.99,"a, ""b"" c"

1234567890123456789,2011-05-11 12:28:48,,2.8163900000000001E+18,1.2340,TRUE
6920123456789012345,,,13800138000,0.0015,malzeit
`
	if err != nil || got != want {
		t.Error(err, cmp.Diff(want, got))
	}
}

func TestFirstVisibleSheetWithRowsIsReadUnlessOneIsNamed(t *testing.T) {
	t.Parallel()
	file := written(t, func(f *excelize.File) error {
		_, err := f.NewSheet("Hidden")
		_, err2 := f.NewSheet("Orders")
		return errors.Join(
			err, err2, f.SetSheetRow("Hidden", "A1", &[]any{"secret"}), f.SetSheetVisible("Hidden", false),
			f.SetSheetRow("Orders", "A1", &[]any{"Order", "SKU"}),
		)
	})
	for sheet, want := range map[string]string{"": "Order,SKU\n", "orders ": "Order,SKU\n", "Hidden": "secret\n"} {
		if got, err := sheetText(file, sheet); err != nil || got != want {
			t.Errorf("sheet %q: %q, %v", sheet, got, err)
		}
	}
	if _, err := sheetText(file, "Lines"); err == nil || !strings.Contains(err.Error(), "Sheet1, Hidden, Orders") {
		t.Errorf("a name that is not there: %v", err)
	}
}

// parts is a workbook with one sheet of the given XML.
func parts(t testing.TB, sheet, texts, workbook string) []byte {
	t.Helper()
	var file bytes.Buffer
	writeParts(t, &file, xmlText(sheet), xmlText(texts), workbook)
	return file.Bytes()
}

// xmlText writes a text.
func xmlText(of string) func(io.Writer) error {
	return func(w io.Writer) error { _, err := io.WriteString(w, of); return err }
}

func writeParts(t testing.TB, file io.Writer, sheet, texts func(io.Writer) error, workbook string) {
	t.Helper()
	z := zip.NewWriter(file)
	const office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
	for _, part := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{"_rels/.rels", xmlText(`<Relationships><Relationship Id="r" Type="` + office + `officeDocument" Target="/xl/Workbook.xml"/>` +
			`</Relationships>`)},
		{"xl/workbook.xml", xmlText(`<x:workbook>` + workbook + `<x:sheets><x:sheet name="A" sheetId="7" r:id="r9"/></x:sheets></x:workbook>`)},
		{"xl/_rels/workbook.xml.rels", xmlText(`<Relationships><Relationship Id="r9" Type="` + office + `worksheet" ` +
			`Target="worksheets\sheet1.xml"/><Relationship Id="r8" Type="` + office + `sharedStrings" ` +
			`Target="sharedStrings.xml"/></Relationships>`)},
		{"xl/worksheets/sheet1.xml", sheet},
		{"xl/sharedStrings.xml", texts},
	} {
		w, err := z.Create(part.name)
		if err == nil {
			err = part.write(w)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
}

const someTexts = `<sst><si><t xml:space="preserve"> a_x000D_b </t></si>` +
	`<si><r><t>山</t></r><r><t>田</t></r><rPh><t>やまだ</t></rPh></si><si/></sst>`

func TestSheetsOfOtherProgramsAreRead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ sheet, workbook, want string }{
		"prefixed elements": {
			`<x:worksheet><x:sheetData><x:row><x:c t="s"><x:v>1</x:v></x:c>` +
				`<x:c t="str"><x:f>A1</x:f><x:v>&lt;&#x5c71;</x:v></x:c></x:row></x:sheetData></x:worksheet>`,
			"", "山田,<山\n",
		},
		"cells without names, rows left out": {
			`<worksheet><sheetData><row r="2"><c/><c t="inlineStr"><is><t>x</t></is></c><c><v/></c></row><row/>` +
				`<row r="5"><c r="B5"><v>2</v></c><c r="D5" s="1"/></row></sheetData>`,
			"", "\n,x\n\n\n,2\n",
		},
		"a text with a carriage return": {`<sheetData><row><c t="s"><v>0</v></c></row></sheetData>`, "", "\" a b \"\n"},
		"an error and an ISO date": {
			`<worksheet><sheetData><row><c t="e"><v>#REF!</v></c><c t="d"><v>2011-05-11T10:30:00</v></c></row></sheetData></worksheet>`,
			"", "#REF!,2011-05-11 10:30:00\n",
		},
		"columns wider than the header": {
			`<worksheet><sheetData><row><c t="str"><v>a</v></c><c t="str"><v>b</v></c></row>` +
				`<row><c r="C2"><v>3</v></c></row></sheetData></worksheet>`,
			"", "a,b\n,,3\n",
		},
	} {
		got, err := sheetText(parts(t, c.sheet, someTexts, c.workbook), "")
		if err != nil || got != c.want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestFileThatIsNoReadableWorkbookIsRefusedWithTheRemedy(t *testing.T) {
	t.Parallel()
	row := `<worksheet><sheetData><row><c t="s"><v>0</v></c></row>`
	var zipped bytes.Buffer
	z := zip.NewWriter(&zipped)
	_, err := z.Create("orders.csv")
	if err := errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"a zipped CSV":                {zipped.Bytes(), "orders.csv"},
		"half a zip":                  {parts(t, row, someTexts, "")[:400], "not a valid zip"},
		"a sheet that breaks off":     {parts(t, row, someTexts, ""), "unexpected EOF"},
		"a sheet that is no XML":      {parts(t, row+`<row><c t="s"><v>\x00</v></row`, someTexts, ""), "save it again"},
		"texts that break off":        {parts(t, row+"</sheetData></worksheet>", "<sst><si><t>a", ""), "xl/sharedstrings.xml"},
		"a text that is not there":    {parts(t, strings.Replace(row, ">0<", ">7<", 1)+"</sheetData>", someTexts, ""), `the text number "7"`},
		"rows out of order":           {parts(t, `<sheetData><row r="3"/><row r="2"/></sheetData>`, someTexts, ""), "row 2 after row 3"},
		"cells far to the right":      {parts(t, `<sheetData><row><c r="XFD1"><v>1</v></c></row>`, someTexts, ""), "at most 1024 columns"},
		"one endless cell":            {parts(t, `<sheetData><row><c t="str"><v>`+strings.Repeat("_x", longestText), someTexts, ""), "a cell"},
		"no rows at all":              {parts(t, `<worksheet><sheetData/></worksheet>`, someTexts, ""), "no rows"},
		"a sheet larger than allowed": {statedSize(parts(t, "<worksheet/>", someTexts, ""), MaxSheetBytes+1), "more than 200 MB"},
	} {
		_, err := sheetText(c.file, "")
		if err == nil || !strings.Contains(err.Error(), c.want) || commerce.CodeOf(err) == commerce.Internal {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestFilesThatOnlyLookLikeTablesAreKnownByTheirFirstBytes(t *testing.T) {
	t.Parallel()
	for head, want := range map[string]string{
		"PK\x03\x04": "workbook", "order,sku\n": "", "<3 hearts,sku\n": "", "\xd0\xcf\x11\xe0\xa1\xb1": "save it as .xlsx",
		"\ufeff <html xmlns:x=\"urn:schemas-microsoft-com:office:excel\">": "a web page", "<?xml version=\"1.0\"?><Workbook>": "a web page",
		"%PDF-1.7\n": "not a table", "Rar!\x1a\x07": "not a table", "7z\xbc\xaf\x27\x1c": "not a table", "\x89PNG\r\n": "not a table",
	} {
		yes, err := IsWorkbook([]byte(head))
		if yes != (want == "workbook") || !yes && (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, %v, want %q", head, yes, err, want)
		}
	}
}

// statedSize states a size for the sheet of a workbook made by parts.
func statedSize(file []byte, size uint32) []byte {
	directory := bytes.LastIndex(file, []byte("xl/worksheets/sheet1.xml")) - 46
	binary.LittleEndian.PutUint32(file[directory+24:], size)
	return file
}

// TestSheetThatHidesItsSizeIsRefused: the size that a zip states may be false.
func TestSheetThatHidesItsSizeIsRefused(t *testing.T) {
	t.Parallel()
	left := int64(100)
	p := &limitedPart{ReadCloser: io.NopCloser(strings.NewReader(strings.Repeat("x", 1000))), left: &left}
	if _, err := io.ReadAll(p); commerce.CodeOf(err) != commerce.TooLarge {
		t.Errorf("%v", err)
	}
}

func TestWorkbookSince1904HasItsOwnDates(t *testing.T) {
	t.Parallel()
	for serial, want := range map[float64][2]string{
		0.5: {"12:00:00", "1904-01-01 12:00:00"}, 1: {"1900-01-01", "1904-01-02"}, 59: {"1900-02-28", "1904-02-29"},
		61: {"1900-03-01", "1904-03-02"}, 40674.4375: {"2011-05-11 10:30:00", "2015-05-12 10:30:00"},
		40674.99999999: {"2011-05-12", "2015-05-13"}, -1: {"", ""}, 1e9: {"", ""},
	} {
		for system, date := range want {
			if got, _ := dateSystem(system).date(serial); got != date {
				t.Errorf("%v in system %d: %q, want %q", serial, system, got, date)
			}
		}
	}
	file := parts(t, `<worksheet><sheetData><row/></sheetData></worksheet>`, someTexts, `<x:workbookPr date1904="1"/>`)
	if w, err := openWorkbook(bytes.NewReader(file), int64(len(file))); err != nil || w.since != since1904 {
		t.Error(w, err)
	}
}

// TestSheetReadsBackWhatAnotherProgramWrote compares with the tables that a
// library of others wrote.
func TestSheetReadsBackWhatAnotherProgramWrote(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.OneOf(
			rapid.SampledFrom([]string{"", "a", "00123", "_x00", "<&>", "=1+1", "\"", "a,b", "'1"}), rapid.StringMatching(`[!-~山é][ -~山é]{0,7}`),
		)
		width := rapid.IntRange(1, 5).Draw(t, "width")
		row := rapid.SliceOfN(cell, width, width)
		table := rapid.SliceOfN(row, 1, 8).Draw(t, "table")
		for i := range table[0] {
			table[0][i] = fmt.Sprint("column ", i)
		}
		f := excelize.NewFile()
		var file bytes.Buffer
		for i, cells := range table {
			at, err := excelize.CoordinatesToCellName(1, i+1)
			if err := errors.Join(err, f.SetSheetRow("Sheet1", at, &cells)); err != nil {
				t.Fatal(err)
			}
		}
		if err := errors.Join(f.Write(&file), f.Close()); err != nil {
			t.Fatal(err)
		}
		got, err := sheetText(file.Bytes(), "")
		if err != nil {
			t.Fatal(err)
		}
		reader := csv.NewReader(strings.NewReader(got))
		reader.FieldsPerRecord = -1
		read, err := reader.ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		var full [][]string
		for _, cells := range table {
			if len(trimmed(cells)) > 0 {
				full = append(full, cells)
			}
		}
		if diff := cmp.Diff(full, read); diff != "" {
			t.Fatal(diff)
		}
	})
}

// largeSheet writes a workbook of order lines, with a text of its own for each
// order number and for every tenth buyer.
func largeSheet(t testing.TB, rows int) *os.File {
	t.Helper()
	sheet := func(to io.Writer) error {
		w := bufio.NewWriter(to)
		fmt.Fprint(w, `<worksheet><sheetData>`)
		for i := range rows {
			fmt.Fprintf(w, `<row r="%d"><c r="A%[1]d" t="s"><v>%d</v></c><c r="B%[1]d" t="s"><v>%d</v></c><c r="C%[1]d"><v>40674.4375</v></c>`+
				`<c r="D%[1]d"><v>9.9</v></c></row>`, i+1, i, rows+i/10)
		}
		fmt.Fprint(w, `</sheetData></worksheet>`)
		return w.Flush()
	}
	texts := func(to io.Writer) error {
		w := bufio.NewWriter(to)
		fmt.Fprint(w, `<sst>`)
		for i := range rows {
			fmt.Fprintf(w, `<si><t>20110%d</t></si>`, i)
		}
		for i := range rows/10 + 1 {
			fmt.Fprintf(w, `<si><t>%d@x.example</t></si>`, i)
		}
		fmt.Fprint(w, `</sst>`)
		return w.Flush()
	}
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	writeParts(t, f, sheet, texts, "")
	return f
}

// TestLargeSheetNeedsLittleMemory reads 100,000 rows. With COMEBACK_TEST_ROWS
// it reads so many; run it alone then, for the figure of the whole process.
func TestLargeSheetNeedsLittleMemory(t *testing.T) {
	rows := 100_000
	if many := os.Getenv("COMEBACK_TEST_ROWS"); many != "" {
		if _, err := fmt.Sscan(many, &rows); err != nil {
			t.Fatal(err)
		}
	}
	f := largeSheet(t, rows)
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	var before, now runtime.MemStats
	runtime.ReadMemStats(&before)
	s, err := OpenSheet(f, info.Size(), "")
	if err != nil {
		t.Fatal(err)
	}
	lines, most, part := 0, uint64(0), make([]byte, 1<<20)
	for {
		n, err := s.Read(part)
		lines += bytes.Count(part[:n], []byte("\n"))
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if lines%50_000 < 2000 {
			runtime.ReadMemStats(&now)
			most = max(most, now.HeapAlloc)
		}
	}
	t.Logf("%d rows, at most %d MB of heap over %d", lines, (most-before.HeapAlloc)>>20, before.HeapAlloc>>20)
	if lines != rows || most-before.HeapAlloc > 100<<20 {
		t.Errorf("%d rows of %d, %d MB", lines, rows, (most-before.HeapAlloc)>>20)
	}
}

// FuzzSheet: no XML makes the reader panic or read for ever.
func FuzzSheet(f *testing.F) {
	f.Add(`<worksheet><sheetData><row r="2"><c r="B2" t="s" s="1"><v>1</v></c></row></sheetData></worksheet>`, someTexts)
	f.Add(`<sheetData><row><c t="inlineStr"><is><t>_x000D__xZZZZ_</t></is></c><c t="b"><v>1</v></c></row></sheetData>`, `<sst/>`)
	f.Fuzz(func(t *testing.T, sheet, texts string) {
		text, err := sheetText(parts(t, sheet, texts, ""), "")
		if err == nil && !strings.HasSuffix(text, "\n") {
			t.Fatalf("%q ends within a line", text)
		}
	})
}

func TestCharactersThatXMLCannotContainAreDecoded(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a_x000D_b": "a\rb", "_xab _x0041_": "_xab A", "_x005F_x000D_": "_x000D_", "_x": "_x", "_x000": "_x000", "_xD800_": "_xD800_",
	} {
		if got := unescaped(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
