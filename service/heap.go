package service

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
)

// HeapFloor is the heap up to which a serving process puts off collecting garbage.
const HeapFloor = 64 << 20

// HoldHeap lets the process collect garbage when its heap is five times its live part or has
// reached floor bytes, whichever comes first. A heap whose live part is larger than half of floor is collected
// when it has doubled, as usual. A process with a small heap and much to do is otherwise collected
// many times a second. The limit of the runtime (GOMEMLIMIT) still holds. end restores what was.
func HoldHeap(floor int64) (end func()) {
	h := &heap{floor: floor, most: debug.SetMemoryLimit(-1), percent: debug.SetGCPercent(400)}
	for _, name := range []string{
		"/gc/heap/live:bytes", "/memory/classes/total:bytes", "/memory/classes/heap/released:bytes", "/memory/classes/heap/free:bytes",
		"/memory/classes/heap/objects:bytes",
	} {
		h.samples = append(h.samples, metrics.Sample{Name: name})
	}
	h.adapt()
	return h.end
}

type heap struct {
	floor, most int64 // bytes
	percent     int
	samples     []metrics.Sample
	ended       atomic.Bool
}

// adapt sets the limit of the process's memory by what the last collection left, and comes
// again after the next one: what nobody refers to is cleaned up then. Until it comes, the limit
// of before holds, so the heap never grows beyond it.
func (h *heap) adapt() {
	if h.ended.Load() {
		return
	}
	metrics.Read(h.samples)
	debug.SetMemoryLimit(min(h.most, h.limit()))
	runtime.AddCleanup(new(*heap), (*heap).adapt, h)
}

// limit is the heap that is allowed, and what the runtime needs beside it.
func (h *heap) limit() int64 {
	live, beside := int64(h.samples[0].Value.Uint64()), int64(h.samples[1].Value.Uint64())
	for _, part := range h.samples[2:] {
		beside -= int64(part.Value.Uint64())
	}
	return max(h.floor, 2*live) + beside
}

func (h *heap) end() {
	h.ended.Store(true)
	debug.SetMemoryLimit(h.most)
	debug.SetGCPercent(h.percent)
}
