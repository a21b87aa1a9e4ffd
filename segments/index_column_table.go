package segments

// textTable numbers texts in the order in which they are first seen, from 1.
// Most texts were seen a short while ago: those are found without the map. The
// zero value is empty and ready.
type textTable struct {
	known  map[string]uint32
	texts  []string
	recent []recentText // by hash
	shift  int          // brings a hash to a place in recent
}

type recentText struct {
	text string
	code uint32
}

// mostRecent is how many recent texts there are at most, as a power of two.
const mostRecent = 12

// code is the number of a text, a new one where it was not seen before.
func (t *textTable) code(text string) uint32 {
	if t.known == nil || len(t.texts) > len(t.recent) && len(t.recent) < 1<<mostRecent {
		t.grow()
	}
	recent := &t.recent[tailOf(text)*0x9e3779b97f4a7c15>>t.shift]
	if recent.text != text {
		code, ok := t.known[text]
		if !ok {
			t.texts = append(t.texts, text)
			code = uint32(len(t.texts))
			t.known[text] = code
		}
		*recent = recentText{text, code}
	}
	return recent.code
}

// tailOf is the last eight bytes of a text: they distinguish most texts.
func tailOf(text string) uint64 {
	if n := len(text); n >= 8 {
		s := text[n-8 : n]
		return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
			uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
	}
	tail := uint64(0)
	for i := range len(text) {
		tail = tail<<8 | uint64(text[i])
	}
	return tail
}

func (t *textTable) grow() {
	if t.known == nil {
		t.known, t.shift = map[string]uint32{}, 64-4
	} else {
		t.shift -= 2
	}
	t.recent = make([]recentText, 1<<(64-t.shift))
}
