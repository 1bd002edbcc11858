"""Requests of pages for test_judge.py: generated from tables, the same for the same seed.

A case is what a page asks for (origin, url, method, headers, mode, credentials, redirect, body) and what the upstream answers, by
target. Its id is a part of every target, so that no cache and no other case can answer for it.
"""

import random

# One resource a policy; `app` and `foreign` are pages' names, filled in by the test.
POLICIES = {
    "list": {"origins": ["app"], "methods": ["GET", "POST", "PUT", "DELETE"], "allow_headers": ["Content-Type", "X-Known"],
             "expose_headers": ["X-Total"]},
    "cookies": {"origins": ["app"], "methods": ["GET", "POST", "PATCH"], "allow_headers": ["Authorization", "Content-Type"],
                "expose_headers": ["X-Total", "ETag"], "credentials": True},
    "open": {"origins": "*", "methods": ["GET", "POST", "PUT"], "allow_headers": ["*"], "expose_headers": ["*"]},
    "any": {"origins": "*", "methods": "*", "allow_headers": ["*", "Authorization"]},
    "null": {"origins": ["null", "app"], "dangerously_allow": ["null_origin"], "methods": ["GET", "DELETE"], "allow_headers": ["X-Known"]},
    "hints": {"origins": ["app"], "methods": ["POST"], "devtools_hints": True, "minimal_disclosure": True, "preflight_status": 200},
    "merged": {"origins": ["app", "foreign"], "methods": ["GET"], "expose_headers": ["X-Total"], "merge_expose": True},
    "forward": {"origins": ["app"], "methods": ["GET"], "allow_headers": ["X-Known"], "mode": "headers"},
    "kept": {"origins": ["app", "foreign"], "methods": ["GET", "PUT"], "upstream_headers": "keep"},
    "raw": {"origins": [], "mode": "report-only"},  # the upstream's own grants reach the browser
}
# Where what the page reads follows from the table above and nothing else.
PLAIN = ("list", "cookies", "open", "any", "null", "hints", "merged", "unlisted")

# (as the page writes it, as it is sent)
METHODS = [("GET", "GET"), ("get", "GET"), ("HEAD", "HEAD"), ("POST", "POST"), ("post", "POST"), ("PUT", "PUT"), ("put", "PUT"),
           ("DELETE", "DELETE"), ("OPTIONS", "OPTIONS"), ("PATCH", "PATCH"), ("patch", "patch"), ("PURGE", "PURGE"), ("TRACE", None),
           ("connect", None), ("a b", None)]
# (name, value, what Fetch says of it)
HEADERS = [
    ("Accept", "text/html;q=0.9, */*", "safe"), ("Accept", "a" * 128, "safe"), ("Accept", "a" * 129, "unsafe"), ("Accept", 'x"y"', "unsafe"),
    ("Accept", "x(y)", "unsafe"), ("Accept-Language", "de-DE, de;q=0.7", "safe"), ("Accept-Language", "de_DE", "unsafe"),
    ("Content-Language", "en", "safe"), ("Content-Language", "en&fr", "unsafe"), ("Content-Type", "text/plain", "safe"),
    ("Content-Type", "TEXT/Plain; charset=utf-8", "safe"), ("Content-Type", "application/x-www-form-urlencoded", "safe"),
    ("Content-Type", "multipart/form-data; boundary=x", "safe"), ("Content-Type", "application/json", "unsafe"),
    ("Content-Type", 'text/plain; charset="x"', "unsafe"), ("Content-Type", "text", "unsafe"), ("Range", "bytes=0-", "safe"),
    ("Range", "bytes=3-9", "safe"), ("Range", "bytes=9-3", "unsafe"), ("Range", "bytes=-5", "unsafe"), ("Range", "bytes=0-1,3-4", "unsafe"),
    ("Authorization", "Bearer x", "unsafe"), ("X-Known", "1", "unsafe"), ("x-known", "2", "unsafe"), ("X-Unknown", "1", "unsafe"),
    ("If-None-Match", "*", "unsafe"), ("X-HTTP-Method-Override", "PUT", "unsafe"), ("X-HTTP-Method-Override", "TRACE", "forbidden"),
    ("Cookie", "a=b", "forbidden"), ("Origin", "http://liar.example", "forbidden"), ("Host", "liar.example", "forbidden"),
    ("Sec-Fetch-Site", "same-origin", "forbidden"), ("Proxy-Authorization", "x", "forbidden"), ("Access-Control-Request-Method", "GET", "forbidden"),
]
STATUSES = [200, 201, 202, 203, 204, 300, 304, 400, 401, 403, 404, 405, 409, 410, 418, 422, 429, 451, 500, 502, 503, 599]
ORIGIN, CREDENTIALS, EXPOSE = "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Expose-Headers"
# What an upstream says of its own, mostly wrong. {origin} is the page's.
OWN = [[], [(ORIGIN, "*")], [(ORIGIN, "*"), (CREDENTIALS, "true")], [(ORIGIN, "{origin}")], [(ORIGIN, "{origin}"), (CREDENTIALS, "true")],
       [(ORIGIN, "{origin}"), (CREDENTIALS, "True")], [(ORIGIN, "{origin}, http://b.example")], [(ORIGIN, "{origin}"), (ORIGIN, "{origin}")],
       [(ORIGIN, "{origin}/")], [(ORIGIN, "null")], [(ORIGIN, "http://liar.example"), (CREDENTIALS, "true")], [(ORIGIN, "")]]
