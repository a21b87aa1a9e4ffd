package campaigns_test

import "strings"

// seeds are files that have every key of the language: of triggers, of steps and of policies.
func seeds() (files []string) {
	const mail = `"send": {"channel": "email", "template": "t"}`
	const paid, vip = `{"event": "order.paid", "within": "3d"}`, `{"field": "customer.tags", "op": "has", "value": "vip"}`
	for _, trigger := range []string{
		`{"event": ["order.shipped", "order.placed"], "where": {"field": "order.total", "op": "gte", "value": "10.00"}}`,
		`{"event": "order.paid", "not_followed_by": {"event": "order.shipped"}, "within": "3d"}`,
		`{"event": "message.clicked", "campaign": "x", "step": "y"}`,
		`{"event": "custom.quiz", "where": {"field": "event.a", "op": "gt", "value": 7}}`,
		`{"segment": "vip", "on": "entered"}`, `{"segment": "vip", "on": "left"}`,
		`{"date": "customer.birthday", "offset": "-7d", "at": "09:00", "yearly": true}`, `{"date": "customer.custom.renewal", "at": "23:59"}`,
		`{"lapse": {"days": 60}}`, `{"lapse": {"overdue_ratio": 1.5}}`, `{"schedule": "0 9 * * 1", "zone": "customer"}`,
		`{"schedule": "30 2 29 2 *"}`, `{"broadcast": {}}`, `{"broadcast": {"at": "2027-03-01T09:00", "zone": "customer"}}`,
	} {
		key := "customer"
		if strings.Contains(trigger, "order.") {
			key = "order"
		}
		files = append(files, `{"schema": 1, "id": "c", "name": "C", "class": "marketing", "key": "`+key+`", "reentry": {"after": "6d"},
			"trigger": `+trigger+`, "backfill": false, "priority": 60, "holdout": {"percent": 7.5}, "steps": [{"id": "s", `+mail+`}]}`)
	}
	for _, steps := range []string{
		`{"id": "a", "if": ` + vip + `, "then": [{"id": "b", ` + mail + `}], "else": [{"id": "c", "exit": "no"}]}`,
		`{"id": "a", "split": [{"name": "x", "weight": 1, "steps": [{"id": "b", ` + mail + `}]}, {"name": "y", "weight": 999}]}`,
		`{"id": "a", "wait_for": ` + paid + `, "then": [{"id": "b", ` + mail + `}],
			"else": [{"id": "c", "tag": {"add": "x", "remove": ["y", "z"]}}]}`,
		`{"id": "a", "wait_for": {"condition": ` + vip + `, "within": "1h"}, "then": [{"id": "b", ` + mail + `}]}`,
		`{"id": "a", "wait_for": {"segment": "vip", "on": "left", "within": "1h"}, "else": [{"id": "b", ` + mail + `}]}`,
		`{"id": "a", "set": {"customer.custom.x": "v", "customer.custom.y": 3.5, "customer.custom.z": null}}, {"id": "b", "enter": "other"}`,
		`{"id": "a", "wait_until": {"at": "09:00", "weekday": ["mon", "sun"], "zone": "shop"}, "no_later_than": {"before": "order.cancel_at"}, ` +
			`"expires": {"hours": 2}, "on_uncertain": "hold", ` + mail + `}`,
		`{"id": "a", "webhook": {"url": "https://shop.example/x", "then": [{"id": "b", ` + mail + `}], "else": [{"id": "c", "exit": "no"}]}}`,
		`{"id": "a", "notify": {"to": "owner@shop.example", "text": "look"}}`,
		`{"id": "a", "send": {"channel": ["sms", "email"], "templates": {"sms": "t", "email": "t"}}}`,
	} {
		files = append(files, `{"schema": 1, "id": "c", "name": "C", "class": "marketing", "key": "order", "reentry": "always",
			"trigger": {"event": "order.placed"}, "audience": {"segment": "vip"},
			"exit": [{"event": "order.cancelled", "same": "order"}, {"segment": "vip", "on": "left", "same": "customer", "as": "superseded"}],
			"goal": {"event": ["order.paid"], "same": "order", "within": "7d"}, "policy": {"quiet": {"from": "21:00", "to": "08:00",
			"zone": "customer", "then": "earlier_or_after"}, "cap": [{"max": 1, "per": "20h", "over": "drop"}, {"max": 2, "per": "order"}],
			"caps": [{"scope": "shop", "max": 3, "per": "week"}, {"scope": "channel", "max": 2, "per": "7d", "over": "drop"}]},
			"steps": [`+steps+`],
			"tests": [{"name": "n", "given": ["0m order.placed segment=vip", "1h customer.updated zone=Asia/Tokyo tag=vip",
			"2h custom.quiz a=1"], "expect": {"sent": [], "ends": "active"}}]}`)
	}
	return files
}
