package store

import (
	"slices"

	"comeback/commerce"
	"comeback/store/documents"
)

// Collection names.
const (
	colShops       = "shops"
	colNumbers     = "numbers"
	colConnections = "connections"
	colReceptions  = "receptions"
	colDeliveries  = "deliveries"
	colOrders      = "orders"
	colCheckouts   = "checkouts"
	colRefunds     = "refunds"
	colCustomers   = "customers"
	colIdentities  = "identities"
	colProducts    = "products"
	colEvents      = "events"
	colReports     = "reports"
	colDue         = "wakes"
	colLeases      = "leases"
	colWatches     = "watches"
	colRuns        = "runs"
	colCampaigns   = "campaigns"
	colStandings   = "campaign_states"
	colPlaces      = "address_places"
	colEnrolments  = "enrolments"
	colMessages    = "messages"
	colCalls       = "calls"
	colCallSecrets = "call_secrets"
	colStreams     = "streams"
	colPermits     = "permits"
	colTouches     = "touches"
	colTouchGroups = "touch_groups"
	colConversions = "conversions"
	colEntries     = "entries"
	colSegments    = "segments"
	colDefinitions = "segment_versions"
	colListed      = "segment_lists"
	colMemberships = "memberships"
	colParams      = "segment_params"
	colSuppress    = "suppressions"
	colKeys        = "api_keys"
	colImports     = "imports"
	colIdempotency = "idempotency"
	colRedactions  = "redactions"
	colQuality     = "quality"

	colInstallation = "installation"
	colUpgrades     = "upgrades"
	colErasures     = "erasures"
	colAudit        = "audit"
)

// Indexes of the few documents with unfinished work: see Unfinished.
const (
	inReview   = "in_review"  // connections whose open orders are to be read again
	unread     = "unread"     // deliveries
	unfinished = "unfinished" // orders and checkouts with an outbox
	stale      = "stale"      // customers whose profile is to be computed
	unhandled  = "unhandled"  // events
	uncounted  = "uncounted"  // enrolments to be counted for results
	waiting    = "waiting"    // groups of touches to be stored each by itself
	unfolded   = "unfolded"   // messages whose touches are to be counted
	held       = "held"       // permits of shops of which some mails may not go out
	awaiting   = "awaiting"   // messages that wait for a domain
	underLease = "leased"     // documents that a worker has claimed
)

// byCampaign finds due work where some campaigns are paused: see running.
func byCampaign(fields ...string) documents.Index {
	return documents.Index{Name: "campaign_due", Fields: append([]string{"campaign"}, fields...), Only: documents.Only{Field: "due_at"}}
}

func pending() documents.Index {
	return documents.Index{Name: unfinished, Fields: []string{"pending"}, Only: documents.Only{Field: "pending", Value: true}}
}

func leased(first ...string) documents.Index {
	return documents.Index{Name: underLease, Fields: append(first, "lease_until"), Only: documents.Only{Field: "lease_until"}}
}

// Collections declares every collection and its indexes; a driver makes the
// missing ones. Indexes serve finding; only _id is unique.
func Collections() []documents.Collection {
	all, old := slices.Concat(shopCollections(), segmentCollections(), campaignCollections(), callCollections(), edgeCollections()), retired()
	for i, coll := range all {
		all[i].Retired = old[coll.Name]
	}
	return all
}

