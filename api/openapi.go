package api

import (
	_ "embed" // the document
	"net/http"

	"github.com/gin-gonic/gin"
)

// openapi.json describes every route and every body; tests compare it with the
// routes and the types.
//
//go:embed openapi.json
var openAPIDocument []byte

func openAPI(c *gin.Context) {
	c.Data(http.StatusOK, "application/json", openAPIDocument)
}
