"""The requests of the matrix, what a browser makes of an answer, and the differences that are meant."""

from dataclasses import dataclass
from functools import cached_property

from settings import APP, SHOP

HOST = "api.test"  # what browsers call the API
OWN = f"http://{HOST}"
EVIL = "https://evil.example"
LONGER = APP + ".evil.example"    # begins like an allowed origin
BESIDE = "http://localhost.evil.example"
SHOUTED = "HTTPS://YOURAPP.COM"   # no browser sends it; other clients do
NOTHING = "asks nothing of CORS"
SAFELISTED = ("GET", "HEAD", "POST")


@dataclass(frozen=True)
class Request:
    settings: object
    method: str
    path: str
    origin: str = None
    asks: tuple = ()          # of a preflight: the method, and the header names
    with_cookies: bool = False
    headers: tuple = ()

    @property
    def preflight(self):
        return bool(self.asks)

    def lines(self):
        lines = [*self.headers]
        if self.origin:
            lines += [("Origin", self.origin), ("Sec-Fetch-Site", "same-origin" if self.origin == OWN else "cross-site")]
        if self.preflight:
            lines.append(("Access-Control-Request-Method", self.asks[0]))
            if self.asks[1]:
                lines.append(("Access-Control-Request-Headers", self.asks[1]))
        elif self.with_cookies:
            lines.append(("Cookie", "session=1"))
        return lines

    def __str__(self):
        asks = f" asking for {self.asks}" if self.asks else ""
        return f"[{self.settings.name}] {self.method} {self.path} from {self.origin}{asks}{' with cookies' if self.with_cookies else ''}"


def preflight(settings, path, origin, method, names="", with_cookies=False):
    return Request(settings, "OPTIONS", path, origin, (method, names), with_cookies)


def full_round(settings, path):
    for origin in (None, SHOP, APP, EVIL, LONGER, BESIDE, SHOUTED, "null", OWN):
        yield Request(settings, "GET", path, origin)
    yield Request(settings, "POST", path, headers=(("Sec-Fetch-Site", "cross-site"),))
    for method in ("HEAD", "OPTIONS"):
        for origin in (None, SHOP):
            yield Request(settings, method, path, origin)
    for origin in (SHOP, APP, EVIL):
        yield Request(settings, "GET", path, origin, with_cookies=True, headers=(("Authorization", "Bearer good"),))
        yield Request(settings, "POST", path, origin, with_cookies=True)
        yield Request(settings, "DELETE", path, origin)
        yield preflight(settings, path, origin, "POST", "content-type")
        yield preflight(settings, path, origin, "GET", "authorization", with_cookies=True)
        yield preflight(settings, path, origin, "DELETE", with_cookies=True)
    for asked in ("Content-Type,Authorization", "content-type, x-unknown", "x-known", "X-Known,content-type", "content-type , authorization"):
        yield preflight(settings, path, SHOP, "PUT", asked)
    for method in ("patch", "PATCH", "PROPFIND", "OPTIONS"):
        yield preflight(settings, path, APP, method)
    for origin in (LONGER, BESIDE, SHOUTED, "null", OWN):
        yield preflight(settings, path, origin, "PUT", "content-type")


def short_round(settings, path):
    for origin in (None, SHOP, APP, EVIL):
        yield Request(settings, "GET", path, origin)
    yield Request(settings, "GET", path, SHOP, with_cookies=True, headers=(("Authorization", "Bearer good"),))
    yield Request(settings, "POST", path, APP, with_cookies=True)
    for origin in (SHOP, EVIL):
        yield preflight(settings, path, origin, "POST", "content-type,authorization")


def requests(settings):
    yield from full_round(settings, settings.paths[0])
    for path in settings.paths[1:]:
        yield from short_round(settings, path)


def names(value, fold=str.lower):
    return frozenset(fold(part.strip()) for part in (value or "").split(",") if part.strip())


