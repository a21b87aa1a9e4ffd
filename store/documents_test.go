package store_test

import (
	"testing"

	"comeback/store/storetest"
)

// BenchmarkStore names store operations by driver: BenchmarkStore/embedded/insert.
func BenchmarkStore(b *testing.B) { storetest.Bench(b) }
