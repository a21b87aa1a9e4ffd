package campaigns_test

import (
	"compress/gzip"
	"encoding/csv"
	"io"
	"os"
	"testing"
	"time"

	"comeback/campaigns"
)

func classOf(agent string) campaigns.AgentClass {
	return campaigns.Request{Method: "GET", UserAgent: agent}.Class()
}

// The mail programs and browsers of our shops' customers are people.
func TestPeopleAreHuman(t *testing.T) {
	t.Parallel()
	const webKit = ") AppleWebKit/537.36 (KHTML, like Gecko) "
	for _, agent := range []string{
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) " +
			"Mobile/15E148 MicroMessenger/8.0.61(0x18003d2e) NetType/WIFI Language/zh_CN",
		"Mozilla/5.0 (Linux; Android 14; V2309A Build/UP1A; wv" + webKit +
			"Version/4.0 Chrome/130.0.0.0 Mobile Safari/537.36 XWEB/1300 MMWEBSDK/20240404 " +
			"MicroMessenger/8.0.49 WeChat/arm64 Weixin NetType/4G Language/zh_CN ABI/arm64",
		"Mozilla/5.0 (Linux; U; Android 13; zh-cn; M2102J2SC Build/TKQ1" + webKit +
			"Version/4.0 Chrome/109.0.0.0 MQQBrowser/15.0 Mobile Safari/537.36",
		"Mozilla/5.0 (Linux; Android 12; HarmonyOS; NOH-AN00" + webKit + "Chrome/114.0.0.0 HuaweiBrowser/15.0 Mobile Safari/537.36",
		"Mozilla/5.0 (Linux; Android 11; SM-A515F" + webKit +
			"Version/4.0 Chrome/90.0 Mobile Safari/537.36 baiduboxapp/13.10 (Baidu; P1 11)",
		"Mozilla/5.0 (Linux; U; Android 12; zh-CN; PGT-AN10" + webKit + "Version/4.0 Chrome/100.0 UCBrowser/16.5 Mobile Safari/537.36",
		"Mozilla/5.0 (Linux; Android 10; CUBOT KING KONG) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Thunderbird/128.2.0",
		"Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; WOW64; Trident/8.0; .NET4.0C; .NET4.0E; " +
			"Microsoft Outlook 16.0.17328; ms-office; MSOffice 16)",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)",
	} {
		if got := classOf(agent); got != campaigns.HumanAgent {
			t.Errorf("%s: got %s, want human", agent, got)
		}
	}
}

