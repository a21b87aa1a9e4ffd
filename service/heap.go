package service

import (
	"math"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
)

// HeapFloor is the heap that a serving process may fill before it collects garbage.
const HeapFloor = 64 << 20

// HoldHeap lets the process collect garbage when its heap has reached floor bytes, and not
// before; a heap whose live part is larger than half of that is collected when it has doubled,
// as usual. A process with a small heap and much to do otherwise collects it many times a second.
// end restores what was.
func HoldHeap(floor uint64) (end func()) {
	h := &heap{floor: floor, sample: []metrics.Sample{{Name: "/gc/heap/live:bytes"}}}
	before := debug.SetGCPercent(h.percent(0))
	h.afterCollection()
	return func() {
		h.ended.Store(true)
		debug.SetGCPercent(before)
	}
}

type heap struct {
	floor  uint64
	sample []metrics.Sample
	ended  atomic.Bool
}

// afterCollection calls adapt once the garbage has been collected again: what nobody refers to
// is cleaned up then.
func (h *heap) afterCollection() { runtime.AddCleanup(new(*heap), (*heap).adapt, h) }

func (h *heap) adapt() {
	if h.ended.Load() {
		return
	}
	metrics.Read(h.sample)
	debug.SetGCPercent(h.percent(h.sample[0].Value.Uint64()))
	h.afterCollection()
}

// percent is by how much the heap may grow beyond its live part.
func (h *heap) percent(live uint64) int {
	grown := float64(h.floor) / float64(max(live, 1<<20)) * 100
	return int(max(100, math.Round(grown-100)))
}
