package service

import (
	"runtime"
	"runtime/metrics"
	"testing"
	"time"
)

// A small heap is collected when it has reached the floor, a large one when it has doubled.
func TestGarbageOfASmallHeapWaitsForTheFloor(t *testing.T) {
	const floor = 96 << 20
	end := HoldHeap(floor)
	defer end()
	small, goal := collected(func(live, goal uint64) bool { return goal > floor*9/10 })
	if goal > max(floor*5/4, small*5/2) {
		t.Errorf("a live heap of %d MB grows to %d MB, want about %d MB", small>>20, goal>>20, floor>>20)
	}
	held := make([]byte, 4*floor)
	large, goal := collected(func(live, goal uint64) bool { return live > 4*floor && goal < live*5/2 })
	if goal < large*3/2 {
		t.Errorf("a live heap of %d MB grows to %d MB, want twice as much", large>>20, goal>>20)
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
