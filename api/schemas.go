package api

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/connectors"
	"comeback/segments"
)

// schemas are the published JSON Schemas as they are served. Editors complete the files of
// campaigns and segments by them.
type schemas map[string][]byte

func newSchemas() schemas {
	s := schemas{"generic.json": connectors.Schema()}
	for name, schema := range map[string]map[string]any{"campaign.json": campaigns.Schema(), "condition.json": segments.Schema()} {
		s[name], _ = json.Marshal(schema) // of texts, numbers and lists: it cannot fail
	}
	return s
}

func (s schemas) get(c *gin.Context) {
	text, known := s[c.Param("schema")]
	if !known {
		refuse(c, commerce.Errorf(commerce.NotFound, "schema: there are %s", strings.Join(slices.Sorted(maps.Keys(s)), ", ")))
		return
	}
	c.Header("Cache-Control", "max-age=3600")
	c.Data(http.StatusOK, "application/schema+json", text)
}
