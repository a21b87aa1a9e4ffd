package campaigns

import (
	"net/mail"
	"net/url"
	"strings"
)

// Notice is a notification of a colleague.
type Notice struct {
	To     string // an e-mail address, or the address of a group's robot, which is a secret
	Text   string // a template, see package mail
	Secret string // by which the robot checks the sender; empty: it does not
}

// mostNotice bounds the text of a notification, in characters.
const mostNotice = 2000

// Robot is a kind of robots in groups of colleagues.
type Robot string

// The robots that notifications can go to. An empty Robot is none.
const (
	// DingTalk is the custom robot of DingTalk (钉钉).
	DingTalk Robot = "dingtalk"
	// WeCom is the robot of a group in WeCom (企业微信).
	WeCom Robot = "wecom"
	// Feishu is the custom bot of Feishu (飞书) and of Lark.
	Feishu Robot = "feishu"
)

// robots are the addresses of robots: the host, and how the path begins. A path that ends with a slash is followed
// by the robot's key.
var robots = []struct {
	robot      Robot
	host, path string
}{
	{DingTalk, "oapi.dingtalk.com", "/robot/send"},
	{WeCom, "qyapi.weixin.qq.com", "/cgi-bin/webhook/send"},
	{Feishu, "open.feishu.cn", "/open-apis/bot/v2/hook/"},
	{Feishu, "open.larksuite.com", "/open-apis/bot/v2/hook/"},
}

// RobotOf is the robot that an address belongs to; empty if it is none.
func RobotOf(address string) Robot {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.User != nil || u.Port() != "" {
		return ""
	}
	for _, r := range robots {
		key, under := strings.CutPrefix(u.Path, r.path)
		if strings.EqualFold(u.Host, r.host) && under && (key != "") == strings.HasSuffix(r.path, "/") {
			return r.robot
		}
	}
	return ""
}

// Robot is the robot that is notified; empty if a colleague is mailed.
func (n Notice) Robot() Robot { return RobotOf(n.To) }

// Kind is the kind of call that the notification is.
func (n Notice) Kind() CallKind {
	if n.Robot() != "" {
		return CallRobot
	}
	return CallMail
}

// isMailbox reports whether a text is one e-mail address and nothing else.
func isMailbox(text string) bool {
	address, err := mail.ParseAddress(text)
	return err == nil && address.Address == text && address.Name == ""
}
