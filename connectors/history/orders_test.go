package history

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"comeback/commerce"
)

const columnsOfLines = "order=no,at=at,product=sku,quantity=qty,price=price,customer=who,country=country"

var london = commerce.Shop{ID: "s", Currency: "GBP", Zone: "Europe/London"}

// readCSV reads all of a file; batches is how many it came in.
func readCSV(t testing.TB, text string, o Options) (all Batch, batches int) {
	t.Helper()
	o.Shop, o.Connection = london, "h"
	h, err := NewCSV(bufio.NewReaderSize(strings.NewReader(text), PeekBytes), o)
	if err != nil {
		t.Fatal(err)
	}
	for ; ; batches++ {
		b, err := h.Next()
		if errors.Is(err, io.EOF) {
			return all, batches
		}
		if err != nil {
			t.Fatal(err)
		}
		all.Records.Orders = append(all.Records.Orders, b.Records.Orders...)
		all.Records.LooseRefunds = append(all.Records.LooseRefunds, b.Records.LooseRefunds...)
		all.Refused, all.Lines = append(all.Refused, b.Refused...), all.Lines+b.Lines
	}
}

// described is an order or refund in a few words.
func described(b Batch) []string {
	var list []string
	for _, o := range b.Records.Orders {
		text := fmt.Sprintf(
			"%s %s %s %s, %d lines", o.External, o.Times.PlacedAt.UTC().Format("2006-01-02 15:04"), o.Total, o.Payment, len(o.Lines),
		)
		for _, r := range o.Refunds {
			text += ", refund " + r.Amount.String()
		}
		list = append(list, strings.TrimSpace(text+" "+o.Buyer.Platform+" "+o.Buyer.Country+" "+strings.Join(o.Quality, " ")))
	}
	for _, r := range b.Records.LooseRefunds {
		text := fmt.Sprintf("refund %s %s %s %s", r.External, r.Refund.Amount, r.Buyer.Platform, strings.Join(r.Quality, " "))
		list = append(list, strings.TrimSpace(text))
	}
	for _, r := range b.Refused {
		list = append(list, fmt.Sprintf("line %d %s: %s", r.Line, r.Order, r.Why))
	}
	for i, text := range list {
		list[i] = strings.Join(strings.Fields(text), " ")
	}
	return list
}

