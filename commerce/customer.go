package commerce

import (
	"slices"
	"time"
)

// Customer is one person of one shop. Records are the statements of the
// platforms about the person. The embedded Profile is computed from them and
// from the orders (Recompute), and nothing else writes it.
type Customer struct {
	ID         string `bson:"_id"` // Key(shop, kind, hmac) of the strongest identity of the first record
	Shop       string `bson:"shop"`
	N          int64  `bson:"n"` // permanent number within the shop, from 1
	MergedInto string `bson:"merged_into,omitempty"`
	// ByPhone: merged by a phone, and separated again if a record contradicts it.
	ByPhone bool `bson:"by_phone,omitempty"`
	// Linked: other customers have a phone of this customer too (JoinByPhone).
	Linked bool `bson:"linked,omitempty"`
	// PartedFrom still has orders of this customer, until they are moved here.
	PartedFrom string `bson:"parted_from,omitempty"`
	// GoneAt is the time of deletion; the document remains as a tombstone, so
	// that caches of customers learn of it. Zero: not deleted.
	GoneAt time.Time `bson:"gone_at,omitempty"`

	Records []CustomerRecord `bson:"records"`
	Profile `bson:",inline"`

	WantedGeneration int64     `bson:"want"` // requested generation of the profile
	StoredGeneration int64     `bson:"have"` // generation of the stored profile
	Dirty            bool      `bson:"dirty"`
	Rev              int64     `bson:"rev"`
	ChangedAt        time.Time `bson:"changed_at"`
	CreatedAt        time.Time `bson:"created_at"`
}

// CustomerRecord is one statement of a connection about a person. Of records
// with one key (Connection, External, Aspect) only the newest is stored.
type CustomerRecord struct {
	Connection string    `bson:"connection"`
	External   string    `bson:"external"` // the platform's customer id
	Aspect     string    `bson:"aspect"`   // "" for the whole body, else the separate part: tags, consent:email, tag:vip
	Version    time.Time `bson:"version"`
	Received   time.Time `bson:"received,omitempty"` // receipt; of two records of one version the later counts
	Facts      int       `bson:"facts"`

	Email        string     `bson:"email"`
	Verified     bool       `bson:"verified"` // without it, an e-mail identifies a person but overwrites nothing
	Phone        string     `bson:"phone"`
	Attributes   Attributes `bson:"attributes"`
	TagsKnown    bool       `bson:"tags_known"` // Attributes.Tags is complete, even when empty
	TagsAdded    []string   `bson:"tags_added"`
	TagsRemoved  []string   `bson:"tags_removed"`
	Consents     []Consent  `bson:"consents"`
	RegisteredAt time.Time  `bson:"registered_at,omitempty"`
	OpenedAt     time.Time  `bson:"opened_at,omitempty"`  // last open of a mail that another tool sent
	ClickedAt    time.Time  `bson:"clicked_at,omitempty"` // last click in a mail that another tool sent
	Deleted      bool       `bson:"deleted"`
	// Imported: from a file. What platforms report goes before it.
	Imported bool `bson:"imported,omitempty"`
}

// OwnConnection is the connection of what the service itself says of customers. No shop has one of
// this name.
const OwnConnection = "comeback"

// FromImport returns r as a record of an import. It is stored beside what the platform
// reports of the person, and never in its place.
func (r CustomerRecord) FromImport() CustomerRecord {
	if !r.Imported {
		r.Imported, r.Aspect = true, "import:"+r.Aspect
	}
	return r
}

// Unreceived returns r without its receipt, and without a version that is only the
// receipt. Two equal results contain the same data.
func (r CustomerRecord) Unreceived() CustomerRecord {
	if r.Version.Equal(r.Received) {
		r.Version = time.Time{}
	}
	r.Consents = slices.Clone(r.Consents)
	for i, c := range r.Consents {
		if c.At.Equal(r.Received) {
			r.Consents[i].At = time.Time{}
		}
	}
	r.Received = time.Time{}
	return r
}

// Buyer returns the record's person in the form that identities are read from.
func (r CustomerRecord) Buyer() Buyer {
	return Buyer{Platform: r.External, Email: r.Email, Verified: r.Verified, Phone: r.Phone, Country: r.Attributes.Country}
}

// Attributes describe a person. An empty field is unknown. Texts are stored as
// the platform sent them.
type Attributes struct {
	Email       string   `bson:"email"`
	Phone       string   `bson:"phone"`
	FirstName   string   `bson:"first_name"`
	LastName    string   `bson:"last_name"`
	Gender      string   `bson:"gender"`   // female, male, other
	Birthday    string   `bson:"birthday"` // 2006-01-02, or --01-02 where the year is not known
	Country     string   `bson:"country"`  // ISO 3166 alpha-2
	Region      string   `bson:"region"`
	City        string   `bson:"city"`
	Postcode    string   `bson:"postcode"`
	Language    string   `bson:"language"` // BCP 47
	Zone        string   `bson:"zone"`     // IANA
	Tags        []string `bson:"tags"`
	MemberLevel string   `bson:"member_level"`
	Points      *int64   `bson:"points,omitempty"`
	Company     string   `bson:"company"`
	Occupation  string   `bson:"occupation"`
	Source      Source   `bson:"source"`
	Custom      []KV     `bson:"custom"`
}
