package strictjson

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"comeback/commerce"
)

// maxPointer is how many characters of a pointer are shown. An author of longer
// keys has the line and the column.
const maxPointer = 1 << 10

// Pointer is the place of n (RFC 6901): empty for the whole document and for nil.
// Each call makes it anew: a document has as many places as values, and only the
// places of problems are needed.
func (n *Node) Pointer() string {
	var way []*Node
	for ; n != nil && n.parent != nil; n = n.parent {
		way = append(way, n)
	}
	var b strings.Builder
	for i := len(way) - 1; i >= 0; i-- {
		b.WriteByte('/')
		b.WriteString(way[i].step())
		if b.Len() > utf8.UTFMax*maxPointer {
			break
		}
	}
	return commerce.Clip(b.String(), maxPointer)
}

// step is n's key or number in its parent.
func (n *Node) step() string {
	if n.parent.Kind == Array {
		return strconv.Itoa(int(n.at))
	}
	return escaped(n.parent.Members[n.at].Key)
}

// Pointer is the JSON Pointer of key in the object of the pointer at.
func Pointer(at, key string) string { return at + "/" + escaped(key) }

func escaped(key string) string {
	if !strings.ContainsAny(key, "~/") {
		return key
	}
	return strings.ReplaceAll(strings.ReplaceAll(key, "~", "~0"), "/", "~1")
}
