package campaigns

import (
	"slices"
	"time"

	"comeback/commerce"
)

// Standing is a campaign's own document: the state of each version that ever
// left the draft. One write of it moves all versions at once, so that never two
// of them enter, and never none where one should.
type Standing struct {
	ID       string         `bson:"_id"` // Key(shop, slug)
	Shop     string         `bson:"shop"`
	Campaign string         `bson:"campaign"`
	State    CampaignState  `bson:"state"` // Active or Paused while a version is, else Archived
	Versions []VersionState `bson:"versions"`
	Since    time.Time      `bson:"since"` // a cause of before does not enter, but under backfill: when it began to run
	Rev      int64          `bson:"rev"`
}

// VersionState is the state of one version, and since when.
type VersionState struct {
	Version int           `bson:"version"`
	State   CampaignState `bson:"state"`
	At      time.Time     `bson:"at"`
}

// StandingOf is the standing of a campaign whose versions still hold their own
// state, as versions stored before there were standings do. The newest of two
// active ones counts; it began to run when its first version was put, or later.
func StandingOf(shop, slug string, versions []Definition) Standing {
	s := Standing{ID: commerce.Key(shop, slug), Shop: shop, Campaign: slug}
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

// Of puts on a version the state it is in, and since when causes may enter.
func (s Standing) Of(d Definition) Definition {
	d.State, d.ChangedAt, d.Since = Draft, d.CreatedAt, s.Since
	if i := s.index(d.Version); i >= 0 {
		d.State, d.ChangedAt = s.Versions[i].State, s.Versions[i].At
	}
	return d
}

// Activated makes version the one that enters. A campaign of which no version
// was active or paused begins to run at now.
func (s Standing) Activated(version int, now time.Time) Standing {
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

// Held pauses the version that enters, and with it all of the campaign.
func (s Standing) Held(now time.Time) Standing { return s.swapped(Active, Paused, now) }

// Resumed ends a pause.
func (s Standing) Resumed(now time.Time) Standing { return s.swapped(Paused, Active, now) }

// Over archives all versions but drafts.
func (s Standing) Over(now time.Time) Standing {
	return s.moved(now, func(VersionState) CampaignState { return Archived })
}

// Same tells whether two standings have every version in the same state.
func (s Standing) Same(other Standing) bool {
	return s.State == other.State && slices.EqualFunc(s.Versions, other.Versions, func(a, b VersionState) bool {
		return a.Version == b.Version && a.State == b.State
	})
}

func (s Standing) swapped(from, to CampaignState, now time.Time) Standing {
	return s.moved(now, func(v VersionState) CampaignState {
		if v.State == from {
			return to
		}
		return v.State
	})
}

func (s Standing) moved(now time.Time, to func(VersionState) CampaignState) Standing {
	s.Versions = slices.Clone(s.Versions)
	for i, v := range s.Versions {
		if state := to(v); state != v.State {
			s.Versions[i].State, s.Versions[i].At = state, now
		}
	}
	return s.summed()
}

// summed brings State up to the versions.
func (s Standing) summed() Standing {
	s.State = Archived
	for _, v := range s.Versions {
		if v.State == Active || v.State == Paused {
			s.State = v.State
		}
	}
	return s
}

func (s Standing) index(version int) int {
	return slices.IndexFunc(s.Versions, func(v VersionState) bool { return v.Version == version })
}
