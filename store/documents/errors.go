package documents

import (
	"bytes"
	"strings"

	"comeback/commerce"

	"go.mongodb.org/mongo-driver/v2/bson"
)

func invalid(format string, args ...any) error {
	return commerce.Errorf(commerce.Invalid, format, args...)
}

// MaxDocument is the largest size of a document, in bytes. It is MongoDB's own
// limit.
const MaxDocument = 16 << 20

// checkSize refuses in both drivers the sizes that MongoDB would refuse.
func checkSize(raw bson.Raw) error {
	if len(raw) > MaxDocument {
		return commerce.Errorf(commerce.TooLarge, "document: %d bytes, at most %d can be stored", len(raw), MaxDocument)
	}
	return nil
}

// checkPath refuses a dotted path that has an operator or a position in it.
func checkPath(what, path string) error {
	for part := range strings.SplitSeq(path, ".") {
		switch {
		case part == "":
			return invalid("%s: path %q has an empty part", what, path)
		case part[0] == '$':
			return invalid("%s: %s is not in the subset of the store", what, part)
		case strings.Trim(part, "0123456789") == "":
			return invalid("%s: path %q names a position, name fields only", what, path)
		case strings.Contains(part, "\x00"):
			return invalid("%s: path %q contains a NUL", what, path)
		}
	}
	return nil
}

// checkKeys refuses field names that could be read as an operator or a path. It
// reads every byte stored, so it allocates nothing for a valid document.
func checkKeys(doc []byte, what string) error {
	walk := ElementsOf(doc)
	for e, ok := walk.Next(); ok; e, ok = walk.Next() {
		if len(e.Key) == 0 || e.Key[0] == '$' || bytes.IndexByte(e.Key, '.') >= 0 {
			return invalid("%s: field name %q: empty, starts with $ or contains a point; store free names as [{k, v}]", what, e.Key)
		}
		if e.Kind != bson.TypeEmbeddedDocument && e.Kind != bson.TypeArray {
			continue
		}
		if err := checkKeys(e.Value, what); err != nil {
			return err
		}
	}
	if walk.Broken {
		return invalid("%s: not a BSON document", what)
	}
	return nil
}
