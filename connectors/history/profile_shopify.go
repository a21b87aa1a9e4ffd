package history

// shopifyExport is the orders export of the Shopify admin: a row a line, values
// of the order in its first row only, times with an offset.
var shopifyExport = Profile{
	Name:    "shopify",
	Headers: []string{"Name", "Financial Status", "Lineitem quantity", "Lineitem price"},
	Columns: map[string][]string{
		"order": {"Name"}, "order_id": {"Id"}, "at": {"Created at"}, "title": {"Lineitem name"}, "sku": {"Lineitem sku"},
		"quantity": {"Lineitem quantity"}, "price": {"Lineitem price"}, "line_discount": {"Lineitem discount"}, "brand": {"Vendor"},
		"email": {"Email"}, "phone": {"Phone", "Billing Phone", "Shipping Phone"}, "name": {"Billing Name", "Shipping Name"},
		"company": {"Billing Company"}, "country": {"Billing Country", "Shipping Country"},
		"region":   {"Billing Province Name", "Billing Province", "Shipping Province Name", "Shipping Province"},
		"city":     {"Billing City", "Shipping City"},
		"postcode": {"Billing Zip", "Shipping Zip"}, "payment_status": {"Financial Status"}, "fulfillment_status": {"Fulfillment Status"},
		"paid_at": {"Paid at"}, "shipped_at": {"Fulfilled at"}, "cancelled_at": {"Cancelled at"}, "currency": {"Currency"},
		"subtotal": {"Subtotal"}, "shipping": {"Shipping"}, "tax": {"Taxes"}, "total": {"Total"}, "coupon": {"Discount Code"},
		"discount": {"Discount Amount"}, "refund": {"Refunded Amount"}, "method": {"Payment Method"}, "tags": {"Tags"},
		"channel": {"Source"}, "store": {"Location"}, "marketing": {"Accepts Marketing"}, "note": {"Notes"},
	},
	Decimal: "point", OwnOnly: true,
}

// The public data sets Online Retail and Online Retail II (UCI).
var (
	onlineRetail = Profile{
		Name:    "online-retail",
		Headers: []string{"InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"},
		Columns: map[string][]string{
			"order": {"InvoiceNo"}, "product": {"StockCode"}, "title": {"Description"}, "quantity": {"Quantity"}, "at": {"InvoiceDate"},
			"price": {"UnitPrice"}, "customer": {"CustomerID"}, "country": {"Country"},
		},
		Decimal: "point", OwnOnly: true,
	}
	onlineRetailII = Profile{
		Name:    "online-retail-ii",
		Headers: []string{"Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID", "Country"},
		Columns: map[string][]string{
			"order": {"Invoice"}, "product": {"StockCode"}, "title": {"Description"}, "quantity": {"Quantity"}, "at": {"InvoiceDate"},
			"price": {"Price"}, "customer": {"Customer ID"}, "country": {"Country"},
		},
		Decimal: "point", OwnOnly: true,
	}
)
