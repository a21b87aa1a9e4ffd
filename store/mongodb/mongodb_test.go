package mongodb_test

import (
	"testing"

	"comeback/store/storetest"
)

// The MongoDB driver means what every driver means.
func TestConformance(t *testing.T) {
	t.Parallel()
	storetest.Run(t, storetest.MongoDB)
}
