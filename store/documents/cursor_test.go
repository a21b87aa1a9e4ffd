package documents_test

import (
	"testing"
	"time"

	"comeback/commerce"
	"comeback/store/documents"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"
)

func testCursor(t testing.TB) *documents.Cursor {
	t.Helper()
	row := bson.D{{Key: "_id", Value: "shop:a"}, {Key: "at", Value: time.UnixMilli(5)},
		{Key: "home", Value: bson.D{{Key: "city", Value: "Bonn"}}}}
	c, err := documents.CursorOf([]string{"-at", "-home.city", "-gone", "-_id"}, row)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// ParseCursor reads a cursor's text back unchanged. It refuses changed text and
// names the remedy.
func TestCursorText(t *testing.T) {
	t.Parallel()
	c := testCursor(t)
	got, err := documents.ParseCursor(c.String())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(c.String(), got.String()); diff != "" || got.ID != "shop:a" || len(got.Values) != 3 {
		t.Errorf("got %+v, want %+v", got, c)
	}
	text := c.String()
	for i := range text {
		changed := []byte(text)
		changed[i] ^= 1
		if c, err := documents.ParseCursor(string(changed)); err == nil && c.String() != text ||
			err != nil && commerce.CodeOf(err) != commerce.Invalid {
			t.Errorf("byte %d changed: got %v %v, want invalid", i, c, err)
		}
		if _, err := documents.ParseCursor(text[:i]); commerce.CodeOf(err) != commerce.Invalid {
			t.Errorf("cut at %d: got %v, want invalid", i, err)
		}
	}
	if _, err := documents.CursorOf([]string{"at"}, bson.D{}); commerce.CodeOf(err) != commerce.Invalid {
		t.Errorf("of a row without _id: got %v, want invalid", err)
	}
}

// No text makes a cursor that cannot be written again.
func FuzzParseCursor(f *testing.F) {
	f.Add(testCursor(f).String())
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := documents.ParseCursor(text)
		if err != nil {
			return
		}
		if again, err := documents.ParseCursor(c.String()); err != nil || again.String() != c.String() {
			t.Errorf("%q: got %v %v, want itself", text, again, err)
		}
	})
}
