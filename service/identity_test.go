package service

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"comeback/commerce"
)

// guestOrder is an unpaid order at WooCommerce of a guest (customer 0) or an account.
func guestOrder(id, customer int, first, email, phone string, at time.Time) string {
	body := string(shuffledOrder(id, 0, "pending", at, at).body)
	body = strings.Replace(body, `"customer_id":0`, fmt.Sprintf(`"customer_id":%d`, customer), 1)
	body = strings.Replace(body, `"first_name":"P","last_name":"0"`, fmt.Sprintf(`"first_name":%q,"last_name":"K"`, first), 1)
	return strings.Replace(body, `"email":"p0@example.com","phone":""`, fmt.Sprintf(`"email":%q,"phone":%q`, email, phone), 1)
}

// receivesInAnyOrder posts bodies in random order, and works.
func (h *harness) receivesInAnyOrder(t *testing.T, random *rand.Rand, platform, topic string, bodies ...string) {
	t.Helper()
	for _, i := range random.Perm(len(bodies)) {
		h.receives(t, platform, topic, bodies[i])
		if random.IntN(2) == 0 {
			h.workAll(t)
		}
	}
	h.workAll(t)
}

// workAll reads the received deliveries and does all due work.
func (h *harness) workAll(t *testing.T) {
	t.Helper()
	if err := h.MarkDue(t.Context(), "s", h.at()); err != nil {
		t.Fatal(err)
	}
	settleAll(t, h, 2)
}

// customerOfOrder is the customer of an order.
func (h *harness) customerOfOrder(t *testing.T, connection string, id any) string {
	t.Helper()
	o, err := h.Order(t.Context(), "s", commerce.Key("s", connection, fmt.Sprint(id)))
	if err != nil {
		t.Fatal(err)
	}
	return o.Customer
}

// Two people with one phone stay two customers, with other e-mails or other
// accounts of one shop. Each mail greets and reaches the buyer of its order,
// and an order with only the phone belongs to neither.
func TestSharedPhoneJoinsNoCustomers(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		sent := withCampaigns(t, h)
		activate(t, h.Store, reminder)
		random := rand.New(rand.NewPCG(uint64(h.at().UnixMilli()), 2))
		phone := "+43 1 5120000"
		h.receivesInAnyOrder(t, random, "woocommerce", "order.created",
			guestOrder(1, 0, "Anna", "anna@example.com", phone, h.at()), guestOrder(2, 0, "Boris", "boris@example.com", phone, h.at()),
			guestOrder(3, 0, "Clerk", "", phone, h.at()), guestOrder(4, 7, "Dora", "", phone, h.at()), guestOrder(5, 8, "Emil", "", phone, h.at()))
		h.wantCustomers(t, 5)
		owners := map[string]bool{}
		for id := range 5 {
			owners[h.customerOfOrder(t, "woocommerce", id+1)] = true
		}
		if len(owners) != 5 {
			t.Errorf("got five orders of %d customers, want each of its own", len(owners))
		}
		h.moveTo(h.at().Add(2 * time.Hour))
		h.workAll(t)
		wants := map[string]string{"anna@example.com": "Anna", "boris@example.com": "Boris"}
		for _, m := range sent.mails {
			if name := wants[m.To]; name == "" || !strings.HasPrefix(m.ToName, name) || !strings.Contains(m.Text, name) {
				t.Errorf("to %s, named %s: want a mail that greets %q:\n%s", m.To, m.ToName, name, m.Text)
			}
		}
		if len(sent.mails) != 2 {
			t.Errorf("got %d mails, want one to each with an address", len(sent.mails))
		}
	})
}

