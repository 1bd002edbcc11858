"""The Flask-CORS settings of the matrix, each beside the resources that a person would write for corsd in their place."""

import re
from dataclasses import dataclass, field
from datetime import timedelta

SHOP, APP = "http://localhost:3000", "https://yourapp.com"
ALL = "[GET, HEAD, POST, PUT, PATCH, DELETE]"
ANY_HEADER = '["*", Authorization]'
TWO = f"[{SHOP}, {APP}]"


@dataclass
class Settings:
    name: str
    resources: str                                   # YAML below `resources:`
    cors: dict = None                                # arguments of CORS(app, …); None: it is not called
    config: dict = field(default_factory=dict)       # app.config
    decorators: dict = field(default_factory=dict)   # endpoint → arguments of @cross_origin
    blueprint: dict = None                           # arguments of CORS(blueprint, …)
    paths: tuple = ("/api/foo",)                     # the first one gets every request, the others the short round
    decided: tuple = None                            # what the import leaves to its reader, and what is put there
    open_credentials: bool = False                   # origins "*" with supports_credentials, which corsd does not take

    def apply(self, app, part):
        from flask_cors import CORS
        if self.cors is not None:
            CORS(app, **self.cors)
        if self.blueprint is not None:
            CORS(part, **self.blueprint)


def policy(origins=TWO, methods=ALL, allow_headers=ANY_HEADER, path="/*", **more):
    """One resource with what Flask-CORS has by default."""
    keys = {"origins": origins, "methods": methods, "allow_headers": allow_headers, "max_age": "null", **more}
    return f"  {path}:\n" + "".join(f"    {key}: {value}\n" for key, value in keys.items())


BOTH = [SHOP, APP]
EVERYWHERE = ("/api/foo", "/api/bar", "/api/users/7", "/api/private", "/api/teapot", "/api/boom", "/api/moved", "/api/slash", "/api/none")

