package api

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"comeback/segments"
	"comeback/strictjson"
)

// The document's schemas have exactly the keys of the types that are read and
// shown.
func TestSchemasAreTheTypes(t *testing.T) {
	t.Parallel()
	var doc struct {
		Components struct {
			Schemas map[string]struct {
				Properties map[string]json.RawMessage
			}
		}
	}
	if err := json.Unmarshal(openAPIDocument, &doc); err != nil {
		t.Fatal(err)
	}
	types := map[string]any{
		"Problem": problem{}, "Fault": fault{}, "Readiness": readiness{},
		"Sending": sendingView{}, "Stop": stopView{}, "StopInput": stopInput{}, "Breaker": breakerView{},
		"RelayState": relayView{}, "DomainState": domainView{}, "Shop": shopView{}, "Sender": senderView{}, "Judging": judgingView{},
		"Contact": contactView{}, "ContactSettings": contact{},
		"ShopInput": newShop{}, "ShopChange": shopChange{}, "SenderSettings": senderSettings{}, "JudgingSettings": judging{},
		"Key": keyView{}, "KeyInput": keyInput{}, "Connection": connectionView{}, "ConnectionInput": connectionInput{},
		"ConnectionChange": connectionChange{},
		"Reception":        receptionView{}, "DeliveryCount": tallyView{}, "RefusedDeliveries": refusalView{}, "SecretInput": secretInput{},
		"Import": importView{}, "Delivery": deliveryView{}, "WholeDelivery": wholeDelivery{}, "Header": headerView{}, "Order": orderView{},
		"Checkout": checkoutView{}, "OrderTimes": timesView{},
		"Buyer": buyerView{}, "Source": sourceView{}, "OrderLine": lineView{}, "Parcel": parcelView{}, "Refund": refundView{},
		"Amount":   amountView{},
		"Customer": customerView{}, "Attributes": attributesView{}, "CustomAttribute": kvView{}, "Consent": consentView{},
		"OrderFigures": figuresView{},
		"EventInput":   eventInput{}, "EventCustomer": eventCustomer{}, "Event": eventView{},
		"Moment": momentView{}, "Product": productView{}, "Suppression": suppressionView{}, "PrivacyRequest": privacyView{},
		"PrivacyRequestInput": privacyInput{}, "PrivacyExport": exportView{},
		"Erased": erasedView{}, "AuditEntry": auditView{}, "AddressAndScope": addressInput{}, "SuppressionInput": suppressionInput{},
		"Campaign": campaignView{}, "CampaignVersion": versionView{}, "VersionToActivate": versionInput{},
		"Verdict": verdictView{}, "TestOutcome": testView{},
		"ReadyCampaign": readyView{}, "Enrolment": enrolmentView{}, "Message": messageView{}, "MailReply": replyView{}, "Answers": answersView{},
		"Explanation": explanation{}, "EnrolmentExplanation": enrolmentExplanation{}, "Call": callView{}, "WebhookSecret": callSecretView{},
		"Reach":        reachView{},
		"CampaignCopy": copyInput{}, "Moves": shownMoves{}, "Move": shownMove{}, "CampaignExplanation": campaignExplanation{},
		"Cause": causeView{}, "CauseCheck": checkedView{}, "Outstanding": outstandingView{},
		"Decision": decisionView{}, "Reason": reasonView{}, "Results": resultsView{}, "Conversion": conversionView{},
		"Run": runView{}, "Credit": creditView{}, "Reversal": reversalView{}, "StepResult": stepResultView{},
		"Comparison": comparisonView{}, "Arm": armView{}, "Figure": figureView{}, "MoneyFigure": moneyFigureView{},
		"Segment": segmentView{}, "WholeSegment": wholeSegment{}, "SegmentVersion": segmentVersionView{}, "SegmentVerdict": segmentVerdict{},
		"SegmentHistory": historyView{}, "SegmentDay": segments.Day{}, "Listing": listingView{}, "ListingInput": listingInput{},
		"ImportedPeople": peopleReport{}, "OddLine": oddLine{}, "ScoringRules": rulesView{}, "ScoringRulesInput": rulesInput{},
		"Thresholds": thresholdsView{}, "ScoreGroup": groupView{}, "ScoreRange": rangeView{},
		"SegmentCount": countView{}, "SegmentPreview": previewView{}, "Judged": judgedView{}, "Member": memberView{},
		"MembersPage": membersPage{},
		"SegmentTest": segments.Verdict{}, "Lack": segments.Lack{}, "SegmentExplanation": explainView{},
		"SegmentProfile": profileView{}, "KeyFigures": keyFiguresView{},
		"Trait": traitView{}, "SegmentTable": tableView{}, "SegmentRow": tableRow{}, "SegmentOverlap": overlapView{},
	}
	for name, schema := range doc.Components.Schemas {
		value, known := types[name]
		if !known {
			t.Errorf("%s: no type of this name", name)
			continue
		}
		want := strictjson.Keys(reflect.TypeOf(value))
		slices.Sort(want)
		if diff := cmp.Diff(slices.Sorted(maps.Keys(schema.Properties)), want); diff != "" {
			t.Errorf("%s: document, then type: %s", name, diff)
		}
		delete(types, name)
	}
	for name := range types {
		t.Errorf("%s: not in the document", name)
	}
}
