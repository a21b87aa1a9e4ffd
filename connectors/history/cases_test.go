package history

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"comeback/commerce"
)

var berlin = commerce.Shop{ID: "s", Currency: "EUR", Zone: "Europe/Berlin", Market: commerce.West}

// caseFile reads a file of order lines beside the checkout. Without it the test
// is skipped, or fails where COMEBACK_TEST_SHARED=required.
func caseFile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "cases", "import", name))
	if err != nil && os.Getenv("COMEBACK_TEST_SHARED") == "required" {
		t.Fatal(err)
	}
	if err != nil {
		t.Skipf("no files beside the checkout: %v", err)
	}
	return data
}

// read reads a whole file as an import does, and returns the records, the sums
// of the reading and what was guessed.
func read(t testing.TB, file []byte, encoding string, o Options) (all Batch, g Guess, err error) {
	t.Helper()
	if o.Shop.ID == "" {
		o.Shop = berlin
	}
	o.Connection = "h"
	text, err := Decode(bufio.NewReaderSize(bytes.NewReader(file), PeekBytes), encoding, o.Shop.Market)
	if err != nil {
		return all, g, err
	}
	h, err := NewCSV(text.Reader, o)
	if err != nil {
		return all, g, err
	}
	for {
		b, err := h.Next()
		if err != nil {
			g = h.Guess()
			g.Encoding = text.Encoding()
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return all, g, err
		}
		all.Records.Orders = append(all.Records.Orders, b.Records.Orders...)
		all.Records.LooseRefunds = append(all.Records.LooseRefunds, b.Records.LooseRefunds...)
		all.Refused, all.Lines, all.Left = append(all.Refused, b.Refused...), all.Lines+b.Lines, append(all.Left, b.Left...)
		all.Dropped, all.Nobody = all.Dropped+b.Dropped, all.Nobody+b.Nobody
	}
}

// understood is what was read of a file, in a few words: each order with its state,
// total and buyer, what was refused and left out, and the guesses that are not
// the usual ones.
func understood(b Batch, g Guess, err error) []string {
	if err != nil {
		return []string{"refused: " + err.Error()}
	}
	var list []string
	for _, o := range b.Records.Orders {
		if len(list) == 12 {
			list = append(list, fmt.Sprintf("and %d more", len(b.Records.Orders)-12))
			break
		}
		list = append(list, orderText(o))
	}
	for _, r := range b.Refused {
		list = append(list, fmt.Sprintf("line %d: %s", r.Line, r.Why))
	}
	for _, l := range b.Left {
		list = append(list, fmt.Sprintf("left out from line %d: %d %s", l.First, l.Lines, l.Why))
	}
	guess := strings.Join(strings.Fields(fmt.Sprintf("%s %s %s %s %s", g.Encoding, g.Separator, g.Decimal, g.Dates, g.Profile)), " ")
	if !g.EveryOrderPaid {
		guess += ", has states"
	}
	if len(g.Unused) > 0 {
		guess += ", unused " + strings.Join(g.Unused, " ")
	}
	if guess != "utf-8 , point" {
		list = append(list, guess)
	}
	return list
}

func orderText(o commerce.Order) string {
	text := fmt.Sprintf("%s %s %s %s %s %s", o.External, o.Times.PlacedAt.UTC().Format("2006-01-02 15:04"), o.Total, o.Currency, o.Payment,
		o.Status)
	for _, r := range o.Refunds {
		text += " refund " + r.Amount.String()
	}
	var who []string
	for _, i := range o.Buyer.Identities("h") {
		who = append(who, i.Value)
	}
	text += " " + strings.Join(who, " ")
	for _, l := range o.Lines {
		if l.Title+l.SKU != "tea" || l.Quantity != 1 {
			text += fmt.Sprintf(" [%d %s%s %s]", l.Quantity, l.Title, l.SKU, l.Net)
		}
	}
	return strings.Join(append(strings.Fields(text), o.Quality...), " ")
}

