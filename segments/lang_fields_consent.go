package segments

// consentFields are the fields of one consent, for the where of consent.granted.
var consentFields = []field{
	{name: "consent.channel", kind: ofText, doc: "channel of the consent: email, sms, ...", unset: "not reported",
		read: func(v *evaluation, _ string) value {
			if v.consent == nil {
				return value{}
			}
			return textOf(v.consent.Channel)
		}},
}
