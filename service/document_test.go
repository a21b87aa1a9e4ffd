package service

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"comeback/api"
	"comeback/commerce"
)

// operation is one operation of the API's document.
type operation struct {
	method, path string
	at           string // JSON Pointer of the operation
	bodies       map[string]json.RawMessage
	statuses     map[string]bool
}

// documented reads the document that the service answers with: its operations by
// name, and its schemas.
func (h *harness) documented(t *testing.T) (map[string]operation, *jsonschema.Compiler) {
	t.Helper()
	text := h.asks(t, "", 200, "GET /openapi.json", "")
	var doc struct {
		Paths map[string]map[string]struct {
			ID          string `json:"operationId"`
			RequestBody struct {
				Content map[string]struct{ Example json.RawMessage }
			}
			Responses map[string]json.RawMessage
		}
	}
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	schemas := jsonschema.NewCompiler()
	schemas.AssertFormat()
	if err := schemas.AddResource("http://comeback.test/openapi.json", value); err != nil {
		t.Fatal(err)
	}
	operations := map[string]operation{}
	for path, methods := range doc.Paths {
		for method, o := range methods {
			op := operation{
				method: strings.ToUpper(method), path: path, bodies: map[string]json.RawMessage{}, statuses: map[string]bool{},
				at: "#/paths/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(path) + "/" + method,
			}
			for kind, body := range o.RequestBody.Content {
				op.bodies[kind] = body.Example
			}
			for status := range o.Responses {
				op.statuses[status] = true
			}
			operations[o.ID] = op
		}
	}
	return operations, schemas
}

// documentCalls call every operation but those of notDocumentCalls, in an order
// in which each finds what it needs: the operation's name, name=value for
// parameters of its path and query, and name<-path for what later calls need of
// its answer.
func documentCalls() []string {
	return []string{
		"getLiveness", "getReadiness", "getDocument", "getSchema schema=campaign.json", "getSending",
		"createShop", "listShops", "getShop", "updateShop", "createKey key<-id", "listKeys", "deleteKey", "getOwnShop", "updateOwnShop",
		"stopSending", "resumeSending", "resetBreaker", "getShopSending", "stopShopSending", "resumeShopSending", "resetShopBreaker",
		"createConnection", "listConnections", "getConnection", "updateConnection", "rotateConnectionSecret",
		"listDeliveries state=quarantined delivery<-items.0.id", "getDelivery", "replayDelivery",
		"listOrders number=1 order<-items.0.id customer<-items.0.customer", "getOrder",
		"listCheckouts checkout<-items.0.id", "getCheckout", "listProducts product<-items.0.id", "getProduct",
		"listCustomers name=ann", "getCustomer", "reportEvents", "getCustomerTimeline", "listQualityCodes", "listQualityOfCode code=no_address",
		"createPrivacyRequest request<-id", "listPrivacyRequests", "getPrivacyRequest", "getPrivacyExport", "listAuditEntries",
		"createSuppression", "listSuppressions", "removeSuppression",
		"listReadyCampaigns", "installReadyCampaign campaign=win-back",
		"validateCampaign", "putCampaign", "activateCampaign",
		"copyCampaign", "listCampaigns", "getCampaign", "listCampaignVersions", "getCampaignVersion",
		"getCampaignReach", "listCampaignRuns", "listCampaignCalls", "getWebhookSecret", "rotateWebhookSecret",
		"pauseCampaign", "resumeCampaign",
		"listMessages message<-items.0.id enrolment<-items.0.enrolment sent<-items.0.campaign", "getMessage", "explainMessage",
		"getEnrolment", "explainEnrolment", "getCampaignResults campaign=$sent", "listCampaignConversions campaign=$sent",
		"listCampaignEnrolments campaign=$sent", "archiveCampaign",
		"validateSegment", "createSegment", "putSegment", "listSegments", "getSegment", "listSegmentVersions", "getSegmentVersion",
		"getSegmentHistory", "getSegmentProfile", "listSegmentMembers", "exportSegmentMembers", "getScoringRules", "putScoringRules",
		"countCondition", "previewCondition", "explainCondition customer=$customer", "profileCondition",
		"countConditionInShop", "explainConditionInShop shop=s customer=$customer", "profileConditionInShop",
		"explainCustomer segment=vip", "getSegmentTable", "getSegmentOverlap a=vip b=staff",
		"listCustomerInSegment segment=staff", "listSegmentListings segment=staff", "importSegmentList segment=staff",
		"importFile format=csv connection=history", "listImports import<-items.0.id", "getImport",
		"importIntoShop shop=s format=csv connection=history check=true", "listImportsOfShop shop=s", "getImportOfShop shop=s",
		"unlistCustomerInSegment segment=staff", "archiveSegment", "restoreSegment", "deleteConnection",
	}
}

// notDocumentCalls are operations that other tests call, because they need a
// signature, a token of a mail, a customer joined of two, or the database itself.
func notDocumentCalls() []string {
	return []string{
		"getMetrics", "receiveWebhook", "recordOpen", "checkOpen", "followLink", "checkLink", "showUnsubscribePage", "checkUnsubscribePage",
		"unsubscribe", "splitCustomer", "downloadBackup",
	}
}

