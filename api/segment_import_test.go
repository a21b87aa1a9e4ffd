package api_test

import (
	"strings"
	"testing"

	"comeback/api"
	"comeback/commerce"
	"comeback/segments"
)

type imported struct {
	Lines, Found, Changed, Unknown, Refused int
	Odd                                     []struct {
		Line int
		Why  string
	}
}

// people gives a shop customers that are known by e-mail, phone and id.
func (s *service) people(shop string) {
	for n, a := range []commerce.Attributes{
		{Email: "ann@example.com"}, {Phone: "+4915112345678"}, {Email: "bo@example.com", Phone: "+8613912345678"},
	} {
		id := commerce.Key(shop, "c", string(rune('1'+n)))
		s.store.customers[id] = commerce.Customer{ID: id, Shop: shop, N: int64(n + 1), Profile: commerce.Profile{Attributes: a}}
	}
}

// A list names customers by id, e-mail or phone, one of them a line. Unknown
// ones are reported by line, and all others are added. The same list again
// changes nothing.
func TestImportOfPeople(t *testing.T) {
	t.Parallel()
	for kind, body := range map[string]string{
		"text/csv": "\ufeffName,E-Mail,email,PHONE,id\n" +
			"Ann,,Ann@Example.com,,\n" +
			"\"Smith\nthe second\",,,+49 151 12345678,\n" +
			",,,,demo:c:3\n" +
			",,nobody@example.com,,\n" +
			",,not an address,,\n" +
			"short\n",
		"application/x-ndjson": `{"email": "Ann@Example.com"}` + "\n\n" + `{"phone": "+49 151 12345678"}` + "\n" + `"demo:c:3"` + "\n" +
			`{"email": "nobody@example.com"}` + "\n" + `{"mail": "x"}` + "\n" + `{"id": 7}` + "\n",
	} {
		s := setup(t)
		key := s.shop("demo")
		s.people("demo")
		s.expect(t, 201, "POST", "/v1/segments", staticFile, key)
		for _, changed := range []int{3, 0} {
			r := got[imported](t,
				s.expect(t, 200, "POST", "/v1/segments/list/import?reason=fair", body, key, "Content-Type: "+kind+"; charset=utf-8"))
			if r.Lines != 6 || r.Found != 3 || r.Changed != changed || r.Unknown != 1 || r.Refused != 2 || len(r.Odd) != 3 {
				t.Errorf("%s: got %+v, want 3 of 6 found and %d changed", kind, r, changed)
			}
		}
		if l := s.store.segments.listed[commerce.Key("demo", "list", "demo:c:3")]; !l.Included || l.Reason != "fair" || l.N != 3 {
			t.Errorf("%s: got %+v listed", kind, l)
		}
		s.expect(t, 200, "POST", "/v1/segments/list/import?as=excluded", body, key, "Content-Type: "+kind)
		if l := s.store.segments.listed[commerce.Key("demo", "list", "demo:c:1")]; l.Included || l.Reason != "import" {
			t.Errorf("%s: got %+v, want them kept out", kind, l)
		}
		if strings.Contains(s.log.String(), "example.com") {
			t.Error("the log holds an address")
		}
	}
}

// A list is read as spreadsheets write it: in any encoding, with any separator,
// with usual names of columns. A line that cannot be read is reported, and costs
// no other line.
func TestListsOfSpreadsheetsAreReadAsOrderFilesAre(t *testing.T) {
	t.Parallel()
	s := setup(t)
	key := s.shop("demo")
	s.people("demo")
	s.expect(t, 201, "POST", "/v1/segments", staticFile, key)
	wide := func(text string) string {
		var b strings.Builder
		for _, c := range []byte(text) {
			b.Write([]byte{c, 0})
		}
		return b.String()
	}
	for name, c := range map[string]struct {
		body           string
		found, refused int
	}{
		"GBK, with a Chinese header":        {"\xd3\xca\xcf\xe4,\xb1\xb8\xd7\xa2\r\nann@example.com,\xc0\xcf\xbf\xcd\r\n", 1, 0},
		"semicolons and a mark":             {"\ufeffE-Mail;Name\r\nANN@example.com ;Ann\r\n", 1, 0},
		"windows-1252 and tabs":             {"E-Mail-Adresse\tOrt\nann@example.com\tD\xfcsseldorf\n", 1, 0},
		"UTF-16":                            {"\xff\xfe" + wide("email,name\nann@example.com,Ann\n"), 1, 0},
		"old line ends and guards of Excel": {"Phone,Note\r=\"+4915112345678\",a\r'+8613912345678,b\r", 2, 0},
		"an open quote, and a short row":    {"email,note\n\"a,b\nann@example.com\nann@example.com,x\n", 1, 2},
		"blank lines are no lines":          {"email\n\nann@example.com\n\n", 1, 0},
	} {
		r := got[imported](t, s.expect(t, 200, "POST", "/v1/segments/list/import", c.body, key, "Content-Type: text/csv"))
		if r.Found != c.found || r.Refused != c.refused || r.Lines != c.found+c.refused {
			t.Errorf("%s: got %+v, want %d found and %d refused", name, r, c.found, c.refused)
		}
	}
}

