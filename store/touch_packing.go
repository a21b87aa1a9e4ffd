package store

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"

	"comeback/campaigns"
	"comeback/commerce"
)

// touchFormat is the first byte of packed touches.
const touchFormat = 1

// The kinds and classes of touches by their number in packed ones. New ones come last.
func touchKinds() []campaigns.TouchKind {
	return []campaigns.TouchKind{campaigns.Opened, campaigns.Clicked, campaigns.Unsubscribed}
}

func touchClasses() []campaigns.AgentClass {
	return []campaigns.AgentClass{campaigns.HumanAgent, campaigns.MachineAgent, campaigns.ProxyAgent, campaigns.UnknownAgent}
}

// errTouches is the error of bytes that are no packed touches.
var errTouches = errors.New("a group of touches is damaged")

// packTouches writes touches of a shop one behind the other: the message, without the shop and
// empty where it is that of the touch before, then kind, class, link, actor, and the
// milliseconds since the touch before. Each open and each click is written so while its
// reader waits, so the bytes are few.
func packTouches(shop string, list []campaigns.Touch) ([]byte, error) {
	prefix, kinds, classes := commerce.Key(shop)+":", touchKinds(), touchClasses()
	out := append(make([]byte, 0, 64*len(list)+1), touchFormat)
	before, at := "", int64(0)
	for _, t := range list {
		message, own := strings.CutPrefix(t.Message, prefix)
		kind, class := slices.Index(kinds, t.Kind), slices.Index(classes, t.Agent)
		actor, err := hex.DecodeString(t.Actor)
		if !own || message == "" || kind < 0 || class < 0 || err != nil {
			return nil, invalid("touch: message %q, kind %q, class %q or actor %q is not one of shop %q", t.Message, t.Kind, t.Agent, t.Actor, shop)
		}
		if message == before {
			message = ""
		} else {
			before = message
		}
		out = append(binary.AppendUvarint(out, uint64(len(message))), message...)
		out = append(out, byte(kind), byte(class))
		out = binary.AppendUvarint(out, uint64(t.Link))
		out = append(binary.AppendUvarint(out, uint64(len(actor))), actor...)
		out = binary.AppendVarint(out, t.At.UnixMilli()-at)
		at = t.At.UnixMilli()
	}
	return out, nil
}

// unpackTouches reads what packTouches wrote. Of damaged bytes it returns none.
func unpackTouches(shop string, raw []byte) (list []campaigns.Touch, err error) {
	if len(raw) == 0 || raw[0] != touchFormat {
		return nil, errTouches
	}
	r := touchReader{byteReader: byteReader{rest: raw[1:]}, prefix: commerce.Key(shop) + ":"}
	for len(r.rest) > 0 {
		list = append(list, r.touch(shop))
	}
	if r.bad {
		return nil, errTouches
	}
	return list, nil
}

type touchReader struct {
	byteReader
	prefix  string
	message string
	at      int64 // of the touch before
}

func (r *touchReader) touch(shop string) campaigns.Touch {
	if message := r.take(r.length()); len(message) > 0 {
		r.message = r.prefix + string(message)
	}
	kind, class, link := int(r.flags()), int(r.flags()), int(r.whole())
	actor := hex.EncodeToString(r.take(r.length()))
	r.at += r.number()
	kinds, classes := touchKinds(), touchClasses()
	if r.bad || r.message == "" || kind >= len(kinds) || class >= len(classes) {
		r.bad, r.rest = true, nil
		return campaigns.Touch{}
	}
	t := campaigns.Touch{
		Shop: shop, Message: r.message, Kind: kinds[kind], Link: link, Actor: actor, At: time.UnixMilli(r.at).UTC(),
		Agent: classes[class], Class: classes[class],
	}
	t.ID = t.Identity()
	return t
}
