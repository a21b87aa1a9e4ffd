package service

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"comeback/campaigns"
	"comeback/commerce"
)

const peopleOfS = "/v1/shops/s/imports?kind=customers&connection=generic&format=csv&name=people.csv" +
	"&map=email%3DEmail%2Cemail_consent%3DConsent%2Cemail_consent_at%3DAt%2Clast_open_at%3DOpened%2Ctags%3DTags%2Cbirthday%3DBirthday"

const peopleHead = "Email,Consent,At,Opened,Tags,Birthday\n"

// person is the profile of the customer with an address in shop s.
func (x *target) person(t *testing.T, email string) commerce.Customer {
	t.Helper()
	list, _, err := x.ListCustomers(t.Context(), "s", commerce.CustomerFilter{Email: email}, "", 2)
	if err != nil || len(list) != 1 {
		t.Fatalf("%s: got %d customers (%v), want one", email, len(list), err)
	}
	return list[0]
}

// says is a statement of a person about marketing, as the platform reports it.
func (x *target) says(t *testing.T, email string, granted bool, at time.Time) {
	t.Helper()
	r := commerce.CustomerRecord{
		Connection: "generic", Version: at, Received: at, Email: email, Verified: true,
		Consents: []commerce.Consent{{Channel: "email", Granted: granted, Explicit: granted, At: at, Source: "form"}},
	}
	if _, err := x.SaveRecord(t.Context(), "s", r); err != nil {
		t.Fatal(err)
	}
	if _, err := x.RecomputeAll(t.Context(), "s"); err != nil {
		t.Fatal(err)
	}
}

// A shop moves in from another tool: customers, consents, and old orders. Nobody gets
// a mail because of it, neither at once nor later, although the ready campaigns are
// active. A customer who unsubscribed there gets no marketing here; one who agreed may.
func TestMovingInFromAnotherToolMailsNobody(t *testing.T) {
	t.Parallel()
	attacked(t, func(t *testing.T, x *target) {
		ready, err := campaigns.Ready(commerce.West, "")
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range ready {
			activate(t, x.Store, string(c.JSON))
		}
		old := x.at().AddDate(-1, 0, 0)
		var people, orders strings.Builder
		for i := range 20 {
			fmt.Fprintf(&people, "p%d@ex.example,subscribed,%s,%s,vip,1990-05-0%d\n", i, old.Format(time.RFC3339), old.Format(time.RFC3339), 1+i%9)
			fmt.Fprintf(&orders, "%d,%s,a,1,9.00,p%d@ex.example\n", i, old.Format(time.RFC3339), i)
		}
		people.WriteString("gone@ex.example,unsubscribed,,,,\nbounced@ex.example,bounced,,,,\nnever@ex.example,never subscribed,,,,\n")
		r := x.imports(t, peopleOfS, peopleHead+people.String())
		if r.People.New != 23 || r.Suppressed != 2 || r.Refused != 0 {
			t.Errorf("got %+v, %d suppressed, %d refused: %v; want 23 new, 2, 0", r.People, r.Suppressed, r.Refused, r.Refusals)
		}
		x.imports(t, strings.ReplaceAll(tableOfB, "/b/", "/s/"), tableHead+orders.String())
		x.rest(t)
		for range 3 {
			x.moveTo(x.at().AddDate(0, 0, 30))
			x.rest(t)
		}
		if n := len(x.sent.mails); n != 0 {
			t.Errorf("got %d mails, want none", n)
		}
		for email, may := range map[string]bool{
			"p3@ex.example": true, "gone@ex.example": false, "bounced@ex.example": false, "never@ex.example": false,
		} {
			if c, _ := x.person(t, email).Consent("email"); c.Granted != may {
				t.Errorf("%s: got consent %+v, want granted %v", email, c, may)
			}
		}
		p := x.person(t, "p3@ex.example")
		if a := p.Attributes; a.Birthday != "1990-05-04" || len(a.Tags) != 1 || a.Tags[0] != "vip" {
			t.Errorf("got %+v, want birthday and tag", a)
		}
		again := x.imports(t, peopleOfS, peopleHead+people.String())
		if !again.NothingNew || again.People.Unchanged != 23 {
			t.Errorf("again: got %+v, want 23 unchanged", again.People)
		}
	})
}