@dataclass
class Seen:
    """An answer as far as CORS goes. `reason` is why corsd refused, None when it did not, and always None from Flask."""

    request: Request
    status: int
    headers: object  # wire.Headers
    ran: bool
    reason: str = None

    @cached_property
    def aspects(self):
        header = self.headers.get
        return {
            "status": self.status // 100, "ran": self.ran, "browser": self.browser,
            "acao": tuple(sorted(self.headers.all("Access-Control-Allow-Origin"))), "acac": header("Access-Control-Allow-Credentials"),
            "acam": names(header("Access-Control-Allow-Methods"), str), "acah": names(header("Access-Control-Allow-Headers")),
            "acma": header("Access-Control-Max-Age"), "aceh": names(header("Access-Control-Expose-Headers")),
            "vary": names(header("Vary")),
            "other": tuple(line for line in self.headers.cors() if line[0].lower().split("-", 2)[2] not in (
                "allow-origin", "allow-credentials", "allow-methods", "allow-headers", "max-age", "expose-headers")),
        }

    def admitted(self):
        """Fetch's CORS check."""
        allowed = self.headers.all("Access-Control-Allow-Origin")
        if allowed == ["*"] and not self.request.with_cookies:
            return True
        return allowed == [self.request.origin] and (
            not self.request.with_cookies or self.headers.get("Access-Control-Allow-Credentials") == "true")

    @property
    def browser(self):
        """What a page gets: whether its request is sent after this preflight, or which headers beside the safelisted it may read."""
        if self.request.origin in (None, OWN):
            return NOTHING
        if not self.request.preflight:
            return f"reads {sorted(self.exposed())}" if self.admitted() else "blocked"
        method, asked = self.request.asks[0], names(self.request.asks[1])
        methods, headers = (names(self.headers.get(f"Access-Control-Allow-{what}"), fold)
                            for what, fold in (("Methods", str), ("Headers", str.lower)))
        star = not self.request.with_cookies
        good = (self.status // 100 == 2 and self.admitted() and (method in SAFELISTED or method in methods or (star and "*" in methods))
                and all(name in headers or (star and "*" in headers and name != "authorization") for name in asked))
        return "sends" if good else "blocked"

    def exposed(self):
        exposed = names(self.headers.get("Access-Control-Expose-Headers"))
        if "*" in exposed and not self.request.with_cookies:
            exposed |= {name.lower() for name in self.headers.names()}
        return exposed & set(self.headers.names())


class Pair:
    """The two answers to one request."""

    def __init__(self, flask, corsd):
        self.request, self.flask, self.corsd = flask.request, flask, corsd
        self.differing = [name for name, value in flask.aspects.items() if corsd.aspects[name] != value]

    def both(self, name):
        return self.flask.aspects[name], self.corsd.aspects[name]

    def granted_by_flask(self):
        return self.flask.aspects["acao"] in (("*",), (self.request.origin,))


@dataclass(frozen=True)
class Kind:
    """A difference that is meant: the rules it rests on, what of an answer it may touch, and when it may."""

    name: str
    rules: tuple
    aspects: tuple
    applies: object


GRANTS = ("acao", "acac", "acam", "acah", "acma", "aceh")
PREFLIGHT_VARY = {"origin", "access-control-request-method", "access-control-request-headers"}


def resembles(pair):
    """An origin, a path or a header name that is none of those in the settings, but begins like one or differs in case."""
    request = pair.request
    return (request.origin in (LONGER, BESIDE, SHOUTED, "null") or request.path == "/apiary"
            or request.preflight and "x-unknown" in names(request.asks[1])) and pair.corsd.reason is not None


def varies_more(pair):
    flask, corsd = pair.both("vary")
    return flask <= corsd and corsd - flask <= PREFLIGHT_VARY


def star(pair):
    return pair.corsd.aspects["acao"] == ("*",) or "*" in pair.corsd.aspects["acah"]


