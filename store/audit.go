package store

import (
	"context"

	"comeback/commerce"
	"comeback/store/documents"
)

// The actions of audit entries.
const (
	auditErased     = "privacy.erased"
	auditConnection = "privacy.connection_erased"
	auditDisclosed  = "privacy.disclosed"
	auditExported   = "privacy.exported"
)

// auditAction is the name of carrying out a request.
func auditAction(kind commerce.PrivacyKind) string {
	switch kind {
	case commerce.EraseConnection:
		return auditConnection
	case commerce.Disclose:
		return auditDisclosed
	default:
		return auditErased
	}
}

// audit stores an entry once for each action on a subject. An export is a new
// entry each time.
func (s *Store) audit(ctx context.Context, shop string, e commerce.AuditEntry) error {
	e.Shop, e.At = shop, s.now()
	e.ID = commerce.Key(shop, e.Action, digest(e.Subject))
	if e.Action == auditExported {
		e.ID = commerce.Key(shop, e.Action, digest(e.Subject), token())
	}
	_, err := s.docs.Insert(ctx, colAudit, e)
	return err
}

// ListAudit lists a shop's audit entries, the newest first.
func (s *Store) ListAudit(ctx context.Context, shop, after string, limit int) (list []commerce.AuditEntry, next string, err error) {
	return listPage([]string{"-at"}, after, limit, func(c *documents.Cursor, n int) ([]commerce.AuditEntry, error) {
		return find[commerce.AuditEntry](ctx, s, colAudit, documents.Query{Filter: of(shop), Sort: []string{"-at"}, After: c, Limit: n})
	})
}
