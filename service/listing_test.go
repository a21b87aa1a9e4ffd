package service

import (
	"comeback/store/documents"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// ids asks for a list and returns one field of its items, page by page.
func (s *trial) ids(t *testing.T, path, field string, query ...string) string {
	t.Helper()
	q := url.Values{}
	for i := 0; i < len(query); i += 2 {
		q.Set(query[i], query[i+1])
	}
	var all []string
	for next := path + "?" + q.Encode(); next != ""; {
		var page struct {
			Items []map[string]any `json:"items"`
			Next  string           `json:"next"`
		}
		if err := json.Unmarshal([]byte(s.asks(t, s.key, 200, "GET "+next, "")), &page); err != nil {
			t.Fatal(err)
		}
		for _, item := range page.Items {
			all = append(all, fmt.Sprint(item[field]))
		}
		next = page.Next
	}
	return strings.Join(all, " ")
}

// A merchant finds an order by its number, its status, its payment and its date,
// and no order of another shop.
func TestOrdersAreFoundByNumberStatusAndDate(t *testing.T) {
	t.Parallel()
	eachTrial(t, func(t *testing.T, s *trial) {
		first := s.at().Add(-10 * 24 * time.Hour)
		for i, o := range []map[string]any{
			{"number": "#A100", "payment_status": "paid", "status": "completed"},
			{"number": "A101", "payment_status": "unpaid", "status": "open"},
			{"number": "A102", "payment_status": "unpaid", "status": "cancelled"},
			{"number": "A101", "payment_status": "refunded", "status": "completed"},
		} {
			placed := first.Add(time.Duration(i) * 24 * time.Hour)
			o["id"], o["placed_at"] = fmt.Sprint(i+1), written(placed)
			s.posts("generic", "order", genericBody(s.at()), o)
		}
		day := func(n int) string { return first.Add(time.Duration(n) * 24 * time.Hour).UTC().Format(time.RFC3339) }
		for _, c := range []struct {
			query []string
			want  string
		}{
			{nil, "4 3 2 1"},
			{[]string{"number", "a100"}, "1"}, {[]string{"number", "#A101", "limit", "1"}, "4 2"}, {[]string{"number", "3"}, "3"},
			{[]string{"number", "A10"}, ""},
			{[]string{"payment_status", "unpaid"}, "3 2"}, {[]string{"status", "completed", "limit", "1"}, "4 1"},
			{[]string{"status", "cancelled", "payment_status", "unpaid"}, "3"}, {[]string{"status", "open", "number", "A101"}, "2"},
			{[]string{"from", day(1), "to", day(3)}, "3 2"}, {[]string{"to", day(2), "payment_status", "unpaid"}, "2"},
		} {
			if got := s.ids(t, "/v1/orders", "external_id", c.query...); got != c.want {
				t.Errorf("%v: got orders %q, want %q", c.query, got, c.want)
			}
		}
		for query, want := range map[string]string{
			"status=done": "is not one of open, completed, cancelled", "payment_status=payed": "is not one of unpaid,",
			"from=yesterday": "write a time such as", "state=open": "this list knows limit, cursor, customer, number, status",
		} {
			if got := s.asks(t, s.key, 400, "GET /v1/orders?"+query, ""); !strings.Contains(got, want) {
				t.Errorf("%s: got %s, want %s", query, got, want)
			}
		}
	})
}

// A merchant finds a customer by e-mail, phone and the beginning of the name, in
// any case and width, first or last name first.
func TestCustomersAreFoundByEmailPhoneAndName(t *testing.T) {
	t.Parallel()
	eachTrial(t, func(t *testing.T, s *trial) {
		people := []map[string]any{
			{"email": "anna@example.com", "first_name": "Anna", "last_name": "Müller", "phone": "+493012345678"},
			{"email": "ann@example.com", "first_name": "Ann", "last_name": "Annan"},
			{"email": "lei@example.com", "first_name": "雷", "last_name": "李", "phone": "13912345678"},
			{"email": "mara@example.com", "first_name": "Mara", "last_name": "Anners", "phone": "+493012345678"},
		}
		for i, buyer := range people {
			s.posts("generic", "order", genericBody(s.at()), map[string]any{"id": fmt.Sprint(i + 1), "buyer": buyer})
		}
		s.later(time.Minute)
		for _, c := range []struct{ name, value, want string }{
			{"email", " ANNA@example.com", "Anna"}, {"email", "nobody@example.com", ""},
			{"phone", "+49 30 12345678", "Anna Mara"}, {"phone", "139 1234 5678", "雷"}, {"phone", "+493012345679", ""},
			{"name", "ann", "Anna Ann Mara"}, {"name", "MÜLLER a", "Anna"}, {"name", "ａｎｎａ　ｍｕ\u0308", "Anna"},
			{"name", "李雷", "雷"}, {"name", "雷 李", "雷"}, {"name", "ler", ""},
		} {
			for _, limit := range []string{"1", "2", "50"} {
				var names []string
				for id := range strings.FieldsSeq(s.ids(t, "/v1/customers", "id", c.name, c.value, "limit", limit)) {
					var found struct {
						Attributes struct {
							FirstName string `json:"first_name"`
						}
					}
					if err := json.Unmarshal([]byte(s.asks(t, s.key, 200, "GET /v1/customers/"+id, "")), &found); err != nil {
						t.Fatal(err)
					}
					names = append(names, found.Attributes.FirstName)
				}
				if got := strings.Join(names, " "); got != c.want {
					t.Errorf("%s %q, %s a page: got %q, want %q", c.name, c.value, limit, got, c.want)
				}
			}
		}
		for query, want := range map[string]string{
			"email=anna": "write it whole", "phone=12": "with its country code", "name=+": "is empty", "name=a&phone=%2B493012345678": "give one",
		} {
			if got := s.asks(t, s.key, 400, "GET /v1/customers?"+query, ""); !strings.Contains(got, want) {
				t.Errorf("%s: got %s, want %s", query, got, want)
			}
		}
	})
}

// A customer that an older version stored is found by name as well.
func TestCustomersOfAnOlderStoreAreFoundByName(t *testing.T) {
	t.Parallel()
	eachOldStore(t, func(t *testing.T, docs documents.Database) {
		s := serveOld(t, docs)
		named := 0
		for _, c := range s.list(t, "/v1/customers?limit=20")[:20] {
			last, _ := c["attributes"].(map[string]any)["last_name"].(string)
			if last == "" {
				continue
			}
			named++
			found := s.list(t, "/v1/customers?"+url.Values{"name": {strings.ToUpper(last)}}.Encode())
			if !slices.ContainsFunc(found, func(x map[string]any) bool { return x["id"] == c["id"] }) {
				t.Errorf("%s: got %d customers without the one of that name", last, len(found))
			}
		}
		if named == 0 {
			t.Error("no customer has a name: the test proves nothing")
		}
	})
}
