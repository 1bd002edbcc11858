"""Compares what happened with what a case expects. README.md says what the expectations mean."""

import json


class Outcome:
    """responses: what the client read; text: all of its bytes; closed, reset: how its connection stands;
    requests, unfinished, raw: what the upstream got."""

    def __init__(self, responses, text, closed, reset):
        self.responses, self.text, self.closed, self.reset = responses, text, closed, reset
        self.requests, self.unfinished, self.raw = [], [], b""

    @property
    def status(self):
        return self.responses[0].status if self.responses else None

    @property
    def statuses(self):
        return [response.status for response in self.responses]


def judge(case, outcome):
    """All that is wrong, as sentences; nothing when the case passes."""
    faults = [*_status(case, outcome), *_client(case["expect"], outcome)]
    if case.get("side") != "response":
        faults += _upstream(case["expect"], outcome)
    return faults


def _status(case, outcome):
    expect, status = case["expect"], outcome.status
    if status is None:
        if outcome.closed or outcome.reset:
            if not expect.get("or_close"):
                yield "closed without a response"
        elif not case.get("needs_timeout"):
            yield "no response, and the connection is open"
        return
    if status not in expect["status"]:
        yield f"status {status}, not one of {expect['status']}"
    over = outcome.closed or outcome.responses[-1].fields.closes()
    if not over and (expect["close"] == "always" or (expect["close"] == "on_error" and status >= 400)):
        yield "the connection was left open"
    if "final_status" in expect and outcome.statuses[-1] not in expect["final_status"]:
        yield f"the last status is {outcome.statuses[-1]}"
    if "reason" in expect:
        body = outcome.responses[0].body
        try:
            reason = json.loads(body).get("reason")
        except ValueError:
            reason = None
        if reason != expect["reason"]:
            yield f"reason {reason!r} instead of {expect['reason']!r} in {body[:120]!r}"


def _client(expect, outcome):
    for unwanted in expect.get("client_must_not_contain", []):
        if unwanted.encode("latin-1") in outcome.text:
            yield f"the client got {unwanted!r}"
    if expect.get("no_1xx") and any(status and status < 200 for status in outcome.statuses):
        yield "an interim response was sent"
    for status in expect.get("not_status", []):
        if status in outcome.statuses:
            yield f"status {status} was sent"
    if expect.get("no_acao") and b"access-control-allow-origin" in outcome.text.lower():
        yield "Access-Control-Allow-Origin was sent"
    if len(outcome.responses) > expect.get("max_responses", len(outcome.responses)):
        yield f"{len(outcome.responses)} responses"
    if expect.get("followup") and not (b"backend-ok" in outcome.text or outcome.closed):
        yield "the next request on the connection was not answered"
    for response in outcome.responses:
        yield from response.faults
        yield from _one_response(expect, response)
    if outcome.status is None or outcome.status >= 300:
        return
    bodies = b"".join(response.body for response in outcome.responses)
    for wanted in expect.get("client_contains", []):
        if wanted.encode("latin-1") not in bodies:
            yield f"the client did not get {wanted!r}"
    if expect.get("client_incomplete") and not outcome.closed:
        yield "the client waits for the rest of a broken response"
    if expect.get("client_incomplete") and not outcome.reset:
        if any(response.status and 200 <= response.status < 300 and response.complete for response in outcome.responses):
            yield "the client takes a broken response for a complete one"


def _one_response(expect, response):
    counts = {}
    for name, _ in response.fields:
        counts[name] = counts.get(name, 0) + 1
    # Nothing that corsd sends may have both framings or two of one, whatever the case is about.
    if "content-length" in counts and "transfer-encoding" in counts:
        yield "both framings in a response"
    for name in ("content-length", "transfer-encoding", *expect.get("client_single", [])):
        if counts.get(name, 0) > 1:
            yield f"{name} is repeated in a response"
    for name in expect.get("client_absent", []):
        if name in counts and response.status == expect["status"][0]:
            yield f"{name} reached the client"
    for name, most in expect.get("client_max_count", {}).items():
        if counts.get(name, 0) > most:
            yield f"more than {most} lines {name}"


def _upstream(expect, outcome):
    got = [(request.method, request.target) for request in outcome.requests + outcome.unfinished]
    if expect["must_not_forward"] and got:
        yield f"forwarded: {got[:3]}"
    served = outcome.status is not None and outcome.status < 400 and 200 in expect["status"]
    if expect.get("must_not_complete") and outcome.requests and not served:
        yield f"completed at the upstream with body {outcome.requests[0].body[:40]!r}"
    for request in outcome.requests + outcome.unfinished:
        yield from (f"forwarded invalid: {fault}" for fault in request.faults)
    if len(outcome.requests) > expect.get("max_backend_requests", len(outcome.requests)):
        yield f"{len(outcome.requests)} requests at the upstream"
    for unwanted in expect.get("backend_must_not_see", []):
        if unwanted.encode("latin-1").lower() in outcome.raw.lower():
            yield f"the upstream got {unwanted!r}"
    for target in expect.get("backend_must_not_see_request", []):
        if any(request.target == target for request in outcome.requests + outcome.unfinished):
            yield f"smuggled: {target}"
    for name, value in expect.get("backend_header_is", {}).items():
        if any(request.fields.all(name) != [value] for request in outcome.requests):
            yield f"the upstream got another {name} than {value!r}"
    forwarded = expect.get("may_forward_as")
    if forwarded and outcome.requests and outcome.status is not None and (outcome.status < 400 or len(outcome.responses) > 1):
        yield from _forwarded(forwarded, outcome.requests)


def _forwarded(forwarded, requests):
    wanted = forwarded["requests"]
    if len(requests) > len(wanted) or (len(requests) < len(wanted) and not forwarded.get("prefix")):
        yield f"{len(requests)} requests were forwarded instead of {len(wanted)}"
    for want, request in zip(wanted, requests):
        if request.method != want["method"] or request.target != want.get("target", request.target):
            yield f"forwarded as {request.method} {request.target[:80]}"
        body = request.body.decode("latin-1")
        if body != want.get("body", body) or len(body) != want.get("body_len", len(body)):
            yield f"the body became {body[:40]!r}, {len(body)} bytes"
        chunked = request.fields.all("transfer-encoding")
        for name, value in want.get("has", {}).items():
            # Either framing will do, as long as the body is the same.
            if request.fields.joined(name) != value and not (name == "content-length" and chunked):
                yield f"{name} became {request.fields.joined(name)!r}"
        for name in want.get("absent", []):
            own = name == "content-length" and request.fields.joined(name) == str(len(body))
            if request.fields.all(name) and not own:
                yield f"{name} was forwarded"