// shopCollections contain the records of platforms.
func shopCollections() []documents.Collection {
	return []documents.Collection{
		{Name: colShops, Indexes: []documents.Index{{Name: "all", Fields: []string{"created_at"}, Global: true}}},
		{Name: colNumbers},
		{Name: colConnections, Indexes: []documents.Index{
			{Name: "slug", Fields: []string{"slug"}},
			{Name: inReview, Fields: []string{"review_at"}, Only: documents.Only{Field: "review_at"}},
		}},
		{Name: colReceptions},
		{Name: colDeliveries, Indexes: []documents.Index{
			{Name: "state", Fields: []string{"state", "received_at"}},
			{Name: unread, Fields: []string{"state"}, Only: documents.Only{Field: "state", Value: string(commerce.Unread)}},
			leased("state"),
			{Name: "received", Fields: []string{"received_at"}},
			{Name: "raw", Fields: []string{"state", "received_at"}, Only: documents.Only{Field: "body"}},
		}},
		{Name: colOrders, Indexes: []documents.Index{
			{Name: "customer", Fields: []string{"customer"}},
			pending(),
			{Name: "placed", Fields: []string{"times.placed_at"}},
			{Name: "number", Fields: []string{"state.number", "times.placed_at"}},
			{Name: "state", Fields: []string{"state.payment", "state.status", "times.placed_at"}},
		}},
		{Name: colCheckouts, Indexes: []documents.Index{
			{Name: "customer", Fields: []string{"customer"}},
			{Name: "started", Fields: []string{"started_at"}},
			pending(),
		}},
		{Name: colRefunds, Indexes: []documents.Index{{Name: "customer", Fields: []string{"customer"}}}},
		{Name: colCustomers, Indexes: []documents.Index{
			{Name: stale, Fields: []string{"dirty"}, Only: documents.Only{Field: "dirty", Value: true}},
			{Name: "merged", Fields: []string{"merged_into"}},
			{Name: "feed", Fields: []string{"changed_at", "n", "rev", "merged_into", "gone_at"}},
			{Name: "gone", Fields: []string{"gone_at"}},
			{Name: "n", Fields: []string{"n"}},
			{Name: "last_paid", Fields: []string{"history.figures.last_at"}},
			{Name: "first_name", Fields: []string{"names.f"}},
			{Name: "last_name", Fields: []string{"names.l"}},
		}, Scalars: rangedFields()},
		{Name: colIdentities, Indexes: []documents.Index{
			{Name: "customer", Fields: []string{"customer"}},
			{Name: "phone", Fields: []string{"phone"}},
		}},
		{Name: colProducts, Indexes: []documents.Index{{Name: "rev", Fields: []string{"rev"}}}},
		{Name: colEvents, Indexes: []documents.Index{
			{Name: unhandled, Fields: []string{"state", "at"}, Only: documents.Only{Field: "state", Value: string(commerce.Unhandled)}},
			leased("state"),
			{Name: "at", Fields: []string{"at"}},
			{Name: "subject", Fields: []string{"subject", "at"}},
			{Name: "customer", Fields: []string{"customer", "at"}},
		}, Scalars: []string{"telling"}},
		{Name: colDue, Indexes: []documents.Index{
			{Name: "due", Fields: []string{"next_due"}, Global: true},
			{Name: "marked", Fields: []string{"marked_at"}, Global: true},
		}, Scalars: slotFields()},
	}
}

// segmentCollections contain segments and their members.
func segmentCollections() []documents.Collection {
	return []documents.Collection{
		{Name: colSegments, Indexes: []documents.Index{{Name: "state", Fields: []string{"state"}}}},
		{Name: colDefinitions, Indexes: []documents.Index{{Name: "segment", Fields: []string{"segment", "version"}}}},
		{Name: colListed, Indexes: []documents.Index{
			{Name: "segment", Fields: []string{"segment", "at"}},
			{Name: "customer", Fields: []string{"customer"}},
		}},
		{Name: colMemberships, Indexes: []documents.Index{{Name: "emitted", Fields: []string{"emitted"}}}, Scalars: []string{"version"}},
		{Name: colParams},
	}
}

