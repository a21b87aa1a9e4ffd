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
		l.asks(t, adminToken, 400, call, "Bestellnummer;Bestelldatum;Artikelnummer;Menge;Einzelpreis\n9;3/4/2011;tea;1;9,90\n", "--dates")

		l.asks(t, l.key, 201, "POST /v1/segments", `{"schema": 1, "id": "vip", "name": "VIP", "static": true}`)
		list, _ := charmap.Windows1252.NewEncoder().String("Ort;E-Mail\nKöln;JO@example.com \nKöln;nobody@example.com\n")
		response, answer := h.calls(t, l.key, "POST", "/v1/segments/vip/import", []byte(list), "Content-Type: text/csv")
		if response.StatusCode != 200 || !strings.Contains(string(answer), `"found":1`) || !strings.Contains(string(answer), `"unknown":1`) {
			t.Errorf("%d %s, want one found and one unknown", response.StatusCode, answer)
		}
	})
}
