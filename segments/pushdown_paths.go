package segments

// stored is the place and form of a field in a stored record.
type stored struct {
	path string
	as   storedAs
}

// storedAs is the form of a stored field.
type storedAs uint8

const (
	asText     storedAs = iota // empty or absent is unset
	asTexts                    // a list of texts; empty or absent is unset
	asNumber                   // always there
	asSparse                   // a number; absent is 0
	asOptional                 // a number or an instant; absent is unset
	asTrue                     // a flag; absent is false
	asMaybe                    // a flag; absent is unset
	asConsent                  // a document of the list for each channel
	asCustom                   // documents {k, v} of a list: of one key the first counts
)

// Paths of the lists of a profile.
const (
	ordersPath    = "history.orders"
	messagesPath  = "engagement"
	consentsPath  = "consents"
	checkoutsPath = "checkouts"
	linesPath     = "li" // of an order
)

// customerPaths are the fields of customers that are stored in the form that tests
// compare.
var customerPaths = map[string]stored{
	"customer.email":        {"attributes.email", asText},
	"customer.phone":        {"attributes.phone", asText},
	"customer.first_name":   {"attributes.first_name", asText},
	"customer.last_name":    {"attributes.last_name", asText},
	"customer.gender":       {"attributes.gender", asText},
	"customer.birthday":     {"attributes.birthday", asText},
	"customer.country":      {"attributes.country", asText},
	"customer.region":       {"attributes.region", asText},
	"customer.city":         {"attributes.city", asText},
	"customer.postcode":     {"attributes.postcode", asText},
	"customer.language":     {"attributes.language", asText},
	"customer.zone":         {"attributes.zone", asText},
	"customer.tags":         {"attributes.tags", asTexts},
	"customer.member_level": {"attributes.member_level", asText},
	"customer.points":       {"attributes.points", asOptional},
	"customer.company":      {"attributes.company", asText},
	"customer.occupation":   {"attributes.occupation", asText},
	"customer.consent.":     {"consents", asConsent},
	"customer.source":       {"attributes.source.utm_source", asText},
	"customer.utm_medium":   {"attributes.source.utm_medium", asText},
	"customer.utm_campaign": {"attributes.source.utm_campaign", asText},
	"customer.utm_term":     {"attributes.source.utm_term", asText},
	"customer.utm_content":  {"attributes.source.utm_content", asText},
	"customer.known_since":  {"known_since", asOptional},
	"customer.custom.":      {"attributes.custom", asCustom},

	"orders.count":     {"history.figures.count", asNumber},
	"orders.total":     {"history.figures.total", asNumber},
	"orders.net":       {"history.figures.net", asNumber},
	"orders.units":     {"history.figures.units", asNumber},
	"orders.discount":  {"history.figures.discount", asNumber},
	"orders.coupons":   {"history.figures.coupons", asNumber},
	"orders.first_at":  {"history.figures.first_at", asOptional},
	"orders.last_at":   {"history.figures.last_at", asOptional},
	"orders.placed":    {"history.figures.placed", asNumber},
	"orders.unpaid":    {"history.figures.unpaid", asNumber},
	"orders.cancelled": {"history.figures.cancelled", asNumber},
	"orders.refunds":   {"history.figures.refunds", asNumber},
	"orders.refunded":  {"history.figures.refunded", asNumber},
}