# In this order: the first that may touch what differs is the one that is counted.
KINDS = [
    # Every answer of a site with a list says that it varies, so that no cache hands one page's answer to another.
    Kind("vary-always", ("N20", "N28"), ("vary",), varies_more),
    # A pattern is matched whole and in its case; Flask-CORS takes some strings for expressions, which match what begins like them.
    Kind("exact", ("C3", "C4", "N7", "N8", "N10", "N11", "N17"), ("status", "ran", "browser", "vary", *GRANTS),
         lambda pair: resembles(pair) and pair.granted_by_flask()),
    # Every origin with its cookies is nothing that corsd takes: the resource has a list.
    Kind("open-credentials", ("N15",), ("status", "ran", "browser", *GRANTS),
         lambda pair: pair.request.settings.open_credentials and pair.request.origin not in (None, OWN, SHOP, APP)),
    # The application is not asked, so it cannot refuse or redirect either (no login, no such path), nor deny its own origin.
    Kind("preflight-stays-here", ("N2",), ("ran",), lambda pair: pair.request.preflight and not pair.corsd.ran),
    Kind("preflight-stays-here", ("N2",), ("status", "browser", *GRANTS),
         lambda pair: pair.request.preflight and pair.corsd.reason is None and (pair.flask.status >= 300 or pair.request.origin == OWN)),
    # Flask has one view answer the preflights of all routes of a path; corsd goes by the method that is asked for.
    Kind("preflight-stays-here", ("N3", "C7"), ("status", "browser", *GRANTS),
         lambda pair: pair.request.preflight and pair.request.settings.name == "decorator_per_method"),
    # A refused preflight grants nothing, where Flask-CORS answers 200 with some of the grants.
    Kind("preflight-all-or-nothing", ("N21", "N26"), ("status", "vary", *GRANTS),
         lambda pair: pair.request.preflight and pair.corsd.reason is not None and pair.flask.browser in ("blocked", NOTHING)),
    # What is not admitted does not run. (N31: the page may read the refusal of a method.)
    Kind("refused-not-hidden", ("N5", "N30", "N31"), ("status", "ran", "vary"),
         lambda pair: not pair.request.preflight and pair.corsd.reason is not None),
    # Under "*" the answer is the same for everybody, where Flask-CORS echoes the origin and the header names.
    Kind("star-is-star", ("N14", "N17", "N29"), ("acao", "acah", "vary"), star),
    # No grant without an Origin, and none that a browser does not look at.
    Kind("grants-where-they-count", ("N19",), ("aceh",), lambda pair: pair.request.preflight and not pair.corsd.aspects["aceh"]),
    Kind("grants-where-they-count", ("N4", "N27"), ("acao", "acac", "aceh"),
         lambda pair: pair.request.origin in (None, OWN) and not pair.corsd.headers.cors()),
    # OPTIONS needs no entry: no actual request of that method is refused, and a preflight that asks for it succeeds.
    Kind("options-needs-no-entry", ("N31",), ("acam",), lambda pair: pair.flask.aspects["acam"] ^ pair.corsd.aspects["acam"] == {"OPTIONS"}),
    Kind("options-needs-no-entry", ("N31",), ("browser", "acam", "acma"), lambda pair: pair.request.asks[:1] == ("OPTIONS",)),
    # Errors and redirects are readable as well, where an exception leaves a decorated view without its headers.
    Kind("every-answer", ("N27", "N41"), ("browser", *GRANTS),
         lambda pair: not pair.request.preflight and pair.flask.status >= 300 and pair.flask.aspects["acao"] == ()),
]


def kinds_of(pair):
    """The kinds of difference between the two answers, and what none of them explains."""
    found, unexplained = set(), []
    for aspect in pair.differing:
        kind = next((kind for kind in KINDS if aspect in kind.aspects and kind.applies(pair)), None)
        if kind:
            found.add(kind.name)
        else:
            unexplained.append(f"{aspect}: Flask {pair.flask.aspects[aspect]!r}, corsd {pair.corsd.aspects[aspect]!r}")
    return found, unexplained
