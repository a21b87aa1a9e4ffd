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
	"time"

	"github.com/google/go-cmp/cmp"

	"comeback/commerce"
)

// someday is the time at which the tests of lists read a file.
func someday() time.Time { return time.Date(2011, 6, 1, 0, 0, 0, 0, time.UTC) }

// reader returns batches until io.EOF.
type reader interface{ Next() (Batch, error) }

// decodedFile is a file of testdata as UTF-8.
func decodedFile(t testing.TB, name string, shop commerce.Shop) *bufio.Reader {
	t.Helper()
	file, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	text, err := Decode(bufio.NewReaderSize(bytes.NewReader(file), PeekBytes), "", shop.Market)
	if err != nil {
		t.Fatal(err)
	}
	return text.Reader
}

// allOf joins all batches.
func allOf(t testing.TB, r reader) Batch {
	t.Helper()
	var all Batch
	for {
		b, err := r.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all.Records.Customers = append(all.Records.Customers, b.Records.Customers...)
		all.Records.Products = append(all.Records.Products, b.Records.Products...)
		all.Records.Orders = append(all.Records.Orders, b.Records.Orders...)
		all.Records.LooseRefunds = append(all.Records.LooseRefunds, b.Records.LooseRefunds...)
		all.Records.Suppressions = append(all.Records.Suppressions, b.Records.Suppressions...)
		all.Refused, all.Left, all.Lines = append(all.Refused, b.Refused...), append(all.Left, b.Left...), all.Lines+b.Lines
		all.Nobody += b.Nobody
	}
}

// golden compares what a sample contains with NAME.want beside it, which
// COMEBACK_TEST_WRITE=1 writes.
func golden(t testing.TB, name string, got []string) {
	t.Helper()
	file, text := filepath.Join("testdata", name+".want"), strings.Join(got, "\n")+"\n"
	if os.Getenv("COMEBACK_TEST_WRITE") != "" {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(text, "\n")); diff != "" {
		t.Errorf("%s: %s", name, diff)
	}
}

// day writes a time in short.
func day(at time.Time) string { return at.UTC().Format("2006-01-02 15:04") }

// describedPeople are the records of a batch in a few words each.
func describedPeople(b Batch) []string {
	var list []string
	add := func(format string, values ...any) {
		text := fmt.Sprintf(format, values...)
		indent := text[:len(text)-len(strings.TrimLeft(text, " "))]
		list = append(list, indent+strings.Join(strings.Fields(text), " "))
	}
	for _, r := range b.Records.Customers {
		a := r.Attributes
		points := ""
		if a.Points != nil {
			points = fmt.Sprint("points ", *a.Points)
		}
		add("%s %s %s %s: %s %s %s %s %s %s %s %s %s %s %s", r.External, r.Email, r.Phone, r.Aspect, a.FirstName, a.LastName, a.Gender,
			a.Birthday, a.Country, a.City, a.MemberLevel, points, strings.Join(a.Tags, "/"), strings.Join(r.TagsAdded, "/"), day(r.Version))
		for _, kv := range a.Custom {
			add("  %s=%s", kv.Key, kv.Value)
		}
		if !r.OpenedAt.IsZero() {
			add("  opened %s clicked %s", day(r.OpenedAt), day(r.ClickedAt))
		}
		for _, c := range r.Consents {
			state := string(c.State)
			if c.Granted {
				state = "granted"
			}
			if c.Explicit {
				state += " explicitly"
			}
			if c.Refused() {
				state = "withdrawn"
			}
			add("  %s %s %s by %s", c.Channel, state, day(c.At), c.Source)
		}
	}
	for _, s := range b.Records.Suppressions {
		add("suppressed %s %s %s %s", s.Address.Clear(), s.Scope, s.Reason, day(s.At))
	}
	for _, r := range b.Refused {
		add("line %d: %s", r.Line, r.Why)
	}
	for _, l := range b.Left {
		add("%d from line %d: %s", l.Lines, l.First, l.Why)
	}
	return list
}