// A phone joins records that nothing else distinguishes: a guest's order with
// only the phone, and an account of another shop. It separates them again when
// another customer has it too.
func TestPhoneJoinsUntilItIsShared(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		withCampaigns(t, h)
		random := rand.New(rand.NewPCG(uint64(h.at().UnixMilli()), 3))
		phone := "+43 1 5120000"
		h.receivesInAnyOrder(t, random, "woocommerce", "order.created",
			guestOrder(1, 0, "Anna", "anna@example.com", phone, h.at()), guestOrder(2, 0, "", "", phone, h.at()))
		one := h.wantCustomers(t, 1)[0]
		if one.Attributes.Email != "anna@example.com" || one.History.Figures.Placed != 2 || one.ID != h.customerOfOrder(t, "woocommerce", 2) {
			t.Errorf("got %+v with %d orders, want both orders Anna's", one.Attributes, one.History.Figures.Placed)
		}
		h.receives(t, "woocommerce", "order.created", guestOrder(3, 0, "Boris", "boris@example.com", phone, h.at()))
		h.workAll(t)
		for _, c := range h.wantCustomers(t, 3) {
			if c.History.Figures.Placed != 1 {
				t.Errorf("%s: got %d orders, want one each", c.ID, c.History.Figures.Placed)
			}
		}
	})
}

// Accounts and guests with one e-mail are one customer, whatever their phones.
func TestGuestWithTheEmailOfAnAccountIsTheAccount(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		withCampaigns(t, h)
		random := rand.New(rand.NewPCG(uint64(h.at().UnixMilli()), 4))
		h.receivesInAnyOrder(t, random, "woocommerce", "order.created",
			guestOrder(1, 7, "Anna", "anna@example.com", "+43 1 5120000", h.at()),
			guestOrder(2, 0, "Anna", "ANNA@example.com", "+43 1 5120001", h.at()))
		if one := h.wantCustomers(t, 1); len(one) == 1 && one[0].History.Figures.Placed != 2 {
			t.Errorf("got %d orders, want both", one[0].History.Figures.Placed)
		}
	})
}

// The API splits a customer and names the two customers. The split applies to
// later orders too. A split of records with one identity is refused.
func TestSplitOfACustomerApplies(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		withCampaigns(t, h)
		key, phone := h.apiKey(t), "+43 1 5120000"
		h.receives(t, "woocommerce", "order.created", guestOrder(1, 0, "Anna", "anna@example.com", phone, h.at()))
		h.receives(t, "woocommerce", "order.created", guestOrder(2, 0, "Boris", "", phone, h.at()))
		h.workAll(t)
		one := h.wantCustomers(t, 1)[0]
		answer := h.asks(
			t, key, 200, "POST /v1/customers/"+one.ID+"/split", "", `"email":"anna@example.com"`, `"first_name":"Anna"`,
			`"first_name":"Boris"`,
		)
		if strings.Count(answer, `"placed":1`) != 2 {
			t.Errorf("got %s, want two customers of one order each", answer)
		}
		h.receives(t, "woocommerce", "order.created", guestOrder(3, 0, "Boris", "", phone, h.at()))
		h.workAll(t)
		h.wantCustomers(t, 2)
		if h.customerOfOrder(t, "woocommerce", 3) != h.customerOfOrder(t, "woocommerce", 2) {
			t.Error("the later order does not belong to the customer that was split off")
		}
		h.asks(t, key, 409, "POST /v1/customers/"+h.customerOfOrder(t, "woocommerce", 1)+"/split", "", "it has no join to undo")
		h.asks(t, key, 404, "POST /v1/customers/s:email:none/split", "")
	})
}

