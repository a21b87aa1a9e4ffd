package history

// customerNames are the usual names of a field's column: those of orders, and
// those that only files of customers have.
func customerNames(field string) []string {
	names := ownCustomerNames[field]
	shared := field
	if field == "email_consent" {
		shared = "marketing"
	}
	for _, u := range usualNames {
		if u.field == shared {
			names = append(names[:len(names):len(names)], u.names...)
		}
	}
	if field == "customer" {
		names = append(names, "id", "编号", "会员编号", "会员卡号", "卡号")
	}
	return names
}

var ownCustomerNames = map[string][]string{
	"gender": {"gender", "sex", "salutation", "geschlecht", "anrede", "sexe", "civilité", "sexo", "género", "sesso", "性别", "称谓"},
	"birthday": {
		"birthday", "birth date", "birthdate", "date of birth", "dob", "geburtstag", "geburtsdatum", "date de naissance", "anniversaire",
		"fecha de nacimiento", "cumpleaños", "data di nascita", "compleanno", "生日", "会员生日", "出生日期", "出生年月", "出生年月日",
	},
	"zone":       {"timezone", "time zone", "zeitzone", "fuseau horaire"},
	"occupation": {"occupation", "job title", "profession", "beruf", "métier", "职业"},
	"level": {
		"level", "member level", "membership level", "membership tier", "tier", "vip tier", "loyalty tier", "customer group", "group",
		"kundengruppe", "groupe", "会员等级", "会员级别", "会员卡等级", "等级", "客户等级", "级别", "会员类型",
	},
	"points": {
		"points", "loyalty points", "reward points", "points balance", "points total", "punkte", "积分", "会员积分", "可用积分", "当前积分", "剩余积分",
		"积分余额",
	},
	"tags": {"tags", "tag", "labels", "客户标签", "会员标签"},
	"registered_at": {
		"created at", "created", "created on", "registered at", "registered", "registration date", "date registered", "sign up", "signup date",
		"customer since", "profile created on", "date added", "date created", "joined", "join date", "registriert am", "kunde seit",
		"date d'inscription", "fecha de registro", "注册时间", "注册日期", "入会时间", "入会日期", "成为会员时间", "加入时间", "开卡时间", "开卡日期", "领卡时间",
		"创建时间", "建档时间",
	},
	"updated_at": {"last changed", "profile updated on"},
	"email_consent": {
		"email marketing consent", "accepts email marketing", "email marketing status", "email subscription status", "email status",
		"subscription status", "newsletter subscription", "邮件订阅", "是否订阅邮件", "订阅状态", "是否接受营销",
	},
	"email_consent_at": {
		"email marketing consent timestamp", "consent timestamp", "consent date", "opt in date", "opt-in date", "opt in time", "optin date",
		"subscribed at", "date subscribed", "subscription date", "email opt in date", "订阅时间", "同意时间",
	},
	"email_confirmed_at":    {"confirmed at", "double opt in date", "confirm time", "email confirmed at"},
	"email_unsubscribed_at": {"unsubscribed at", "unsubscribe date", "date unsubscribed", "opt out date", "email opt out date", "退订时间"},
	"email_consent_source":  {"email consent source", "consent source", "opt in source", "consent method"},
	"sms_consent": {
		"sms marketing consent", "accepts sms marketing", "sms consent", "sms marketing status", "sms status", "sms subscription status",
		"短信订阅", "短信营销", "是否接受短信", "是否接收短信", "接收短信",
	},
	"sms_consent_at":      {"sms marketing consent timestamp", "sms consent timestamp", "sms opt in date", "sms consent date"},
	"sms_unsubscribed_at": {"sms opt out date", "sms unsubscribed at"},
	"sms_consent_source":  {"sms consent source"},
	"suppression":         {"email suppressions", "suppression reason", "suppressed", "suppression", "suppressions", "bounce type", "reason"},
	"suppressed_at":       {"suppressed at", "suppression date", "suppressed on", "date suppressed", "bounced at"},
	"last_open_at":        {"last open", "last opened", "last open date", "last opened email", "last email open", "最近打开时间"},
	"last_click_at":       {"last click", "last clicked", "last click date", "last clicked email", "last email click", "最近点击时间"},
	"utm_source":          {"source", "来源", "会员来源", "来源渠道", "注册渠道"},
}
