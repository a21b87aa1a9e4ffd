package history

import (
	"bufio"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The date of an order and its time of day may be in two columns. They are one instant.
func TestDateAndTimeOfDayInTwoColumnsAreOneInstant(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ head, date, clock, want string }{
		"two usual names":          {"Order Date,Order Time", "2011-03-05", "09:07:30", "2011-03-05 09:07"},
		"short names":              {"Date,Time", "05.03.2011", "9:07", "2011-03-05 09:07"},
		"morning and afternoon":    {"Order Date,Order Time", "2011-03-05", "9:07 PM", "2011-03-05 21:07"},
		"Chinese":                  {"下单日期,下单时间", "2011-03-05", "21:07:00", "2011-03-05 21:07"},
		"German":                   {"Datum,Uhrzeit", "05.03.2011", "21:07", "2011-03-05 21:07"},
		"midnight of spreadsheets": {"Order Date,Order Time", "2011-03-05 00:00:00", "21:07:00", "2011-03-05 21:07"},
		"a row without a time":     {"Order Date,Order Time", "2011-03-05", "", "2011-03-05 00:00"},
		"a date with its time":     {"Order Date,Order Time", "2011-03-05 10:00", "21:07:00", "2011-03-05 10:00"},
		"another column of times":  {"Order Date,Opening Time", "2011-03-05", "21:07:00", "2011-03-05 00:00"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := "Order Number,SKU,Quantity,Price," + test.head + "\n1,a,1,2.50," + test.date + "," + test.clock + "\n"
			if test.clock == "" {
				file += "2,a,1,2.50," + test.date + ",10:00\n"
			}
			all, _ := readCSV(t, file, Options{Shop: london})
			if len(all.Records.Orders) == 0 {
				t.Fatalf("no order: %v", all.Refused)
			}
			got := all.Records.Orders[0].Times.PlacedAt.UTC().Format("2006-01-02 15:04")
			if diff := cmp.Diff(got, test.want); diff != "" {
				t.Errorf("got, want:\n%s", diff)
			}
		})
	}
}

// The report names both columns, and none of them as not used.
func TestReportNamesTheColumnOfTheTimeOfDay(t *testing.T) {
	t.Parallel()
	const file = "Order Number,SKU,Quantity,Price,Order Date,Order Time\n1,a,1,2.50,2011-03-05,9:07\n"
	h, err := NewCSV(bufio.NewReaderSize(strings.NewReader(file), PeekBytes), Options{Shop: london})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range h.Guess().Columns {
		if c.Field == "at" {
			names = append(names, c.Column)
		}
	}
	if got := strings.Join(names, ", "); got != "Order Date, Order Time" || len(h.Guess().Unused) > 0 {
		t.Errorf("got %s, not used %v", got, h.Guess().Unused)
	}
}
