package service

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"

	"comeback/commerce"
	"comeback/segments/indexcache"
)

// readIndexes reads the indexes of the shops in use into memory after a start, so that
// nobody waits for them: of shops with segments or campaigns, as many as fit. Workers
// without an API read those that they sweep.
func (s *Instance) readIndexes(ctx context.Context) error {
	if s.config.Service.Role == roleWorker || !s.ready(ctx) {
		return nil
	}
	err := s.db.EachShop(ctx, func(shop commerce.Shop) error {
		if shop.SegmentsRev == 0 && shop.CampaignsRev == 0 {
			return nil
		}
		err := s.indexes.Warm(ctx, shop.ID)
		if commerce.CodeOf(err) == commerce.TooLarge {
			s.log.Debug("segments are not read into memory", "shop", shop.ID, "reason", err)
			return nil
		}
		return err
	})
	if err != nil && ctx.Err() == nil {
		s.log.Warn("segments are read when they are asked for", "reason", err)
	}
	return nil
}

// indexMetrics are the metrics of the segment indexes in memory.
func indexMetrics(indexes *indexcache.Cache) []prometheus.Collector {
	return []prometheus.Collector{
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "comeback_segment_memory_bytes", Help: "Memory of the segment indexes of all shops.",
		}, func() float64 { return float64(indexes.Memory()) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "comeback_segment_differences_total",
			Help: "Customers that differed from their index in the daily comparison; 0 unless a change was lost.",
		}, func() float64 { return float64(indexes.Differences()) }),
	}
}
