package jobs

import (
	"encoding/binary"
	"hash/maphash"
	"maps"
	"os"
	"slices"

	"comeback/commerce"
)

// idSet is a set of ids as hashes, for any number of them. It keeps the newest in
// memory. Full parts go to a temporary file, sorted, of which it remembers one hash a
// block: so an older id costs one read a part, and 100,000,000 ids less than 10 MB.
type idSet struct {
	seed   maphash.Seed
	limit  int // of recent
	recent map[uint64]struct{}
	file   *os.File // nil: all are in recent
	size   int64    // of the file
	parts  []idPart
}

// idPart is a sorted part of the file.
type idPart struct {
	offset int64
	first  []uint64 // of each block
	n      int      // hashes
}

const (
	idsInMemory = 1 << 18
	idsInBlock  = 512
	idBytes     = 8
)

// newIDSet is an empty set that keeps at most limit ids in memory.
func newIDSet(limit int) *idSet {
	return &idSet{seed: maphash.MakeSeed(), limit: limit, recent: map[uint64]struct{}{}}
}

// add adds an id, and reports whether the set has it already.
func (s *idSet) add(id string) (known bool, err error) {
	hash := maphash.String(s.seed, id)
	if _, known = s.recent[hash]; known {
		return true, nil
	}
	for _, part := range s.parts {
		if known, err = s.in(part, hash); known || err != nil {
			return known, err
		}
	}
	s.recent[hash] = struct{}{}
	if len(s.recent) < s.limit {
		return false, nil
	}
	return false, s.store()
}

// in reports whether a part of the file has a hash.
func (s *idSet) in(part idPart, hash uint64) (bool, error) {
	block, found := slices.BinarySearch(part.first, hash)
	if found || block == 0 { // the first of a block, or less than all
		return found, nil
	}
	from := (block - 1) * idsInBlock
	data := make([]byte, min(idsInBlock, part.n-from)*idBytes)
	if _, err := s.file.ReadAt(data, part.offset+int64(from)*idBytes); err != nil {
		return false, noTemporary(err)
	}
	for at := 0; at < len(data); at += idBytes {
		if binary.LittleEndian.Uint64(data[at:]) == hash {
			return true, nil
		}
	}
	return false, nil
}

// store moves the recent hashes to the file.
func (s *idSet) store() (err error) {
	if s.file == nil {
		if s.file, err = temporary(); err != nil {
			return err
		}
	}
	sorted := slices.Sorted(maps.Keys(s.recent))
	part, data := idPart{offset: s.size, n: len(sorted)}, make([]byte, 0, len(sorted)*idBytes)
	for i, hash := range sorted {
		if i%idsInBlock == 0 {
			part.first = append(part.first, hash)
		}
		data = binary.LittleEndian.AppendUint64(data, hash)
	}
	if _, err := s.file.WriteAt(data, s.size); err != nil {
		return noTemporary(err)
	}
	s.size, s.parts = s.size+int64(len(data)), append(s.parts, part)
	clear(s.recent)
	return nil
}

// close frees the file.
func (s *idSet) close() {
	if s.file != nil {
		_ = s.file.Close() // its name is removed already
	}
}

// temporary is a new file that only this user may read. Its name is removed at once,
// so the system frees it even after a crash.
func temporary() (*os.File, error) {
	file, err := os.CreateTemp("", "comeback-import-")
	if err != nil {
		return nil, noTemporary(err)
	}
	if err := os.Remove(file.Name()); err != nil {
		_ = file.Close()
		return nil, noTemporary(err)
	}
	return file, nil
}

func noTemporary(err error) error {
	return commerce.Errorf(commerce.Unavailable, "import: no temporary file: %w", err)
}
