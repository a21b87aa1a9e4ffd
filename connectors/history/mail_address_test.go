package history

import (
	"bufio"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// An address that mail servers refuse is stored as the file has it, and the report names
// it. That of a domain in another script is one that they take.
func TestAddressesThatGetNoMailAreNamedInTheReport(t *testing.T) {
	t.Parallel()
	const file = "order,at,total,email,phone\n" +
		"1,2011-03-05,5,a@shop.example,\n2,2011-03-05,5,b@shop,+4915112345678\n3,2011-03-05,5,c@müller.example,\n4,2011-03-05,5,-,\n"
	h, err := NewCSV(bufio.NewReaderSize(strings.NewReader(file), PeekBytes), Options{Shop: london, Connection: "h"})
	if err != nil {
		t.Fatal(err)
	}
	b, err := h.Next()
	if err != nil || len(b.Records.Orders) != 4 || b.Records.Orders[1].Buyer.Email != "b@shop" {
		t.Fatalf("got %v (%v), want four orders, with their addresses", described(b), err)
	}
	if got, want := b.Records.Orders[1].Quality, []string{"unusable_email"}; !cmp.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if diff := cmp.Diff(b.Left, []LeftOut{{Why: noMail, Lines: 1, First: 3}}); diff != "" || b.Lines != 4 {
		t.Errorf("%d lines: got, want:\n%s", b.Lines, diff)
	}
}

func TestAddressesOfCustomersThatGetNoMailAreNamedInTheReport(t *testing.T) {
	t.Parallel()
	const file = "customer id,email\n1,a@shop.example\n2,b..c@shop.example\n"
	l, err := NewCustomers(bufio.NewReaderSize(strings.NewReader(file), PeekBytes),
		ListOptions{Shop: london, Connection: "h"})
	if err != nil {
		t.Fatal(err)
	}
	b, err := l.Next()
	if err != nil || len(b.Records.Customers) != 2 || b.Records.Customers[1].Email != "b..c@shop.example" {
		t.Fatalf("got %+v (%v), want two customers, with their addresses", b.Records.Customers, err)
	}
	if diff := cmp.Diff(b.Left, []LeftOut{{Why: noMail, Lines: 1, First: 3}}); diff != "" {
		t.Errorf("got, want:\n%s", diff)
	}
}
