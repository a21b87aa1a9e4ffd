package api

import (
	"github.com/gin-gonic/gin"

	"comeback/api/limits"
)

// Routes is every route of the service.
func (a *API) Routes(r *gin.Engine) {
	r.Use(identify, logged(a.cfg.Log, a.cfg.Wall), measured(a.cfg.Metrics, a.cfg.Wall))
	r.Use(recovered, secured(), addressed, upgraded(a.cfg.Upgrading))
	health := newSendingHealth(a.cfg)
	a.probes(r, health)
	if a.cfg.ProbesOnly {
		return
	}
	r.GET("/openapi.json", openAPI)
	r.GET("/schemas/:schema", newSchemas().get)

	bounds := newBounds(a.cfg.Wall)
	hooks := newHooks(a.cfg, a.known, a.counts, bounds)
	r.POST("/hooks/:platform/:connection", bounded(maxHook, hookLimit), hooks.receive)

	a.links(r.Group("", bounded(maxBody, deadline)))

	keys := newKeyring(a.cfg, bounds)
	again := &idempotency{store: a.cfg.Store, wall: a.cfg.Wall}
	v1 := r.Group("/v1", bounded(maxBody, deadline))
	owner := func() *gin.RouterGroup { return v1.Group("", keys.require(shopkeeper), bounds.turns, again.once) }
	a.installation(v1.Group("", keys.require(installation), bounds.turns, again.once))
	a.shop(owner())
	a.campaigns(owner(), bounds.tests)
	slow := r.Group("/v1", keys.require(shopkeeper)) // without a time limit
	a.segments(owner(), slow, bounds.lists)
	a.questions(owner(), v1.Group("/shops/:shop", keys.require(installation), bounds.turns), slow, bounds.lists)

	either := v1.Group("", keys.require(anyone), bounds.turns, again.once)
	sent := &sending{store: a.cfg.Store, now: a.cfg.Now, wall: a.cfg.Wall, health: health}
	either.GET("/sending", ok(sent.get))
	decide := &sendingSwitch{store: a.cfg.Store, wall: a.cfg.Wall, log: a.cfg.Log}
	either.POST("/sending/stop", ok(decide.stop))
	either.POST("/sending/resume", ok(decide.resume))
	owner().POST("/sending/breaker/reset", ok(decide.reset))
	named := v1.Group("/shops/:shop/sending", keys.require(installation), bounds.turns, again.once)
	named.GET("", ok(sent.get))
	named.POST("/stop", ok(decide.stop))
	named.POST("/resume", ok(decide.resume))
	named.POST("/breaker/reset", ok(decide.reset))
	either.POST("/keys", created(keys.add))
	either.GET("/keys", ok(keys.list))
	either.DELETE("/keys/:key", ok(keys.revoke))

	backups := &backups{write: a.cfg.Backup, deadline: a.cfg.Deadline}
	r.GET("/v1/backup", keys.require(installation), backups.get) // without a time limit

	imports := &imports{
		importer: a.cfg.Importer, store: a.cfg.Store, wall: a.cfg.Wall, deadline: a.cfg.Deadline, waiting: bounds.importers,
		turns: bounds.imports, stopping: a.stopping,
	}
	slow.POST("/imports", ok(imports.add)) // without a time limit, as the next one
	r.POST("/v1/shops/:shop/imports", keys.require(installation), ok(imports.add))
	shown, ofShop := owner(), v1.Group("/shops/:shop", keys.require(installation), bounds.turns)
	for _, of := range []*gin.RouterGroup{shown, ofShop} {
		of.GET("/imports", ok(imports.list))
		of.GET("/imports/:import", ok(imports.get))
	}
}

// probes are for supervisors and monitoring.
func (a *API) probes(r *gin.Engine, sent *sendingHealth) {
	h := &health{
		sending: sent, store: a.cfg.Store, queue: a.cfg.Queue, upgrading: a.cfg.Upgrading, indexing: a.cfg.Indexing, draining: &a.draining,
	}
	r.GET("/livez", h.live)
	r.GET("/readyz", bounded(maxBody, deadline), h.ready)
	if !a.cfg.HideMetrics {
		r.GET("/metrics", gin.WrapH(Metrics(a.cfg.Metrics)))
	}
}

// Paths of links in mails that are answered by the thousand.
const (
	openPath  = "/o/:token"
	clickPath = "/c/:token"
)

