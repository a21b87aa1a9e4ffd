package segments

import "comeback/commerce"

// messageFields are the fields of one message, for the where of message events.
var messageFields = []field{
	{name: "message.campaign", kind: ofText, doc: "id of the campaign", unset: "sent by no campaign",
		read: ofOneMessage(func(m *commerce.MessageFact) string { return m.Campaign })},
	{name: "message.step", kind: ofText, doc: "id of the campaign's step", unset: "sent by no campaign",
		read: ofOneMessage(func(m *commerce.MessageFact) string { return m.Step })},
	{name: "message.channel", kind: ofText, doc: "channel: email, sms, ...", unset: "not reported",
		read: ofOneMessage(func(m *commerce.MessageFact) string { return m.Channel })},
}

func ofOneMessage(of func(*commerce.MessageFact) string) func(*evaluation, string) value {
	return func(v *evaluation, _ string) value {
		if v.message == nil {
			return value{}
		}
		return textOf(of(v.message))
	}
}