EXPOSED = [[], [(EXPOSE, "*")], [(EXPOSE, "X-Own, x-secret")], [(EXPOSE, "X Own, X-Secret")], [(EXPOSE, "X-Own"), (EXPOSE, "X-Secret")],
           [(EXPOSE, "X-Own, Set-Cookie")]]
ALLOWED = [[], [("Access-Control-Allow-Methods", "*")], [("Access-Control-Allow-Methods", "put, PUT , patch")],
           [("Access-Control-Allow-Methods", "PUT; DELETE")], [("Access-Control-Allow-Methods", "PUT"), ("Access-Control-Allow-Methods", "PATCH")]]
STAR = [("Access-Control-Allow-Headers", "*")]
ALLOWED_NAMES = [[], STAR, [("Access-Control-Allow-Headers", "*, authorization")],
                 [("Access-Control-Allow-Headers", "x-KNOWN,content-type,Accept")], [("Access-Control-Allow-Headers", "x-known content-type")]]
BODY_HEADERS = [("Content-Type", "text/plain"), ("X-Total", "3"), ("X-Own", "1"), ("X-Secret", "1"), ("ETag", '"e"'), ("Set-Cookie", "a=b"),
                ("Cache-Control", "no-store"), ("WWW-Authenticate", "Bearer")]


