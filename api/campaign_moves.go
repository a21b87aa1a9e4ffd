package api

import (
	"context"
	"maps"
	"slices"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/strictjson"
)

// shownMoves is what an activation does to the customers who are under way.
type shownMoves struct {
	Version  int         `json:"version"` // that customers enter
	UnderWay []shownMove `json:"under_way"`
}

// shownMove is what becomes of the enrolments that run on a version and have the same next step.
type shownMove struct {
	Version    int    `json:"version"`
	Step       string `json:"step"` // "" where no step is left
	Enrolments int64  `json:"enrolments"`
	Moves      bool   `json:"moves"`   // else they stay on their version
	ToStep     string `json:"to_step"` // of the version that customers enter; "" for those who stay
}

// successors checks the steps of a migration: each is one of an older version, and its successor
// one of the version that is activated. It is nil where nobody is to be moved.
func (h *campaignStates) successors(ctx context.Context, d campaigns.Definition, migrate map[string]string) ([]commerce.KV, error) {
	if migrate == nil {
		return nil, nil
	}
	versions, err := h.store.Versions(ctx, d.Shop, d.Campaign)
	if err != nil {
		return nil, err
	}
	old, target := map[string]bool{}, map[string]bool{}
	for _, v := range versions {
		c, problems := campaigns.Parse(v.JSON)
		if c == nil || strictjson.Refused(problems) {
			continue
		}
		for _, s := range c.Steps {
			if v.Version == d.Version {
				target[s.ID] = true
			} else {
				old[s.ID] = true
			}
		}
	}
	steps, problems := []commerce.KV{}, []strictjson.Problem{}
	for _, from := range slices.Sorted(maps.Keys(migrate)) {
		to := migrate[from]
		switch {
		case !old[from]:
			problems = append(problems, strictjson.Problem{Pointer: "/migrate/" + from,
				Message: "no other version has a step of this id", Suggestion: strictjson.Nearest(from, slices.Sorted(maps.Keys(old)))})
		case !target[to]:
			problems = append(problems, strictjson.Problem{Pointer: "/migrate/" + from,
				Message: "the version that is activated has no step " + clip(to), Suggestion: strictjson.Nearest(to, slices.Sorted(maps.Keys(target)))})
		}
		steps = append(steps, commerce.KV{Key: from, Value: to})
	}
	return steps, invalid("migrate: a step is not known, see errors", problems)
}

// moves counts what an activation does to the customers who are under way.
func (h *campaignStates) moves(ctx context.Context, d campaigns.Definition, steps []commerce.KV, migrates bool) (shownMoves, error) {
	shown := shownMoves{Version: d.Version, UnderWay: []shownMove{}}
	to, err := d.Load()
	if err != nil {
		return shown, err
	}
	list, err := h.store.UnderWay(ctx, d.Shop, d.Campaign)
	m := campaigns.Migration{To: d.Version, Steps: steps}
	for _, u := range list {
		move := shownMove{Version: u.Version, Step: u.Step, Enrolments: u.Enrolments}
		if migrates && u.Version != d.Version {
			move.ToStep, move.Moves = m.Successor(to, u.Step)
		}
		if !move.Moves {
			move.ToStep = ""
		}
		shown.UnderWay = append(shown.UnderWay, move)
	}
	return shown, err
}
