package history

// westProfiles are exports of Magento, PrestaShop and Amazon.
func westProfiles() []Profile {
	return []Profile{magentoGrid, prestaShop, amazonOrders, amazonNewOrders}
}

var (
	// magentoGrid is the export of Magento's grid of orders: a row an order,
	// without lines. closed means that all the money went back.
	magentoGrid = Profile{
		Name: "magento", Headers: []string{"ID", "Purchase Point", "Purchase Date", "Grand Total (Base)", "Status"},
		Columns: map[string][]string{
			"order": {"ID"}, "store": {"Purchase Point"}, "at": {"Purchase Date"}, "name": {"Customer Name", "Bill-to Name"},
			"total": {"Grand Total (Base)"}, "status": {"Status"}, "email": {"Customer Email"}, "subtotal": {"Subtotal"},
			"shipping": {"Shipping and Handling"}, "method": {"Payment Method"}, "refund": {"Total Refunded"},
		},
		Statuses: map[string]string{
			"closed": "refunded", "complete": "completed", "holded": "unpaid", "on hold": "unpaid", "pending": "unpaid",
			"pending payment": "unpaid", "pending_payment": "unpaid", "payment review": "authorized", "payment_review": "authorized",
			"suspected fraud": "authorized", "fraud": "authorized", "processing": "paid", "canceled": "cancelled",
			"paypal_canceled_reversal": "paid", "paypal_reversed": "refunded", "pending_paypal": "unpaid",
		},
		Dates: "mdy", OwnOnly: true,
	}
	// prestaShop is the export of the list of orders: a row an order, separated
	// by semicolons, with an initial and a last name in place of a buyer.
	prestaShop = Profile{
		Name: "prestashop", Headers: []string{"ID", "Reference", "New client", "Customer", "Total", "Payment", "Status", "Date"},
		Columns: map[string][]string{
			"order": {"ID"}, "number": {"Reference"}, "country": {"Delivery"}, "name": {"Customer"}, "company": {"Company"}, "total": {"Total"},
			"method": {"Payment"}, "status": {"Status"}, "at": {"Date"},
		},
		Statuses: map[string]string{
			"payment accepted": "paid", "remote payment accepted": "paid", "processing in progress": "paid", "shipped": "shipped",
			"delivered": "delivered", "canceled": "cancelled", "refunded": "refunded", "payment error": "failed",
			"on backorder (paid)": "paid", "on backorder (not paid)": "unpaid", "awaiting bank wire payment": "unpaid",
			"awaiting check payment": "unpaid", "awaiting paypal payment": "unpaid", "awaiting cash on delivery validation": "unpaid",
			"partial refund": "partially_refunded", "partial payment": "partially_paid", "authorized. to be captured by merchant": "authorized",
		},
		OwnOnly: true,
	}
	// amazonOrders is the flat file of all orders: a row an item, prices for all
	// its pieces, the buyer hidden. Orders of other shops that Amazon only ships
	// have no price and are refused.
	amazonOrders = Profile{
		Name: "amazon", Headers: []string{"amazon-order-id", "purchase-date", "order-status", "sku", "quantity", "item-price"},
		Columns: map[string][]string{
			"order": {"amazon-order-id"}, "at": {"purchase-date"}, "updated_at": {"last-updated-date"}, "status": {"order-status"},
			"channel": {"sales-channel"}, "title": {"product-name"}, "sku": {"sku"}, "product": {"asin"}, "quantity": {"quantity"},
			"currency": {"currency"}, "price": {"item-price"}, "line_discount": {"item-promotion-discount"}, "city": {"ship-city"},
			"region": {"ship-state"}, "postcode": {"ship-postal-code"}, "country": {"ship-country"}, "email": {"buyer-email"},
		},
		Statuses: map[string]string{
			"pending": "unpaid", "pendingavailability": "unpaid", "unshipped": "paid", "partiallyshipped": "paid", "shipping": "paid",
			"shipped": "shipped", "shipped - picked up": "shipped", "shipped - out for delivery": "shipped",
			"shipped - delivered to buyer": "delivered", "shipped - returned to seller": "shipped", "shipped - returning to seller": "shipped",
			"shipped - rejected by buyer": "shipped", "shipped - undeliverable": "shipped", "shipped - lost in transit": "shipped",
			"invoiceunconfirmed": "paid", "unfulfillable": "paid", "complete": "completed",
		},
		Decimal: "point", LineTotals: true, OwnOnly: true,
	}
	// amazonNewOrders is the flat file of new orders: paid ones only. Buyers have
	// an address of Amazon's, which forwards mails about the order.
	amazonNewOrders = Profile{
		Name: "amazon-new-orders", Headers: []string{"order-id", "order-item-id", "purchase-date", "sku", "quantity-purchased", "item-price"},
		Columns: map[string][]string{
			"order": {"order-id"}, "at": {"purchase-date"}, "paid_at": {"payments-date", "purchase-date"}, "email": {"buyer-email"},
			"name": {"buyer-name"}, "phone": {"buyer-phone-number"}, "sku": {"sku"}, "title": {"product-name"},
			"quantity": {"quantity-purchased"}, "currency": {"currency"}, "price": {"item-price"}, "line_discount": {"item-promotion-discount"},
			"city": {"ship-city"}, "region": {"ship-state"}, "postcode": {"ship-postal-code"}, "country": {"ship-country"},
			"channel": {"sales-channel"},
		},
		Decimal: "point", LineTotals: true, OwnOnly: true,
	}
)
