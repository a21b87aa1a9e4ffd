package history

import (
	"slices"
	"strings"

	"comeback/commerce"
)

// meaning is what a word in a column of states says about an order.
type meaning struct {
	status    commerce.OrderStatus   // "": nothing
	payment   commerce.PaymentStatus // "": nothing
	shipped   bool
	delivered bool
}

// meanings are the names for --status and for the words of exports.
var meanings = map[string]meaning{
	"open":               {status: commerce.Open},
	"unpaid":             {status: commerce.Open, payment: commerce.Unpaid},
	"deposit_paid":       {status: commerce.Open, payment: commerce.DepositPaid},
	"authorized":         {status: commerce.Open, payment: commerce.Authorized},
	"partially_paid":     {status: commerce.Open, payment: commerce.PartiallyPaid},
	"paid":               {status: commerce.Open, payment: commerce.Paid},
	"shipped":            {status: commerce.Open, payment: commerce.Paid, shipped: true},
	"delivered":          {status: commerce.Completed, payment: commerce.Paid, shipped: true, delivered: true},
	"completed":          {status: commerce.Completed, payment: commerce.Paid},
	"cancelled":          {status: commerce.Cancelled},
	"failed":             {status: commerce.Cancelled, payment: commerce.Voided},
	"voided":             {payment: commerce.Voided},
	"refunded":           {payment: commerce.Refunded},
	"partially_refunded": {payment: commerce.PartiallyRefunded},
	"nothing":            {},
}

