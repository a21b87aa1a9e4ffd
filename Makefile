check:; bash .ci/run
test:; go test ./...
demo:; go run . demo
docs:; go test -run Documents -update .
.PHONY: check test demo docs
