package api

import (
	"context"
	"time"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"comeback/commerce"
)

// deliveries show what platforms sent and the result.
type deliveries struct {
	store  deliveryStore
	marker Marker
}

type deliveryStore interface {
	Delivery(ctx context.Context, shop, id string) (commerce.Delivery, error)
	// ListDeliveries lists the newest first, without bodies; state "" is any.
	ListDeliveries(
		ctx context.Context, shop string, state commerce.DeliveryState, after string, limit int,
	) (list []commerce.Delivery, next string, err error)
	// ReplayDelivery marks a quarantined or ignored delivery unread again. Any
	// other state is a Conflict.
	ReplayDelivery(ctx context.Context, shop, id string) error
}

type deliveryView struct {
	ID         string     `json:"id"`
	Connection string     `json:"connection"`
	Platform   string     `json:"platform"`
	Topic      string     `json:"topic"`
	State      string     `json:"state"`
	Reason     string     `json:"reason,omitempty"`
	Subjects   []string   `json:"subjects"`
	ReceivedAt time.Time  `json:"received_at"`
	ReadAt     *time.Time `json:"read_at"`
}

// wholeDelivery is a delivery with its body; a text body is shown as text.
type wholeDelivery struct {
	deliveryView
	Headers []headerView `json:"headers"`
	Body    string       `json:"body"`
	Binary  []byte       `json:"body_base64,omitempty"`
}

type headerView struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

func showDelivery(d commerce.Delivery) deliveryView {
	return deliveryView{
		ID: d.ID, Connection: d.Connection, Platform: d.Platform, Topic: d.Topic, State: string(d.State), Reason: d.Reason,
		Subjects: listed(d.Subjects, same), ReceivedAt: d.ReceivedAt, ReadAt: when(d.ReadAt),
	}
}

func (h *deliveries) list(c *gin.Context) (any, error) {
	a, err := ask(c, "state")
	if err != nil {
		return nil, err
	}
	state, err := oneOf(a, "state", commerce.Unread, commerce.Reading, commerce.Read, commerce.Ignored, commerce.Quarantined)
	if err != nil {
		return nil, err
	}
	list, next, err := h.store.ListDeliveries(c.Request.Context(), shopOf(c), state, a.after, a.limit)
	if err != nil {
		return nil, err
	}
	return paged(c, a, list, next, showDelivery), nil
}

func (h *deliveries) get(c *gin.Context) (any, error) {
	d, err := h.store.Delivery(c.Request.Context(), shopOf(c), c.Param("delivery"))
	if err != nil {
		return nil, err
	}
	v := wholeDelivery{
		deliveryView: showDelivery(d),
		Headers:      listed(d.Headers, func(h commerce.KV) headerView { return headerView{h.Key, h.Value} }),
	}
	if utf8.Valid(d.Body) {
		v.Body = string(d.Body)
	} else {
		v.Binary = d.Body
	}
	return v, nil
}

func (h *deliveries) replay(c *gin.Context) (any, error) {
	if err := h.store.ReplayDelivery(c.Request.Context(), shopOf(c), c.Param("delivery")); err != nil {
		return nil, err
	}
	h.marker.Mark(shopOf(c))
	return statusBody{status: 202, body: gin.H{"id": c.Param("delivery"), "state": commerce.Unread}}, nil
}