class Generator:
    """`pages`: origin by name. `hosts`: the origins under which corsd is reached, its own first. `upstream`: its upstream's."""

    def __init__(self, seed, pages, hosts, upstream):
        self.random = random.Random(seed)
        self.pages, self.hosts, self.upstream = pages, hosts, upstream
        self.cases = []

    def all(self):
        for method in METHODS:
            self.add("app", "list", method=method)
        for header in HEADERS:
            for page, mode in (("app", "cors"), ("same", "cors"), ("app", "no-cors")):
                self.add(page, "list", method=("POST", "POST"), headers=[header], mode=mode)
        for status in STATUSES:
            self.add("app", "cookies", status=status, credentials="include")
        for credentials in ("omit", "same-origin", "include"):
            for own in OWN:
                self.add("foreign", "raw", own=own, credentials=credentials)
        for methods in ALLOWED:
            for name in ("PUT", "patch"):
                self.add("foreign", "raw", own=[(ORIGIN, "*")], allowed=methods, method=(name, name), headers=[])
        for names in ALLOWED_NAMES:
            for header in (("X-Known", "1", "unsafe"), ("Authorization", "x", "unsafe"), ("Content-Type", "application/json", "unsafe")):
                # Chromium still takes `*` for Authorization, which Fetch (4.8, step 7.6) does not.
                if header[0] == "Authorization" and names == STAR:
                    continue
                self.add("null", "raw", own=[(ORIGIN, "*")], allowed=names, headers=[header], credentials="omit")
        for page in self.pages:
            for redirect in ("follow", "error", "manual"):
                for resource in ("list", "open", "null", "raw"):
                    self.add(page, resource, redirects=True, redirect=redirect, own=[(ORIGIN, "*")])
            # Across origins, where Origin becomes null; and to the application's own address, which corsd rewrites.
            for following in ("open", "null", "list"):
                for place in (self.hosts[0], self.hosts[1], self.upstream):
                    self.add(page, "open", redirects=True, chain=[(following, place)], method=self.random.choice([("GET", "GET"), ("PUT", "PUT")]))
            self.add(page, "open", redirects=True, chain=[("open", self.hosts[1]), ("open", self.hosts[0])])
            for resource in [*POLICIES, "unlisted"]:
                self.add(page, resource, redirects=False)
                self.websocket(page, resource)
        for _ in range(260):
            page = self.random.choice(["app", "app", "foreign", "null", "same"])
            self.anything(page, self.random.choice([*POLICIES, "unlisted"]))
        return self.cases

    def anything(self, page, resource):
        pick = self.random.choice
        headers = self.random.sample(HEADERS, pick([0, 0, 1, 1, 2]))
        names = pick([one for one in ALLOWED_NAMES if one != STAR or all(name != "Authorization" for name, _, _ in headers)])
        self.add(page, resource, method=pick(METHODS), headers=headers, status=pick(STATUSES),
                 mode=pick(["cors"] * 6 + ["no-cors"] * 3 + ["same-origin"]), credentials=pick(["omit", "same-origin", "include"]),
                 own=pick(OWN) + pick(EXPOSED), allowed=pick(ALLOWED) + names, redirects=self.random.random() < 0.5,
                 redirect=pick(["follow"] * 4 + ["error", "manual"]), body=pick([None, None, "text"]), host=pick([0, 0, 1]))

    def websocket(self, page, resource):
        case = self.case(page, resource, pick_host=self.random.choice([0, 0, 1]))
        self.cases.append({**case, "kind": "websocket", "answers": {case["target"]: {}}})

    def case(self, page, resource, pick_host):
        name = f"c{len(self.cases)}"
        target = f"/{resource}/{name}/0"
        return {"id": name, "kind": "fetch", "page": page, "origin": self.pages[page], "resource": resource, "target": target,
                "url": self.hosts[pick_host] + target}

    def add(self, page, resource, method=("GET", "GET"), headers=(), status=200, mode="cors", credentials="same-origin", redirect="follow",
            own=(), allowed=(), redirects=False, body=None, host=0, chain=None):
        case = self.case(page, resource, host)
        # Two lines of one name are combined by a browser before Fetch would look at them.
        headers = list({header[0].lower(): header for header in headers}.values())
        case.update(method=method[0], sent_method=method[1], headers=[header[:2] for header in headers], classes=[header[2] for header in headers],
                    mode=mode, credentials=credentials, redirect=redirect, redirects=redirects, status=status)
        if body is not None:
            case["body"] = body
        own = [(name, value.format(origin=case["origin"])) for name, value in own]
        final = {"status": status, "headers": [*BODY_HEADERS, *own], "body": "" if status in (204, 304) else f"body of {case['id']}"}
        if self.random.random() < 0.2:
            final["headers"].append(("Cross-Origin-Resource-Policy", self.random.choice(["same-origin", "cross-origin"])))
        case["answers"] = {}
        target = case["target"]
        if redirects and chain is None:
            chain = [(self.random.choice([resource, resource, "open", "list", "null"]), None) for _ in range(self.random.choice([1, 1, 2]))]
        for hop, (following, place) in enumerate(chain or [], 1):
            following = f"/{following}/{case['id']}/{hop}"
            location = self.location(case, following) if place is None else [("Location", place + following)]
            case["answers"][target] = {"status": self.random.choice([301, 302, 303, 307, 308]), "headers": location + own, "body": ""}
            target = following
        case["answers"][target] = final
        # Preflights come as far as the upstream only where corsd judges without refusing.
        for place in list(case["answers"]):
            preflight = [*own, *allowed]
            case["answers"]["PREFLIGHT " + place] = {"status": self.random.choice([200, 204, 204, 204, 302, 404]), "headers": preflight, "body": ""}
        self.cases.append(case)

    def location(self, case, target):
        other = self.hosts[1]
        places = [target, self.hosts[0] + target, self.upstream + target, target + "#part", "ftp://liar.example/", "data:text/plain,x"]
        # Of a POST without CORS that is sent on to another origin, Chromium makes the Origin null at once.
        if case["mode"] != "no-cors" or case["sent_method"] in ("GET", "HEAD"):
            places += [other + target, other + target, "//" + other.split("//")[1] + target]
        # Chromium reads a 302 without Location whatever the redirect mode, which Fetch (4.4, step 6) does not say, and refuses
        # passwords in addresses for no-cors, too.
        if case["redirect"] == "follow":
            places.append(None)
        if case["mode"] == "cors":
            places.append(other.replace("//", "//user:word@") + target)
        place = self.random.choice(places)
        return [] if place is None else [("Location", place)]