SETTINGS = [
    # origins
    Settings("default", policy('"*"'), {}, paths=EVERYWHERE),
    Settings("origins_text", policy(f"[{SHOP}]"), {"origins": SHOP}),
    Settings("origins_list", policy(), {"origins": BOTH}, paths=EVERYWHERE),
    Settings("origins_set", policy(), {"origins": set(BOTH)}),
    Settings("origins_star", policy('"*"'), {"origins": "*"}),
    Settings("origins_star_in_list", policy('"*"'), {"origins": ["*", SHOP]}),
    Settings("origins_expression", policy(r"['~http://localhost:\d+', https://yourapp.com]"), {"origins": [r"http://localhost:\d+", APP]}),
    Settings("origins_expression_to_the_end", policy(r"['~https?://[a-z]+(:3000|\.com)']"), {"origins": r"https?://[a-z]+(:3000|\.com)$"}),
    Settings("origins_compiled", policy(r"['~https://(www\.)?yourapp\.com']"), {"origins": re.compile(r"^https://(www\.)?yourapp\.com$")}),
    Settings("origins_compiled_open_end", policy(r"['~https://(www\.)?yourapp\.com']"), {"origins": [re.compile(r"https://(www\.)?yourapp\.com")]}),
    Settings("origins_any_port", policy("['http://localhost:*']"), {"origins": "http://localhost:*"}),
    Settings("origins_null", policy(f'["null", {SHOP}]', dangerously_allow="[null_origin]"), {"origins": ["null", SHOP]}),
    Settings("origins_none", policy("[]"), {"origins": []}),
    # methods
    Settings("methods_list", policy(methods="[GET, POST]"), {"origins": BOTH, "methods": ["GET", "POST"]}),
    Settings("methods_text", policy(methods="[DELETE]"), {"origins": BOTH, "methods": "DELETE"}),
    Settings("methods_lower", policy(methods="[GET, PUT]"), {"origins": BOTH, "methods": ["get", "put"]}),
    # allow_headers
    Settings("allow_headers_text", policy(allow_headers="[Content-Type]"), {"origins": BOTH, "allow_headers": "Content-Type"}),
    Settings("allow_headers_list", policy(allow_headers="[Content-Type, Authorization]"),
             {"origins": BOTH, "allow_headers": ["content-type", "AUTHORIZATION"]}),
    Settings("allow_headers_star", policy('"*"'), {"allow_headers": "*"}),
    Settings("allow_headers_expression", policy(allow_headers="[Content-Type, X-Known]"),
             {"origins": BOTH, "allow_headers": ["Content-Type", r"X-.*"]},
             decided=("allow_headers: [Content-Type]", "allow_headers: [Content-Type, X-Known]")),
    Settings("allow_headers_none", policy(allow_headers="[]"), {"origins": BOTH, "allow_headers": []}),
    # expose_headers
    Settings("expose_headers_text", policy(expose_headers="[X-Total]"), {"origins": BOTH, "expose_headers": "X-Total"}),
    Settings("expose_headers_list", policy('"*"', expose_headers="[X-Total, ETag]"), {"expose_headers": ["X-Total", "ETag"]}),
    # supports_credentials
    Settings("credentials", policy(credentials="true"), {"origins": BOTH, "supports_credentials": True}, paths=EVERYWHERE),
    Settings("credentials_star", policy(credentials="true"), {"supports_credentials": True},
             decided=("origins: []", f"origins: {TWO}"), open_credentials=True),
    Settings("credentials_expose", policy(supports_credentials="true", expose_headers="[X-Total]"),
             {"origins": BOTH, "supports_credentials": True, "expose_headers": ["X-Total"]}),
    # max_age
    Settings("max_age_number", policy(max_age="600"), {"origins": BOTH, "max_age": 600}),
    Settings("max_age_text", policy(max_age="1h"), {"origins": BOTH, "max_age": "3600"}),
    Settings("max_age_timedelta", policy(max_age="2h"), {"origins": BOTH, "max_age": timedelta(hours=2)}),
    Settings("max_age_zero", policy(max_age="null"), {"origins": BOTH, "max_age": 0}),  # 0 is not sent
    # send_wildcard, vary_header, always_send, automatic_options, intercept_exceptions
    Settings("send_wildcard", policy('"*"'), {"send_wildcard": True}),
    Settings("send_wildcard_list", policy(), {"origins": BOTH, "send_wildcard": True}),
    Settings("vary_header_off", policy(), {"origins": BOTH, "vary_header": False}),
    Settings("always_send_off", policy(), {"origins": BOTH, "always_send": False}),
    Settings("always_send_off_star", policy('"*"'), {"always_send": False}),
    Settings("intercept_exceptions_off", policy(), {"origins": BOTH, "intercept_exceptions": False}, paths=EVERYWHERE),
    Settings("automatic_options_off", policy(), {"origins": BOTH, "automatic_options": False}),
    # resources
    Settings("resources_text", policy(path="/api/*"), {"resources": r"/api/*", "origins": BOTH}, paths=("/api/foo", "/apiary", "/open")),
    Settings("resources_list", policy(path="/api/foo") + policy(path="/open"), {"resources": [r"/api/foo", "/open"], "origins": BOTH},
             paths=("/api/foo", "/open", "/api/bar")),
    Settings("resources_dict", policy(path="/api/*", methods="[GET, POST, PUT]") + policy('"*"', path="/open"),
             {"resources": {r"/api/*": {"origins": BOTH, "methods": ["GET", "POST", "PUT"]}, "/open": {"origins": "*"}}},
             paths=("/api/foo", "/open", "/apiary", "/part/x")),
    Settings("resources_nested", policy(path="/api/*") + policy(f"[{APP}]", path="/api/users/*"),
             {"resources": {r"/api/.*": {"origins": BOTH}, r"/api/users/.*": {"origins": APP}}}, paths=("/api/foo", "/api/users/7")),
    Settings("resources_compiled", policy(path="'~/api/(foo|bar)'"),
             {"resources": [re.compile(r"^/api/(foo|bar)$")], "origins": BOTH}, paths=("/api/foo", "/api/bar", "/api/teapot")),
    Settings("resources_override", policy(path="/api/*", credentials="true") + policy(f"[{APP}]", path="/api/bar"),
             {"origins": BOTH, "supports_credentials": True,
              "resources": {r"/api/*": {}, "/api/bar": {"origins": [APP], "supports_credentials": False}}}, paths=("/api/foo", "/api/bar")),
    Settings("config", policy(path="/api/*", methods="[GET, PUT]", max_age="300"),
             {}, config={"CORS_ORIGINS": BOTH, "CORS_METHODS": ["GET", "PUT"], "CORS_MAX_AGE": 300, "CORS_RESOURCES": r"/api/*"}),
    # @cross_origin, blueprints
    Settings("decorator", policy(path="/api/foo"), decorators={"foo": {"origins": BOTH}}, paths=("/api/foo", "/api/bar", "/open")),
    Settings("decorator_default", policy('"*"', path="/api/foo"), decorators={"foo": {}}),
    Settings("decorator_errors", policy(path="/api/foo") + policy(path="/api/boom") + policy(path="/api/teapot"),
             decorators={name: {"origins": BOTH} for name in ("foo", "boom", "teapot")}, paths=("/api/foo", "/api/boom", "/api/teapot")),
    Settings("decorator_over_app", policy(path="/*") + policy(f"[{APP}]", path="/api/foo", credentials="true"),
             {"origins": BOTH}, decorators={"foo": {"origins": APP, "supports_credentials": True}}, paths=("/api/foo", "/api/bar")),
    Settings("decorator_parameter", policy(f"[{SHOP}]", path="/api/users/*", methods="[GET]"),
             decorators={"user": {"origins": SHOP, "methods": ["GET"]}}, paths=("/api/users/7",)),
    Settings("decorator_per_method", "  /api/split:\n"
             f"    - {{methods: [GET, HEAD], origins: [{SHOP}], allow_headers: {ANY_HEADER}, max_age: null}}\n"
             f"    - {{methods: [POST], origins: [{APP}], allow_headers: {ANY_HEADER}, max_age: null}}\n",
             decorators={"split_get": {"origins": SHOP}, "split_post": {"origins": APP}}, paths=("/api/split",)),
    # origin= and headers= are no options of Flask-CORS: it logs that, and every origin is allowed.
    Settings("decorator_misspelt", policy('"*"', path="/api/foo"),
             decorators={"foo": {"origin": "localhost", "headers": ["Content-Type", "Authorization"]}}),
    Settings("blueprint", policy(f"[{APP}]", path="/part/*"), blueprint={"origins": APP}, paths=("/part/x", "/api/foo")),
]

BY_NAME = {one.name: one for one in SETTINGS}
