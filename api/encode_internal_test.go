package api

import (
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
)

// An answer that cannot be encoded is an error with a body; of a list, only the
// item that cannot be is missing, and counted.
func TestWhatCannotBeEncodedIsSaid(t *testing.T) {
	t.Parallel()
	type number struct {
		N float64 `json:"n"`
	}
	for want, body := range map[string]any{
		`500 {"type":"about:blank","title":"Internal Server Error"`: number{math.NaN()},
		`200 {"items":[{"n":1},{"n":3}],"unshown":1}`:               page[number]{Items: []number{{1}, {math.Inf(1)}, {3}}},
		`200 {"items":[{"n":1}]}`:                                   page[number]{Items: []number{{1}}},
	} {
		answered := httptest.NewRecorder()
		c, _ := gin.CreateTestContext(answered)
		c.Request = httptest.NewRequest(http.MethodGet, "/", nil)
		ok(func(*gin.Context) (any, error) { return body, nil })(c)
		got := strings.TrimSpace(answered.Result().Status[:3] + " " + answered.Body.String())
		if !strings.HasPrefix(got, want) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
