package service

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"
)

// status sends a request with a shop's key and returns the status of the
// answer.
func (h *harness) status(t *testing.T, key, call, body string) (int, error) {
	method, path, _ := strings.Cut(call, " ")
	request, err := http.NewRequestWithContext(t.Context(), method, h.url+path, strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Authorization", "Bearer "+key)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return response.StatusCode, err
}

// After any number of concurrent activations exactly one version is active, one
// of those that were answered 204. The others are answered 409.
func TestOneOfConcurrentActivationsSucceeds(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		key := h.shopKey(t)
		const versions = 6
		for v := range versions {
			h.asks(t, key, 201, "PUT /v1/campaigns/reminder", strings.Replace(reminder, `"wait": "1h"`, fmt.Sprintf(`"wait": "%dh"`, v+1), 1))
		}
		for round := range 12 {
			answers := make([]int, versions)
			var group errgroup.Group
			for v := range versions {
				group.Go(func() (err error) {
					answers[v], err = h.status(t, key, "POST /v1/campaigns/reminder/activate", fmt.Sprintf(`{"version": %d}`, v+1))
					return err
				})
			}
			if err := group.Wait(); err != nil {
				t.Fatal(err)
			}
			active := h.activeVersions(t, key)
			if len(active) != 1 || answers[active[0]-1] != http.StatusNoContent {
				t.Fatalf("round %d: answers %v left versions %v active, want one, whose answer was 204", round, answers, active)
			}
			for _, status := range answers {
				if status != http.StatusNoContent && status != http.StatusConflict {
					t.Fatalf("round %d: got %v, want 204 or 409", round, answers)
				}
			}
		}
	})
}

// A pause at the moment of an activation is never lost: the campaign is paused,
// or the activation came after the pause.
func TestConcurrentPauseAndActivationLeaveOneState(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		key := h.shopKey(t)
		for _, wait := range []string{"1h", "2h"} {
			h.asks(t, key, 201, "PUT /v1/campaigns/reminder", strings.Replace(reminder, `"wait": "1h"`, `"wait": "`+wait+`"`, 1))
		}
		for round := range 12 {
			h.asks(t, key, 204, "POST /v1/campaigns/reminder/activate", `{"version": 1}`)
			var group errgroup.Group
			for _, call := range []string{"pause", "activate"} {
				group.Go(func() error {
					_, err := h.status(t, key, "POST /v1/campaigns/reminder/"+call, `{"version": 2}`)
					return err
				})
			}
			if err := group.Wait(); err != nil {
				t.Fatal(err)
			}
			if states := h.versionStates(t, key); len(states["active"])+len(states["paused"]) != 1 {
				t.Fatalf("round %d: got %v, want one version active or paused", round, states)
			}
		}
	})
}

func (h *harness) activeVersions(t *testing.T, key string) []int {
	t.Helper()
	active := h.versionStates(t, key)["active"]
	slices.Sort(active)
	return active
}

func (h *harness) versionStates(t *testing.T, key string) map[string][]int {
	t.Helper()
	var page struct {
		Items []struct {
			Version int    `json:"version"`
			State   string `json:"state"`
		} `json:"items"`
	}
	if err := json.Unmarshal([]byte(h.asks(t, key, 200, "GET /v1/campaigns/reminder/versions", "")), &page); err != nil {
		t.Fatal(err)
	}
	states := map[string][]int{}
	for _, v := range page.Items {
		states[v.State] = append(states[v.State], v.Version)
	}
	return states
}
