package history

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"

	"comeback/commerce"
)

var shanghai = commerce.Shop{ID: "s", Currency: "CNY", Zone: "Asia/Shanghai", Market: commerce.China}

func encoded(t testing.TB, e encoding.Encoding, text string) []byte {
	t.Helper()
	out, err := e.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(out)
}

// Each file is a kind that a person understands at once, with its peculiarity.
func TestKindsOfFiles(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		file string
		o    Options
		want []string
	}{
		"an Amazon-like report with tabs and a zone": {
			"order-id\tpurchase-date\torder-status\tsku\tquantity\titem-price\tcurrency\n" +
				"1-1\t2011-01-05T10:30:00+00:00\tShipped\ttea\t2\t19.80\tEUR\n" +
				"1-2\t2011-01-05T10:30:00+00:00\tCancelled\ttea\t0\t\tEUR\n", Options{},
			[]string{
				"1-1 2011-01-05 10:30 39.60 EUR paid open [2 tea 39.60] no_customer",
				"1-2 2011-01-05 10:30 0.00 EUR voided cancelled [0 tea 0.00] zero_quantity zero_price no_customer", "utf-8 tab point, has states"}},
		"German words, comma, dots and a state": {
			"Bestellnummer;Bestelldatum;Artikelnummer;Menge;Einzelpreis;E-Mail;Zahlungsstatus\n" +
				"7;05.01.2011 10:30;tea;2;1.234,50 €;a@ex.example;Bezahlt\n8;06.01.2011 10:30;tea;1;9,90 €;b@ex.example;Storniert\n", Options{},
			[]string{
				"7 2011-01-05 09:30 2469.00 EUR paid completed a@ex.example [2 tea 2469.00]",
				"8 2011-01-06 09:30 9.90 EUR voided cancelled b@ex.example", "utf-8 ; comma, has states"}},
		"French words with blanks between thousands": {
			"Numéro de commande;Date de commande;Désignation;Quantité;Prix unitaire;Courriel;Statut\n" +
				"9;5 janvier 2011 10:30;Thé;1;1 234,50;a@ex.example;Livrée\n", Options{},
			[]string{"9 2011-01-05 09:30 1234.50 EUR paid completed a@ex.example [1 Thé 1234.50]", "utf-8 ; comma, has states"}},
		"a Taobao list with states, sums and guards": {
			"订单编号,买家会员名,买家实际支付金额,订单状态,收货人姓名,联系手机,订单创建时间,订单付款时间,宝贝标题,宝贝总数量\n" +
				"=\"2816394852039481765\",tb123,￥19.80,交易成功,李雷,'13800138000,2011-01-05 10:30:00,2011-01-05 10:31:00,茶,2\n" +
				"=\"2816394852039481766\",t**4,￥9.90,等待买家付款,韩**,138****8000,2011-01-06 10:30:00,,茶,1\n" +
				"=\"2816394852039481767\",tb125,0.00,交易关闭,王伟,,2011-01-07 10:30:00,,茶,1\n" +
				"=\"2816394852039481768\",tb126,9.90,神秘状态,王伟,,2011-01-07 10:30:00,,茶,1\n", Options{Shop: shanghai},
			[]string{
				"2816394852039481765 2011-01-05 02:30 19.80 CNY paid completed h:tb123 +8613800138000 [2 茶 19.80]",
				"2816394852039481766 2011-01-06 02:30 9.90 CNY unpaid open [1 茶 9.90] no_customer",
				"2816394852039481767 2011-01-07 02:30 0.00 CNY voided cancelled h:tb125 [1 茶 0.00]",
				`line 5: 订单状态 (status): "神秘状态" is an unknown state; add status="神秘状态=paid", or another of ` + strings.Join(Meanings(), ", "),
				"utf-8 , point, has states"}},
		"a word of states that --status explains": {
			"Order,Date,SKU,Qty,Price,Status\n1,2011-01-05,tea,1,9.90,Ready, steady\n2,2011-01-05,tea,1,9.90,gone\n",
			Options{Statuses: "gone=cancelled"},
			[]string{
				"2 2011-01-04 23:00 9.90 EUR voided cancelled no_customer",
				"line 2: 7 cells, and the header has 6: write a cell that contains , in quotes", "utf-8 , point, has states"}},
		"a state that does not say what is paid": {
			"Order,Date,SKU,Qty,Price,Status\n1,2011-01-05,tea,1,9.90,New\n2,2011-01-05,tea,1,9.90,\n", Options{},
			[]string{
				`line 2: "New" does not say whether the order is paid; add status="New=paid" or "New=unpaid"`,
				"line 3: the order has no state; fill the column, or leave it out with map=status=,payment_status=",
				"utf-8 , point, has states"}},
		"a time of payment says what is paid": {
			"Order,Date,SKU,Qty,Price,Date Paid,Cancelled at\n1,2011-01-05,tea,1,9.90,2011-01-06,\n" +
				"2,2011-01-05,tea,1,9.90,,\n3,2011-01-05,tea,1,9.90,,2011-01-07\n",
			Options{},
			[]string{
				"1 2011-01-04 23:00 9.90 EUR paid completed no_customer", "2 2011-01-04 23:00 9.90 EUR unpaid open no_customer",
				"3 2011-01-04 23:00 9.90 EUR voided cancelled no_customer", "utf-8 , point, has states"}},
		"an order a row, without lines": {
			"Order ID,Date,Total,Refunded Amount,Status,Email\n1,2011-01-05,100.00,30.00,completed,a@ex.example\n" +
				"2,2011-01-05,100.00,0,refunded,b@ex.example\n", Options{},
			[]string{
				"1 2011-01-04 23:00 100.00 EUR partially_refunded completed refund 30.00 a@ex.example",
				"2 2011-01-04 23:00 100.00 EUR refunded open refund 100.00 b@ex.example", "utf-8 , point, has states"}},
		"totals of each line are not the order's": {
			"Order,Date,SKU,Qty,Price,Total\n1,2011-01-05,tea,2,10.00,20.00\n1,2011-01-05,cup,1,5.00,5.00\n2,2011-01-05,tea,1,10.00,10.00\n",
			Options{},
			[]string{
				"1 2011-01-04 23:00 25.00 EUR paid completed [2 tea 20.00] [1 cup 5.00] no_customer",
				"2 2011-01-04 23:00 10.00 EUR paid completed no_customer"}},
		"a total that the lines do not explain": {
			"Order,Date,SKU,Qty,Price,Discount,Shipping,Order Total\n1,2011-01-05,tea,2,10.00,2.00,3.00,21.00\n" +
				"2,2011-01-05,tea,2,10.00,0,0,70.00\n", Options{},
			[]string{
				"1 2011-01-04 23:00 21.00 EUR paid completed [2 tea 20.00] no_customer",
				"2 2011-01-04 23:00 70.00 EUR paid completed [2 tea 20.00] no_customer total_differs"}},
		"lines with discount and shipping, without a total": {
			"Order,Date,SKU,Qty,Price,Discount,Shipping\n1,2011-01-05,tea,2,10.00,-2.00,3.00\n1,2011-01-05,cup,1,5.00,-2.00,3.00\n", Options{},
			[]string{"1 2011-01-04 23:00 26.00 EUR paid completed [2 tea 20.00] [1 cup 5.00] no_customer"}},
		"one number of two buyers, and months apart": {
			"Order,Date,SKU,Qty,Price,Email\n1,2011-01-05,tea,1,9.90,a@ex.example\n1,2011-01-05,cup,1,9.90,b@ex.example\n" +
				"2,2011-01-05,tea,1,9.90,c@ex.example\n2,2011-04-05,cup,1,9.90,c@ex.example\n", Options{},
			[]string{
				"1 2011-01-04 23:00 19.80 EUR paid completed a@ex.example [1 cup 9.90] order_number_reused",
				"2 2011-01-04 23:00 19.80 EUR paid completed c@ex.example [1 cup 9.90] order_number_reused"}},
		"a test order and a ticked box": {
			"Order,Date,SKU,Qty,Price,Email,Test,Newsletter\n1,2011-01-05,tea,1,9.90,a@ex.example,yes,ja\n" +
				"2,2011-01-05,tea,1,9.90,b@ex.example,maybe,no\n", Options{},
			[]string{
				"1 2011-01-04 23:00 9.90 EUR paid completed a@ex.example", `line 3: Test (test): "maybe": write yes or no`}},
		"titles above the header, and sums below": {
			"Orders of January,,,,\n,,,,\nOrder,Date,SKU,Qty,Price\n1,2011-01-05,tea,1,9.90\n,,,,\nTotal,,,1,9.90\n", Options{},
			[]string{
				"1 2011-01-04 23:00 9.90 EUR paid completed no_customer", "left out from line 5: 1 blank line",
				"left out from line 6: 1 row of totals"}},
		"a separator after the last cell of each row": {
			"Order|Date|SKU|Qty|Price\n1|2011-01-05|tea|1|9.90|\n2|2011-01-05|tea|1|9.90|\n", Options{},
			[]string{
				"1 2011-01-04 23:00 9.90 EUR paid completed no_customer", "2 2011-01-04 23:00 9.90 EUR paid completed no_customer",
				"utf-8 | point"}},
		"an open quote costs one line": {
			"Order,Date,SKU,Qty,Price\n1,2011-01-05,\"tea,1,9.90\n2,2011-01-05,cup,1,5.00\n3,2011-01-05,\"a, b\",1,6.00\n", Options{},
			[]string{
				"2 2011-01-04 23:00 5.00 EUR paid completed [1 cup 5.00] no_customer",
				"3 2011-01-04 23:00 6.00 EUR paid completed [1 a, b 6.00] no_customer",
				"line 2: text after a closing quote; write a quote within a quoted cell twice"}},
		"two digits for the year ask, because it may be the first": {
			"Order,Date,SKU,Qty,Price\n1,26/01/05,tea,1,9.90\n", Options{},
			[]string{`refused: time "26/01/05": ` + errDayOrder.Error()}},
		"two digits for the year, by hand": {
			"Order,Date,SKU,Qty,Price\n1,11/01/05,tea,1,9.90\n", Options{Dates: "ymd"},
			[]string{"1 2011-01-04 23:00 9.90 EUR paid completed no_customer", "utf-8 , point ymd"}},
		"days above 12 decide the order of day and month": {
			"Order,Date,SKU,Qty,Price\n1,05/01/2011,tea,1,9.90\n2,25/01/2011,tea,1,9.90\n", Options{},
			[]string{
				"1 2011-01-04 23:00 9.90 EUR paid completed no_customer", "2 2011-01-24 23:00 9.90 EUR paid completed no_customer",
				"utf-8 , point dmy"}},
		"numbers that may be a thousand times larger": {"Order,Date,SKU,Qty,Price\n1,2011-01-05,tea,1,1.234\n", Options{},
			[]string{`refused: number "1.234": may be a thousand times larger; add decimal=comma or decimal=point`}},
		"a decimal sign that is decided by hand": {"Order,Date,SKU,Qty,Price\n1,2011-01-05,tea,1,1.234\n", Options{Decimal: "comma"},
			[]string{"1 2011-01-04 23:00 1234.00 EUR paid completed no_customer", "utf-8 , comma"}},
		"a number of the other decimal sign": {"Order,Date,SKU,Qty,Price\n1,2011-01-05,tea,1,9.90\n" +
			"2,2011-01-05,tea,1,8.50\n3,2011-01-05,tea,1,\"1.234,50\"\n", Options{},
			[]string{
				"1 2011-01-04 23:00 9.90 EUR paid completed no_customer", "2 2011-01-04 23:00 8.50 EUR paid completed no_customer",
				`line 4: Price (price): number "1.234,50": has a decimal comma, the column has points; check it, or add decimal=comma`}},
		"a column of currencies, on the first row only": {
			"Order,Date,SKU,Qty,Price,Currency\n1,2011-01-05,tea,1,990,JPY\n1,,cup,1,10,\n2,2011-01-05,tea,1,£9.90,GBP\n" +
				"3,2011-01-05,tea,1,$9.90,GBP\n", Options{},
			[]string{
				"1 2011-01-04 23:00 1000 JPY paid completed [1 cup 10] no_customer", "2 2011-01-04 23:00 9.90 GBP paid completed no_customer",
				"line 5: currency: the order is in GBP, and amounts are in USD"}},
		"amounts with a code and a sign": {
			"Order,Date,SKU,Qty,Price\n1,2011-01-05,tea,1,USD $9.90\n2,2011-01-05,tea,1,9.90 € EUR\n3,2011-01-05,tea,1,£9.90 USD\n" +
				"4,2011-01-05,tea,1,9.90 kr SEK\n", Options{},
			[]string{
				"1 2011-01-04 23:00 9.90 USD paid completed no_customer", "2 2011-01-04 23:00 9.90 EUR paid completed no_customer",
				"4 2011-01-04 23:00 9.90 SEK paid completed no_customer",
				`line 4: Price (price): amount "£9.90 USD": "£ USD" is no known currency`}},
		"an unusual separator, named above the header": {
			"sep=^\nOrder^Date^SKU^Qty^Price (EUR, gross)\n1^2011-01-05^tea^1^9,90\n", Options{},
			[]string{"1 2011-01-04 23:00 9.90 EUR paid completed no_customer", "utf-8 ^ comma"}},
		"a blank behind each separator": {
			"Order, Date, SKU, Qty, Price\n1, 2011-01-05, \"a, b\", 1, \"9.90\"\n2, 2011-01-05, \"5\" pipe, 1, 9.90\n", Options{},
			[]string{
				"1 2011-01-04 23:00 9.90 EUR paid completed [1 a, b 9.90] no_customer",
				`2 2011-01-04 23:00 9.90 EUR paid completed [1 "5" pipe 9.90] no_customer`}},
		"columns of marketplaces": {
			"Sale Date,Order ID,Buyer Email,Item,SKU,Qty,Price,Shipping Rate,Order Currency Code\n" +
				"01/25/11,7,a@ex.example,Tea,T-1,2,10.00,5.00,GBP\n", Options{},
			[]string{"7 2011-01-24 23:00 25.00 GBP paid completed a@ex.example [2 T-1 20.00]", "utf-8 , point mdy"}},
		"what follows a refused row is not another order's": {
			"Order,Date,SKU,Qty,Price\n1,2011-01-05,tea,1,9.90\n2,2011-01-05,tea,1\n,,cup,1,5.00\n", Options{},
			[]string{
				"1 2011-01-04 23:00 9.90 EUR paid completed no_customer",
				"line 3: 4 of the header's 5 cells: the row is cut short, or another separator was used", "line 4: the order's number is empty"}},
		"a customer column of names": {
			"Order,Date,SKU,Qty,Price,Customer,Email\n1,2011-01-05,tea,1,9.90,Ann Smith,a@ex.example\n" +
				"2,2011-01-05,tea,1,9.90,Ann Smith,b@ex.example\n", Options{},
			[]string{
				"1 2011-01-04 23:00 9.90 EUR paid completed a@ex.example", "2 2011-01-04 23:00 9.90 EUR paid completed b@ex.example"}},
		"a map with a comma in a name, others by their names": {
			"Order,Date,Article code,Qty,\"Price (EUR, gross)\",Net\n1,2011-01-05,tea,1,9.90,8.00\n",
			Options{Columns: "price=Price (EUR, gross),sku=Article code"},
			[]string{"1 2011-01-04 23:00 9.90 EUR paid completed no_customer", "utf-8 , point, unused Net"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, g, err := read(t, []byte(test.file), "", test.o)
			if diff := cmp.Diff(understood(b, g, err), test.want); diff != "" {
				t.Errorf("got, want:\n%s", diff)
			}
		})
	}
}

