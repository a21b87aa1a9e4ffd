package campaigns

import (
	"regexp"
	"strings"

	"comeback/segments"
)

// Schema is the JSON Schema (2020-12) of campaign files, for editors. It accepts every file that
// Parse accepts. Parse refuses more: what depends on several places of a file.
func Schema() map[string]any {
	defs := map[string]any{}
	for name, def := range segments.Schema()["$defs"].(map[string]any) {
		defs[name] = def
	}
	defs["wait"] = described("a duration such as 30m, 24h, 7d or 2w, or an object of one unit; a day has 24 hours", either(
		object{"type": "string", "pattern": `^[0-9]+[mhdw]$`},
		object{
			"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": false,
			"properties": object{"minutes": whole(0, 0), "hours": whole(0, 0), "days": whole(0, 0), "weeks": whole(0, 0)},
		}))
	for _, part := range language {
		properties := object{}
		for _, key := range part.Keys {
			if shape, known := shapes()[part.Name+"."+key.Name]; known && key.Built() {
				properties[key.Name] = described(plainText(key.Doc), shape)
			}
		}
		def := object{"type": "object", "properties": properties, "additionalProperties": false}
		if required := requiredKeys()[part.Name]; required != "" {
			def["required"] = strings.Fields(required)
		}
		defs[part.Name] = def
	}
	return object{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Campaign of Comeback", "$ref": "#/$defs/campaign", "$defs": defs,
	}
}

type object = map[string]any

// links are links of Markdown.
func links() *regexp.Regexp { return regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`) }

// plainText is a text of the language table without Markdown.
func plainText(doc string) string {
	return strings.ReplaceAll(links().ReplaceAllString(doc, "$1"), "`", "")
}

// described is a shape with its description.
func described(doc string, shape object) object {
	with := object{"description": doc}
	for key, value := range shape {
		with[key] = value
	}
	return with
}

func to(def string) object             { return object{"$ref": "#/$defs/" + def} }
func either(shapes ...object) object   { return object{"anyOf": shapes} }
func listOf(n int, item object) object { return object{"type": "array", "maxItems": n, "items": item} }
func oneOrMore(item object) object     { return either(item, object{"type": "array", "items": item}) }
func plain(kind string) object         { return object{"type": kind} }
func fixed[T any](values ...T) object  { return object{"enum": values} }

// whole is a whole number; most 0: of any size.
func whole(least, most int) object {
	s := object{"type": "integer", "minimum": least}
	if most > 0 {
		s["maximum"] = most
	}
	return s
}

// requiredKeys are the keys that every object of a kind has.
func requiredKeys() map[string]string {
	return map[string]string{
		"campaign": "schema id name class trigger key reentry steps", "absence": "event", "reentry": "after", "exit": "same",
		"goal": "same within", "holdout": "percent", "quiet": "from to", "cap": "max per", "caps": "scope max per", "step": "id",
		"wait_for": "within", "webhook": "url", "notify": "to text", "branch": "name weight",
		"send": "channel", "test": "name given expect", "expect": "sent",
	}
}

// eventNames are the names of events in files. The shop's own are custom.<name>.
func eventNames() object {
	names := texts(eventKinds)
	return oneOrMore(either(fixed(names...), object{"type": "string", "pattern": `^[a-z_]+\.[a-z0-9_.-]+$`}))
}

// shapes are the shapes of values, by the part and the key of the language table.
func shapes() map[string]object {
	all := map[string]object{}
	for _, group := range []map[string]object{entryShapes(), policyShapes(), stepShapes(), testShapes()} {
		for key, shape := range group {
			all[key] = shape
		}
	}
	for key, shape := range happeningShapes() {
		for _, part := range []string{"exit.", "goal.", "wait_for."} {
			all[part+key] = shape
		}
	}
	return all
}

const clockPattern = `^([01][0-9]|2[0-3]):[0-5][0-9]$`

func slugShape() object  { return object{"type": "string", "pattern": `^[a-z0-9][a-z0-9-]{0,59}$`} }
func clockShape() object { return object{"type": "string", "pattern": clockPattern} }
func zoneShape() object  { return fixed(string(ShopZone), string(CustomerZone)) }
func textShape() object  { return object{"type": "string", "minLength": 1, "maxLength": 200} }

// happeningShapes are those of what exits, goals and waits name.
func happeningShapes() map[string]object {
	return map[string]object{
		"event": eventNames(), "segment": plain("string"), "on": fixed("entered", "left"), "campaign": slugShape(), "step": slugShape(),
		"same": fixed(string(SameOrder), string(SameCustomer)), "where": either(to("order_condition"), to("reported_condition"), to("condition")),
		"within": to("wait"),
	}
}

