package campaigns

// language is the table behind Language and the reader.
var language = []Part{
	{"campaign", []Key{
		{"schema", "`1`. Required"},
		{"id", "1 to 60 of a-z, 0-9 and `-`, not starting with `-`; the same in every version. Required"},
		{"name", "text of at most 200 bytes, for people. Required"},
		{"class", "`service`: about an order that the customer made. `marketing`: all else; it needs " +
			"what the [laws of consent](laws.md) ask for. Required"},
		{"trigger", "what makes a customer enter: a [trigger](#trigger). Required"},
		{"key", "what one enrolment is about: `order` (under `checkout.started`, the checkout) or `customer`. Required"},
		{"priority", "0 to 100. Of several campaigns that want the same customer, the one with the highest " +
			"[goes first](#several-campaigns-and-one-customer). Left out: 50"},
		{"audience", "a [condition](segments.md#conditions): who may enter. Left out: everybody"},
		{"reentry", "`never`, `always`, or a [reentry](#reentry). Required"},
		{"exit", "a list of at most 20 [exits](#exit)"},
		{"goal", "a [goal](#goal): what counts as success when the arms are compared. Left out: nothing does"},
		{"holdout", "a [holdout](#holdout): the share of entrants that gets nothing. Left out: nobody is held out"},
		{"steps", "a list of 1 to 50 [steps](#step); with those of branches at most 100. Required"},
		{"policy", "a [policy](#policy): quiet hours and caps of this campaign, instead of or beside those of the shop's market"},
		{"tests", "a list of at most 100 [tests](#test)"},
		{"backfill", "`true`: who is past the trigger when the campaign starts [enters too](#backfill). Not with `date`, `schedule`, " +
			"`broadcast`, `on` `left` and events of messages. Left out: `false`"},
	}},
	{"trigger", []Key{
		{"event", "the name of an [event](#events), or a list of names; one of them is enough"},
		{"where", "with `event`: a condition on the order as it is now, and its customer; " +
			"of a [reported event](#reported-events), on its properties and the customer; of another event of the customer, on the customer"},
		{"campaign", "with `message.opened` or `message.clicked`: the message is of this campaign. Left out: of any"},
		{"step", "with `campaign`: the message is of this step. Left out: of any"},
		{"segment", "instead of `event`: the id of a [segment](segments.md) that a customer enters or leaves"},
		{"on", "with `segment`: `entered` or `left`. Required"},
		{"not_followed_by", "with `event`: an [absence](#absence). The order enters when `within` is over, unless such an event followed"},
		{"within", "with `not_followed_by`: a [duration](#durations) from the event, more than nothing. Required there"},
		{"lapse", "instead of `event`: a [lapse](#lapse)"},
		{"date", "instead of `event`: `customer.birthday`, or a `customer.custom.<key>` that is a [date](#dates-of-a-customer)"},
		{"offset", "with `date`: `-7d` is 7 calendar days before, `3d` 3 days after; at most 365 days. Left out: on the day"},
		{"at", "with `date`: the time of that day, such as `09:00`, in the customer's zone; of the shop where none is known. Required there"},
		{"yearly", "with `date`: `true`: each anniversary. `false`: the date itself, once. Left out: `true` of a birthday, else `false`"},
		{"schedule", "instead of `event`: [times](#times-of-a-schedule) as five fields of cron, such as `0 9 * * 1`, at most one an hour. " +
			"At each the whole audience enters"},
		{"zone", "with `schedule`: whose time zone, `shop` or `customer`, as in a [broadcast](#broadcast). Left out: `shop`"},
		{"broadcast", "instead of `event`: a [broadcast](#broadcast) to the whole audience, once"},
		{"cron", ""}, {"api", ""}, {"message", ""},
		{"overdue_ratio", ""},
	}},
	{"lapse", []Key{
		{"days", "1 to 3660: the customer has paid for no order for so many days of 24 hours. Either `days` or `overdue_ratio`"},
		{"overdue_ratio", "0.1 to 100, with at most two decimals: [`orders.overdue_ratio`](segments.md#fields) of the customer reaches it; " +
			"at the beginning of a day of the shop"},
	}},
	{"absence", []Key{{"event", "an [event](#events) of the same order, or a list of them, but `checkout.started`. Required"}}},
	{"broadcast", []Key{
		{"at", "a local time such as `2027-03-01T09:00`, at most 24 h ago when the campaign is activated. " +
			"Left out: at once, when it is activated"},
		{"zone", "whose time zone: `shop` or `customer` (a customer without one has the shop's). Left out: `shop`"},
	}},
	{"reentry", []Key{{"after", "a [duration](#durations) since the last entry began. Required"}}},
	{"exit", []Key{
		{"event", "an [event](#events) or a list of them, but `checkout.started`. Either `event` or `segment`"},
		{"segment", "instead of `event`: a [segment](segments.md) that the customer enters or leaves"},
		{"on", "with `segment`: `entered` or `left`. Required"},
		{"campaign", "as in a [trigger](#trigger)"},
		{"step", "as in a [trigger](#trigger)"},
		{"same", "`order`: of the enrolment's own order. `customer`: of any other order of the customer, or of the customer. Required"},
		{"as", "`goal`: the enrolment ends as converted. `superseded`: another takes its place. Left out: it ends as exited"},
		{"where", "a [condition](segments.md#conditions) on the event's order, or on the properties of a [reported event](#reported-events), " +
			"and on the customer. Left out: every such event"},
	}},
	{"goal", []Key{
		{"event", "as in an exit, likewise all up to `same`"},
		{"segment", "as in an exit"},
		{"on", "as in an exit"},
		{"campaign", "as in an exit"},
		{"step", "as in an exit"},
		{"same", "as in an exit. Required"},
		{"within", "a [duration](#durations) from the beginning of the enrolment, more than nothing. Required"},
		{"where", "as in an exit"},
	}},
	{"holdout", []Key{{"percent", "0 to 90, with at most two decimals. Required"}}},
	{"policy", []Key{
		{"quiet", "[quiet hours](#quiet)"},
		{"cap", "a [cap](#cap), or a list of them for different `per`"},
		{"caps", "a list of at most 10 [caps of scopes](#caps), beside all other caps"},
	}},
	{"quiet", []Key{
		{"from", "a time of day such as `21:00`. Required"},
		{"to", "likewise; it may be earlier than `from`. Equal to `from`: no quiet hours. Required"},
		{"zone", "whose time zone: `shop` or `customer` (a customer without one has the shop's). Left out: `shop`"},
		{"then", "`defer`: sent when they end. `drop`: not sent. `earlier_or_after`: sent 5 minutes before they begin, " +
			"where the cause is 5 minutes old by then; else when they end. Left out: `defer`"},
	}},
	{"cap", []Key{
		{"max", "1 to 1000 messages of this class and channel, of all campaigns, to one customer. Required"},
		{"per", "in any time of this [duration](#durations), at most 30 days; or `order`: about one order. Required"},
		{"over", "what happens to a message above the cap: `defer` or `drop`. Left out: `defer`; per `order` always `drop`"},
	}},
	{"caps", []Key{
		{"scope", "which messages to a customer count. `campaign`: of this campaign. `channel`: on the channel of the message, of all " +
			"campaigns and classes. `shop`: all. Required"},
		{"max", "1 to 1000 messages. Required"},
		{"per", "in any time of this [duration](#durations), at most 30 days; or in one `day`, `week` (from Monday) or `month` of the " +
			"calendar in the customer's time zone, else the shop's. Required"},
		{"over", "what happens to a message above the cap: `defer` or `drop`. Left out: `defer`"},
	}},
	{"step", []Key{
		{"id", "as the campaign's; unique in the file. Required"},
		{"wait", "a [duration](#durations) from when the step before was due. Left out: at once"},
		{"wait_until", "instead of `wait`: a [date of the order, or a local time](#wait_until)"},
		{"no_later_than", "a [date](#no_later_than) of the order: the step is taken by then at the latest"},
		{"expires", "a [duration](#durations) after which the step is not taken any more. Left out: it never expires"},
		{"if", "a [condition](segments.md#conditions), asked when the step is due and again when the message is handed over. " +
			"Where it does not hold the step is left out; with `then` or `else` it chooses the branch"},
		{"send", "what to [send](#send). A step does one thing: `send`, `then` and `else`, `split`, `wait_for`, `tag`, `set`, " +
			"`enter`, `webhook`, `notify` or `exit`. With none of them it only waits"},
		{"then", "a list of steps, taken where `if` holds when the step is due, or what `wait_for` names has happened"},
		{"else", "a list of steps, taken where `if` does not hold, or what `wait_for` names has not happened in time"},
		{"split", "a list of 2 to 10 [branches](#branch). A customer is in the same branch in every entry and version " +
			"while the names, the order and the weights are the same"},
		{"wait_for", "waits for [an event or a condition](#wait_for), for some time at most"},
		{"tag", "changes the customer's [tags](#tag)"},
		{"set", "an object that sets the customer's own attributes, such as `{\"customer.custom.tea\": \"green\"}`: text, a number, " +
			"`true`, `false`, or `null` to remove one. At most 20"},
		{"enter", "the id of another campaign of the shop. The customer enters it whatever its trigger, where its audience, " +
			"`reentry` and consent allow it, at most once in 24 hours. One with `key` `order` needs an order here too"},
		{"exit", "ends the enrolment as `finished`; the text says why, for people. Messages that are on their way still go"},
		{"on_uncertain", "for a message of unknown fate: `hold` leaves it, `resend` sends it again. " +
			"Left out: `resend` of class service, `hold` of class marketing"},
		{"webhook", "[posts](#webhook) the ids of the customer and the order to an address, and waits for the answer"},
		{"notify", "[notifies](#notify) a colleague, by mail or by a group's robot. Nothing waits for that, and a failure stops nothing"},
	}},
	{"wait_for", []Key{
		{"event", "an [event](#events) or a list of them, but `checkout.started`: the first one from when the step is due. " +
			"Either `event`, `segment` or `condition`"},
		{"segment", "as in an [exit](#exit)"},
		{"on", "as in an [exit](#exit)"},
		{"campaign", "as in a [trigger](#trigger)"},
		{"step", "as in a [trigger](#trigger)"},
		{"where", "with `event`: as in an [exit](#exit)"},
		{"same", "with `event`: `order` or `customer`, as in an [exit](#exit). Left out: of any order of the customer"},
		{"condition", "a [condition](segments.md#conditions), asked with each event of the customer and otherwise once an hour"},
		{"within", "a [duration](#durations) from when the step is due. Required"},
	}},
	{"tag", []Key{
		{"add", "a tag or a list of at most 20. Tags that the shop's platform reports stay as they are"},
		{"remove", "a tag or a list of at most 20. A tag that the platform reports again afterwards is there again"},
	}},
	{"webhook", []Key{
		{"url", "the `https` address that is [posted to](api.md#receiving-calls). Required"},
		{"within", "a [duration](#durations) of at most 24 hours: how long it is tried until it is answered. Left out: `1h`"},
		{"then", "a list of steps, taken after an answer 2xx. The waits in it count from the answer"},
		{"else", "a list of steps, taken where the receiver refused, or did not answer in time"},
	}},
	{"notify", []Key{
		{"to", "an e-mail address; or the https address of a robot of DingTalk, WeCom, Feishu or Lark, as it is shown there. " +
			"That address is a secret. Required"},
		{"text", "a [template](#templates) of at most 2000 characters, with the variables of mails but `links.unsubscribe`. Required"},
		{"secret", "of a robot of DingTalk, Feishu or Lark that checks signatures: the secret that is shown there. Left out: it checks none"},
	}},
	{"branch", []Key{
		{"name", "as a step's id; unique in the split. Required"},
		{"weight", "1 to 1000: its share of the sum of all weights. Required"},
		{"steps", "a list of steps. Left out: the branch goes on with what follows the split"},
	}},
	{"wait_until", []Key{
		{"before", "the name of a [date](#dates-of-an-order). Either `before` or `after`, or a local time"},
		{"after", "likewise"},
		{"by", "a [duration](#durations) before or after the date. Left out: at the date"},
		{"else_wait", "a [duration](#durations): the wait where the order has no such date"},
		{"at", "a time of day such as `09:00`: the next one, not before the step before was due"},
		{"weekday", "`mon`, `tue`, `wed`, `thu`, `fri`, `sat` or `sun`, or a list of them: the next such day, with `at` at that time"},
		{"zone", "of `at` and `weekday`: `customer` (one without a time zone has the shop's) or `shop`. Left out: `customer`"},
	}},
	{"no_later_than", []Key{
		{"before", "the name of a [date](#dates-of-an-order). Either `before` or `after`"},
		{"after", "likewise"},
		{"by", "a [duration](#durations) before or after the date. Left out: at the date"},
		{"else_wait", "refused: without the date there is no limit"},
		{"at", "refused: only a date of the order is a limit"},
		{"weekday", "refused likewise"},
		{"zone", "refused likewise"},
	}},
	{"send", []Key{
		{"channel", "`email`, or a list such as `[\"sms\", \"email\"]`, the preferred one first: the customer gets the message " +
			"[on the first that reaches them](#several-channels). Required"},
		{"template", "with one channel: the name of a [template](#templates). Required there"},
		{"templates", "with a list of channels: the [template of each](#channel_templates). Required there"},
		{"coupon", ""},
	}},
	{"channel_templates", []Key{
		{"email", "the name of a [template](#templates)"},
		{"sms", "likewise. No service sends text messages yet, so it is not read"},
	}},
	{"test", []Key{
		{"name", "the rule that it shows. Required"},
		{"given", "a list of at most 200 lines `<offset> <event> [field=value ...]`. Required"},
		{"expect", "the [expected result](#expect). Required"},
	}},
	{"expect", []Key{
		{"sent", "the steps in the order of sending: `r1`, or `r1@15m` where the offset matters too. Required"},
		{"did", "likewise the steps that do something else: `tag`, `set`, `enter`, `webhook` and `notify`. Left out: not checked"},
		{"ends", "the state of the enrolment, or a list of the states in order of entry"},
	}},
}