// A file in any encoding is read as its UTF-8 form, whether it begins with
// accents or has thousands of lines of ASCII first. Encodings are recognised by
// few characters.
func TestEncodingsAreRecognised(t *testing.T) {
	t.Parallel()
	const header = "Order,Date,SKU,Qty,Price,First,City\n"
	ascii := strings.Repeat("1,2011-01-05,tea,1,9.90,Ann,Bonn\n", 5000)
	west, china := charmap.Windows1252, simplifiedchinese.GB18030
	for name, test := range map[string]struct {
		e        encoding.Encoding
		cells    string
		encoding string
	}{
		"one German name":          {west, "Jörg,Bonn", "windows-1252"},
		"two accents in a row":     {west, "Anna,Größe", "windows-1252"},
		"a French name":            {west, "Chloé,Orléans", "windows-1252"},
		"capitals":                 {west, "JÖRG,MÜNCHEN", "windows-1252"},
		"a typographic apostrophe": {west, "Ann,L’Aquila", "windows-1252"},
		"a euro sign":              {west, "Ann,5 €", "windows-1252"},
		"Portuguese":               {west, "João,Conceição", "windows-1252"},
		"Danish":                   {west, "Søren,Århus", "windows-1252"},
		"Spanish":                  {west, "Íñigo,Logroño", "windows-1252"},
		"one Chinese name":         {china, "李雷,北京", "gb18030"},
		"one Chinese character":    {china, "Ann,鞋", "gb18030"},
		"a T-shirt":                {china, "Ann,T恤", "gb18030"},
		"a rare name":              {china, "李喆,淼城", "gb18030"},
		"full-width signs":         {china, "李雷（妻）,北京：朝阳", "gb18030"},
		"UTF-16 little endian":     {unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), "李雷,München", "utf-16le"},
		"UTF-16 big endian":        {unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), "李雷,München", "utf-16be"},
		"UTF-16 with a mark":       {unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), "李雷,München", "utf-16le"},
		"UTF-8":                    {encoding.Nop, "Jörg,Düsseldorf", "utf-8"},
		"UTF-8 of China":           {encoding.Nop, "李雷,北京", "utf-8"},
		"UTF-8 with a mark":        {encoding.Nop, "Ann,Bonn", "utf-8"},
		"UTF-8 of Russia":          {encoding.Nop, "Алла,Москва", "utf-8"},
		"UTF-8 of Ukraine":         {encoding.Nop, "Ann,дом", "utf-8"},
		"UTF-8 of Greece":          {encoding.Nop, "Νίκος,Αθήνα", "utf-8"},
		"UTF-8 of Poland":          {encoding.Nop, "Ann,Żółć", "utf-8"},
		"a yen sign in UTF-8":      {encoding.Nop, "Ann,¥19", "utf-8"},
		"a middle dot in UTF-8":    {encoding.Nop, "Ann·Lee,Bonn", "utf-8"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, market := range []commerce.Market{commerce.West, commerce.China} {
				for lines, before := range map[string]string{"first": "", "late": ascii} {
					file := header + before + "2,2011-01-05,tea,1,9.90," + test.cells + "\n"
					if name == "UTF-8 with a mark" {
						file = "\ufeff" + file
					}
					shop := berlin
					shop.Market = market
					b, g, err := read(t, encoded(t, test.e, file), "", Options{Shop: shop})
					if err != nil || len(b.Refused) > 0 {
						t.Fatalf("%s, %s: got %v, refused %v", market, lines, err, b.Refused)
					}
					last := b.Records.Orders[len(b.Records.Orders)-1].Buyer
					if got := last.FirstName + "," + last.City; got != test.cells || g.Encoding != test.encoding {
						t.Errorf("%s, %s: got %s in %s, want %s in %s", market, lines, got, g.Encoding, test.cells, test.encoding)
					}
				}
			}
		})
	}
}

