package segments

import "comeback/commerce"

// reportedFields are the properties of an event that the shop reported. Only
// campaigns have one.
var reportedFields = []field{
	{name: "event.", kind: ofProperty, anyCase: true, doc: "property of an event that the shop reported; compared as a number, " +
		"a date or true and false where the test is one; a list passes if one of its texts does",
		unset: "the event has none of that name, or there is no such event",
		read:  reported},
}

func reported(v *evaluation, key string) value {
	p, _ := commerce.PropertyOf(v.params.Reported, key)
	return value{set: p.Value != "" || len(p.List) > 0, text: p.Value, list: p.List}
}
