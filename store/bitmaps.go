package store

import (
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"comeback/commerce"
	"comeback/segments"
)

// mostBitmap is the most bytes that the bitmaps of one document may take
// together: MongoDB takes no document above 16 MiB.
const mostBitmap = 15 << 20

// packBitmap is the stored form of a set of customers: portable roaring, as
// other languages read it. nil is the empty set.
func packBitmap(set *segments.Bitmap) ([]byte, error) {
	packed := roaring.New()
	if set != nil {
		numbers := make([]uint32, 0, 4096)
		for n := range set.All() {
			if numbers = append(numbers, uint32(n)); len(numbers) == cap(numbers) {
				packed.AddMany(numbers)
				numbers = numbers[:0]
			}
		}
		packed.AddMany(numbers)
	}
	packed.RunOptimize()
	return packed.ToBytes()
}

// unpackBitmap reads the result of packBitmap. Anything else is an error, and
// takes no more memory than a set of all possible numbers.
func unpackBitmap(data []byte) (*segments.Bitmap, error) {
	set := &segments.Bitmap{}
	if len(data) == 0 {
		return set, nil
	}
	packed := roaring.New()
	err := packed.UnmarshalBinary(data)
	if err == nil {
		err = packed.Validate()
	}
	switch {
	case err != nil:
		return nil, commerce.Errorf(commerce.Internal, "stored bitmap: %w", err)
	case packed.IsEmpty():
		return set, nil
	case packed.Maximum() > segments.MaxNumber:
		return nil, commerce.Errorf(commerce.Internal, "stored bitmap: number %d: at most %d", packed.Maximum(), segments.MaxNumber)
	}
	set.Add(int64(packed.Maximum())) // it grows once
	numbers := make([]uint32, 4096)
	for many := packed.ManyIterator(); ; {
		got := many.NextMany(numbers)
		for _, n := range numbers[:got] {
			set.Add(int64(n))
		}
		if got < len(numbers) {
			return set, nil
		}
	}
}

// bitmapBehind lists the next numbers of a packed set behind a number, at most limit.
func bitmapBehind(data []byte, after int64, limit int) (numbers []int64, err error) {
	packed := roaring.New()
	if len(data) > 0 {
		if err = packed.UnmarshalBinary(data); err == nil {
			err = packed.Validate()
		}
	}
	if err != nil {
		return nil, commerce.Errorf(commerce.Internal, "stored bitmap: %w", err)
	}
	all := packed.Iterator()
	all.AdvanceIfNeeded(uint32(min(max(after+1, 0), segments.MaxNumber+1)))
	for all.HasNext() && len(numbers) < limit {
		numbers = append(numbers, int64(all.Next()))
	}
	return numbers, nil
}

// packBitmaps packs several sets of one document.
func packBitmaps(sets ...*segments.Bitmap) ([][]byte, error) {
	packed, total := make([][]byte, len(sets)), 0
	for i, set := range sets {
		var err error
		if packed[i], err = packBitmap(set); err != nil {
			return nil, err
		}
		total += len(packed[i])
	}
	if total > mostBitmap {
		return nil, commerce.Errorf(commerce.Invalid,
			"members: %d bytes are more than one document takes (%d): narrow the segment, or have fewer customers in one shop", total, mostBitmap)
	}
	return slices.Clip(packed), nil
}