// Each file is one that a shop really has. What a person understands is read;
// what cannot be right is refused by line.
func TestFilesOfShopsAreReadAsAPersonReadsThem(t *testing.T) {
	t.Parallel()
	const rounded = "a spreadsheet rounded this number, its digits are lost; format the column as text and export it again"
	for name, want := range map[string][]string{
		"01-cp1252.csv": {
			"1001 2026-01-05 09:00 9.90 EUR paid completed jo@ex.example",
			"windows-1252 , point",
		},
		"02b-gbk-customers.csv": {
			"3000 2026-01-01 09:00 10.00 EUR paid completed h:~e6~9d~8e~e9~9b~b7",
			"3001 2026-01-02 09:00 20.00 EUR paid completed h:~e9~9f~a9~e6~a2~85~e6~a2~85",
			"3002 2026-01-03 09:00 30.00 EUR paid completed h:~e7~8e~8b~e4~bc~9f",
			"3003 2026-01-04 09:00 40.00 EUR paid completed h:~e5~bc~a0~e6~95~8f",
			"gb18030 , point",
		},
		"03-gbk-header.csv": {
			"2816394852039481765 2026-01-05 09:00 9.90 EUR paid completed h:tb123 +8613800138000",
			"gb18030 , point",
		},
		"03c-bare-eq.csv": {
			"00123 2026-01-05 09:00 9.90 EUR paid completed h:c1",
		},
		"04-utf16le.csv": {
			"1004 2026-01-05 09:00 9.90 EUR paid completed li@ex.example",
			"utf-16le tab point",
		},
		"05b-mixed.csv": {
			"1051 2026-01-05 09:00 9.90 EUR paid completed a@ex.example",
			"1052 2026-01-05 09:00 9.90 EUR paid completed b@ex.example",
			"1053 2026-01-05 09:00 9.90 EUR paid completed c@ex.example",
			"1054 2026-01-05 09:00 9.90 EUR paid completed d@ex.example",
		},
		"06-semicolon-decimal-comma.csv": {
			"1006 2026-01-05 09:00 1234.50 EUR paid completed a@ex.example",
			"1061 2026-01-05 09:00 39.80 EUR paid completed b@ex.example [2 tea 39.80]",
			"utf-8 ; comma",
		},
		"08-symbol.csv": {
			"1008 2026-01-05 09:00 9.90 EUR paid completed a@ex.example",
			"1081 2026-01-05 09:00 9.90 USD paid completed b@ex.example",
		},
		"09-date-00.csv": {
			"10900 2026-01-05 09:30 9.90 EUR paid completed a@ex.example",
		},
		"09-date-02.csv": {
			"10902 2026-01-05 09:30 9.90 EUR paid completed a@ex.example",
		},
		"09-date-06.csv": {
			"10906 2026-01-05 09:30 9.90 EUR paid completed a@ex.example",
		},
		"09-date-07.csv": {
			"10907 2026-01-05 09:30 9.90 EUR paid completed a@ex.example",
		},
		"09-date-10.csv": {
			"10910 2026-01-05 09:30 9.90 EUR paid completed a@ex.example",
		},
		"09-date-11.csv": {
			"10911 2026-01-04 23:00 9.90 EUR paid completed a@ex.example",
		},
		"09-date-14.csv": {
			"refused: time \"1/5/2026 10:30:00 AM\": " + errDayOrder.Error(),
		},
		"09-date-17.csv": {
			"line 2: no row of the order has a time (Created)",
		},
		"10-qty-00.csv": {
			"11000 2026-01-05 09:00 19.80 EUR paid completed a@ex.example [2 tea 19.80]",
		},
		"10-qty-03.csv": {
			"line 2: Qty (quantity): is empty",
		},
		"10-qty-09.csv": {
			"11009 2026-01-05 09:00 29.70 EUR paid completed a@ex.example [3 tea 29.70] quantity_with_unit",
		},
		"11-quote.csv": {
			"1111 2026-01-05 09:00 9.90 EUR paid completed a@ex.example [1 5\" pipe 9.90]",
			"1112 2026-01-05 09:00 9.90 EUR paid completed b@ex.example",
		},
		"13-sep-line.csv": {
			"1131 2026-01-05 09:00 9.90 EUR paid completed a@ex.example",
			"utf-8 ; point",
		},
		"14-total-row.csv": {
			"1141 2026-01-05 09:00 9.90 EUR paid completed a@ex.example",
			"left out from line 3: 1 blank line",
			"left out from line 4: 1 row of totals",
		},
		"15-phones.csv": {
			"1153 2026-01-06 09:00 9.90 EUR paid completed +8613800138000",
			"1154 2026-01-06 09:00 9.90 EUR paid completed +8613800138000",
			"1155 2026-01-06 09:00 9.90 EUR paid completed no_customer",
			"1156 2026-01-06 09:00 9.90 EUR paid completed +8613912345678",
			"1157 2026-01-06 09:00 9.90 EUR paid completed +8613800138000",
			"1158 2026-01-06 09:00 9.90 EUR paid completed +8613800138000",
			"1159 2026-01-06 09:00 9.90 EUR paid completed +8613800138000",
			"line 2: Phone (phone): \"1.38001E+10\": " + rounded,
			"line 3: Phone (phone): \"1.38001E+10\": " + rounded,
		},
		"16-extra-fields-title.csv": {
			"line 2: 8 cells, and the header has 7: write a cell that contains , in quotes",
		},
		"16b-decimal-comma-unquoted.csv": {
			"line 2: 7 cells, and the header has 6: write a cell that contains , in quotes",
			"line 3: 7 cells, and the header has 6: write a cell that contains , in quotes",
		},
		"16c-short-row.csv": {
			"line 2: 4 of the header's 6 cells: the row is cut short, or another separator was used",
			"line 3: 3 of the header's 6 cells: the row is cut short, or another separator was used",
			"line 4: 1 of the header's 6 cells: the row is cut short, or another separator was used",
		},
		"17b-shopify-export-nozone.csv": {
			"#2001 2026-01-05 09:30 85.00 EUR paid completed ann@ex.example +4915112345678 [1 Teapotpot 100.00]",
			"#2002 2026-01-06 09:30 50.00 EUR unpaid open bob@ex.example [1 Teatea 50.00]",
			"#2003 2026-01-07 09:30 70.00 EUR voided cancelled cy@ex.example [1 Teatea 70.00]",
			"#2004 2026-01-08 09:30 90.00 EUR refunded completed refund 90.00 di@ex.example [1 Teatea 90.00]",
			"#2005 2026-01-09 09:30 9000 JPY paid completed ed@ex.example [1 Teatea 9000]",
			"#2006 2026-01-10 09:30 30.00 EUR paid completed fy@ex.example [1 Teatea 10.00] [2 Cupcup 20.00]",
			"utf-8 , point shopify, has states",
		},
		"18-first-row-only.csv": {
			"1801 2026-01-05 09:00 37.90 EUR paid completed a@ex.example [2 cup 8.00] [1 pot 20.00]",
		},
		"19-comma-in-header.csv": {
			"1901 2026-01-05 09:00 9.90 EUR paid completed a@ex.example",
		},
		"33-february-shorter.csv": {
			"50000 2026-01-05 09:00 9.90 EUR paid completed c0@ex.example",
			"50001 2026-01-05 09:00 9.90 EUR paid completed c1@ex.example",
			"50002 2026-01-05 09:00 9.90 EUR paid completed c2@ex.example",
			"50003 2026-01-05 09:00 9.90 EUR paid completed c3@ex.example",
			"50004 2026-01-05 09:00 9.90 EUR paid completed c4@ex.example",
			"50005 2026-01-05 09:00 9.90 EUR paid completed c5@ex.example",
			"50006 2026-01-05 09:00 9.90 EUR paid completed c6@ex.example",
			"50007 2026-01-05 09:00 9.90 EUR paid completed c7@ex.example",
			"50008 2026-01-05 09:00 9.90 EUR paid completed c8@ex.example",
			"50009 2026-01-05 09:00 9.90 EUR paid completed c9@ex.example",
			"50010 2026-01-05 09:00 9.90 EUR paid completed c10@ex.example",
			"50011 2026-01-05 09:00 9.90 EUR paid completed c11@ex.example",
			"and 1993 more",
			"utf-8 , point, has states",
		},
		"33-january.csv": {
			"50000 2026-01-05 09:00 9.90 EUR paid completed c0@ex.example",
			"50001 2026-01-05 09:00 9.90 EUR paid completed c1@ex.example",
			"50002 2026-01-05 09:00 9.90 EUR paid completed c2@ex.example",
			"50003 2026-01-05 09:00 9.90 EUR paid completed c3@ex.example",
			"50004 2026-01-05 09:00 9.90 EUR paid completed c4@ex.example",
			"50005 2026-01-05 09:00 9.90 EUR paid completed c5@ex.example",
			"50006 2026-01-05 09:00 9.90 EUR paid completed c6@ex.example",
			"50007 2026-01-05 09:00 9.90 EUR paid completed c7@ex.example",
			"50008 2026-01-05 09:00 9.90 EUR paid completed c8@ex.example",
			"50009 2026-01-05 09:00 9.90 EUR paid completed c9@ex.example",
			"50010 2026-01-05 09:00 9.90 EUR paid completed c10@ex.example",
			"50011 2026-01-05 09:00 9.90 EUR paid completed c11@ex.example",
			"and 1988 more",
			"utf-8 , point, has states",
		},
		"34-null-customers.csv": {
			"3401 2026-01-05 09:00 10.00 EUR paid completed no_customer",
			"3402 2026-01-06 09:00 20.00 EUR paid completed no_customer",
			"3403 2026-01-07 09:00 30.00 EUR paid completed no_customer",
			"3404 2026-01-08 09:00 40.00 EUR paid completed no_customer",
			"3405 2026-01-09 09:00 50.00 EUR paid completed no_customer",
			"3406 2026-01-09 09:00 60.00 EUR paid completed no_customer",
			"3407 2026-01-09 09:00 70.00 EUR paid completed no_customer",
			"3408 2026-01-09 09:00 80.00 EUR paid completed h:17850",
			"3409 2026-01-09 09:00 90.00 EUR paid completed h:17850",
			"3410 2026-01-09 09:00 15.00 EUR paid completed no_customer",
			"3411 2026-01-09 09:00 15.00 EUR paid completed no_customer",
		},
		"36-sci-order.csv": {
			"line 2: Name (order): \"2.81639E+18\": " + rounded,
			"line 3: Name (order): \"2.81639E+18\": " + rounded,
			"line 4: Name (order): \"2.81639E+18\": " + rounded,
		},
		"40-seg-list-gbk.csv": {
			"refused: columns email, 备注: no column for order, at, product, quantity, price",
		},
		"42-seg-list-semicolon-bom.csv": {
			"refused: columns E-Mail, Name: no column for at, product, quantity, price",
		},
		"correct_v1.csv": {
			"1 2026-10-01 08:00 10.00 EUR paid completed u1@example.com [1 10.00]",
			"2 2026-10-01 08:00 10.00 EUR paid completed u2@example.com [1 10.00]",
			"3 2026-10-01 08:00 10.00 EUR paid completed u3@example.com [1 10.00]",
			"4 2026-10-01 08:00 10.00 EUR paid completed u4@example.com [1 10.00]",
			"5 2026-10-01 08:00 10.00 EUR paid completed u5@example.com [1 10.00]",
			"6 2026-10-01 08:00 10.00 EUR paid completed u6@example.com [1 10.00]",
			"7 2026-10-01 08:00 10.00 EUR paid completed u7@example.com [1 10.00]",
			"8 2026-10-01 08:00 10.00 EUR paid completed u8@example.com [1 10.00]",
		},
		"correct_v2.csv": {
			"1 2026-10-01 08:00 20.00 EUR paid completed u1@example.com [1 20.00]",
			"2 2026-10-01 08:00 20.00 EUR paid completed u2@example.com [1 20.00]",
			"3 2026-10-01 08:00 20.00 EUR paid completed u3@example.com [1 20.00]",
			"4 2026-10-01 08:00 20.00 EUR paid completed u4@example.com [1 20.00]",
			"5 2026-10-01 08:00 20.00 EUR paid completed u5@example.com [1 20.00]",
			"6 2026-10-01 08:00 20.00 EUR paid completed u6@example.com [1 20.00]",
			"7 2026-10-01 08:00 20.00 EUR paid completed u7@example.com [1 20.00]",
			"8 2026-10-01 08:00 20.00 EUR paid completed u8@example.com [1 20.00]",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, g, err := read(t, caseFile(t, name), "", Options{})
			got := understood(b, g, err)
			got[0], _, _ = strings.Cut(got[0], "; map them with")
			if diff := cmp.Diff(got, want); diff != "" {
				t.Errorf("got, want:\n%s", diff)
			}
		})
	}
}
