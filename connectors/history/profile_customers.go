package history

// customerProfiles are the known exports of customers. The ones with more
// headers of their own come first.
func customerProfiles() []Profile {
	return []Profile{
		shopifyCustomers, wooCustomers, wooUsers, klaviyoProfiles, mailchimpCleaned, mailchimpUnsubscribed, mailchimpAudience,
		omnisendContacts, suppressionList,
	}
}

var (
	// shopifyCustomers is the customers export of the Shopify admin. Ids and
	// postcodes have an apostrophe before them. no is what Shopify writes for
	// everybody who is not subscribed.
	shopifyCustomers = Profile{
		Name:    "shopify-customers",
		Headers: []string{"First Name", "Last Name", "Email", "Accepts Email Marketing", "Total Spent", "Total Orders"},
		Columns: map[string][]string{
			"customer": {"Customer ID"}, "email": {"Email"}, "phone": {"Phone", "Default Address Phone"},
			"first_name": {"First Name"}, "last_name": {"Last Name"}, "company": {"Default Address Company", "Company"},
			"country": {"Default Address Country Code", "Country Code", "Country"}, "city": {"Default Address City", "City"},
			"region":   {"Default Address Province Code", "Province Code", "Province"},
			"postcode": {"Default Address Zip", "Zip"}, "tags": {"Tags"}, "note": {"Note"},
			"email_consent": {"Accepts Email Marketing"}, "sms_consent": {"Accepts SMS Marketing"},
		},
		Decimal: "point",
	}
	// wooCustomers is the customers report of WooCommerce Analytics. Its username
	// is no id; times are in the zone of the shop.
	wooCustomers = Profile{
		Name: "woocommerce-customers", Headers: []string{"Name", "Username", "Last Active", "Email", "Orders", "Total Spend", "AOV"},
		Columns: map[string][]string{
			"name": {"Name"}, "email": {"Email"}, "registered_at": {"Sign Up", "Date registered"}, "updated_at": {"Last Active"},
			"country": {"Country / Region"}, "city": {"City"}, "region": {"Region"}, "postcode": {"Postal Code"},
		},
		Decimal: "point", OwnOnly: true,
	}
	// wooUsers is an export of WordPress users with WooCommerce's fields, as
	// plugins make it. WordPress stores the registration in UTC.
	wooUsers = Profile{
		Name: "woocommerce-users", Headers: []string{"user_login", "user_email", "user_registered"},
		Columns: map[string][]string{
			"customer": {"customer_id", "ID", "user_id"}, "email": {"user_email", "billing_email"}, "phone": {"billing_phone"},
			"first_name": {"first_name", "billing_first_name"}, "last_name": {"last_name", "billing_last_name"},
			"company": {"billing_company"}, "country": {"billing_country"}, "region": {"billing_state"}, "city": {"billing_city"},
			"postcode": {"billing_postcode"}, "registered_at": {"user_registered"}, "name": {"display_name"}, "language": {"locale"},
		},
		Zone: "UTC", Decimal: "point", OwnOnly: true,
	}
	// klaviyoProfiles is an export of a list, a segment or all profiles. Its ids
	// are Klaviyo's, not those of the shop's platform.
	klaviyoProfiles = Profile{
		Name: "klaviyo", Headers: []string{"Email", "Klaviyo ID", "First Name", "Last Name"},
		Columns: map[string][]string{
			"email": {"Email"}, "phone": {"Phone Number"}, "first_name": {"First Name"}, "last_name": {"Last Name"},
			"company": {"Organization"}, "occupation": {"Title"}, "country": {"Country"}, "region": {"State / Region"}, "city": {"City"},
			"postcode": {"Zip Code"}, "utm_source": {"Source"}, "email_consent": {"Email Marketing Consent"},
			"email_consent_at": {"Email Marketing Consent Timestamp"}, "sms_consent": {"SMS Marketing Consent"},
			"sms_consent_at": {"SMS Marketing Consent Timestamp"}, "suppression": {"Email Suppressions"},
			"registered_at": {"Profile Created On", "Date Added"}, "last_open_at": {"Last Open"}, "last_click_at": {"Last Click"},
		},
		Zone: "UTC", Decimal: "point",
	}
	// mailchimpAudience is one of the files of a Mailchimp audience. Only
	// contacts with a time of their own act are subscribed for sure.
	mailchimpAudience = Profile{
		Name: "mailchimp", Headers: []string{"Email Address", "OPTIN_TIME", "CONFIRM_TIME", "LEID"},
		Columns: mailchimpColumns(nil), Dates: "mdy", Zone: "UTC", Decimal: "point",
	}
	mailchimpUnsubscribed = Profile{
		Name: "mailchimp-unsubscribed", Headers: []string{"Email Address", "UNSUB_TIME", "LEID"},
		Columns:  mailchimpColumns(map[string][]string{"email_unsubscribed_at": {"UNSUB_TIME"}, "email_unsubscribe_reason": {"UNSUB_REASON"}}),
		Constant: map[string]string{"email_consent": "not subscribed"}, Dates: "mdy", Zone: "UTC", Decimal: "point",
	}
	mailchimpCleaned = Profile{
		Name: "mailchimp-cleaned", Headers: []string{"Email Address", "CLEAN_TIME", "LEID"},
		Columns:  mailchimpColumns(map[string][]string{"suppressed_at": {"CLEAN_TIME"}}),
		Constant: map[string]string{"suppression": "cleaned", "email_consent": "not subscribed"}, Dates: "mdy", Zone: "UTC", Decimal: "point",
	}
	// omnisendContacts is an export of a segment of contacts.
	omnisendContacts = Profile{
		Name: "omnisend", Headers: []string{"Email", "Email status", "Email opt-in date", "Email opt-out date"},
		Columns: map[string][]string{
			"email": {"Email"}, "phone": {"Phone number", "Phone"}, "email_consent": {"Email status"}, "email_consent_at": {"Email opt-in date"},
			"email_unsubscribed_at": {"Email opt-out date"}, "sms_consent": {"SMS status", "Phone status"}, "sms_consent_at": {"SMS opt-in date"},
			"sms_unsubscribed_at": {"SMS opt-out date"}, "registered_at": {"Date added", "Created at"}, "birthday": {"Birthdate"},
			"region": {"State/Region", "State"}, "postcode": {"Postal code"}, "gender": {"Gender"}, "tags": {"Tags"},
			"first_name": {"First name"}, "last_name": {"Last name"}, "country": {"Country"}, "city": {"City"},
		},
		Zone: "UTC", Decimal: "point",
	}
	// suppressionList is a list in which every address is suppressed, whatever
	// its columns. It is only chosen by name.
	suppressionList = Profile{Name: "suppressions", Constant: map[string]string{"suppression": "suppressed"}}
)

// mailchimpColumns are the columns of all files of a Mailchimp audience, and
// those of one.
func mailchimpColumns(own map[string][]string) map[string][]string {
	columns := map[string][]string{
		"email": {"Email Address"}, "first_name": {"First Name"}, "last_name": {"Last Name"}, "phone": {"Phone Number", "Phone"},
		"birthday": {"Birthday"}, "email_consent_at": {"OPTIN_TIME"}, "email_confirmed_at": {"CONFIRM_TIME"}, "updated_at": {"LAST_CHANGED"},
		"zone": {"TIMEZONE"}, "country": {"CC"}, "region": {"REGION"}, "note": {"NOTES"}, "tags": {"TAGS"},
	}
	for field, names := range own {
		columns[field] = names
	}
	return columns
}