// Consent has one truth. An older consent in a file lifts no later unsubscription, and
// a withdrawal in a file does not end what the person agreed to later. Importing the
// file again changes neither.
func TestImportedConsentIsOneStatementAmongOthers(t *testing.T) {
	t.Parallel()
	attacked(t, func(t *testing.T, x *target) {
		long, lately := x.at().AddDate(-2, 0, 0), x.at().AddDate(0, -1, 0)
		file := peopleHead + "left@ex.example,subscribed," + long.Format(time.RFC3339) + ",,,\n" +
			"back@ex.example,unsubscribed," + long.Format(time.RFC3339) + ",,,\n" +
			"undated@ex.example,unsubscribed,,,,\n"
		x.says(t, "left@ex.example", true, long.AddDate(-1, 0, 0))
		err := error(nil)
		if _, err = x.SuppressAddress(context.WithoutCancel(t.Context()), "s", commerce.EmailAddress("left@ex.example"),
			commerce.Suppression{Scope: commerce.SuppressMarketing, Reason: commerce.Unsubscribed, CreatedAt: lately}); err != nil {
			t.Fatal(err)
		}
		x.says(t, "back@ex.example", true, lately)
		x.imports(t, peopleOfS, file)
		x.moveTo(x.at().AddDate(0, 0, 1))
		x.says(t, "undated@ex.example", true, x.at())
		x.moveTo(x.at().AddDate(0, 0, 1))
		x.imports(t, peopleOfS, file)
		for email, may := range map[string]bool{"left@ex.example": false, "back@ex.example": true, "undated@ex.example": true} {
			if c, _ := x.person(t, email).Consent("email"); c.Granted != may {
				t.Errorf("%s: got consent %+v, want granted %v", email, c, may)
			}
		}
	})
}

// What the shop reports of a person or a product goes before a file; the file adds what
// only it contains, such as the birthday or the unit cost, and keeps it when the shop
// reports again. A corrected file replaces what the file before added.
func TestFileAddsWhatThePlatformDoesNotReport(t *testing.T) {
	t.Parallel()
	attacked(t, func(t *testing.T, x *target) {
		report := func(name string, version time.Time) {
			t.Helper()
			r := commerce.CustomerRecord{
				Connection: "generic", External: "7", Version: version, Received: version, Email: "a@ex.example", Verified: true,
				Attributes: commerce.Attributes{FirstName: name},
			}
			if _, err := x.SaveRecord(t.Context(), "s", r); err != nil {
				t.Fatal(err)
			}
			p := commerce.Product{ID: "s:generic:p1", Connection: "generic", External: "p1", Title: name, Version: version, Received: version}
			if err := x.SaveProduct(t.Context(), "s", p); err != nil {
				t.Fatal(err)
			}
		}
		report("Ann", x.at().AddDate(0, 0, -2))
		people := "/v1/shops/s/imports?kind=customers&connection=generic&format=csv&name=p.csv"
		costs := "/v1/shops/s/imports?kind=products&connection=generic&format=csv&name=c.csv"
		x.imports(t, people, "Customer ID,Email,First name,Birthday\n7,a@ex.example,Anna,1990-05-04\n")
		first := x.imports(t, costs, "Product ID,Title,Unit cost\np1,Old name,3.10\np2,Other,1.00\n")
		if first.Articles.New+first.Articles.Changed != 2 {
			t.Errorf("got %+v, want 2 products", first.Articles)
		}
		report("Annabel", x.at().AddDate(0, 0, -1))
		x.imports(t, costs, "Product ID,Title,Unit cost\np1,Old name,3.40\np2,Other,1.00\n")
		if _, err := x.RecomputeAll(t.Context(), "s"); err != nil {
			t.Fatal(err)
		}
		if a := x.person(t, "a@ex.example").Attributes; a.FirstName != "Annabel" || a.Birthday != "1990-05-04" {
			t.Errorf("got %s, born %s; want the platform's name and the file's birthday", a.FirstName, a.Birthday)
		}
		p, err := x.Product(t.Context(), "s", "s:generic:p1")
		if err != nil || p.Title != "Annabel" || p.UnitCost.String() != "3.40" {
			t.Errorf("got %q at %s (%v), want the platform's title and the later file's cost", p.Title, p.UnitCost, err)
		}
	})
}