func entryShapes() map[string]object {
	where := either(to("order_condition"), to("reported_condition"), to("condition"))
	return map[string]object{
		"campaign.schema": fixed(1), "campaign.id": slugShape(), "campaign.name": textShape(),
		"campaign.class": fixed(string(Service), string(Marketing)), "campaign.trigger": to("trigger"),
		"campaign.key": fixed(string(ByOrder), string(ByCustomer)), "campaign.priority": whole(0, 100),
		"campaign.audience": either(to("order_condition"), to("reported_condition"), to("condition")),
		"campaign.reentry":  either(fixed("never", "always"), to("reentry")), "campaign.exit": listOf(20, to("exit")),
		"campaign.goal": to("goal"), "campaign.holdout": to("holdout"), "campaign.steps": listOf(50, to("step")),
		"campaign.policy": to("policy"), "campaign.tests": listOf(100, to("test")), "campaign.backfill": plain("boolean"),
		"trigger.event": eventNames(), "trigger.where": where, "trigger.campaign": slugShape(), "trigger.step": slugShape(),
		"trigger.segment": plain("string"), "trigger.on": fixed("entered", "left"), "trigger.not_followed_by": to("absence"),
		"trigger.within": to("wait"), "trigger.lapse": to("lapse"), "trigger.date": plain("string"), "trigger.offset": plain("string"),
		"trigger.at": clockShape(), "trigger.yearly": plain("boolean"), "trigger.schedule": plain("string"), "trigger.zone": zoneShape(),
		"trigger.broadcast": to("broadcast"), "lapse.days": whole(1, 3660), "lapse.overdue_ratio": plain("number"),
		"absence.event": eventNames(), "broadcast.at": plain("string"), "broadcast.zone": zoneShape(), "reentry.after": to("wait"),
		"exit.as": fixed("goal", "superseded"), "holdout.percent": object{"type": "number", "minimum": 0, "maximum": 90},
	}
}

func policyShapes() map[string]object {
	over := fixed("defer", "drop")
	return map[string]object{
		"policy.quiet": to("quiet"), "policy.cap": oneOrMore(to("cap")), "policy.caps": listOf(10, to("caps")),
		"quiet.from": clockShape(), "quiet.to": clockShape(), "quiet.zone": zoneShape(),
		"quiet.then": fixed(string(QuietDefer), string(QuietDrop), string(EarlierOrAfter)),
		"cap.max":    whole(1, 1000), "cap.per": either(fixed(perOrder), to("wait")), "cap.over": over,
		"caps.scope": fixed("campaign", "channel", "shop"), "caps.max": whole(1, 1000),
		"caps.per": either(fixed("day", "week", "month"), to("wait")), "caps.over": over,
	}
}

func stepShapes() map[string]object {
	days, dates := fixed(weekdays...), fixed(texts(dateFields)...)
	all := map[string]object{
		"step.id": slugShape(), "step.wait": to("wait"), "step.wait_until": to("wait_until"), "step.no_later_than": to("no_later_than"),
		"step.expires": to("wait"), "step.if": either(to("order_condition"), to("reported_condition"), to("condition")),
		"step.send": to("send"), "step.then": listOf(50, to("step")), "step.else": listOf(50, to("step")),
		"step.split": listOf(10, to("branch")), "step.wait_for": to("wait_for"), "step.tag": to("tag"), "step.enter": slugShape(),
		"step.set": object{
			"type": "object", "minProperties": 1, "maxProperties": mostTags,
			"propertyNames":        object{"pattern": `^customer\.custom\..`},
			"additionalProperties": object{"type": []string{"string", "number", "boolean", "null"}},
		},
		"step.webhook": to("webhook"), "step.notify": to("notify"),
		"webhook.url": object{"type": "string", "pattern": `^https?://`, "maxLength": mostURL}, "webhook.within": to("wait"),
		"webhook.then": listOf(50, to("step")), "webhook.else": listOf(50, to("step")),
		"notify.to": object{"type": "string", "minLength": 1, "maxLength": mostURL}, "notify.secret": textShape(),
		"notify.text": object{"type": "string", "minLength": 1, "maxLength": mostNotice},
		"step.exit":   textShape(), "step.on_uncertain": fixed(string(Hold), string(Resend)),
		"wait_for.condition": either(to("order_condition"), to("condition")),
		"tag.add":            oneOrMore(textShape()), "tag.remove": oneOrMore(textShape()),
		"branch.name": slugShape(), "branch.weight": whole(1, 1000), "branch.steps": listOf(50, to("step")),
		"wait_until.at": clockShape(), "wait_until.weekday": oneOrMore(days), "wait_until.zone": zoneShape(),
		"wait_until.else_wait": to("wait"), "send.template": textShape(), "send.templates": to("channel_templates"),
		"send.channel": either(fixed(Email), object{
			"type": "array", "minItems": 1, "maxItems": 2, "uniqueItems": true, "items": fixed(SMS, Email),
		}),
		"channel_templates.email": textShape(), "channel_templates.sms": textShape(),
	}
	for _, part := range []string{"wait_until.", "no_later_than."} {
		all[part+"before"], all[part+"after"], all[part+"by"] = dates, dates, to("wait")
	}
	return all
}

func testShapes() map[string]object {
	steps := listOf(200, object{"type": "string", "pattern": `^[a-z0-9-]+(@([0-9]+[mhdw])+)?$`})
	states := fixed(string(Enrolled), string(Finished), string(Converted), string(Exited), string(Superseded))
	return map[string]object{
		"test.name": textShape(), "test.expect": to("expect"), "expect.sent": steps, "expect.did": steps, "expect.ends": oneOrMore(states),
		"test.given": listOf(200, object{"type": "string", "pattern": `^([0-9]+[mhdw])+ `}),
	}
}