// links are those in mails. A HEAD request changes nothing.
func (a *API) links(r *gin.RouterGroup) {
	h := &tracking{
		store: a.cfg.Store, tokens: a.cfg.Tokens, recorder: a.recorder, links: newLinkReader(a.cfg.Store, a.cfg.Wall), agents: newAgentClasses(),
		pages: a.pages, macs: saltedHashes(a.cfg.Salt), now: a.cfg.Now,
	}
	for path, get := range map[string]gin.HandlerFunc{openPath: h.open, clickPath: h.click, "/u/:token": h.confirm} {
		r.GET(path, get)
		r.HEAD(path, get)
	}
	r.POST("/u/:token", h.leave)
}

// installation routes take an installation key.
func (a *API) installation(r *gin.RouterGroup) {
	shops := &shops{store: a.cfg.Store, now: a.cfg.Now}
	r.POST("/shops", created(shops.add))
	r.GET("/shops", ok(shops.list))
	r.GET("/shops/:shop", ok(shops.get))
	r.PATCH("/shops/:shop", ok(shops.change))
}

// shop routes take a shop key, and the shop is the key's.
func (a *API) shop(r *gin.RouterGroup) {
	shops := &shops{store: a.cfg.Store, now: a.cfg.Now}
	r.GET("/shop", ok(shops.get))
	r.PATCH("/shop", ok(shops.change))

	connections := &connections{store: a.cfg.Store, base: a.cfg.BaseURL, now: a.cfg.Now, known: a.known, counts: a.counts}
	r.POST("/connections", created(connections.add))
	r.GET("/connections", ok(connections.list))
	r.GET("/connections/:connection", ok(connections.get))
	r.PATCH("/connections/:connection", ok(connections.change))
	r.POST("/connections/:connection/rotate", ok(connections.rotate))
	r.DELETE("/connections/:connection", ok(connections.remove))

	deliveries := &deliveries{store: a.cfg.Store, marker: a.cfg.Marker}
	r.GET("/deliveries", ok(deliveries.list))
	r.GET("/deliveries/:delivery", ok(deliveries.get))
	r.POST("/deliveries/:delivery/replay", ok(deliveries.replay))

	orders := &orders{store: a.cfg.Store}
	r.GET("/orders", ok(orders.list))
	r.GET("/orders/:order", ok(orders.get))

	checkouts := &checkouts{store: a.cfg.Store}
	r.GET("/checkouts", ok(checkouts.list))
	r.GET("/checkouts/:checkout", ok(checkouts.get))

	customers := &customers{store: a.cfg.Store}
	r.GET("/customers", ok(customers.list))
	r.GET("/customers/:customer", ok(customers.get))
	r.GET("/customers/:customer/timeline", ok(customers.timeline))
	r.POST("/customers/:customer/split", ok(customers.split))

	products := &products{store: a.cfg.Store}
	r.GET("/products", ok(products.list))
	r.GET("/products/:product", ok(products.get))

	events := &events{store: a.cfg.Store, marker: a.cfg.Marker, now: a.cfg.Now}
	r.POST("/events", created(events.add))

	quality := &quality{store: a.cfg.Store}
	r.GET("/quality", ok(quality.counts))
	r.GET("/quality/:code", ok(quality.records))

	privacy := &privacy{store: a.cfg.Store, now: a.cfg.Now}
	r.GET("/privacy-requests", ok(privacy.list))
	r.POST("/privacy-requests", created(privacy.add))
	r.GET("/privacy-requests/:request", ok(privacy.get))
	r.GET("/privacy-requests/:request/export", ok(privacy.export))
	r.GET("/audit", ok(privacy.audit))

	suppressions := &suppressions{store: a.cfg.Store, now: a.cfg.Now, wall: a.cfg.Wall, log: a.cfg.Log}
	r.GET("/suppressions", ok(suppressions.list))
	r.POST("/suppressions", created(suppressions.add))
	r.POST("/suppressions/remove", ok(suppressions.remove))
}