// Requests show by themselves when nobody is behind them.
func TestRequestClasses(t *testing.T) {
	t.Parallel()
	const browser = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/153.0.0.0 Safari/537.36"
	cases := map[string]struct {
		request campaigns.Request
		want    campaigns.AgentClass
	}{
		"a browser":          {campaigns.Request{Method: "GET", UserAgent: browser}, campaigns.HumanAgent},
		"HEAD":               {campaigns.Request{Method: "HEAD", UserAgent: browser}, campaigns.MachineAgent},
		"a prefetch":         {campaigns.Request{Method: "GET", UserAgent: browser, Purpose: "prefetch;prerender"}, campaigns.MachineAgent},
		"Safari's preview":   {campaigns.Request{Method: "GET", UserAgent: browser, Purpose: "Preview"}, campaigns.MachineAgent},
		"no agent":           {campaigns.Request{Method: "GET"}, campaigns.UnknownAgent},
		"something":          {campaigns.Request{Method: "GET", UserAgent: "Aprinter 3"}, campaigns.UnknownAgent},
		"Apple mail privacy": {campaigns.Request{Method: "GET", UserAgent: "Mozilla/5.0"}, campaigns.ProxyAgent},
		"Gmail's images": {campaigns.Request{Method: "GET", UserAgent: "Mozilla/5.0 (Windows NT 5.1; rv:11.0) " +
			"Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"}, campaigns.ProxyAgent},
		"Yahoo's images": {
			campaigns.Request{Method: "GET", UserAgent: "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html"},
			campaigns.ProxyAgent,
		},
		"a mail scanner": {campaigns.Request{Method: "GET", UserAgent: browser + " Mimecast"}, campaigns.MachineAgent},
		"a library":      {campaigns.Request{Method: "GET", UserAgent: "Go-http-client/2.0"}, campaigns.MachineAgent},
	}
	for name, c := range cases {
		if got := c.request.Class(); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}

// Of published user agents, people are recognised as people and programs are not.
func TestPublishedUserAgents(t *testing.T) {
	t.Parallel()
	total, human := map[string]int{}, map[string]int{}
	for _, row := range labelled(t) {
		total[row[0]]++
		if classOf(row[2]) == campaigns.HumanAgent {
			human[row[0]]++
		}
	}
	precision := 100 * float64(human["human"]) / float64(human["human"]+human["bot"])
	recall := 100 * float64(human["human"]) / float64(total["human"])
	taken := 100 * float64(human["bot"]) / float64(total["bot"])
	t.Logf("people: precision %.2f %%, recall %.2f %%; %d of %d programs (%.2f %%) are taken for people",
		precision, recall, human["bot"], total["bot"], taken)
	if precision < 98.5 || recall < 99 || taken > 0.7 {
		t.Errorf("got precision %.2f %%, recall %.2f %%, taken for people %.2f %%; want at least 98.5 and 99, at most 0.7",
			precision, recall, taken)
	}
}

// The browsers inside apps are people's, although the servers of these apps fetch
// previews under the same names. A program on a desktop that adds its name to a
// browser's is no person.
func TestAppsArePeopleAndTheirServersAreNot(t *testing.T) {
	t.Parallel()
	const iPhone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 "
	const android = "Mozilla/5.0 (Linux; Android 14; ruby Build/UP1A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 " +
		"Chrome/126.0.0.0 Mobile Safari/537.36 "
	const desktop = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
	for agent, want := range map[string]campaigns.AgentClass{
		iPhone + "Snapchat/12.90.0.46 (like Safari/8618.2.12.10.9, panda)":                                        campaigns.HumanAgent,
		"Snapchat/10.77.5.59 (Android 13; SM-G998B; gzip)":                                                        campaigns.HumanAgent,
		android + "Instagram 340.0.0.22.109 Android (34/14; 420dpi; 1080x2186; Xiaomi; ruby; en_US)":              campaigns.HumanAgent,
		"Instagram 261.0.0.18.111 (iPhone12,1; iOS 16_0; en_US; scale=2.00) AppleWebKit/420+":                     campaigns.HumanAgent,
		iPhone + "MicroMessenger/8.0.49(0x18003137) NetType/WIFI Language/zh_CN":                                  campaigns.HumanAgent,
		desktop + " NetType/WIFI MicroMessenger/7.0.20.1781(0x6700143B) WindowsWechat(0x63090a13) XWEB/9129 Flue": campaigns.HumanAgent,
		iPhone + "[FBAN/FBIOS;FBAV/470.0.0.36.109;FBDV/iPhone14,5;FBCR/Perl Mobile Fetch;FBRV/0]":                 campaigns.HumanAgent,
		android + "[FB_IAB/FB4A;FBAV/470.0.0.36.109;]":                                                            campaigns.HumanAgent,
		iPhone + "Safari Line/14.9.0":                                                       campaigns.HumanAgent,
		iPhone + "[LinkedInApp]/9.29.8463":                                                  campaigns.HumanAgent,
		iPhone + "[Pinterest/iOS]":                                                          campaigns.HumanAgent,
		android + "musical_ly_2023 BytedanceWebview/d8a21c6":                                campaigns.HumanAgent,
		android + "QQ/9.0.60.17095 V1_AND_SQ_9.0.60 NetType/4G":                             campaigns.HumanAgent,
		"WhatsApp/2.23.20.0":                                                                campaigns.MachineAgent,
		"TelegramBot (like TwitterBot)":                                                     campaigns.MachineAgent,
		"Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)":                        campaigns.MachineAgent,
		"Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)":                 campaigns.MachineAgent,
		desktop + " AcmeAuditor/2.1":                                                        campaigns.UnknownAgent,
		desktop + " (AcmeEyes Agent)":                                                       campaigns.UnknownAgent,
		"Mozilla/5.0 (X11; AcmeCheck; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0": campaigns.UnknownAgent,
		"Mozilla/5.0 (AcmeWeb)":                                                             campaigns.UnknownAgent,
		desktop + " Edg/126.0.0.0":                                                          campaigns.HumanAgent,
		desktop + " Edg/126.0.0.0 Herring/97.1.8280.8":                                      campaigns.HumanAgent,
		desktop + " Core/1.94.218.400 QQBrowser/12.1.5496.400":                              campaigns.HumanAgent,
	} {
		if got := classOf(agent); got != want {
			t.Errorf("%s: got %s, want %s", agent, got, want)
		}
	}
}

func labelled(t testing.TB) [][]string {
	t.Helper()
	f := sharedData(t, "crawler_ua/ua_labelled.csv.gz")
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	r := csv.NewReader(z)
	if _, err := r.Read(); err != nil {
		t.Fatal(err)
	}
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// sharedData opens a file of the public data beside the checkout; without it
// the test is skipped, unless it is required.
func sharedData(t testing.TB, name string) io.Reader {
	t.Helper()
	f, err := os.Open("../../shared/data/" + name)
	if os.IsNotExist(err) && os.Getenv("COMEBACK_TEST_SHARED") != "required" {
		t.Skip("no ../shared/data beside the checkout")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// What no request shows by itself, the message's other touches do.
func TestJudge(t *testing.T) {
	t.Parallel()
	sent := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	const human, machine = campaigns.HumanAgent, campaigns.MachineAgent
	click := func(link int, actor string, after time.Duration) campaigns.Touch {
		return campaigns.Touch{ID: actor + after.String(), Kind: campaigns.Clicked, Link: link, Actor: actor, At: sent.Add(after), Agent: human}
	}
	open := click(0, "a", time.Second)
	open.Kind = campaigns.Opened
	cases := map[string]struct {
		touches []campaigns.Touch
		links   int
		want    []campaigns.AgentClass
	}{
		"a click a second after sending is a scanner's": {
			[]campaigns.Touch{click(1, "a", time.Second), click(1, "b", time.Minute)}, 3, []campaigns.AgentClass{machine, human},
		},
		"an open that soon may be a person's": {[]campaigns.Touch{open}, 3, []campaigns.AgentClass{human}},
		"every link within three seconds": {[]campaigns.Touch{
			click(1, "a", time.Hour), click(2, "b", time.Hour+time.Second), click(3, "c", time.Hour+3*time.Second),
			click(1, "d", 2*time.Hour),
		}, 3, []campaigns.AgentClass{machine, machine, machine, human}},
		"every link in four seconds": {[]campaigns.Touch{click(1, "a", time.Hour), click(2, "a", time.Hour+4*time.Second)}, 2,
			[]campaigns.AgentClass{human, human}},
		"the only link is not every link": {[]campaigns.Touch{click(1, "a", time.Hour)}, 1, []campaigns.AgentClass{human}},
		"who follows the hidden link": {
			[]campaigns.Touch{
				click(0, "a", time.Hour), click(2, "a", time.Hour+4*time.Second), click(1, "a", time.Hour-8*time.Second),
				click(3, "a", time.Hour-4*time.Second), click(2, "b", time.Hour-4*time.Second), click(2, "a", time.Hour+10*time.Second),
			},
			5, []campaigns.AgentClass{machine, machine, machine, machine, human, human},
		},
		"the scanner's other machine": {
			[]campaigns.Touch{click(0, "a", time.Hour), click(1, "b", time.Hour+3*time.Second), click(1, "b", time.Hour+30*time.Second)},
			1, []campaigns.AgentClass{machine, machine, human},
		},
		"three of five links within three seconds": {
			[]campaigns.Touch{
				click(1, "a", time.Hour), click(2, "a", time.Hour+time.Second), click(4, "a", time.Hour+2*time.Second),
				click(4, "a", time.Hour+20*time.Second),
			},
			5, []campaigns.AgentClass{machine, machine, machine, human},
		},
	}
	for name, c := range cases {
		for range 2 { // judging again changes nothing
			campaigns.Judge(c.touches, sent, c.links)
			for i, touch := range c.touches {
				if touch.Class != c.want[i] {
					t.Errorf("%s: touch %d: got %s, want %s", name, i, touch.Class, c.want[i])
				}
			}
		}
	}
	early := []campaigns.Touch{click(1, "a", -time.Hour)}
	campaigns.Judge(early, time.Time{}, 3)
	if early[0].Class != human {
		t.Errorf("not known when it was accepted: got %s, want human", early[0].Class)
	}
}

func BenchmarkRequestClass(b *testing.B) {
	r := campaigns.Request{
		Method:    "GET",
		UserAgent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/153.0.0.0 Safari/537.36",
	}
	for b.Loop() {
		r.Class()
	}
}