// Where bytes are a word in windows-1252 and in GB18030, the shop's market decides.
func TestMarketDecidesBetweenTwoPlausibleEncodings(t *testing.T) {
	t.Parallel()
	file := encoded(t, simplifiedchinese.GB18030, "Order,Date,SKU,Qty,Price,City\n1,2011-01-05,tea,1,9.90,红\n")
	for market, want := range map[commerce.Market]string{commerce.China: "gb18030 红", commerce.West: "windows-1252 ºì"} {
		shop := berlin
		shop.Market = market
		b, g, err := read(t, file, "", Options{Shop: shop})
		if err != nil || len(b.Records.Orders) != 1 {
			t.Fatalf("%s: got %v (%v)", market, b, err)
		}
		if got := g.Encoding + " " + b.Records.Orders[0].Buyer.City; got != want {
			t.Errorf("%s: got %s, want %s", market, got, want)
		}
	}
}

// The export of a platform has the times of its own country, wherever the shop is.
func TestTimesOfAnExportAreThoseOfItsPlatform(t *testing.T) {
	t.Parallel()
	file := "订单编号,买家会员名,总金额,买家实际支付金额,订单状态,订单创建时间\n1,tb1,9.90,9.90,交易成功,2011-01-05 10:30:00\n"
	b, g, err := read(t, []byte(file), "", Options{})
	if err != nil || len(b.Records.Orders) != 1 || g.Zone != "Asia/Shanghai" {
		t.Fatalf("got %v in %s (%v)", b, g.Zone, err)
	}
	want := time.Date(2011, 1, 5, 2, 30, 0, 0, time.UTC)
	if got := b.Records.Orders[0].Times.PlacedAt; !got.Equal(want) {
		t.Errorf("got %s, want %s", got, want)
	}
}

