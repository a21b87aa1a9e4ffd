package history

// chinaProfiles are exports of Chinese platforms and of the tools that many
// shops use for all their platforms. Times are those of China.
func chinaProfiles() []Profile {
	return []Profile{taobaoOrders, taobaoItems, jdOrders, youzanOrders, douyinOrders, pinduoduoOrders, jushuitanOrders, wangdiantongOrders}
}

// chinaWords are words of Chinese exports beside the usual ones. A dash, and
// words that nothing was asked back, mean nothing.
func chinaWords(own map[string]string) map[string]string {
	words := map[string]string{
		"-": "nothing", "无": "nothing", "无退款申请": "nothing", "没有申请退款": "nothing", "无维权": "nothing", "无退款": "nothing",
		"无售后或售后取消": "nothing", "售后处理中": "nothing", "退款关闭": "nothing", "退款中": "nothing", "申请退款": "nothing", "售后关闭": "nothing",
		"售后完成": "nothing", "退款处理中": "nothing", "卖家拒绝退款": "nothing", "待商家处理": "nothing", "待买家退货": "nothing",
		"等待卖家同意": "nothing", "已全额退款": "refunded", "全额退款成功": "refunded", "退款成功": "refunded", "部分退款成功": "partially_refunded",
		"卖家已发货,等待买家确认": "shipped", "买家已付款,等待卖家发货": "paid", "卖家部分发货": "paid", "付款确认中": "unpaid", "已发货,待签收": "shipped",
		"已发货,待收货": "shipped", "已成团,待发货": "paid", "拼单成功,待发货": "paid", "待签收": "shipped", "未发货,退款成功": "refunded",
		"已发货,退款成功": "refunded", "已收货,退款成功": "refunded", "已取消,退款成功": "refunded", "拼单未成功": "cancelled", "已退款,拼单未成功": "refunded",
	}
	for word, meaning := range own {
		words[word] = meaning
	}
	return words
}

// inChina are the values of every row of these exports.
var inChina = map[string]string{"currency": "CNY", "country": "CN"}