// orderPaths are those of orders. Money and the utm texts need more than the path:
// see order and utm.
var orderPaths = map[string]stored{
	"order.id":              {"i", asText},
	"order.total":           {"to", asNumber},
	"order.net":             {"ne", asNumber},
	"order.discount":        {"di", asSparse},
	"order.shipping":        {"sp", asSparse},
	"order.refunded":        {"rf", asSparse},
	"order.units":           {"un", asNumber},
	"order.payment_status":  {"ps", asText},
	"order.payment_method":  {"me", asText},
	"order.payment_kind":    {"pk", asText},
	"order.due_at":          {"du", asOptional},
	"order.status":          {"st", asText},
	"order.channel":         {"ch", asText},
	"order.store":           {"so", asText},
	"order.device":          {"dv", asText},
	"order.coupon":          {"cp", asTexts},
	"order.tags":            {"tg", asTexts},
	"order.currency":        {"cu", asText},
	"order.test":            {"t", asTrue},
	"order.fake":            {"f", asTrue},
	"order.in_stock":        {"is", asMaybe},
	"order.rating":          {"ra", asOptional},
	"order.placed_at":       {"pl", asOptional},
	"order.deposit_paid_at": {"dp", asOptional},
	"order.rated_at":        {"rt", asOptional},
	"order.paid_at":         {"pa", asOptional},
	"order.shipped_at":      {"sh", asOptional},
	"order.delivered_at":    {"de", asOptional},
	"order.completed_at":    {"co", asOptional},
	"order.cancelled_at":    {"ca", asOptional},
	"order.refunded_at":     {"re", asOptional},
	"order.cancel_at":       {"cl", asOptional},
	"order.balance_from":    {"bf", asOptional},
	"order.balance_to":      {"bt", asOptional},
	"order.custom.":         {"cs", asCustom},
}

var linePaths = map[string]stored{
	"line.product":    {"p", asText},
	"line.sku":        {"s", asText},
	"line.variant":    {"v", asText},
	"line.brand":      {"b", asText},
	"line.price":      {"u", asNumber},
	"line.net":        {"n", asNumber},
	"line.quantity":   {"q", asNumber},
	"line.attribute.": {"cs", asCustom},
}

var messagePaths = map[string]stored{
	"message.campaign": {"c", asText},
	"message.step":     {"s", asText},
	"message.channel":  {"h", asText},
}

var consentPaths = map[string]stored{
	"consent.channel": {"channel", asText},
}

var checkoutPaths = map[string]stored{
	"checkout.currency":     {"cu", asText},
	"checkout.completed_at": {"co", asOptional},
}

// storedEvent is the instants of an event in the record it happens to, and which
// records it counts for.
type storedEvent struct {
	paths   []string
	sees    func() *Clause
	unknown bool   // an unknown instant lies in the window of ever
	again   bool   // the path is a list: it may happen several times
	zero    bool   // the path is always there: an unknown instant is the zero time
	instant string // where its elements have the instant; empty: they are instants
}

var eventPaths = map[string]storedEvent{
	"order.placed":             {paths: []string{"pl"}, sees: inForceClause},
	"order.paid":               {paths: []string{"pa"}, sees: paidNow, unknown: true},
	"order.deposit_paid":       {paths: []string{"dp"}, sees: inForceClause},
	"order.shipped":            {paths: []string{"sh"}, sees: inForceClause},
	"order.delivered":          {paths: []string{"de"}, sees: inForceClause},
	"order.completed":          {paths: []string{"co"}, sees: inForceClause},
	"order.rated":              {paths: []string{"rt"}, sees: inForceClause},
	"order.refund_requested":   {paths: []string{"rq"}, sees: inForceClause, again: true},
	"order.refund_closed":      {paths: []string{"rc"}, sees: inForceClause, again: true},
	"order.partially_refunded": {paths: []string{"rs"}, sees: inForceClause, again: true, instant: "a"},
	"order.refunded":           {paths: []string{"re"}, sees: always},
	"order.cancelled":          {paths: []string{"ca"}, sees: always},
	"checkout.started":         {paths: []string{"a"}, sees: always, zero: true},
	"customer.created":         {paths: []string{"known_since"}, sees: always},
	"consent.granted":          {paths: []string{"at"}, sees: granted, unknown: true, zero: true},
	"message.sent":             {paths: []string{"se"}, sees: always},
	"message.delivered":        {paths: []string{"de"}, sees: always},
	"message.opened":           {paths: []string{"op", "lo"}, sees: always},
	"message.clicked":          {paths: []string{"cl", "lc"}, sees: always},
	"message.unsubscribed":     {paths: []string{"un"}, sees: always},
}