// campaignCollections contain the work and the results of campaigns.
func campaignCollections() []documents.Collection {
	return []documents.Collection{
		{Name: colLeases},
		{Name: colTouches, Indexes: []documents.Index{
			{Name: "at", Fields: []string{"at"}},
			{Name: "message", Fields: []string{"message", "at"}},
			{Name: "customer", Fields: []string{"customer", "at"}},
		}},
		{Name: colTouchGroups, Indexes: []documents.Index{
			{Name: waiting, Fields: []string{"waiting"}, Only: documents.Only{Field: "waiting", Value: true}},
		}},
		{Name: colConversions, Indexes: []documents.Index{
			{Name: "campaign", Fields: []string{"campaign", "paid_at"}},
			{Name: "message", Fields: []string{"message"}},
		}},
		{Name: colEntries, Indexes: []documents.Index{{Name: "campaign", Fields: []string{"campaign"}}}},
		{Name: colCampaigns, Indexes: []documents.Index{
			{Name: "campaign", Fields: []string{"campaign", "version"}},
			{Name: "state", Fields: []string{"state"}},
		}},
		{Name: colPlaces, Scalars: []string{"at"}},
		{Name: colStandings, Indexes: []documents.Index{{Name: "state", Fields: []string{"state"}}}},
		{Name: colWatches, Indexes: []documents.Index{
			{Name: "due", Fields: []string{"due_at"}},
			byCampaign("due_at"),
			{Name: "customer", Fields: []string{"customer"}},
		}, Scalars: []string{"lease_until"}},
		{Name: colRuns, Indexes: []documents.Index{
			{Name: "due", Fields: []string{"due_at"}},
			byCampaign("due_at"),
			{Name: "campaign", Fields: []string{"campaign", "planned"}},
		}, Scalars: []string{"lease_until"}},
		{Name: colEnrolments, Indexes: []documents.Index{
			{Name: "due", Fields: []string{"due_at"}},
			byCampaign("due_at"),
			{Name: "order", Fields: []string{"order"}},
			{Name: "checkout", Fields: []string{"checkout"}},
			{Name: "customer", Fields: []string{"customer"}},
			{Name: "campaign", Fields: []string{"campaign", "entered_at"}},
			{Name: uncounted, Fields: []string{"recount", "campaign"}, Only: documents.Only{Field: "recount", Value: true}},
		}, Scalars: []string{"lease_until", "version", "step_id"}},
		{Name: colMessages, Indexes: []documents.Index{
			{Name: "due", Fields: []string{"state", "due_at"}},
			byCampaign("state", "due_at"),
			leased("state"),
			{Name: "enrolment", Fields: []string{"enrolment", "entry"}},
			{Name: "customer", Fields: []string{"customer", "planned_at"}},
			{Name: "campaign", Fields: []string{"campaign", "planned_at"}},
			{Name: "planned", Fields: []string{"planned_at"}},
			{Name: unfolded, Fields: []string{"touched"}, Only: documents.Only{Field: "touched", Value: true}},
			{Name: awaiting, Fields: []string{"awaits", "awaits_from", "state"}, Only: documents.Only{Field: "awaits"}},
		}},
	}
}

// callCollections contain the calls of steps to the world outside.
func callCollections() []documents.Collection {
	return []documents.Collection{
		{Name: colCalls, Indexes: []documents.Index{
			{Name: "due", Fields: []string{"due_at"}, Only: documents.Only{Field: "due_at"}},
			byCampaign("due_at"),
			{Name: "enrolment", Fields: []string{"enrolment"}},
			{Name: "customer", Fields: []string{"customer"}},
			{Name: "campaign", Fields: []string{"campaign", "planned_at"}},
			{Name: "state", Fields: []string{"campaign", "state", "planned_at"}},
			{Name: "mailed", Fields: []string{"kind", "state", "ended_at"}},
			{Name: "ended", Fields: []string{"ended_at"}},
		}, Scalars: []string{"lease_until"}},
		{Name: colCallSecrets},
	}
}

// edgeCollections contain what the API and its callers need.
func edgeCollections() []documents.Collection {
	return []documents.Collection{
		{Name: colStreams, Indexes: []documents.Index{
			{Name: "state", Fields: []string{"state"}, Only: documents.Only{Field: "domain"}},
			{Name: "seen", Fields: []string{"seen_at"}, Only: documents.Only{Field: "domain"}},
		}},
		{Name: colReports, Indexes: []documents.Index{
			{Name: "customer", Fields: []string{"customer"}},
			{Name: "received", Fields: []string{"received_at"}},
		}},
		{Name: colPermits, Indexes: []documents.Index{{Name: held, Fields: []string{"held"}, Only: documents.Only{Field: "held", Value: true}}}},
		{Name: colSuppress, Indexes: []documents.Index{
			{Name: "created", Fields: []string{"created_at"}},
			{Name: "address", Fields: []string{"address"}},
		}},
		{Name: colKeys, Indexes: []documents.Index{{Name: "created", Fields: []string{"created_at"}}}},
		{Name: colRedactions, Indexes: []documents.Index{
			{Name: "due", Fields: []string{"due_at"}},
			{Name: "at", Fields: []string{"at"}},
		}, Scalars: []string{"lease_until"}},
		{Name: colErasures},
		{Name: colAudit, Indexes: []documents.Index{{Name: "at", Fields: []string{"at"}}}},
		{Name: colQuality, Indexes: []documents.Index{{Name: "code", Fields: []string{"code"}}}},
		{Name: colImports, Indexes: []documents.Index{{Name: "started", Fields: []string{"started_at"}}}},
		{Name: colInstallation},
		{Name: colUpgrades},
		{Name: colIdempotency, Indexes: []documents.Index{{Name: "at", Fields: []string{"at"}}}},
	}
}
