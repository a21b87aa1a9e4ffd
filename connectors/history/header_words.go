package history

// usualNames are names of columns in English, German, French, Spanish, Italian
// and Chinese, as exports and people write them. A field takes the first name
// that is a column nobody took: "Name" is the order's number only in a file
// without a better column for it.
var usualNames = []struct {
	field string
	names []string
}{
	{"order", []string{
		"order", "order id", "order number", "order no", "order #", "ordernumber", "order name", "order reference",
		"order ref", "orderid",
		"invoice", "invoice no", "invoice number", "transaction id", "increment id", "purchase order", "amazon order id",
		"reference",
		"bestellung", "bestellnummer", "bestell-nr", "bestellnr", "auftragsnummer", "auftrag", "rechnungsnummer", "commande",
		"n° commande",
		"numéro de commande", "numero de commande", "référence", "pedido", "número de pedido", "numero de pedido",
		"n.º de pedido", "ordine",
		"numero ordine", "ordernummer", "订单编号", "订单号", "主订单编号", "订单id", "订单", "交易编号", "原始单号", "单号", "線上訂單編號", "訂單編號", "订单流水号",
		"注文番号", "name", "no", "number", "id",
	}},
	{"at", []string{
		"created", "created at", "created on", "creation date", "date created", "order date", "order time",
		"order created at", "ordered at", "date",
		"datetime", "date time", "placed at", "placed on", "placed", "purchase date", "purchased at", "purchase time",
		"date placed", "sale date", "date of sale", "timestamp", "time",
		"at", "invoice date", "transaction date", "date added", "datum", "bestelldatum", "bestellzeit", "erstellt",
		"erstellt am", "auftragsdatum",
		"kaufdatum", "rechnungsdatum", "date de commande", "date commande", "créé le", "créée le", "date de création",
		"fecha", "fecha de pedido",
		"fecha del pedido", "fecha de creación", "creado", "data", "data ordine", "data dell'ordine", "订单创建时间", "下单时间",
		"创建时间", "订单时间", "下单日期",
		"订单提交时间", "拍下时间", "交易时间", "订单日期", "日期", "时间", "成交时间", "交易创建时间", "訂單成立時間", "下單時間", "注文日時", "注文日",
	}},
	{"sku", []string{
		"sku", "item sku", "product sku", "variant sku", "lineitem sku", "line item sku", "seller sku", "merchant sku",
		"sku code", "article number",
		"artikelnummer", "artikel-nr", "artikelnr", "référence produit", "referencia", "codice", "商家编码", "外部系统编号", "商品编码",
		"货号", "sku编码",
		"商家sku编码", "商品货号", "规格编码", "商品编号", "商品sku", "线上商品编码", "品番",
	}},
	{"product", []string{
		"product id", "productid", "item id", "itemid", "stockcode", "stock code", "asin", "product code", "item code",
		"product", "item", "produkt-id", "produktid",
		"artikel", "id produit", "produit", "id producto", "producto", "id prodotto", "prodotto", "商品id", "宝贝id", "商品链接id",
		"产品id", "商品",
	}},
	{"title", []string{
		"title", "item name", "product name", "product title", "lineitem name", "line item name", "item title",
		"description", "item description",
		"product description", "produktname", "artikelname", "artikelbezeichnung", "bezeichnung", "titel", "nom du produit",
		"nom produit", "désignation",
		"nombre del producto", "nombre producto", "descripción", "nome prodotto", "宝贝标题", "宝贝名称", "商品名称", "商品标题", "标题", "品名",
		"产品名称", "选购商品", "商品信息", "商品名",
	}},
	{"variant", []string{
		"variant id", "variant", "variation id", "variation", "variante", "sku id", "规格id", "商品规格", "规格", "商品属性", "颜色规格",
	}},
	{"brand", []string{"brand", "vendor", "manufacturer", "marke", "hersteller", "marque", "marca", "品牌"}},
	{"category", []string{
		"category", "product category", "product type", "kategorie", "warengruppe", "catégorie", "categoria", "categoría",
		"类目", "分类", "商品类目", "商品分类", "品类",
	}},
	{"quantity", []string{
		"qty", "quantity", "qty ordered", "quantity ordered", "lineitem quantity", "item quantity", "line item quantity",
		"quantity purchased",
		"pieces", "units", "amount of items", "menge", "anzahl", "stückzahl", "stück", "quantité", "qté", "qte",
		"cantidad", "cant", "quantità", "qta",
		"数量", "购买数量", "商品数量", "宝贝数量", "宝贝总数量", "下单数量", "件数", "商品总数", "订购数量", "数量(件)", "個数",
	}},
	{"price", []string{
		"price", "unit price", "item price", "lineitem price", "line item price", "price each", "product price",
		"price per unit", "selling price",
		"preis", "einzelpreis", "stückpreis", "verkaufspreis", "prix", "prix unitaire", "prix unité", "precio",
		"precio unitario", "prezzo", "prezzo unitario",
		"preço", "preço unitário", "价格", "单价", "商品单价", "宝贝单价", "商品价格", "销售价", "售价", "成交单价", "单价(元)", "単価",
	}},
	{"line_total", []string{
		"line total", "row total", "item total", "item subtotal", "line amount", "line item total", "zeilensumme",
		"positionssumme", "total ligne",
		"商品金额", "商品总价", "小计", "商品小计", "商品实付金额", "子订单实付金额", "分摊后金额", "商品成交金额",
	}},
	{"line_discount", []string{"line discount", "item discount", "lineitem discount", "line item discount", "商品优惠", "商品优惠金额"}},
	{"email", []string{
		"email", "e-mail", "email address", "e-mail address", "customer email", "buyer email", "billing email",
		"contact email", "primary email", "subscriber email", "user email", "mail", "e-mail-adresse", "mailadresse", "e-post", "e-postadress",
		"emailadresse", "kunden-e-mail", "adresse e-mail", "adresse email", "courriel", "correo", "correo electrónico",
		"correo electronico", "email cliente",
		"indirizzo email", "邮箱", "电子邮箱", "邮箱地址", "电子邮件", "买家邮箱", "联系邮箱", "会员邮箱", "邮件地址", "メールアドレス",
	}},
	{"phone", []string{
		"phone", "phone number", "telephone", "mobile", "mobile phone", "mobile number", "customer phone", "buyer phone",
		"buyer phone number", "billing phone",
		"shipping phone", "tel", "cell", "telefon", "telefonnummer", "handy", "handynummer", "mobil", "téléphone",
		"portable", "teléfono", "telefono", "móvil", "cellulare",
		"联系手机", "手机", "手机号", "手机号码", "收货人手机", "收货人手机号", "收货人电话", "联系电话", "电话", "买家手机", "买家手机号", "联系方式", "收件人手机", "会员手机",
		"下单手机号", "電話番号",
	}},
	{"customer", []string{
		"customer id", "customerid", "client id", "buyer id", "user id", "userid", "account id", "member id",
		"customer number", "customer no", "customer code",
		"customer", "client", "buyer", "user", "member", "username", "user name", "kunde", "kundennummer",
		"kunden-nr", "kundennr", "kunden-id", "client n°",
		"numéro client", "id client", "cliente", "id cliente", "número de cliente", "买家会员名", "买家会员", "买家昵称", "会员名", "会员号",
		"会员id", "会员", "用户id", "客户id",
		"客户编号", "买家id", "买家账号", "下单账号", "下单帐号", "用户名", "买家", "客户", "会员昵称", "买家旺旺", "网名", "粉丝昵称",
	}},
	{"first_name", []string{
		"first name", "firstname", "first", "given name", "billing first name", "customer first name", "vorname", "prénom",
		"prenom",
	}},
	{"last_name", []string{
		"last name", "lastname", "last", "surname", "family name", "billing last name", "customer last name", "nachname",
		"nom de famille", "apellido", "apellidos", "cognome",
	}},
	{"name", []string{
		"customer name", "buyer name", "full name", "fullname", "billing name", "recipient name", "recipient",
		"shipping name", "kundenname", "nom du client",
		"nombre del cliente", "nome cliente", "收货人姓名", "收货人", "收件人", "收件人姓名", "姓名", "买家姓名", "客户姓名", "联系人", "真实姓名", "name",
		"nom", "nombre", "nome",
	}},
	{"company", []string{
		"company", "company name", "billing company", "firma", "firmenname", "société", "empresa", "azienda", "公司", "公司名称",
	}},
	{"language", []string{"language", "locale", "customer locale", "sprache", "langue", "idioma", "lingua", "语言"}},
	{"country", []string{
		"country", "country code", "billing country", "shipping country", "ship country", "land", "pays", "país", "pais",
		"paese", "国家", "国家/地区",
	}},
	{"region", []string{
		"region", "state", "province", "billing province", "shipping province", "ship state", "bundesland", "région",
		"provincia", "省", "省份", "收货省", "收货人省份", "收件省",
	}},
	{"city", []string{
		"city", "town", "billing city", "shipping city", "ship city", "stadt", "ort", "ville", "ciudad", "città", "城市", "市",
		"收货城市", "收货人城市", "收件市",
	}},
	{"postcode", []string{
		"postcode", "postal code", "zip", "zip code", "zipcode", "billing zip", "shipping zip", "ship postal code", "plz",
		"postleitzahl", "code postal", "código postal", "cap", "邮编", "邮政编码", "收货邮编",
	}},
	{"marketing", []string{
		"accepts marketing", "accepts email marketing", "buyer accepts marketing", "marketing", "marketing consent",
		"newsletter", "marketing opt in", "marketing opt-in", "opt in", "opt-in", "email opt in", "consent", "subscribed",
		"einwilligung", "werbeeinwilligung", "consentement", "consentimiento", "营销同意", "是否订阅", "接受营销", "同意营销",
	}},
	{"payment_status", []string{
		"financial status", "payment status", "payment state", "paid status", "paid", "is paid", "zahlungsstatus",
		"statut du paiement", "statut de paiement", "estado del pago", "estado de pago", "stato pagamento", "付款状态", "支付状态",
		"支付情况",
	}},
	{"fulfillment_status", []string{
		"fulfillment status", "fulfilment status", "shipping status", "delivery status", "shipment status", "versandstatus",
		"lieferstatus", "statut de livraison", "estado de envío", "发货状态", "物流状态", "配送状态",
	}},
	{"status", []string{
		"status", "order status", "state", "order state", "current state", "bestellstatus", "auftragsstatus", "statut",
		"statut de la commande", "état", "estado", "estado del pedido", "stato", "stato ordine", "订单状态", "状态", "交易状态",
		"子订单状态", "线上状态", "注文状況",
	}},
	{"paid_at", []string{
		"paid at", "date paid", "payment date", "payment time", "paid date", "paid on", "bezahlt am", "zahlungsdatum",
		"date de paiement", "payé le", "fecha de pago", "data pagamento", "订单付款时间", "付款时间", "支付时间", "付款日期", "付款确认时间",
		"买家付款时间", "订单支付时间",
	}},
	{"shipped_at", []string{
		"shipped at", "fulfilled at", "date shipped", "ship date", "shipping date", "shipped on", "versanddatum",
		"versendet am", "date d'expédition", "fecha de envío", "data spedizione", "发货时间", "发货日期", "出库时间",
	}},
	{"delivered_at", []string{
		"delivered at", "delivery date", "delivered on", "date delivered", "zugestellt am", "lieferdatum",
		"date de livraison", "fecha de entrega", "签收时间", "收货时间",
	}},
	{"completed_at", []string{
		"completed at", "date completed", "closed at", "completed on", "completed date", "abgeschlossen am", "交易成功时间",
		"确认收货时间", "完成时间", "交易完成时间", "订单完成时间", "交易结束时间",
	}},
	{"cancelled_at", []string{
		"cancelled at", "canceled at", "cancelled on", "date cancelled", "cancellation date", "storniert am", "annulé le",
		"fecha de cancelación", "取消时间", "关闭时间", "订单取消时间", "交易关闭时间",
	}},
	{"refunded_at", []string{"refunded at", "refund date", "date refunded", "refunded on", "erstattet am", "退款时间", "退款成功时间"}},
	{"updated_at", []string{
		"updated at", "last updated", "modified", "modified at", "last updated date", "date modified", "geändert am", "修改时间",
		"更新时间", "最后修改时间",
	}},
	{"total", []string{
		"total", "order total", "grand total", "total price", "order amount", "total amount", "amount", "amount paid",
		"total paid", "gross total", "revenue", "net sales", "total sales",
		"gesamt", "gesamtbetrag", "gesamtsumme", "summe", "bestellsumme", "rechnungsbetrag", "betrag", "montant",
		"montant total", "total ttc", "total de la commande",
		"importe", "importe total", "total del pedido", "totale", "totale ordine", "买家实际支付金额", "买家实付金额", "实付金额", "实际支付金额",
		"实付款", "订单金额", "订单总额", "总金额",
		"支付金额", "订单实付金额", "应付金额", "应付货款", "订单应付金额", "商家实收金额", "付款金额", "交易金额", "总价", "合计", "金额", "买家应付货款", "合計",
	}},
	{"subtotal", []string{"subtotal", "sub total", "order subtotal", "zwischensumme", "sous-total", "subtotale", "商品总额", "商品总金额", "货款"}},
	{"discount", []string{
		"discount", "discount amount", "total discount", "discounts", "order discount", "rabatt", "nachlass", "remise",
		"réduction", "descuento", "sconto", "优惠金额", "折扣", "优惠", "折扣金额", "店铺优惠", "优惠总额", "订单优惠",
	}},
	{"shipping", []string{
		"shipping", "shipping amount", "shipping cost", "shipping total", "shipping price", "shipping fee", "shipping rate", "delivery fee",
		"postage", "freight", "versand", "versandkosten", "livraison", "frais de port", "frais de livraison", "envío",
		"gastos de envío", "spedizione", "运费", "邮费", "买家应付邮费", "快递费", "送料",
	}},
	{"tax", []string{
		"tax", "taxes", "tax amount", "vat", "total tax", "steuer", "mwst", "ust", "taxe", "tva", "impuestos", "iva", "税费",
		"税额", "税金",
	}},
	{"refund", []string{
		"refunded amount", "refund amount", "total refunded", "amount refunded", "refund", "refunds", "refunded",
		"erstattungsbetrag", "erstattung", "montant remboursé", "remboursement", "importe reembolsado", "rimborso", "退款金额",
		"已退款金额", "退款",
	}},
	{"deposit", []string{"deposit", "deposit amount", "定金", "订金", "阶段付款定金"}},
	{"currency", []string{
		"currency", "currency code", "order currency", "order currency code",
		"währung", "waehrung", "devise", "moneda", "valuta", "divisa", "币种",
		"货币", "币别", "結算幣別",
	}},
	{"method", []string{
		"payment method", "payment method title", "payment type", "payment gateway", "payment", "gateway", "zahlungsart",
		"zahlungsmethode", "zahlungsweise", "mode de paiement", "moyen de paiement", "método de pago", "forma de pago",
		"metodo di pagamento", "支付方式", "付款方式",
	}},
	{"coupon", []string{
		"coupon", "coupon code", "discount code", "promo code", "voucher", "voucher code", "coupons", "gutschein",
		"gutscheincode", "code promo", "cupón", "código de descuento", "codice sconto", "优惠券", "优惠码", "优惠券码",
	}},
	{"tags", []string{"tags", "order tags", "labels", "schlagworte", "标签", "订单标签"}},
	{"channel", []string{
		"channel", "sales channel", "source", "source name", "order source", "kanal", "vertriebskanal", "canal",
		"canal de vente", "渠道", "订单来源", "来源", "订单渠道", "下单渠道", "平台",
	}},
	{"store", []string{
		"store", "store name", "location", "shop", "purchase point", "point of sale", "filiale", "magasin", "tienda",
		"negozio", "店铺", "店铺名称", "门店", "网点",
	}},
	{"device", []string{"device", "device type", "gerät", "appareil", "dispositivo", "下单终端", "终端类型"}},
	{"test", []string{"test", "is test", "test order", "testbestellung", "测试", "测试订单"}},
	{"fake", []string{"刷单"}},
	{"note", []string{
		"note", "notes", "customer note", "order note", "remark", "remarks", "notiz", "anmerkung", "bemerkung", "买家留言",
		"买家备注", "备注", "订单备注", "留言",
	}},
	{"pay_url", []string{"payment link", "pay link", "pay url", "payment url", "order status url", "zahlungslink", "付款链接", "支付链接"}},
	{"utm_source", []string{"utm source", "utm_source"}}, {"utm_medium", []string{"utm medium", "utm_medium"}},
	{"utm_campaign", []string{"utm campaign", "utm_campaign"}}, {"utm_term", []string{"utm term", "utm_term"}},
	{"utm_content", []string{
		"utm content", "utm_content", "landing", "landing page", "landing site", "landing url", "landing",
	}},
	{"referrer", []string{"referrer", "referring site", "referer", "referral"}},
}
