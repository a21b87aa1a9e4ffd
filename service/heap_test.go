package service

import (
	"runtime"
	"runtime/metrics"
	"testing"
	"time"
)

// Up to the floor a heap grows to five times its live part; a larger one is collected when it
// has doubled.
func TestGarbageOfASmallHeapWaitsForTheFloor(t *testing.T) {
	live, _ := collected(func(live, _ uint64) bool { return live > 0 })
	floor := 3 * live
	end := HoldHeap(int64(floor))
	defer end()
	live, goal := collected(func(live, goal uint64) bool { return live < floor/2 && goal > floor*4/5 })
	if goal > floor*11/10 {
		t.Errorf("a live heap of %d MB grows to %d MB, want %d MB", live>>20, goal>>20, floor>>20)
	}
	held := make([]byte, 4*floor)
	live, goal = collected(func(live, goal uint64) bool { return live > 4*floor && goal > live*3/2 })
	if goal > live*5/2 {
		t.Errorf("a live heap of %d MB grows to %d MB, want twice as much", live>>20, goal>>20)
	}
	runtime.KeepAlive(held)
}

// collected collects garbage until the goal of the heap is as wanted.
func collected(wanted func(live, goal uint64) bool) (live, goal uint64) {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/gc/heap/goal:bytes"}}
	for !wanted(live, goal) {
		runtime.GC()
		<-time.After(time.Millisecond)
		metrics.Read(sample)
		live, goal = sample[0].Value.Uint64(), sample[1].Value.Uint64()
	}
	return live, goal
}
