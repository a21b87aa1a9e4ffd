package campaigns

import (
	"bytes"
	"encoding/json"
	"io"

	"comeback/commerce"
)

// Copy is a campaign's file under another id and name. All else stays byte for byte, but where the
// file names its own campaign it names the copy.
func Copy(file []byte, id, name string) ([]byte, error) {
	own := struct{ ID string }{}
	if err := json.Unmarshal(file, &own); err != nil {
		return nil, commerce.Errorf(commerce.Invalid, "campaign: its file is not JSON: %w", err)
	}
	var out bytes.Buffer
	at := 0
	put := func(from, to int, text string) {
		quoted, _ := json.Marshal(text) // of a text: it cannot fail
		out.Write(file[at:from])
		out.Write(quoted)
		at = to
	}
	err := eachText(file, func(path []string, from, to int, value string) {
		switch {
		case len(path) == 1 && path[0] == "id":
			put(from, to, id)
		case len(path) == 1 && path[0] == "name":
			put(from, to, name)
		case len(path) > 1 && path[len(path)-1] == "campaign" && value == own.ID:
			put(from, to, id)
		}
	})
	out.Write(file[at:])
	return out.Bytes(), err
}

// eachText visits each text of a JSON document that is the value of a key, with the keys that lead
// to it and its place, quotes included. Lists have no key.
func eachText(file []byte, visit func(path []string, from, to int, value string)) error {
	d := json.NewDecoder(bytes.NewReader(file))
	var path []string // the keys of the open objects; "" for a list
	key := false      // the next text of the innermost object is a key
	for {
		before := int(d.InputOffset())
		token, err := d.Token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return commerce.Errorf(commerce.Invalid, "campaign: its file is not JSON: %w", err)
		}
		top := len(path) - 1
		switch x := token.(type) {
		case json.Delim:
			switch x {
			case '{', '[':
				path = append(path, map[json.Delim]string{'{': "{", '[': ""}[x])
			default:
				path = path[:top]
			}
			key = len(path) > 0 && path[len(path)-1] != ""
			continue
		case string:
			if key {
				path[top], key = "{"+x, false
				continue
			}
			if path[top] != "" {
				to := int(d.InputOffset())
				visit(keysOn(path), before+bytes.IndexByte(file[before:to], '"'), to, x)
			}
		}
		key = path[top] != ""
	}
}

// keysOn are the keys of a path, without its lists.
func keysOn(path []string) (keys []string) {
	for _, p := range path {
		if p != "" {
			keys = append(keys, p[1:])
		}
	}
	return keys
}