// Reported lines have their number in the file.
func TestImportReportsLineNumbers(t *testing.T) {
	t.Parallel()
	s := setup(t)
	key := s.shop("demo")
	s.expect(t, 201, "POST", "/v1/segments", staticFile, key)
	r := got[imported](t,
		s.expect(t, 200, "POST", "/v1/segments/list/import", "email,note\na@b.c,\"two\nlines\"\nx,\n", key, "Content-Type: text/csv"))
	if len(r.Odd) != 2 || r.Odd[0].Line != 2 || r.Odd[1].Line != 4 || r.Odd[1].Why != "email: not an e-mail address" {
		t.Errorf("got %+v, want lines 2 and 4", r.Odd)
	}
}

// An invalid list is refused with the remedy.
func TestImportRefuses(t *testing.T) {
	t.Parallel()
	s := setup(t)
	key := s.shop("demo")
	s.expect(t, 201, "POST", "/v1/segments", staticFile, key)
	for name, c := range map[string]struct {
		status                    int
		target, kind, body, wants string
	}{
		"another kind of file":          {400, "list/import", "application/json", "[]", "text/csv or application/x-ndjson"},
		"columns that name nobody":      {400, "list/import", "text/csv", "name\nAnn\n", "names the columns"},
		"nothing":                       {400, "list/import", "text/csv", "", "names the columns"},
		"an encoding there is not":      {400, "list/import?encoding=klingon", "text/csv", "id\nx\n", "gb18030"},
		"an encoding nobody can tell":   {400, "list/import", "text/csv", "id,note\nx,\xaa\xac \xb9\xbd\xad\n", "encoding="},
		"a line longer than any person": {400, "list/import", "application/x-ndjson", strings.Repeat("x", 70<<10), "line 1: longer"},
		"more than an import may be":    {413, "list/import", "application/x-ndjson", strings.Repeat("\n", 33<<20), "send it in parts"},
		"a list there is not":           {404, "none/import", "text/csv", "id\nx\n", "not found"},
		"another way of listing":        {400, "list/import?as=maybe", "text/csv", "id\nx\n", "excluded"},
		"a reason of two lines":         {400, "list/import?reason=a%0Ab", "text/csv", "id\nx\n", "line break"},
	} {
		w := s.expect(t, c.status, "POST", "/v1/segments/"+c.target, c.body, key, "Content-Type: "+c.kind)
		if !strings.Contains(w.Body.String(), c.wants) {
			t.Errorf("%s: got %s, want %q", name, w.Body, c.wants)
		}
	}
}

// Any list is read to its end or refused. Each line counts once, and only named
// customers are added.
func FuzzImportOfPeople(f *testing.F) {
	for _, seed := range []string{
		"id\na\n", "email,phone\n\"a\"\"b\",1\n", `{"id": "x"}`, "\"demo:c:1\"\n{\"email\":\"ann@example.com\"}\n",
		"\ufeffid\r\n\r\ndemo:c:1\r\n", "{\n[", "id\n\x00\xff",
	} {
		f.Add(seed, true)
		f.Add(seed, false)
	}
	f.Fuzz(func(t *testing.T, body string, asCSV bool) {
		kind := "application/x-ndjson"
		if asCSV {
			kind = "text/csv"
		}
		s := setup(t, func(c *api.Config) { c.Log = quiet() })
		key := s.shop("demo")
		s.people("demo")
		s.store.segments.kept["demo:list"] = segments.Stored{ID: "demo:list", Shop: "demo", Segment: "list", Version: 1, State: segments.Active}
		s.store.segments.files["demo:list:1"] = segments.Definition{}
		w := s.do("POST", "/v1/segments/list/import", body, key, "Content-Type: "+kind)
		if w.Code != 200 && w.Code != 400 {
			t.Fatalf("got %d %s", w.Code, w.Body)
		}
		r, breaks := got[imported](t, w), strings.Count(body, "\n")+strings.Count(body, "\r")
		wrong := r.Lines != r.Found+r.Unknown+r.Refused || len(s.store.segments.listed) > r.Found || r.Lines > breaks+1
		if w.Code == 200 && wrong {
			t.Errorf("got %+v of %q", r, body)
		}
	})
}