// What cannot be recognised asks for the encoding; named, it is read. A cell that
// is no text refuses its line.
func TestUnknownEncodingAsksForItsName(t *testing.T) {
	t.Parallel()
	const header = "Order,Date,SKU,Qty,Price,City\n"
	file := []byte(header + "1,2011-01-05,tea,1,9.90,\xaa\xac \xb9\xbd\xad\n")
	if _, _, err := read(t, file, "", Options{}); commerce.CodeOf(err) != commerce.Invalid || !strings.Contains(err.Error(), "encoding=") {
		t.Errorf("got %v, want it to ask for encoding=", err)
	}
	for name, e := range map[string]encoding.Encoding{
		"Москва,Санкт-Петербург,Екатеринбург": charmap.Windows1251, "Москва": charmap.Windows1251, "Αθήνα,Θεσσαλονίκη": charmap.Windows1253,
		"臺北市,訂單編號,繁體中文": traditionalchinese.Big5, "東京都渋谷区,ありがとう": japanese.ShiftJIS, "ありがとうございます": japanese.EUCJP,
		"서울특별시 강남구 부산광역시 해운대구": korean.EUCKR, "Łódź,Kraków": charmap.Windows1250,
	} {
		b, g, err := read(t, encoded(t, e, header+"1,2011-01-05,tea,1,9.90,\""+name+"\"\n"), "", Options{})
		if commerce.CodeOf(err) != commerce.Invalid {
			t.Errorf("%s: got %s as %v (%v), want it to ask", name, g.Encoding, b.Records.Orders, err)
		}
	}
	if b, g, err := read(t, file, "windows-1251", Options{}); err != nil || g.Encoding != "windows-1251" || len(b.Records.Orders) != 1 {
		t.Errorf("got %v and %v, want the order", b, err)
	}
	if _, _, err := read(t, file, "klingon", Options{}); commerce.CodeOf(err) != commerce.Invalid {
		t.Errorf("got %v, want Invalid", err)
	}
	mixed := []byte(header + strings.Repeat("1,2011-01-05,tea,1,9.90,Köln\n", 20) +
		"2,2011-01-05,tea,1,9.90,K\xf6ln\n3,2011-01-05,tea,1,9.90,Köln\n")
	b, g, err := read(t, mixed, "", Options{})
	if err != nil || g.Encoding != "utf-8" || len(b.Records.Orders) != 2 || len(b.Refused) != 1 || b.Refused[0].Line != 22 {
		t.Errorf("got %d orders in %s, refused %v (%v); want line 22 refused", len(b.Records.Orders), g.Encoding, b.Refused, err)
	}
}
