package api

import (
	"context"
	"time"

	"github.com/gin-gonic/gin"

	"comeback/campaigns"
	"comeback/commerce"
)

type enrolments struct{ store enrolmentStore }

type enrolmentStore interface {
	// Enrolment is the zero value when there is none.
	Enrolment(ctx context.Context, shop, id string) (campaigns.Enrolment, error)
	// EnrolmentCalls lists the calls of an enrolment in the order in which they were planned.
	EnrolmentCalls(ctx context.Context, shop, enrolment string) ([]campaigns.Call, error)
	ListEnrolments(ctx context.Context, shop, campaign, after string, limit int) (list []campaigns.Enrolment, next string, err error)
}

type enrolmentView struct {
	ID          string     `json:"id"`
	Campaign    string     `json:"campaign"`
	Version     int        `json:"version"`
	Entry       int        `json:"entry"`
	State       string     `json:"state"`
	Reason      string     `json:"reason,omitempty"`
	Arm         string     `json:"arm"`
	Customer    string     `json:"customer"`
	Order       string     `json:"order,omitempty"`
	Checkout    string     `json:"checkout,omitempty"`
	Cause       string     `json:"cause"`
	CauseAt     time.Time  `json:"cause_at"`
	EnteredAt   time.Time  `json:"entered_at"`
	NextStep    string     `json:"next_step,omitempty"`
	DueAt       *time.Time `json:"due_at"`
	EndedAt     *time.Time `json:"ended_at"`
	ConvertedAt *time.Time `json:"converted_at"`
}

func showEnrolment(e campaigns.Enrolment) enrolmentView {
	return enrolmentView{
		ID: e.ID, Campaign: e.Campaign, Version: e.Version, Entry: e.Entry, State: string(e.State), Reason: e.Reason, Arm: string(e.Arm),
		Customer: e.Customer, Order: e.Order, Checkout: e.Checkout, Cause: e.Cause, CauseAt: e.CauseAt, EnteredAt: e.EnteredAt,
		NextStep: e.StepID, DueAt: when(e.DueAt), EndedAt: when(e.EndedAt), ConvertedAt: when(e.ConvertedAt),
	}
}

func (h *enrolments) list(c *gin.Context) (any, error) {
	a, err := ask(c)
	if err != nil {
		return nil, err
	}
	list, next, err := h.store.ListEnrolments(c.Request.Context(), shopOf(c), c.Param("campaign"), a.after, a.limit)
	if err != nil {
		return nil, err
	}
	return paged(c, a, list, next, showEnrolment), nil
}

func (h *enrolments) find(c *gin.Context) (campaigns.Enrolment, error) {
	e, err := h.store.Enrolment(c.Request.Context(), shopOf(c), c.Param("enrolment"))
	if err == nil && e.ID == "" {
		err = commerce.Errorf(commerce.NotFound, "enrolment: not found in this shop")
	}
	return e, err
}

func (h *enrolments) get(c *gin.Context) (any, error) {
	e, err := h.find(c)
	if err != nil {
		return nil, err
	}
	return showEnrolment(e), nil
}

// enrolmentExplanation explains an enrolment, with the calls of its steps.
type enrolmentExplanation struct {
	explanation
	Calls []callView `json:"calls"`
}

func (h *enrolments) explain(c *gin.Context) (any, error) {
	e, err := h.find(c)
	if err != nil {
		return nil, err
	}
	calls, err := h.store.EnrolmentCalls(c.Request.Context(), shopOf(c), e.ID)
	if err != nil {
		return nil, err
	}
	return enrolmentExplanation{
		explanation{ID: e.ID, State: string(e.State), Reason: e.Reason, Record: listed(e.Log, showDecision)}, listed(calls, showCall),
	}, nil
}
