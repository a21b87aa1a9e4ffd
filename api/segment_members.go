package api

import (
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"comeback/commerce"
)

// memberView is a customer in lists of members: attributes and purchases.
type memberView struct {
	ID        string      `json:"id"`
	Number    int64       `json:"number"`
	Email     string      `json:"email"`
	Phone     string      `json:"phone"`
	FirstName string      `json:"first_name"`
	LastName  string      `json:"last_name"`
	City      string      `json:"city"`
	Country   string      `json:"country"`
	Orders    int64       `json:"orders"`
	Net       *amountView `json:"net"` // paid less refunds
	LastAt    *time.Time  `json:"last_order_at"`
}

func (in currencyFormat) member(c commerce.Customer) memberView {
	a, f := c.Attributes, c.History.Figures
	return memberView{
		ID: c.ID, Number: c.N, Email: a.Email, Phone: a.Phone, FirstName: a.FirstName, LastName: a.LastName, City: a.City, Country: a.Country,
		Orders: f.Count, Net: in.money(f.Net), LastAt: when(f.LastAt),
	}
}

// membersPage is a page of the members now, by number. A customer who joins
// meanwhile with a number before this page is not on a later page.
type membersPage struct {
	page[memberView]
	Size int       `json:"size"`
	At   time.Time `json:"at"`
}

func (h *segmentQuestions) members(c *gin.Context) (any, error) {
	a, err := ask(c)
	if err != nil {
		return nil, err
	}
	after, err := numberCursor(a.after)
	if err != nil {
		return nil, err
	}
	ctx, shop := c.Request.Context(), shopOf(c)
	condition, err := h.member(ctx, shop, c.Param("segment"))
	if err != nil {
		return nil, err
	}
	found, err := h.crowd(ctx, shop, condition)
	if err != nil {
		return nil, err
	}
	list, last, err := h.page(ctx, shop, found, after, a.limit)
	if err != nil {
		return nil, err
	}
	next := ""
	if last > 0 {
		next = strconv.FormatInt(last, 10)
	}
	return membersPage{paged(c, a, list, next, currencyFormat{found.params.Currency}.member), found.size, stored(found.at)}, nil
}

// numberCursor reads the number before a page.
func numberCursor(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 {
		return 0, commerce.Errorf(commerce.Invalid, "query: cursor: copy it unchanged from next")
	}
	return n, nil
}
