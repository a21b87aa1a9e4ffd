package campaigns

import (
	_ "embed" // the tables of user agents
	"regexp"
	"slices"
	"strings"
)

//go:embed agents/machines.txt
var machineTable string

//go:embed agents/proxies.txt
var proxyTable string

//go:embed agents/apps.txt
var appTable string

//go:embed agents/browsers.txt
var browserTable string

var (
	agentEmail   = regexp.MustCompile(`[a-z0-9._-]+@[a-z0-9-]+\.[a-z]{2,}`)
	agentBrowser = regexp.MustCompile(`^(mozilla/[45]\.0 \(|opera/)`)
	// agentDevice is the name of a phone, which may contain any word, and what an app
	// of Facebook says about its phone and carrier.
	agentDevice = regexp.MustCompile(`(android [0-9.]+; (?:[a-z]{2}[-_][a-z]{2}; )?)[^;)]*|\[fb[^\]]*\]|android \([0-9]+\/[^)]*`)
	agentOnHand = regexp.MustCompile(`iphone|ipad|ipod|android|harmony|windows phone|kaios|mobile|tablet`)
	agentSystem = regexp.MustCompile(`windows|win9|macintosh|x11|linux|cros |bsd|sunos|playstation|nintendo|xbox|smart-?tv|tizen|` +
		`web0s|webos|blackberry|bb10|symbian|series60|j2me|meego|maemo|palm`)
	agentComment = regexp.MustCompile(`\([^()]*\)`)
	// agentOther is every other comment of a browser on a desktop.
	agentOther = regexp.MustCompile(`^\((khtml, like gecko[a-z0-9 ./]*|like gecko|0x[0-9a-f]+|edition [a-z0-9 -]+|[kx]?ubuntu.*|` +
		`debian.*|fedora.*)\)$`)
	agentProduct = regexp.MustCompile(`^[a-z0-9_.+-]*[a-z_]`)
	// agentPiece is what the comment of a browser on a desktop says of its system.
	agentPiece = regexp.MustCompile(`^(x11|wayland|[uin]|ubuntu|fedora|debian|gentoo|arch|suse|opensuse|mint|macintosh|windows.*|` +
		`win ?[39].*|win64|x64|wow64|arm.*|linux.*|intel mac os x.*|ppc.*|cros .*|` +
		`(free|open|net|dragonfly).*bsd.*|sunos.*|i[3-6]86.*|x86_64|amd64|touch|` +
		`rv:[0-9.a-z]+|[a-z]{2}([-_][a-z]{2,4})?|konqueror.*|khtml.*|tablet.*|trident.*|media center.*|\.net.*|mobile|desktop)?$`)
)

// classOfAgent is the class of a user agent. It is found by the tables, by a contact
// address or a "compatible;" that no browser writes any more, else by the form of a
// browser's name.
func classOfAgent(agent string) AgentClass {
	agent = strings.ToLower(strings.TrimSpace(agent))
	// The whole agent of Apple's mail privacy proxy.
	if agent == "mozilla/5.0" || hasWord(agent, proxyTable) {
		return ProxyAgent
	}
	named := agentDevice.ReplaceAllString(agent, "$1")
	if hasWord(named, machineTable) || strings.Contains(agent, "://") || strings.Contains(agent, "www.") || agentEmail.MatchString(agent) {
		return MachineAgent
	}
	onHand := agentOnHand.MatchString(agent)
	if hasWord(named, appTable) && !desktopApp(agent) {
		if onHand && !strings.Contains(agent, "compatible;") {
			return HumanAgent
		}
		return MachineAgent
	}
	old := strings.Contains(agent, "msie") || strings.Contains(agent, "trident")
	switch {
	case strings.Contains(agent, "compatible;") && !old:
		return MachineAgent
	case !agentBrowser.MatchString(agent), !onHand && !ofDesktop(agent, old):
		return UnknownAgent
	}
	return HumanAgent
}

// desktopApp reports whether the agent is WeChat's browser on a desktop.
func desktopApp(agent string) bool {
	return strings.Contains(agent, "micromessenger") && agentBrowser.MatchString(agent)
}

// ofDesktop reports whether an agent consists of what browsers on a desktop write.
// old ones write anything into their comment.
func ofDesktop(agent string, old bool) bool {
	comment := strings.Trim(agentComment.FindString(agent), "()")
	if !agentSystem.MatchString(comment) {
		return false
	}
	for piece := range strings.SplitSeq(comment, ";") {
		if !old && !agentPiece.MatchString(strings.TrimSpace(piece)) {
			return false
		}
	}
	for _, more := range agentComment.FindAllString(agent, -1)[1:] {
		if !agentOther.MatchString(more) {
			return false
		}
	}
	browsers := strings.Fields(browserTable)
	for _, product := range strings.Fields(agentComment.ReplaceAllString(agent, " ")) {
		name := agentProduct.FindString(product)
		name, _, _ = strings.Cut(name, "/")
		if name != "" && name != "mozilla" && name != "opera" && !slices.Contains(browsers, name) {
			return false
		}
	}
	return true
}

func hasWord(agent, table string) bool {
	for word := range strings.Lines(table) {
		word = strings.TrimSpace(word)
		if word != "" && word[0] != '#' && strings.Contains(agent, word) {
			return true
		}
	}
	return false
}