// Meanings are the names that --status gives to words of an export.
func Meanings() []string {
	var names []string
	for name := range meanings {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// statusWords are words of exports in the big languages, by their meaning.
// They are compared as lettersOf.
var statusWords = map[string][]string{
	"open": {
		"open", "new", "confirmed", "neu", "offen", "in progress", "unfulfilled", "not fulfilled", "unshipped",
		"partially shipped",
	},
	"unpaid": {
		"unpaid", "pending", "pending payment", "payment pending", "awaiting payment", "not paid", "on hold", "on-hold",
		"holded", "due", "overdue", "unbezahlt", "zahlung ausstehend", "wartend", "en attente", "en attente de paiement",
		"impayé", "pendiente", "pendiente de pago", "sin pagar", "in attesa", "in attesa di pagamento",
		"aguardando pagamento", "等待买家付款", "待付款", "未付款", "待支付", "未支付", "等待付款", "等待支付", "等待买家付款待付款", "未支払い", "入金待ち", "結帳未付款",
	},
	"deposit_paid": {"deposit paid", "已付定金", "定金已付", "等待买家付尾款", "待付尾款", "已付订金", "等待付尾款"},
	"authorized":   {"authorized", "authorised", "autorisiert", "autorisé", "autorizado", "autorizzato", "预授权"},
	"partially_paid": {
		"partially paid", "partly paid", "teilweise bezahlt", "partiellement payé", "parcialmente pagado", "部分付款", "部分支付",
	},
	"paid": {
		"paid", "processing", "payment accepted", "payment received", "captured", "succeeded", "settled", "approved",
		"preparing", "processing in progress", "awaiting shipment", "awaiting fulfillment", "ready to ship", "bezahlt",
		"zahlung erhalten", "zahlung eingegangen", "in bearbeitung", "wird bearbeitet", "versandbereit", "payé", "payée",
		"paiement accepté", "en cours de préparation", "en cours", "pagado", "pago aceptado", "procesando",
		"preparación en curso", "pagato", "pagamento accettato", "in lavorazione", "preparazione in corso", "pago",
		"processando", "买家已付款", "已付款", "已支付", "待发货", "等待卖家发货", "买家已付款等待卖家发货", "待出库", "等待出库", "已审核", "备货中", "付款成功", "支付成功",
		"部分发货", "卖家部分发货", "等待发货", "待成团", "支払い済み", "入金済み",
	},
	"shipped": {
		"shipped", "fulfilled", "dispatched", "partial", "partially fulfilled", "in transit", "on the way",
		"out for delivery", "versendet", "versandt", "verschickt", "teilweise versendet", "in zustellung", "expédié",
		"expédiée", "en cours de livraison", "enviado", "en camino", "spedito", "in consegna", "卖家已发货", "已发货", "等待买家确认",
		"等待买家确认收货", "卖家已发货等待买家确认", "待收货", "运输中", "已出库", "等待确认收货", "发货完成", "配送中", "発送済み",
	},
	"delivered": {
		"delivered", "picked up", "collected", "zugestellt", "geliefert", "abgeholt", "livré", "livrée", "entregado",
		"consegnato", "entregue", "已签收", "买家已签收", "已收货", "确认收货", "已送达", "妥投",
	},
	"completed": {
		"completed", "complete", "closed", "done", "finished", "success", "successful", "abgeschlossen", "erledigt",
		"fertig", "terminé", "terminée", "completado", "completada", "finalizado", "completato", "concluído", "交易成功",
		"交易完成", "已完成", "完成", "订单完成", "成功", "完了",
	},
	"cancelled": {
		"cancelled", "canceled", "storniert", "abgebrochen", "annulé", "annulée", "cancelado", "cancelada", "anulado",
		"annullato", "annullata", "交易关闭", "已关闭", "已取消", "取消", "付款前交易关闭", "卖家取消", "买家取消", "关闭", "订单取消", "锁定已取消", "キャンセル",
		"交易取消", "订单已取消", "已作废", "作废",
	},
	"failed": {
		"failed", "payment failed", "payment error", "declined", "rejected", "fehlgeschlagen", "zahlungsfehler", "échoué",
		"erreur de paiement", "fallido", "error en pago", "fallito", "支付失败", "付款失败",
	},
	"voided": {"voided", "expired", "abgelaufen", "expiré"},
	"refunded": {
		"refunded", "fully refunded", "chargeback", "charged back", "returned", "erstattet", "rückerstattet",
		"zurückerstattet", "remboursé", "remboursée", "reembolsado", "rimborsato", "已退款", "退款成功", "全额退款", "退款完成", "已退货",
		"退货完成", "返金済み", "交易关闭退款成功",
	},
	"partially_refunded": {
		"partially refunded", "partly refunded", "teilweise erstattet", "teilerstattet", "partiellement remboursé",
		"parcialmente reembolsado", "parzialmente rimborsato", "部分退款", "部分退款成功", "一部返金",
	},
}

// wordTable finds the meaning of a word, as lettersOf.
func wordTable() map[string]meaning {
	table := map[string]meaning{}
	for name, words := range statusWords {
		for _, word := range words {
			table[lettersOf(word)] = meanings[name]
		}
	}
	for name, m := range meanings {
		if plain := lettersOf(name); m != (meaning{}) {
			if _, known := table[plain]; !known {
				table[plain] = m
			}
		}
	}
	return table
}

// addWords adds "word=meaning,..." of --status. A word may contain commas.
func addWords(table map[string]meaning, text string) error {
	if text == "" {
		return nil
	}
	word := ""
	for part := range strings.SplitSeq(text, ",") {
		word += part
		i := strings.LastIndexByte(word, '=')
		if i < 0 {
			word += ","
			continue
		}
		name := strings.TrimSpace(word[i+1:])
		m, known := meanings[name]
		plain := lettersOf(word[:i])
		if !known || plain == "" {
			return invalid("status: %q: write word=meaning, with a meaning of %s%s",
				clip(word), strings.Join(Meanings(), ", "), nearest(name, Meanings()))
		}
		table[plain], word = m, ""
	}
	if word != "" {
		return invalid("status: %q: write word=meaning, with a meaning of %s", clip(word), strings.Join(Meanings(), ", "))
	}
	return nil
}
