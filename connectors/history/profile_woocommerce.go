package history

import "strconv"

// wooProfiles are the ways in which orders leave WooCommerce: it has no export
// of orders itself.
func wooProfiles() []Profile { return []Profile{wooAdvanced, wooToffee, wooAnalytics} }

// wooWords are the words of WooCommerce that other platforms use otherwise.
var wooWords = map[string]string{
	"wc-completed": "completed", "wc-processing": "paid", "wc-on-hold": "unpaid", "wc-pending": "unpaid", "wc-cancelled": "cancelled",
	"wc-refunded": "refunded", "wc-failed": "failed", "draft": "unpaid", "checkout-draft": "unpaid", "wc-checkout-draft": "unpaid",
	"pending payment": "unpaid", "on hold": "unpaid", "on-hold": "unpaid", "trash": "cancelled",
}

// numbered are names of columns such as line_item_1, from 1 to n.
func numbered(name string, n int) []string {
	var names []string
	for i := range n {
		names = append(names, name+strconv.Itoa(i+1))
	}
	return names
}

var (
	// wooAdvanced is Advanced Order Export with its usual columns: a row an item,
	// columns of the order in its first row only or in all. Times are the shop's.
	wooAdvanced = Profile{
		Name: "woocommerce", Headers: []string{"Order Number", "Order Status", "Order Date", "Item Name", "Item Cost", "Order Total Amount"},
		Columns: map[string][]string{
			"order": {"Order Number"}, "order_id": {"Order ID"}, "status": {"Order Status"}, "at": {"Order Date"}, "paid_at": {"Paid Date"},
			"completed_at": {"Completed Date"}, "note": {"Customer Note"}, "first_name": {"First Name (Billing)"},
			"last_name": {"Last Name (Billing)"}, "company": {"Company (Billing)"}, "city": {"City (Billing)"},
			"region": {"State Code (Billing)"}, "postcode": {"Postcode (Billing)"}, "country": {"Country Code (Billing)"},
			"email": {"Email (Billing)"}, "phone": {"Phone (Billing)"}, "method": {"Payment Method Title"},
			"discount": {"Cart Discount Amount"}, "subtotal": {"Order Subtotal Amount"}, "shipping": {"Order Shipping Amount"},
			"refund": {"Order Refund Amount"}, "total": {"Order Total Amount"}, "tax": {"Order Total Tax Amount"}, "sku": {"SKU"},
			"title": {"Item Name"}, "quantity": {"Quantity (- Refund)", "Quantity"}, "price": {"Item Cost"}, "coupon": {"Coupon Code"},
			"currency": {"Order Currency"}, "customer": {"Customer User ID", "Customer ID"}, "product": {"Product Id"},
		},
		Statuses: wooWords, OwnOnly: true,
	}
	// wooToffee is the export of Order Export & Order Import: a row an order, with
	// a cell for each item: name:Tea|product_id:101|sku:TEA-1|quantity:2|total:25.
	wooToffee = Profile{
		Name: "woocommerce-webtoffee", Headers: []string{"order_id", "order_number", "order_date", "status", "order_total", "order_currency"},
		Columns: map[string][]string{
			"order": {"order_id"}, "number": {"order_number"}, "at": {"order_date"}, "paid_at": {"paid_date"}, "status": {"status"},
			"total": {"order_total"}, "subtotal": {"order_subtotal"}, "shipping": {"shipping_total"}, "tax": {"tax_total"},
			"discount": {"discount_total", "cart_discount"}, "currency": {"order_currency"},
			"method": {"payment_method_title", "payment_method"}, "customer": {"customer_id", "customer_user"},
			"email": {"billing_email", "customer_email"}, "phone": {"billing_phone"}, "first_name": {"billing_first_name"},
			"last_name": {"billing_last_name"}, "company": {"billing_company"}, "city": {"billing_city"}, "region": {"billing_state"},
			"postcode": {"billing_postcode"}, "country": {"billing_country"}, "note": {"customer_note"},
			"items": numbered("line_item_", 100),
		},
		Statuses: wooWords, Decimal: "point", OwnOnly: true,
	}
	// wooAnalytics is the orders report of WooCommerce Analytics: a row an order,
	// with the revenue without tax and shipping, and a name in place of a buyer.
	wooAnalytics = Profile{
		Name: "woocommerce-analytics", Headers: []string{"Date", "Order #", "Status", "Customer type", "Product(s)", "Items sold", "N. Revenue"},
		Columns: map[string][]string{
			"order": {"Order #"}, "at": {"Date"}, "status": {"Status"}, "name": {"Customer"}, "total": {"N. Revenue"}, "coupon": {"Coupon(s)"},
			"channel": {"Attribution"},
		},
		Statuses: wooWords, OwnOnly: true,
	}
)
