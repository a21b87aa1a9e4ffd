package service

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// A file of a Chinese shop is GBK, with guards of Excel, states and times of
// payment. Over HTTP, without any option, each order is stored as a person reads
// it: what was not paid is no revenue, and no text is garbled. A German file has
// another encoding, separator and decimal sign.
func TestOrderFilesAreStoredAsAPersonReadsThem(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		shop, err := h.Shop(t.Context(), "s")
		if err != nil {
			t.Fatal(err)
		}
		at := h.at().AddDate(-1, 0, 0).In(shop.Location()).Truncate(time.Hour)
		day := at.Format("2006/1/2 15:04")
		china := "订单编号,买家会员名,买家实际支付金额,订单状态,收货人姓名,联系手机,订单创建时间,订单付款时间,城市\n" +
			fmt.Sprintf("\"=\"\"2816394852039481765\"\"\",tb123,￥19.80,交易成功,李雷,'13800138000,%s,%s,北京\n", day, day) +
			fmt.Sprintf("\"=\"\"2816394852039481766\"\"\",t**4,￥9.90,等待买家付款,韩梅梅,138****8000,%s,,上海\n", day) +
			fmt.Sprintf("2.81639E+18,tb9,￥9.90,交易成功,王伟,,%s,,上海\n", day)
		file, err := simplifiedchinese.GB18030.NewEncoder().String(china)
		if err != nil {
			t.Fatal(err)
		}
		call := "POST /v1/shops/s/imports?connection=past&format=csv&name=a.csv"
		l.asks(t, adminToken, 200, call, file, `"orders":2`, `"refused_lines":1`, "a spreadsheet rounded this number")
		paid := l.asks(t, l.key, 200, "GET /v1/orders?number=2816394852039481765", "", `"payment_status":"paid"`, `"status":"completed"`,
			"19.80", "CNY", "北京")
		l.asks(t, l.key, 200, "GET /v1/orders?number=2816394852039481766", "", `"payment_status":"unpaid"`, `"status":"open"`)
		if !strings.Contains(paid, at.UTC().Format(time.RFC3339)) {
			t.Errorf("got %s, want it placed at %s", paid, at)
		}
		west := "Bestellnummer;Bestelldatum;Artikelnummer;Menge;Einzelpreis;E-Mail;Ort;Zahlungsstatus\n" +
			at.Format("7;02.01.2006 15:04;") + "tea;2;1.234,50 €;jo@example.com;Düsseldorf;Bezahlt\n" +
			at.Format("8;02.01.2006 15:04;") + "tea;1;9,90 €;jo@example.com;Düsseldorf;Storniert\n"
		if file, err = charmap.Windows1252.NewEncoder().String(west); err != nil {
			t.Fatal(err)
		}
		l.asks(t, adminToken, 200, call, file, `"orders":2`, `"refused_lines":0`)
		l.asks(t, l.key, 200, "GET /v1/orders?number=7", "", `"payment_status":"paid"`, "2469.00", "Düsseldorf")
		l.asks(t, l.key, 200, "GET /v1/orders?number=8", "", `"payment_status":"voided"`, `"status":"cancelled"`)
		l.asks(t, adminToken, 400, call, "Bestellnummer;Bestelldatum;Artikelnummer;Menge;Einzelpreis\n9;3/4/2011;tea;1;9,90\n", "dates=")

		l.asks(t, l.key, 201, "POST /v1/segments", `{"schema": 1, "id": "vip", "name": "VIP", "static": true}`)
		list, _ := charmap.Windows1252.NewEncoder().String("Ort;E-Mail\nKöln;JO@example.com \nKöln;nobody@example.com\n")
		response, answer := h.calls(t, l.key, "POST", "/v1/segments/vip/import", []byte(list), "Content-Type: text/csv")
		if response.StatusCode != 200 || !strings.Contains(string(answer), `"found":1`) || !strings.Contains(string(answer), `"unknown":1`) {
			t.Errorf("%d %s, want one found and one unknown", response.StatusCode, answer)
		}
	})
}

// Each column of an order file is stored where the API shows it: states and their
// times, sums, currency, tests, consent, coupon and channel. The report says whether
// the file has states. A check shows the orders as understood, and stores nothing.
func TestColumnsOfAnOrderFileAreStored(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		at := h.at().AddDate(-1, 0, 0).UTC().Truncate(time.Hour)
		when := func(days int) string { return at.AddDate(0, 0, days).Format(time.RFC3339) }
		row := func(cells ...string) string { return strings.Join(cells, ",") + "\n" }
		file := row("Order", "Date", "SKU", "Qty", "Price", "Order status", "Payment status", "Paid at", "Shipped at", "Delivered at",
			"Cancelled at", "Order total", "Discount", "Shipping", "Tax", "Refunded amount", "Currency", "Test order", "Newsletter", "Coupon",
			"Channel", "Email") +
			row("A1", when(0), "tea", "2", "12.00", "completed", "paid", when(1), when(2), when(3), "", "25.00", "3.00", "4.00", "2.10", "5.00",
				"USD", "no", "yes", "SPRING", "Instagram", "ann@example.com") +
			row("A2", when(0), "tea", "1", "9.90", "cancelled", "unpaid", "", "", "", when(4), "9.90", "", "", "", "", "USD", "yes", "no", "", "",
				"bo@example.com") +
			row("A3", when(0), "tea", "1", "9.90", "open", "unpaid", "", "", "", "", "9.90", "", "", "", "", "USD", "", "", "", "", "cy@example.com")
		call := "POST /v1/shops/s/imports?connection=past&format=csv&name=a.csv"
		l.asks(t, adminToken, 200, call+"&check=true", file, `"checked":true`, `"every_order_counts_as_paid":false`,
			`"preview":[{"order":"A1","at":"`+when(0)+`","status":"completed","payment_status":"partially_refunded",`+
				`"total":"25.00","currency":"USD","refunded":"5.00"`)
		l.asks(t, l.key, 200, "GET /v1/orders", "", `"items":[]`)
		l.asks(t, adminToken, 200, call, file, `"orders":3`, `"refused_lines":0`, `"test_orders":1`)
		usd := func(field, amount string) string {
			return `"` + field + `":{"amount":"` + amount + `","currency":"USD"}`
		}
		l.asks(t, l.key, 200, "GET /v1/orders?number=A1", "", `"status":"completed"`, `"payment_status":"partially_refunded"`,
			usd("total", "25.00"), usd("discount", "3.00"), usd("shipping", "4.00"), usd("tax", "2.10"),
			usd("amount", "5.00"), `"coupons":["SPRING"]`,
			`"channel":"Instagram"`, `"test":false`, `"paid_at":"`+when(1), `"shipped_at":"`+when(2), `"delivered_at":"`+when(3))
		l.asks(t, l.key, 200, "GET /v1/orders?number=A2", "", `"status":"cancelled"`, `"payment_status":"unpaid"`, `"test":true`,
			`"cancelled_at":"`+when(4), `"coupons":[]`)
		l.asks(t, l.key, 200, "GET /v1/orders?number=A3", "", `"status":"open"`, `"payment_status":"unpaid"`, `"paid_at":null`)
		l.asks(t, l.key, 200, "GET /v1/customers?email=ann@example.com", "", `"channel":"email","granted":true`)
		l.asks(t, l.key, 200, "GET /v1/customers?email=bo@example.com", "", `"consents":[]`)
		l.asks(t, adminToken, 200, call, row("Order", "Date", "SKU", "Qty", "Price")+row("B1", when(0), "tea", "1", "9.90"),
			`"every_order_counts_as_paid":true`)
	})
}