// Records joined by a phone have separate names: a record without an address
// gives no name to a mail to that address.
func TestMailNeverGreetsByTheNameOfAnother(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		sent := withCampaigns(t, h)
		activate(t, h.Store, reminder)
		phone := "+43 1 5120000"
		nameless := strings.Replace(guestOrder(1, 0, "", "anna@example.com", phone, h.at()), `"last_name":"K"`, `"last_name":""`, 1)
		random := rand.New(rand.NewPCG(uint64(h.at().UnixMilli()), 3))
		h.receivesInAnyOrder(t, random, "woocommerce", "order.created", nameless, guestOrder(2, 0, "Boris", "", phone, h.at()))
		if one := h.wantCustomers(t, 1)[0]; one.Attributes.FirstName != "" || one.Attributes.LastName != "" {
			t.Errorf("got %q %q of the customer with the address, want no name", one.Attributes.FirstName, one.Attributes.LastName)
		}
		h.moveTo(h.at().Add(2 * time.Hour))
		h.workAll(t)
		for _, m := range sent.mails {
			if m.To != "anna@example.com" || m.ToName != "" || strings.Contains(m.Text+m.HTML, "Boris") {
				t.Errorf("to %s, named %q: want no name of another:\n%s", m.To, m.ToName, m.Text)
			}
		}
		if len(sent.mails) == 0 {
			t.Error("got no mail, want the reminder")
		}
		h.receives(t, "woocommerce", "order.created", guestOrder(3, 0, "Anna", "anna@example.com", phone, h.at()))
		h.workAll(t)
		if one := h.wantCustomers(t, 1)[0]; one.Attributes.FirstName != "Anna" {
			t.Errorf("got %q, want the name that came with the address", one.Attributes.FirstName)
		}
	})
}

// Two accounts that their platform merged are one customer, with the orders of
// both, before and after. Neither account is mailable by itself.
func TestMergeByThePlatformMergesCustomers(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		withCampaigns(t, h)
		stamp := h.at().UTC().Format(time.RFC3339)
		order := func(id, customer int, email string) string {
			return fmt.Sprintf(`{"id":%d,"updated_at":%q,"created_at":%q,"currency":"EUR","total_price":"1.00","financial_status":"paid",
"email":%q,"customer":{"id":%d,"email":%q},"line_items":[]}`, id, stamp, stamp, email, customer, email)
		}
		h.receives(t, "shopify", "orders/create", order(1, 1, "old@example.com"))
		h.receives(t, "shopify", "orders/create", order(2, 2, "new@example.com"))
		h.workAll(t)
		h.wantCustomers(t, 2)
		h.receives(t, "shopify", "customers/merge", `{"admin_graphql_api_customer_kept_id":"gid://shopify/Customer/2",
"admin_graphql_api_customer_deleted_id":"gid://shopify/Customer/1","admin_graphql_api_job_id":null,"status":"completed","errors":[]}`)
		h.receives(t, "shopify", "orders/create", order(3, 1, "old@example.com"))
		h.workAll(t)
		if one := h.wantCustomers(t, 1); len(one) == 1 && one[0].History.Figures.Placed != 3 {
			t.Errorf("got %d orders, want all three", one[0].History.Figures.Placed)
		}
	})
}

// A mail greets its recipient: an order of one account with another's name and
// address is mailed to that person, by that name.
func TestMailGreetsItsRecipient(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		sent := withCampaigns(t, h)
		activate(t, h.Store, reminder)
		h.receives(t, "woocommerce", "order.created", guestOrder(1, 7, "Anna", "anna@example.com", "", h.at()))
		h.receives(t, "woocommerce", "order.created", guestOrder(2, 7, "Boris", "boris@example.com", "", h.at()))
		h.workAll(t)
		h.wantCustomers(t, 1)
		h.moveTo(h.at().Add(2 * time.Hour))
		h.workAll(t)
		for _, m := range sent.mails {
			name := map[string]string{"anna@example.com": "Anna", "boris@example.com": "Boris"}[m.To]
			if name == "" || !strings.HasPrefix(m.ToName, name) || !strings.Contains(m.Text, name) {
				t.Errorf("to %s, named %s: want %q greeted:\n%s", m.To, m.ToName, name, m.Text)
			}
		}
		if len(sent.mails) != 2 {
			t.Errorf("got %d mails, want two", len(sent.mails))
		}
	})
}