var (
	// taobaoOrders is the list of sold orders of Taobao and Tmall
	// (ExportOrderList): a row an order, GBK, numbers guarded as ="...", phones
	// as '138.... The titles of all items are in one cell, and no products.
	taobaoOrders = Profile{
		Name: "taobao", Headers: []string{"订单编号", "买家会员名", "总金额", "买家实际支付金额", "订单状态", "订单创建时间"},
		Columns: map[string][]string{
			"order": {"订单编号"}, "customer": {"买家会员名"}, "shipping": {"买家应付邮费"}, "total": {"买家实际支付金额"}, "due": {"总金额"},
			"status": {"订单状态"}, "note": {"买家留言"}, "name": {"收货人姓名"}, "phone": {"联系手机", "联系电话"}, "at": {"订单创建时间"},
			"paid_at": {"订单付款时间"}, "completed_at": {"确认收货时间"}, "store": {"店铺名称"}, "refund": {"退款金额"}, "device": {"是否手机订单"},
		},
		Constant: inChina, Statuses: chinaWords(nil), Decimal: "point", Zone: "Asia/Shanghai", OwnOnly: true,
	}
	// taobaoItems is the list of sold items with their times: a row an item.
	taobaoItems = Profile{
		Name: "taobao-items", Headers: []string{"主订单编号", "标题", "价格", "购买数量", "订单状态", "订单创建时间"},
		Columns: map[string][]string{
			"order": {"主订单编号"}, "customer": {"买家会员名"}, "title": {"标题"}, "price": {"价格"}, "quantity": {"购买数量"},
			"sku": {"商家编码", "外部系统编号"}, "variant": {"商品属性"}, "product": {"商品ID", "宝贝ID"}, "line_total": {"买家实付金额", "买家应付货款"},
			"status": {"订单状态"}, "payment_status": {"退款状态"}, "refund": {"退款金额"}, "at": {"订单创建时间"}, "paid_at": {"订单付款时间"},
			"shipped_at": {"发货时间"}, "completed_at": {"确认收货时间"},
		},
		Constant: inChina, Statuses: chinaWords(nil), Decimal: "point", Zone: "Asia/Shanghai",
		LineStates: true, OwnOnly: true,
	}
	// jdOrders is the export of JD's console for sellers: a row an item, with the
	// sums of the order in each. Accounts name the buyer, phones are masked.
	jdOrders = Profile{
		Name: "jd", Headers: []string{"订单号", "商品名称", "订购数量", "下单时间", "京东价", "订单状态"},
		Columns: map[string][]string{
			"order": {"订单号"}, "product": {"商品ID"}, "title": {"商品名称"}, "quantity": {"订购数量"}, "method": {"支付方式"}, "at": {"下单时间"},
			"price": {"京东价"}, "total": {"结算金额", "应付金额"}, "subtotal": {"订单金额"}, "status": {"订单状态"}, "customer": {"下单帐号"},
			"name": {"客户姓名"}, "phone": {"联系电话"}, "note": {"订单备注"}, "shipping": {"运费金额"}, "paid_at": {"付款确认时间"}, "sku": {"货号"},
			"completed_at": {"订单完成时间"}, "channel": {"订单渠道", "订单来源"}, "store": {"店铺名称"},
		},
		Constant: inChina, Decimal: "point", Zone: "Asia/Shanghai", OwnOnly: true,
		Statuses: chinaWords(map[string]string{
			"等待出库": "paid", "等待确认收货": "shipped", "完成": "completed", "等待付款": "unpaid", "等待付款确认": "unpaid", "(删除)等待出库": "cancelled",
			"(锁定)等待出库": "paid", "(删除)等待付款": "cancelled", "已取消": "cancelled", "暂停": "paid", "等待发货": "paid", "等待买家收货": "shipped",
			"(删除)等待付款确认": "cancelled", "(删除)完成": "completed", "(锁定)等待确认收货": "shipped", "(删除)等待确认收货": "cancelled",
		}),
	}
	// youzanOrders is the export of Youzan: a row an order, or a row an item where
	// the merchant chose the columns of items.
	youzanOrders = Profile{
		Name: "youzan", Headers: []string{"订单号", "订单状态", "订单创建时间", "订单实付金额"},
		Columns: map[string][]string{
			"order": {"订单号"}, "status": {"订单状态"}, "payment_status": {"订单退款状态", "商品退款状态"}, "method": {"支付方式", "付款方式"},
			"at": {"订单创建时间"}, "paid_at": {"买家付款时间", "付款时间"}, "shipped_at": {"发货时间"}, "completed_at": {"交易成功时间"},
			"shipping": {"运费"}, "total": {"订单实付金额"}, "due": {"应收订单金额"}, "refund": {"已退款金额", "订单已退款金额"}, "name": {"买家姓名", "收货人/提货人"},
			"phone": {"买家手机号", "收货人手机号/提货人手机号"}, "region": {"收货人省份"}, "city": {"收货人城市"}, "note": {"买家备注"}, "store": {"归属店铺"},
			"title": {"商品名称"}, "sku": {"规格编码", "商品编码"}, "variant": {"商品规格"}, "price": {"商品单价"}, "quantity": {"商品数量"},
			"line_total": {"商品实际成交金额"}, "channel": {"订单来源"}, "customer": {"买家id", "买家ID"},
		},
		Constant: inChina, Statuses: chinaWords(nil), Decimal: "point", Zone: "Asia/Shanghai", OwnOnly: true,
	}
	// douyinOrders is the export of Douyin's shops: a row an item, a tab before
	// each number, the buyer encrypted.
	douyinOrders = Profile{
		Name: "douyin", Headers: []string{"主订单编号", "子订单编号", "选购商品", "商品数量", "订单提交时间", "订单状态"},
		Columns: map[string][]string{
			"order": {"主订单编号"}, "title": {"选购商品"}, "variant": {"商品规格"}, "quantity": {"商品数量"}, "product": {"商品ID"}, "sku": {"商家编码"},
			"line_total": {"订单应付金额", "商品金额"}, "at": {"订单提交时间"}, "paid_at": {"支付完成时间"}, "shipped_at": {"发货时间"}, "completed_at": {"订单完成时间"},
			"status": {"订单状态"}, "payment_status": {"售后状态"}, "method": {"支付方式"}, "region": {"省"}, "city": {"市"}, "channel": {"流量来源", "APP渠道"},
			"note": {"买家留言"},
		},
		Constant: inChina, Statuses: chinaWords(map[string]string{"已关闭": "cancelled", "待支付": "unpaid", "已支付": "paid", "备货中": "paid"}),
		Decimal: "point", Zone: "Asia/Shanghai", LineStates: true, OwnOnly: true,
	}
	// pinduoduoOrders is the export of Pinduoduo: a row an order of one product.
	// The buyer is hidden.
	pinduoduoOrders = Profile{
		Name: "pinduoduo", Headers: []string{"商品", "订单号", "订单状态", "商品总价(元)", "商品数量(件)"},
		Columns: map[string][]string{
			"order": {"订单号"}, "title": {"商品"}, "status": {"订单状态"}, "payment_status": {"售后状态"}, "subtotal": {"商品总价(元)"},
			"shipping": {"邮费(元)"}, "total": {"用户实付金额(元)", "商家实收金额(元)"}, "quantity": {"商品数量(件)"}, "product": {"商品id"},
			"variant": {"商品规格"}, "sku": {"商家编码-规格维度", "商家编码-商品维度"}, "at": {"订单成交时间", "拼单成功时间", "支付时间"},
			"paid_at": {"支付时间", "订单成交时间"}, "shipped_at": {"发货时间"}, "delivered_at": {"确认收货时间"}, "region": {"省"}, "city": {"市"},
		},
		Constant: inChina, Statuses: chinaWords(map[string]string{"待付款": "unpaid"}), Decimal: "point", Zone: "Asia/Shanghai", OwnOnly: true,
	}
	// jushuitanOrders is the export of the ERP 聚水潭: a row an item, with the sums
	// of the order in each. Orders that were merged or split are cancelled.
	jushuitanOrders = Profile{
		Name: "jushuitan", Headers: []string{"内部订单号", "线上订单号", "下单时间", "状态", "商品编码", "数量"},
		Columns: map[string][]string{
			"order": {"线上订单号", "内部订单号"}, "store": {"店铺名称", "店铺"}, "channel": {"平台站点", "平台"}, "at": {"下单时间"}, "total": {"已付金额"},
			"due": {"应付金额"}, "status": {"状态"}, "paid_at": {"付款日期", "付款时间"}, "shipped_at": {"发货日期", "发货时间"}, "sku": {"商品编码"},
			"title": {"商品名称"}, "variant": {"颜色规格"}, "quantity": {"数量"}, "price": {"商品单价"}, "line_total": {"商品金额"}, "shipping": {"收入运费", "运费收入"},
			"customer": {"买家账号", "买家帐号"}, "name": {"收货人"}, "phone": {"手机", "联系手机"}, "note": {"买家留言"}, "region": {"省份", "省"},
			"city": {"城市", "市"}, "unit_cost": {"成本价"},
		},
		Constant: inChina, Decimal: "point", Zone: "Asia/Shanghai", OwnOnly: true,
		Statuses: chinaWords(map[string]string{
			"待付款": "unpaid", "已付款待审核": "paid", "已客审待财审": "paid", "发货中": "paid", "等供销商|外仓发货": "paid", "异常": "paid", "被合并": "cancelled",
			"被拆分": "cancelled", "取消": "cancelled", "已发货": "shipped", "已完成": "completed", "外仓发货中": "paid",
		}),
	}
	// wangdiantongOrders is the export of the ERP 旺店通: a row an item.
	wangdiantongOrders = Profile{
		Name: "wangdiantong", Headers: []string{"订单编号", "原始单号", "客户网名", "订单状态"},
		Columns: map[string][]string{
			"order": {"原始单号", "订单编号"}, "store": {"店铺名称", "店铺"}, "channel": {"平台类型", "订单来源"}, "status": {"订单状态"}, "customer": {"客户网名"},
			"name": {"收件人"}, "phone": {"手机", "收件人手机"}, "region": {"省"}, "city": {"市"}, "at": {"下单时间", "交易时间"}, "paid_at": {"付款时间"},
			"shipped_at": {"发货时间"}, "sku": {"商家编码"}, "product": {"货品编号"}, "title": {"货品名称"}, "variant": {"规格名称"}, "quantity": {"货品数量", "数量"},
			"price": {"成交价", "单价"}, "line_total": {"分摊后总价", "分摊后总额"}, "shipping": {"邮费", "邮资"}, "total": {"应收金额"}, "refund": {"退款金额"},
			"payment_status": {"退款状态"}, "note": {"客户备注", "买家留言"}, "unit_cost": {"货品成本", "成本价"},
		},
		Constant: inChina, Decimal: "point", Zone: "Asia/Shanghai", OwnOnly: true,
		Statuses: chinaWords(map[string]string{
			"待审核": "paid", "已审核": "paid", "待财审": "paid", "待递交仓库": "paid", "已递交仓库": "paid", "待付款": "unpaid", "部分发货": "paid",
			"已发货": "shipped", "已完成": "completed", "已取消": "cancelled", "无退款": "nothing", "取消退款": "nothing", "已申请退款": "nothing",
			"全部退款": "refunded", "部分退款": "partially_refunded",
		}),
	}
)