// campaigns are the routes for campaigns with a shop key: files, states and
// results.
func (a *API) campaigns(r *gin.RouterGroup, tests *limits.Places) {
	reach := &campaignReach{a.cfg.Store, newJudge(a.cfg)}
	files := &campaignFiles{store: a.cfg.Store, templates: a.cfg.Templates, tests: tests, reach: reach}
	r.GET("/campaigns/:campaign/reach", ok(reach.get))
	r.GET("/ready-campaigns", ok(files.ready))
	r.POST("/ready-campaigns/:campaign/install", ok(files.install))
	r.POST("/campaigns/validate", ok(files.validate))
	r.GET("/campaigns", ok(files.list))
	r.PUT("/campaigns/:campaign", ok(files.put))
	r.GET("/campaigns/:campaign", ok(files.get))
	r.POST("/campaigns/:campaign/copy", ok(files.copy))
	r.GET("/campaigns/:campaign/versions", ok(files.versions))
	r.GET("/campaigns/:campaign/versions/:version", ok(files.version))

	results := &results{store: a.cfg.Store}
	r.GET("/campaigns/:campaign/results", ok(results.get))
	runs := &runs{store: a.cfg.Store}
	r.GET("/campaigns/:campaign/runs", ok(runs.list))
	conversions := &conversions{store: a.cfg.Store}
	r.GET("/campaigns/:campaign/conversions", ok(conversions.list))

	states := &campaignStates{store: a.cfg.Store, templates: a.cfg.Templates, reach: reach, now: a.cfg.Now}
	r.POST("/campaigns/:campaign/activate", ok(states.activate))
	r.POST("/campaigns/:campaign/pause", ok(states.pause))
	r.POST("/campaigns/:campaign/resume", ok(states.resume))
	r.POST("/campaigns/:campaign/archive", ok(states.archive))

	enrolments := &enrolments{store: a.cfg.Store}
	r.GET("/campaigns/:campaign/enrolments", ok(enrolments.list))
	r.GET("/enrolments/:enrolment", ok(enrolments.get))
	r.GET("/enrolments/:enrolment/explain", ok(enrolments.explain))

	calls := &calls{store: a.cfg.Store, log: a.cfg.Log}
	r.GET("/campaigns/:campaign/calls", ok(calls.list))
	r.GET("/webhook-secret", ok(calls.secret))
	r.POST("/webhook-secret/rotate", ok(calls.rotate))

	messages := &messages{store: a.cfg.Store}
	r.GET("/messages", ok(messages.list))
	r.GET("/messages/:message", ok(messages.get))
	r.GET("/messages/:message/explain", ok(messages.explain))
}

// segments are the routes for segments with a shop key: files, listings,
// history and scoring rules. An import has no time limit.
func (a *API) segments(r, slow *gin.RouterGroup, turns *limits.Places) {
	files, lists, states := &segmentFiles{a.cfg.Store, newJudge(a.cfg), a.cfg.Now}, &segmentLists{a.cfg.Store}, &segmentStates{a.cfg.Store}
	r.POST("/segments", ok(files.add))
	r.GET("/segments", ok(lists.list))
	r.POST("/segments/validate", ok(files.validate))
	r.PUT("/segments/:segment", ok(files.put))
	r.GET("/segments/:segment", ok(lists.get))
	r.GET("/segments/:segment/versions", ok(lists.versions))
	r.GET("/segments/:segment/versions/:version", ok(lists.version))
	r.POST("/segments/:segment/archive", ok(states.archive))
	r.POST("/segments/:segment/restore", ok(states.restore))

	history, rules := &segmentHistory{a.cfg.Store}, &segmentRules{files.judge, a.cfg.Store}
	r.GET("/segments/:segment/history", ok(history.get))
	r.GET("/segments/rules", ok(rules.get))
	r.PUT("/segments/rules", ok(rules.put))

	listings := &segmentListings{a.cfg.Store, a.cfg.Now}
	r.GET("/segments/:segment/listings", ok(listings.list))
	r.PUT("/segments/:segment/members/:customer", ok(listings.put))
	r.DELETE("/segments/:segment/members/:customer", ok(listings.remove))

	imports := &segmentImport{store: a.cfg.Store, now: a.cfg.Now, deadline: a.cfg.Deadline, turns: turns}
	slow.POST("/segments/:segment/import", ok(imports.add))
}

// questions are the routes for members, explanations and profiles of segments.
// Those for conditions that are not stored also accept an installation key, for
// commands. A list of all members has no time limit.
func (a *API) questions(r, commands, slow *gin.RouterGroup, turns *limits.Places) {
	judge := newJudge(a.cfg)
	questions, profiles := &segmentQuestions{judge, a.cfg.Store}, &segmentProfiles{judge}
	for _, asked := range []*gin.RouterGroup{r, commands} {
		asked.POST("/segments/count", ok(questions.howMany))
		asked.POST("/segments/explain", ok(questions.explain))
		asked.POST("/segments/profile", ok(profiles.unsaved))
	}
	r.POST("/segments/preview", ok(questions.preview))
	r.GET("/segments/:segment/members", ok(questions.members))
	r.GET("/customers/:customer/explain", ok((&customerExplain{questions.customer, a.cfg.Explain}).explain))
	r.GET("/segments/:segment/profile", ok(profiles.segment))
	r.GET("/segments/table", ok(profiles.table))
	r.GET("/segments/overlap", ok(profiles.overlap))

	export := &segmentExport{segmentQuestions: questions, deadline: a.cfg.Deadline, turns: turns}
	slow.GET("/segments/:segment/members.csv", export.write)
}