// Each case is a file with rows of an export and the records read from it.
func TestOrderLines(t *testing.T) {
	t.Parallel()
	const head = "no,at,sku,qty,price,who,country\n"
	for name, test := range map[string]struct {
		file, dates string
		want        []string
	}{
		"rows of one order are one order, of its first row's time": {
			head + "1,2010-12-01 08:26:00,a,6,2.55,7,United Kingdom\n" +
				"1,2010-12-01 08:25:00,b,1,0.105,7,United Kingdom\n", "",
			[]string{"1 2010-12-01 08:25 15.41 paid, 2 lines 7 GB"}},
		"rows of one order may stand apart": {head + "1,2010-12-01,a,1,1,7,DE\n2,2010-12-01,a,1,2,8,DE\n1,2010-12-01,b,1,4,7,DE\n", "",
			[]string{"1 2010-12-01 00:00 5.00 paid, 2 lines 7 DE", "2 2010-12-01 00:00 2.00 paid, 1 lines 8 DE"}},
		"what only goes back is a refund without an order": {head + "C1,2010-12-01,a,-2,1.5,7,DE\n", "",
			[]string{"refund C1 3.00 7 negative_quantity"}},
		"what partly goes back is a refund of the order": {head + "1,2010-12-01,a,2,1.5,7,DE\n1,2010-12-02,b,-1,1,7,DE\n", "",
			[]string{"1 2010-12-01 00:00 3.00 partially_refunded, 2 lines, refund 1.00 7 DE negative_quantity"}},
		"free and odd prices are kept and named": {head + "1,2010-12-01,a,2,0,,Atlantis\n2,2010-12-01,a,1,-3,7,DE\n", "",
			[]string{"1 2010-12-01 00:00 0.00 paid, 1 lines unknown_country zero_price no_customer",
				"2 2010-12-01 00:00 -3.00 paid, 1 lines 7 DE negative_price"}},
		"times without a zone are the shop's": {head + "1,2010-07-01 00:30,a,1,1,7,DE\n2,2010-07-01T00:30:00Z,a,1,1,7,DE\n", "",
			[]string{"1 2010-06-30 23:30 1.00 paid, 1 lines 7 DE", "2 2010-07-01 00:30 1.00 paid, 1 lines 7 DE"}},
		"a wrong line refuses its order, whole, and no other": {
			head + "1,2010-12-01,a,1,1,7,DE\n1,2010-12-01,b,many,1,7,DE\n2,2010-12-01,a,1,1,7,DE\n", "",
			[]string{"2 2010-12-01 00:00 1.00 paid, 1 lines 7 DE",
				"line 3 1: qty (quantity): number \"many\": write plain decimal text such as 12.30"}},
		"an order has a number and a time": {head + ",2010-12-01,a,1,1,7,DE\n2,,a,1,1,7,DE\n", "",
			[]string{"line 2 : the order's number is empty", "line 3 2: no row of the order has a time (at)"}},
		"what is sold by weight is worth its weight": {head + "1,2010-12-01,a,0.25,10,7,DE\n", "",
			[]string{"1 2010-12-01 00:00 2.50 paid, 1 lines 7 DE quantity_rounded"}},
		"a date with slashes that is explained": {head + "1,12/1/2010 8:26,a,1,1,7,DE\n", "mdy",
			[]string{"1 2010-12-01 08:26 1.00 paid, 1 lines 7 DE"}},
		"years that cannot be are refused": {head + "1,9999-12-31T23:59:59-13:59,a,1,1,7,DE\n2,1899-12-30,a,1,1,7,DE\n", "",
			[]string{"line 2 1: at (at): year 10000: write a time of the years 1970 to 2200",
				"line 3 2: at (at): year 1899: write a time of the years 1970 to 2200"}},
		"semicolons, a byte order mark and quotes": {
			"\ufeffno;at;sku;qty;price;who;country\n\"1\";2010-12-01;\"a;\"\"b\"\"\";1;1;;\n", "",
			[]string{"1 2010-12-01 00:00 1.00 paid, 1 lines no_customer"}},
		"a row that is cut short is refused": {head + "1,2010-12-01,a,1,1\n2,2010-12-01,a,1,1,7,DE\n", "",
			[]string{"2 2010-12-01 00:00 1.00 paid, 1 lines 7 DE",
				"line 2 : 5 of the header's 7 cells: the row is cut short, or another separator was used"}},
		"a quote within a cell is text": {head + "1,2010-12-01,5\" pipe,1,1,7,DE\n2,2010-12-01,a,1,1,7,DE\n", "",
			[]string{"1 2010-12-01 00:00 1.00 paid, 1 lines 7 DE", "2 2010-12-01 00:00 1.00 paid, 1 lines 7 DE"}},
		"what is no text refuses its line": {head + "1,2010-12-01,\xffa,1,1,\xff7,DE\n", "",
			[]string{"line 2 1: sku (product): has bytes that are no text in this encoding; add encoding=..., or correct the cell"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, _ := readCSV(t, test.file, Options{Columns: columnsOfLines, Dates: test.dates})
			if diff := cmp.Diff(described(got), test.want); diff != "" {
				t.Errorf("got, want:\n%s", diff)
			}
		})
	}
}

// An unusable map is refused before any row is read, and the error lists the
// choices.
func TestColumnMaps(t *testing.T) {
	t.Parallel()
	header := []string{"no", "at", "sku", "qty", "price", "who"}
	for mapping, want := range map[string]string{
		"":                                     "map them with map=",
		"order=no,at=at,product=sku,price=qty": "quantity is missing; add quantity=COLUMN",
		"ordr=no":                              "did you mean order?",
		"order=number":                         `the file has no column "number"`,
		"order=no,order=at":                    "order is given twice",
		"order=no,at=no":                       `column "no" is used twice`,
		"order":                                "write field=Column",
	} {
		_, err := mapColumns(header, mapping, Profile{OwnOnly: true})
		if commerce.CodeOf(err) != commerce.Invalid || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", mapping, err, want)
		}
	}
	for _, known := range [][]string{
		{"InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"},
		{"Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID", "Country"},
	} {
		p, err := profileOf("", known)
		if err == nil {
			_, err = mapColumns(known, "", p)
		}
		if err != nil || p.Name == "" {
			t.Errorf("%v: got %v, want it known", known, err)
		}
	}
}

