package mongodb_test

import (
	"testing"

	"comeback/store/storetest"
)

// The MongoDB driver passes the suite of all drivers.
func TestConformance(t *testing.T) {
	t.Parallel()
	storetest.Run(t, storetest.MongoDB)
}
