package api

import (
	"github.com/gin-gonic/gin"
)

// Routes is the whole surface of the service.
func (a *API) Routes(r *gin.Engine) {
	r.Use(identify, logged(a.cfg.Log, a.cfg.Wall), recovered, secured)
	a.probes(r)

	hooks := newHooks(a.cfg)
	r.POST("/hooks/:platform/:connection", bounded(maxHook, hookLimit), hooks.receive)
}

// probes are for those who start, stop and watch the process.
func (a *API) probes(r *gin.Engine) {
	h := &health{store: a.cfg.Store, queue: a.cfg.Queue, draining: &a.draining}
	r.GET("/livez", h.live)
	r.GET("/readyz", bounded(maxBody, deadline), h.ready)
	if !a.cfg.HideMetrics {
		r.GET("/metrics", gin.WrapH(Metrics(a.cfg.Metrics)))
	}
}
