package segments

import "comeback/strictjson"

// OperatorsOf are the operators that fit a field, and the kind of its values.
func OperatorsOf(name string) (kind string, ops []string) {
	p := newParser(Scope{})
	s, ok := p.fieldAt(&strictjson.Node{Kind: strictjson.String, Text: name})
	if !ok {
		return "", nil
	}
	return s.kind.String(), fitting(s.kind)
}

// Kinds are the kinds of fields there are.
func Kinds() (kinds []string) {
	for kind := ofNumber; kind <= ofCustom; kind++ {
		kinds = append(kinds, kind.String())
	}
	return kinds
}

// Figures are the figures of events and what they are compared with.
func Figures() (figures, bounds, windows []string) { return aggregateKeys, boundKeys, windowKeys }