func TestExportsOfCustomersAreReadWithTheirConsents(t *testing.T) {
	t.Parallel()
	west := commerce.Shop{ID: "s", Market: commerce.West, Currency: "EUR", Zone: "Europe/Berlin"}
	china := commerce.Shop{ID: "s", Market: commerce.China, Currency: "CNY", Zone: "Asia/Shanghai"}
	for _, c := range []struct {
		file, profile string
		shop          commerce.Shop
		options       ListOptions
	}{
		{file: "shopify.csv", profile: "shopify-customers", shop: west},
		{file: "woocommerce.csv", profile: "woocommerce-customers", shop: west},
		{file: "woocommerce-users.csv", profile: "woocommerce-users", shop: west},
		{file: "klaviyo.csv", profile: "klaviyo", shop: west, options: ListOptions{Custom: true}},
		{file: "klaviyo-suppressions.csv", shop: west},
		{file: "mailchimp-subscribed.csv", profile: "mailchimp", shop: west},
		{file: "mailchimp-unsubscribed.csv", profile: "mailchimp-unsubscribed", shop: west},
		{file: "mailchimp-cleaned.csv", profile: "mailchimp-cleaned", shop: west},
		{file: "omnisend.csv", profile: "omnisend", shop: west},
		{file: "huiyuan.csv", shop: china, options: ListOptions{Custom: true}},
	} {
		o := c.options
		o.Shop, o.Connection, o.ReadAt, o.Name = c.shop, "past", someday(), c.file
		h, err := NewCustomers(decodedFile(t, "customers/"+c.file, c.shop), o)
		if err != nil {
			t.Errorf("%s: %v", c.file, err)
			continue
		}
		if h.Guess().Profile != c.profile {
			t.Errorf("%s: profile %q, want %q", c.file, h.Guess().Profile, c.profile)
		}
		golden(t, "customers/"+c.file, describedPeople(allOf(t, h)))
	}
}

// A customer without a year of birth keeps the day. What no calendar has is left
// out, and the rest of the row is imported.
func TestBirthdaysAreReadWithAndWithoutTheirYear(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"1990-05-12": "1990-05-12", "12.05.1990": "1990-05-12", "12.5.": "--05-12", "5月12日": "--05-12", "1990年5月12日": "1990-05-12",
		"05/25": "--05-25", "25/05": "--05-25", "19900512": "1990-05-12", "1990-05-12 00:00:00": "1990-05-12", "32988": "1990-04-25",
		"--02-29": "--02-29", "0000-02-29": "--02-29", "1904-05-12": "--05-12", "May 12, 1990": "1990-05-12", "12 May": "--05-12",
		"1900-01-01": "", "0001-01-01": "", "0000-00-00": "", "1990-02-29": "?", "31/31": "?", "05/06": "?", "soon": "?", "1790-01-02": "?",
	} {
		p := person{}
		c := listCell{options: &ListOptions{}, profile: &Profile{}, clock: clock{zone: time.UTC}}
		err := setBirthday(&c, &p, text)
		if got := p.record.Attributes.Birthday; (err != nil) != (want == "?") || want != "?" && got != want {
			t.Errorf("%q: %q, %v, want %q", text, got, err, want)
		}
	}
}

// FuzzCustomers: no file makes the reader panic, and no row is lost without a
// word.
func FuzzCustomers(f *testing.F) {
	f.Add("Email,Birthday,Tags,Points,Accepts Marketing\na@example.com,05/12,\"a,b\",1.5,yes\n")
	f.Add("会员名,手机,生日\n小明,13812345670,5月20日\n,,\n")
	f.Add("Email;Email Suppressions\nx@y.z;\"[{\"\"reason\"\":\"\"SPAM\"\",\"\"timestamp\"\":\"\"2011-01-01\"\"}]\"\n")
	f.Fuzz(func(t *testing.T, text string) {
		o := ListOptions{Connection: "past", ReadAt: someday(), Custom: true, Dates: "dmy", Decimal: "point"}
		h, err := NewCustomers(bufio.NewReaderSize(strings.NewReader(text), PeekBytes), o)
		if err != nil {
			return
		}
		for {
			b, err := h.Next()
			if err != nil {
				return
			}
			whole := 0
			for _, l := range b.Left {
				if !strings.Contains(l.Why, "the rest of the line") {
					whole += l.Lines
				}
			}
			people := 0
			for _, r := range b.Records.Customers {
				people += count(r.Aspect == "")
			}
			if people+len(b.Refused)+whole != b.Lines {
				t.Fatalf("%d lines: %d people, %d refused, %d left out", b.Lines, people, len(b.Refused), whole)
			}
		}
	})
}

func TestWholeNumbersMayHaveSeparatorsOfThousands(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{"1,280": 1280, "1.280": 1280, "12": 12, "1 280": 1280, "99.5": 100, "1,234,567": 1234567} {
		if got, err := wholeNumber(text); err != nil || got != want {
			t.Errorf("%q: %d, %v, want %d", text, got, err, want)
		}
	}
}
