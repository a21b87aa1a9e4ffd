package commerce

// The sources of the rows: the law or a regulator's page about it, then its address.
const (
	eprivacy = "Directive 2002/58/EC, article 13 https://eur-lex.europa.eu/eli/dir/2002/58/oj"
	uwg7     = "UWG § 7, BGH I ZR 164/09 https://www.gesetze-im-internet.de/uwg_2004/__7.html"
	tkg174   = "TKG 2021 § 174 " +
		"https://www.bmf.gv.at/themen/telekommunikation-post_2/telekommunikationsrecht-politik/oesterreich/unerbetene-nachrichten.html"
	cpce    = "CPCE, article L34-5 https://www.cnil.fr/fr/la-prospection-commerciale-par-courrier-electronique"
	pecr22  = "PECR 2003, regulation 22 https://www.legislation.gov.uk/uksi/2003/2426/regulation/22"
	uca3    = "UWG (SR 241), article 3(1)(o) https://www.fedlex.admin.ch/eli/cc/1988/223_223_223/de"
	canSpam = "CAN-SPAM Act, 15 USC 7704 https://www.ftc.gov/business-guidance/resources/can-spam-act-compliance-guide-business"
	tcpa    = "47 CFR 64.1200 https://www.ecfr.gov/current/title-47/section-64.1200"
	casl10  = "CASL, section 10(9) and (10) https://crtc.gc.ca/eng/com500/guide.htm"
	spamAct = "Spam Act 2003, schedule 2 https://www.legislation.gov.au/C2004A01214/latest/text"
	uema    = "Unsolicited Electronic Messages Act 2007, section 4 " +
		"https://www.legislation.govt.nz/act/public/2007/0007/latest/DLM405141.html"
	sca       = "Spam Control Act 2007, section 5 https://sso.agc.gov.sg/Act/SCA2007"
	pdpa      = "PDPA 2012, part 9 https://sso.agc.gov.sg/Act/PDPA2012"
	jpMail    = "特定電子メール法 第3条 https://www.soumu.go.jp/main_sosiki/cybersecurity/kokumin/basic/legal/08"
	krNetwork = "정보통신망법 제50조 https://www.law.go.kr/법령/정보통신망이용촉진및정보보호등에관한법률"
	cnMail    = "互联网电子邮件服务管理办法 第十三条 https://www.miit.gov.cn"
	cnSMS     = "通信短信息服务管理规定 第十八条 https://www.miit.gov.cn"
	unchecked = "nobody has checked this law"
)

// lawRows is the whole table. A law, class or channel without a row allows nothing.
// Rows of sms ask for consent where a law would allow more: no channel sends text
// messages yet.
var lawRows = []LawRow{
	{"eu", true, "email", SoftOptIn, Stated, eprivacy},
	{"eu", true, "sms", ByConsent, ActOfPerson, eprivacy},
	{"eu", false, "email", NoneNeeded, Stated, eprivacy},
	{"eu", false, "sms", NoneNeeded, Stated, eprivacy},
	{"de", true, "email", SoftOptIn, DoubleOptIn, uwg7},
	{"de", true, "sms", ByConsent, DoubleOptIn, uwg7},
	{"de", false, "email", NoneNeeded, Stated, uwg7},
	{"de", false, "sms", NoneNeeded, Stated, uwg7},
	{"at", true, "email", SoftOptIn, DoubleOptIn, tkg174},
	{"at", true, "sms", ByConsent, DoubleOptIn, tkg174},
	{"at", false, "email", NoneNeeded, Stated, tkg174},
	{"at", false, "sms", NoneNeeded, Stated, tkg174},
	{"fr", true, "email", SoftOptIn, ActOfPerson, cpce},
	{"fr", true, "sms", ByConsent, ActOfPerson, cpce},
	{"fr", false, "email", NoneNeeded, Stated, cpce},
	{"fr", false, "sms", NoneNeeded, Stated, cpce},
	{"uk", true, "email", SoftOptIn, Stated, pecr22},
	{"uk", true, "sms", ByConsent, ActOfPerson, pecr22},
	{"uk", false, "email", NoneNeeded, Stated, pecr22},
	{"uk", false, "sms", NoneNeeded, Stated, pecr22},
	{"ch", true, "email", SoftOptIn, Stated, uca3},
	{"ch", true, "sms", ByConsent, ActOfPerson, uca3},
	{"ch", false, "email", NoneNeeded, Stated, uca3},
	{"ch", false, "sms", NoneNeeded, Stated, uca3},
	{"us", true, "email", OptOut, Stated, canSpam},
	{"us", true, "sms", ByConsent, Written, tcpa},
	{"us", false, "email", NoneNeeded, Stated, canSpam},
	{"us", false, "sms", OptOut, Stated, tcpa},
	{"ca", true, "email", Implied, Stated, casl10},
	{"ca", true, "sms", ByConsent, ActOfPerson, casl10},
	{"ca", false, "email", NoneNeeded, Stated, casl10},
	{"ca", false, "sms", NoneNeeded, Stated, casl10},
	{"au", true, "email", Inferred, Stated, spamAct},
	{"au", true, "sms", ByConsent, ActOfPerson, spamAct},
	{"au", false, "email", NoneNeeded, Stated, spamAct},
	{"au", false, "sms", NoneNeeded, Stated, spamAct},
	{"nz", true, "email", Inferred, Stated, uema},
	{"nz", true, "sms", ByConsent, ActOfPerson, uema},
	{"nz", false, "email", NoneNeeded, Stated, uema},
	{"nz", false, "sms", NoneNeeded, Stated, uema},
	{"sg", true, "email", Inferred, Stated, sca},
	{"sg", true, "sms", ByConsent, Written, pdpa},
	{"sg", false, "email", NoneNeeded, Stated, sca},
	{"sg", false, "sms", NoneNeeded, Stated, pdpa},
	{"jp", true, "email", ByConsent, ActOfPerson, jpMail},
	{"jp", true, "sms", ByConsent, ActOfPerson, jpMail},
	{"jp", false, "email", NoneNeeded, Stated, jpMail},
	{"jp", false, "sms", NoneNeeded, Stated, jpMail},
	{"kr", true, "email", ByConsent, ActOfPerson, krNetwork},
	{"kr", true, "sms", ByConsent, ActOfPerson, krNetwork},
	{"kr", false, "email", NoneNeeded, Stated, krNetwork},
	{"kr", false, "sms", NoneNeeded, Stated, krNetwork},
	{"cn", true, "email", ByConsent, ActOfPerson, cnMail},
	{"cn", true, "sms", ByConsent, ActOfPerson, cnSMS},
	{"cn", false, "email", NoneNeeded, Stated, cnMail},
	{"cn", false, "sms", NoneNeeded, Stated, cnSMS},
	{OtherLaw, true, "email", NoMarketing, Stated, unchecked},
	{OtherLaw, true, "sms", NoMarketing, Stated, unchecked},
	{OtherLaw, false, "email", OptOut, Stated, unchecked},
	{OtherLaw, false, "sms", OptOut, Stated, unchecked},
}
