package embedded

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"comeback/commerce"
)

func mustConnect(t *testing.T) *conn {
	t.Helper()
	c, err := connect(filepath.Join(t.TempDir(), "test.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// Values come back as they were stored, small and large ones through one statement,
// also while another statement reads.
func TestValuesComeBackAsStored(t *testing.T) {
	t.Parallel()
	c := mustConnect(t)
	if _, err := c.exec("CREATE TABLE v (n INTEGER PRIMARY KEY, s TEXT, b BLOB)"); err != nil {
		t.Fatal(err)
	}
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 1))
	texts, blobs := []string{}, [][]byte{}
	for i := range 300 {
		size := []int{0, 1, 20, firstRoom - 1, firstRoom, 5000, keptRoom + 1}[random.IntN(7)]
		text := strings.Repeat("客\x00", size/4)
		blob := bytes.Repeat([]byte{byte(i)}, random.IntN(size+1))
		texts, blobs = append(texts, text), append(blobs, blob)
		if n, err := c.exec("INSERT INTO v VALUES (?, ?, ?)", int64(i)-150, text, blob); n != 1 || err != nil {
			t.Fatalf("seed %d: %d rows, %v", seed, n, err)
		}
	}
	read := 0
	err := c.each(t.Context(), "SELECT n, s, b FROM v ORDER BY n", func(v result) (bool, error) {
		n, text, blob := v.number(0), v.text(1), v.bytes(2)
		if n != int64(read)-150 || text != texts[read] || !bytes.Equal(blob, blobs[read]) {
			t.Fatalf("seed %d: row %d came back as %d with %d and %d bytes", seed, read, n, len(text), len(blob))
		}
		inner := 0
		err := c.each(t.Context(), "SELECT 1 FROM v WHERE n = ? AND s = ? AND b = ?", func(result) (bool, error) {
			inner++
			return false, nil
		}, n, text, blobs[read])
		if inner != 1 {
			t.Errorf("seed %d: row %d is found %d times, want once", seed, read, inner)
		}
		read++
		return false, err
	})
	if err != nil || read != 300 {
		t.Errorf("seed %d: read %d rows (%v), want 300", seed, read, err)
	}
	for sql, s := range c.stmts {
		if s.size > keptRoom {
			t.Errorf("%s: %d bytes are kept, want at most %d", sql, s.size, keptRoom)
		}
	}
}

// NULL is neither an empty text nor empty bytes, and no key equals it.
func TestNullIsNoValue(t *testing.T) {
	t.Parallel()
	c := mustConnect(t)
	var got []string
	err := c.each(t.Context(), "SELECT typeof(?), typeof(?), typeof(?), typeof(?)", func(v result) (bool, error) {
		got = append(got, v.text(0), v.text(1), v.text(2), v.text(3))
		return false, nil
	}, nil, "", []byte{}, int64(0))
	if text := strings.Join(got, " "); err != nil || text != "null text blob integer" {
		t.Errorf("got %s (%v)", text, err)
	}
}

// An error of SQLite is unavailable and has its text. The statement may run again.
func TestAFailedStatementRunsAgain(t *testing.T) {
	t.Parallel()
	c := mustConnect(t)
	if _, err := c.exec("SELECT nonsense"); commerce.CodeOf(err) != commerce.Unavailable || !strings.Contains(err.Error(), "no such column") {
		t.Errorf("got %v, want the column named", err)
	}
	if _, err := c.exec("CREATE TABLE v (n INTEGER PRIMARY KEY)"); err != nil {
		t.Fatal(err)
	}
	for i, want := range []bool{true, false, false} {
		_, err := c.exec("INSERT INTO v VALUES (?)", int64(7))
		var f *failure
		if (err == nil) != want || !want && (!errors.As(err, &f) || !local(err)) {
			t.Errorf("insert %d: got %v, want stored: %v", i, err, want)
		}
	}
	if _, err := c.exec("INSERT INTO v VALUES (?)", int64(8)); err != nil {
		t.Error(err)
	}
}