// From a file that breaks off, the complete orders are returned, then the
// error.
func TestFileThatBreaksOffGivesItsCompleteOrders(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken off")
	text := manyLines(6000)
	came := io.MultiReader(strings.NewReader(text[:len(text)/3+1]), iotest.ErrReader(broken))
	h, err := NewCSV(bufio.NewReaderSize(came, PeekBytes), Options{Shop: london, Connection: "h", Columns: columnsOfLines})
	if err != nil {
		t.Fatal(err)
	}
	lines, orders := 0, 0
	for {
		b, err := h.Next()
		if errors.Is(err, broken) {
			break
		}
		if err != nil {
			t.Fatalf("got %v, want %v", err, broken)
		}
		orders += len(b.Records.Orders)
		for _, o := range b.Records.Orders {
			lines += len(o.Lines)
		}
	}
	if least := strings.Count(text, "\n")/2/3 - openOrders - 30; orders < least || lines != 2*orders {
		t.Errorf("got %d orders of %d lines, want at least %d, of two each", orders, lines, least)
	}
}

// manyLines is a file of n orders of two rows each, the second some orders later.
func manyLines(n int) string {
	var b strings.Builder
	b.WriteString("no,at,sku,qty,price,who,country\n")
	for i := range n + 20 {
		if i < n {
			fmt.Fprintf(&b, "%d,2010-12-01,a,1,1,%d,DE\n", i, 1+i%50)
		}
		if i >= 20 {
			fmt.Fprintf(&b, "%d,2010-12-02,b,1,2,%d,DE\n", i-20, 1+(i-20)%50)
		}
	}
	return b.String()
}

// A long file comes in batches, each order once with all its lines.
func TestEachOrderOfALongFileIsInOneBatch(t *testing.T) {
	t.Parallel()
	all, batches := readCSV(t, manyLines(6000), Options{Columns: columnsOfLines})
	seen := map[string]bool{}
	for _, o := range all.Records.Orders {
		if seen[o.External] || len(o.Lines) != 2 {
			t.Errorf("order %s: got %d lines, known %v; want it once, with 2", o.External, len(o.Lines), seen[o.External])
		}
		seen[o.External] = true
	}
	if len(seen) != 6000 || batches < 2 {
		t.Errorf("got %d orders in %d batches, want 6000 in several", len(seen), batches)
	}
}

// Reading any file ends, and every row is in an order or refused.
func FuzzOrderLines(f *testing.F) {
	f.Add("no,at,sku,qty,price,who,country\n1,2010-12-01,a,1,1,7,DE\n")
	f.Add("no;at;sku;qty;price;who;country\n1;2010-12-01;\"a\n\";-1;1e9;7;DE\n;;;")
	f.Add(manyLines(3))
	f.Fuzz(func(t *testing.T, text string) {
		h, err := NewCSV(
			bufio.NewReaderSize(strings.NewReader(text), PeekBytes),
			Options{Shop: london, Connection: "h", Columns: columnsOfLines})
		if err != nil {
			return
		}
		for left := len(text); ; {
			b, err := h.Next()
			if errors.Is(err, io.EOF) {
				return
			}
			left -= b.Lines
			lines := b.Dropped
			for _, o := range b.Records.Orders {
				lines += len(o.Lines)
			}
			if err != nil || lines > b.Lines || left < 0 {
				t.Fatalf("got %d of %d lines, %d bytes left (%v)", lines, b.Lines, left, err)
			}
		}
	})
}

// In a file of order lines a cell of tags is a list too; lines of one order add up.
func TestTagsInAFileAreAList(t *testing.T) {
	t.Parallel()
	file := "no,at,sku,qty,price,labels\n1,2010-12-01,a,1,1,\"vip, wholesale\"\n1,2010-12-01,b,1,1,\" vip ,new,\"\n2,2010-12-01,a,1,1,\n"
	all, _ := readCSV(t, file, Options{Columns: "order=no,at=at,product=sku,quantity=qty,price=price,tags=labels"})
	if orders := all.Records.Orders; len(orders) != 2 || fmt.Sprint(orders[0].Tags, orders[1].Tags) != "[vip wholesale new] []" {
		t.Errorf("got %+v, want one order with tags vip, wholesale and new, and one without", orders)
	}
}