// documentCaller calls operations with the examples of the document.
type documentCaller struct {
	*trial
	operations map[string]operation
	schemas    *jsonschema.Compiler
	admin      string
	values     map[string]string // of parameters, by name
	called     map[string]bool
}

// The examples of the API's document are accepted by the service, and each
// answer is as its schema says.
func TestExamplesOfTheDocumentWork(t *testing.T) {
	t.Parallel()
	eachTrial(t, func(t *testing.T, s *trial) {
		buyer := map[string]any{"id": "7", "email": "ann@example.com", "first_name": "Ann"}
		line := map[string]any{"id": "1", "product": "tea", "title": "Tea", "quantity": 0, "unit_price": "30.00", "net": "30.00"}
		s.posts("generic", "product", map[string]any{"type": "product", "id": "tea", "title": "Tea", "updated_at": written(s.at())})
		s.posts("generic", "checkout", map[string]any{
			"type": "checkout", "id": "k1", "updated_at": written(s.at()), "started_at": written(s.at()), "currency": "EUR", "total": "30.00",
			"buyer": buyer,
		})
		s.posts("generic", "order", genericBody(s.at()), map[string]any{"buyer": buyer, "lines": []any{line}})
		s.posts("generic", "order", map[string]any{"type": "order", "id": "2", "total": "many"}) // quarantined
		s.later(3 * time.Hour)

		x := documentCaller{trial: s, called: map[string]bool{}, values: map[string]string{
			"shop": "acme", "connection": "web", "campaign": "invoice-reminder", "version": "1", "segment": "vip",
		}}
		x.operations, x.schemas = s.documented(t)
		key, text := api.NewKey(commerce.Installation, "test", s.at())
		if err := s.AddAPIKey(t.Context(), commerce.Installation, key); err != nil {
			t.Fatal(err)
		}
		x.admin = text
		for _, call := range documentCalls() {
			x.call(t, call)
		}
		for name := range x.operations {
			if !x.called[name] && !slices.Contains(notDocumentCalls(), name) {
				t.Errorf("%s: is called by no line of documentCalls", name)
			}
		}
	})
}

// call calls an operation with each example of its body.
func (x *documentCaller) call(t *testing.T, call string) {
	t.Helper()
	words := strings.Fields(call)
	op, known := x.operations[words[0]]
	if !known {
		t.Errorf("%s: the document has no such operation", words[0])
		return
	}
	x.called[words[0]] = true
	query, path, keeps := url.Values{}, op.path, map[string]string{}
	for _, word := range words[1:] {
		if name, from, kept := strings.Cut(word, "<-"); kept {
			keeps[name] = from
			continue
		}
		name, value, _ := strings.Cut(word, "=")
		if variable, is := strings.CutPrefix(value, "$"); is {
			value = x.values[variable]
		}
		if in := "{" + name + "}"; strings.Contains(path, in) {
			path = strings.ReplaceAll(path, in, url.PathEscape(value))
			continue
		}
		query.Set(name, value)
	}
	for name, value := range x.values {
		path = strings.ReplaceAll(path, "{"+name+"}", url.PathEscape(value))
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	if len(op.bodies) == 0 {
		x.checks(t, op, path, "", nil, keeps)
	}
	for kind, example := range op.bodies {
		if strings.HasSuffix(kind, "sheet") {
			continue // a workbook is no text to show
		}
		body := []byte(example)
		if kind != "application/json" {
			var text string
			if err := json.Unmarshal(example, &text); err != nil {
				t.Fatal(op.at, err)
			}
			body = []byte(text)
		}
		x.checks(t, op, path, kind, body, keeps)
	}
}

// checks sends one request and compares the answer with its schema.
func (x *documentCaller) checks(t *testing.T, op operation, path, kind string, body []byte, keeps map[string]string) {
	t.Helper()
	where := op.method + " " + path
	r, err := http.NewRequestWithContext(t.Context(), op.method, x.url+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Authorization", "Bearer "+x.key)
	if strings.HasPrefix(path, "/v1/shops") || strings.HasPrefix(path, "/v1/keys") {
		r.Header.Set("Authorization", "Bearer "+x.admin)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	status := strconv.Itoa(response.StatusCode)
	if response.StatusCode >= 300 || !op.statuses[status] {
		t.Errorf("%s: got %s %s, want a success that the document lists", where, status, text)
		return
	}
	if !strings.HasPrefix(response.Header.Get("Content-Type"), "application/json") {
		return
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Errorf("%s: got %v of %s", where, err, text)
		return
	}
	at := op.at + "/responses/" + status + "/content/application~1json/schema"
	schema, err := x.schemas.Compile("http://comeback.test/openapi.json" + at)
	if err == nil {
		err = schema.Validate(value)
	}
	if err != nil {
		t.Errorf("%s: the answer is not as its schema says: %v", where, err)
	}
	for name, from := range keeps {
		if x.values[name] = found(value, from); x.values[name] == "" {
			t.Errorf("%s: got %s, want something at %s", where, text, from)
		}
	}
}

// found is the text at a path such as items.0.id, "" without.
func found(value any, path string) string {
	for step := range strings.SplitSeq(path, ".") {
		switch v := value.(type) {
		case map[string]any:
			value = v[step]
		case []any:
			n, err := strconv.Atoi(step)
			if err != nil || n >= len(v) {
				return ""
			}
			value = v[n]
		}
	}
	text, _ := value.(string)
	return text
}
