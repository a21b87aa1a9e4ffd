package commerce

import (
	"strings"
	"testing"
)

// The table is in the form in which names are compared. Each word decides by
// itself: no word is hidden behind a word of another kind.
func TestEachPaymentWordHasTheKindOfItsLine(t *testing.T) {
	t.Parallel()
	for _, m := range KnownPaymentMethods() {
		if plain := PlainMethod(m.Name); plain != m.Name {
			t.Errorf("%q: write it %q", m.Name, plain)
		}
		if got := KindOfMethod(m.Name); got != m.Kind {
			t.Errorf("%q: got %s, want %s", m.Name, got, m.Kind)
		}
	}
}

// Names of methods in the words of shops have the kinds a person would choose.
func TestNamesOfPaymentMethodsAreUnderstood(t *testing.T) {
	t.Parallel()
	for kind, names := range map[PaymentKind]string{
		PaidOnDelivery: "cod|Cash on Delivery (COD)|cash_on_delivery|Per Nachnahme|NACHNAHME + 5,90 €|" +
			"Zahlung bei Abholung|Contra-reembolso|Pago contra entrega|Contrassegno|Pagamento alla consegna (contanti)|" +
			"Paiement à la livraison|Contre-remboursement|Za pobraniem|Dobírka|Utánvét|Kapıda ödeme|" +
			"Оплата при получении|Накладений платіж|الدفع عند الاستلام|代金引換|代引き|货到付款|貨到付款|착불|Card on delivery|Pay in store|Rembours",
		PaidByTransfer: "bacs|cheque|bank_transfer|Bank Deposit|Money Order|Vorkasse|Vorkasse (Überweisung)|" +
			"Ueberweisung|VORAUSKASSE|Banküberweisung|Virement bancaire|Transferencia bancaria|Bonifico bancario|" +
			"Przelew tradycyjny|Bankovní převod|Havale / EFT|銀行振込|银行转账|ＢＡＮＫ ＴＲＡＮＳＦＥＲ|Wire|mollie_wc_gateway_banktransfer|Boleto",
		PaidByInvoice: "invoice|Kauf auf Rechnung|Rechnung 14 Tage|Net 30|Payment terms|Purchase Order|Facture|Faktura|" +
			"Sur facture|請求書払い|月结|manual|SEPA-Lastschrift",
		PaidByCard: "stripe|shopify_payments|Shopify Payments|paypal|ppcp-gateway|Klarna Rechnung|" +
			"Cash App Pay|Sofortüberweisung|Przelewy24|alipay|微信支付|支付宝|Credit card|Kreditkarte|Visa|bogus|iDEAL|UPI",
		PaymentUnknown: "Wie beim letzten Mal|Hauszahlung|x|99|Besprechen|???",
	} {
		for name := range strings.SplitSeq(names, "|") {
			if got := KindOfMethod(name); got != kind {
				t.Errorf("%q: got %s, want %s", name, got, kind)
			}
		}
	}
}

// How a name is written beside its letters and digits makes no other name.
func FuzzPlainMethod(f *testing.F) {
	for _, seed := range []string{"Nachnahme (+5 €)", "Überweisung", "ＣＯＤ", "代金引換", "Dobi\u0301rka", "", " - ", "ǅ"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		plain := PlainMethod(name)
		if again := PlainMethod(plain); again != plain {
			t.Errorf("%q: got %q, then %q", name, plain, again)
		}
		if padded := PlainMethod("  (" + name + ") "); padded != plain {
			t.Errorf("%q: got %q, padded %q", name, plain, padded)
		}
		KindOfMethod(name)
	})
}
