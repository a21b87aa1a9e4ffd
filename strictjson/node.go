package strictjson

// Node is one value of a JSON document with its place, so that a problem can show
// the author where it is. Kind decides which fields are set. Nodes are read-only.
type Node struct {
	Kind    Kind
	Bool    bool     // of a Bool
	Line    int32    // from 1
	Column  int32    // from 1, in characters
	Text    string   // a String's value, or a Number's literal as written
	Members []Member // of an Object, in the order written
	Items   []*Node  // of an Array

	parent *Node // nil: the whole document
	at     int32 // its place among the parent's members or items
}

// Member is one key of an object. Keys of an object are distinct.
type Member struct {
	Key       string
	KeyLine   int32
	KeyColumn int32
	Value     *Node
}

// Kind is the JSON type of a Node.
type Kind uint8

// The six types of JSON.
const (
	// Null is null.
	Null Kind = iota
	// Bool is true or false.
	Bool
	// Number is a number, as written.
	Number
	// String is a text.
	String
	// Array is a list in brackets.
	Array
	// Object is a list of keys with values, in braces.
	Object
)

// String names the kind as an author would.
func (k Kind) String() string {
	return [...]string{"null", "true or false", "a number", "text", "a list", "an object"}[k]
}

// Member is the value of key in an object, nil when it is absent or n is no object.
func (n *Node) Member(key string) *Node {
	if n == nil {
		return nil
	}
	for _, m := range n.Members {
		if m.Key == key {
			return m.Value
		}
	}
	return nil
}
