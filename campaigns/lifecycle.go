package campaigns

import (
	"slices"
	"time"

	"comeback/commerce"
)

// Lifecycle is a campaign's own document: the state of each version that is no
// draft any more. One write changes all versions at once. So there are never two
// entering versions, and never none where there should be one.
type Lifecycle struct {
	ID       string         `bson:"_id"` // Key(shop, slug)
	Shop     string         `bson:"shop"`
	Campaign string         `bson:"campaign"`
	State    CampaignState  `bson:"state"` // Active or Paused while a version is, else Archived
	Versions []VersionState `bson:"versions"`
	// Migration is the last one; nil: nobody was moved yet.
	Migration *Migration `bson:"migration,omitempty"`
	Since     time.Time  `bson:"since"` // when the campaign started: an older cause enters only under backfill
	Rev       int64      `bson:"rev"`
}

// VersionState is the state of one version, and since when.
type VersionState struct {
	Version int           `bson:"version"`
	State   CampaignState `bson:"state"`
	At      time.Time     `bson:"at"`
}

// LifecycleOf is the lifecycle of a campaign from an old store, whose versions
// contain their own state. Of two active versions the newer one counts. The
// campaign started when its first version was stored, or later.
func LifecycleOf(shop, slug string, versions []Definition) Lifecycle {
	s := Lifecycle{ID: commerce.Key(shop, slug), Shop: shop, Campaign: slug}
	versions = slices.Clone(versions)
	slices.SortFunc(versions, func(a, b Definition) int { return b.Version - a.Version })
	entering := false
	for _, d := range versions {
		switch d.State {
		case Draft:
			continue
		case Active, Paused:
			if entering {
				d.State = Replaced
			}
			entering = true
		}
		s.Versions = append(s.Versions, VersionState{d.Version, d.State, d.ChangedAt})
		s.Since = d.CreatedAt
	}
	return s.summed()
}

// Apply sets a version's state and the time since when causes may enter.
func (s Lifecycle) Apply(d Definition) Definition {
	d.State, d.ChangedAt, d.Since = Draft, d.CreatedAt, s.Since
	if s.Migration != nil && s.Migration.To == d.Version && !s.Migration.Done {
		d.Migration = s.Migration
	}
	if i := s.index(d.Version); i >= 0 {
		d.State, d.ChangedAt = s.Versions[i].State, s.Versions[i].At
	}
	return d
}

// Activated makes version the entering one. If no version was active or paused, the
// campaign starts at now.
func (s Lifecycle) Activated(version int, now time.Time) Lifecycle {
	if s.State != Active && s.State != Paused {
		s.Since = now
	}
	if s.index(version) < 0 {
		s.Versions = append(slices.Clone(s.Versions), VersionState{Version: version, State: Draft, At: now})
	}
	return s.moved(now, func(v VersionState) CampaignState {
		switch {
		case v.Version == version:
			return Active
		case v.State == Active || v.State == Paused:
			return Replaced
		}
		return v.State
	})
}

// Migrating is Activated, and moves the customers who are under way too.
func (s Lifecycle) Migrating(m Migration) Lifecycle {
	s = s.Activated(m.To, m.At)
	s.Migration = &m
	return s
}

// Migrated notes that all customers were moved by a migration.
func (s Lifecycle) Migrated(m Migration) Lifecycle {
	if s.Migration != nil && s.Migration.To == m.To && s.Migration.At.Equal(m.At) {
		m.Done = true
		s.Migration = &m
	}
	return s
}

// Paused pauses the entering version, and with it the whole campaign.
func (s Lifecycle) Paused(now time.Time) Lifecycle { return s.swapped(Active, Paused, now) }

// Resumed ends a pause.
func (s Lifecycle) Resumed(now time.Time) Lifecycle { return s.swapped(Paused, Active, now) }

// Archived archives all versions but drafts.
func (s Lifecycle) Archived(now time.Time) Lifecycle {
	return s.moved(now, func(VersionState) CampaignState { return Archived })
}

// Same reports whether two lifecycles have every version in the same state, and the same migration.
func (s Lifecycle) Same(other Lifecycle) bool {
	same := func(a, b VersionState) bool { return a.Version == b.Version && a.State == b.State }
	return s.State == other.State && s.Migration.same(other.Migration) && slices.EqualFunc(s.Versions, other.Versions, same)
}

func (s Lifecycle) swapped(from, to CampaignState, now time.Time) Lifecycle {
	return s.moved(now, func(v VersionState) CampaignState {
		if v.State == from {
			return to
		}
		return v.State
	})
}

func (s Lifecycle) moved(now time.Time, to func(VersionState) CampaignState) Lifecycle {
	s.Versions = slices.Clone(s.Versions)
	for i, v := range s.Versions {
		if state := to(v); state != v.State {
			s.Versions[i].State, s.Versions[i].At = state, now
		}
	}
	return s.summed()
}

// summed sets State from the versions.
func (s Lifecycle) summed() Lifecycle {
	s.State = Archived
	for _, v := range s.Versions {
		if v.State == Active || v.State == Paused {
			s.State = v.State
		}
	}
	return s
}

func (s Lifecycle) index(version int) int {
	return slices.IndexFunc(s.Versions, func(v VersionState) bool { return v.Version == version })
}

// same reports whether two migrations are the same one, and as far.
func (m *Migration) same(other *Migration) bool {
	if m == nil || other == nil {
		return m == other
	}
	return m.To == other.To && m.At.Equal(other.At) && m.Done == other.Done
}
