#!/usr/bin/env python3
"""Prints, as JSON, what a Flask application does about CORS with Flask-CORS: for `corsd import flask-cors FILE.json`.

    python3 flask-cors-export.py MODULE:APP              APP is a Flask object of MODULE
    python3 flask-cors-export.py --factory MODULE:MAKE   MAKE() returns it

Run it with the interpreter and in the folder that the application runs with: it is imported, not served. Only the standard library is
needed besides. What cannot be seen from outside is listed under "unseen". Exit codes: 0, 1 when the application cannot be loaded, 2
for wrong usage.
"""

import argparse
import contextlib
import importlib
import inspect
import json
import os
import platform
import re
import sys

FORMAT = "flask-cors-export/1"
ARGUMENT = re.compile(r"<(?:(?P<converter>[a-zA-Z_]\w*)(?:\((?P<arguments>.*?)\))?:)?(?P<name>[a-zA-Z_]\w*)>")
FLAGS = {re.IGNORECASE: "i", re.MULTILINE: "m", re.DOTALL: "s", re.VERBOSE: "x"}
SWITCHES = ("supports_credentials", "send_wildcard", "vary_header", "automatic_options", "always_send", "intercept_exceptions",
            "allow_private_network")


def of_flask_cors(function):
    """Also when functools.wraps gave it another name and module."""
    return str(getattr(function, "__globals__", {}).get("__name__", "")).split(".")[0] == "flask_cors"


def closure(function):
    try:
        return dict(inspect.getclosurevars(function).nonlocals)
    except (TypeError, ValueError):
        return {}


def looks_like_expression(text):
    """Flask-CORS takes a string with any of these for a regular expression."""
    return any(character in text for character in "*\\]?$^[()")


def pattern(value):
    if isinstance(value, str):
        if value in ("*", ".*"):
            return {"any": True}
        return {"expression": value, "flags": "i"} if looks_like_expression(value) else {"literal": value}
    if hasattr(value, "pattern"):
        flags = "".join(letter for flag, letter in FLAGS.items() if value.flags & flag)
        return {"expression": value.pattern, "flags": flags, "compiled": True}
    return {"literal": str(value)}


def resource(value):
    """A pattern of paths, which are compared in their case."""
    found = pattern(value)
    if not found.get("compiled"):
        found.pop("flags", None)
    return found


def as_list(value):
    if value is None:
        return []
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return sorted(str(part) for part in value)


def max_age(value):
    """In seconds; None is not sent, and neither is the number 0."""
    if hasattr(value, "total_seconds"):
        value = str(int(value.total_seconds()))
    if not value:
        return None
    return int(value) if re.fullmatch(r"-?\d+", str(value).strip()) else str(value)


def options(resolved, known):
    patterns = {name: [pattern(one) for one in ([value] if isinstance(value, str) or hasattr(value, "pattern") else value)]
                for name, value in ((name, resolved.get(name)) for name in ("origins", "allow_headers")) if value is not None}
    return {**patterns, "methods": as_list(resolved.get("methods")), "expose_headers": as_list(resolved.get("expose_headers")),
            "max_age": max_age(resolved.get("max_age")),
            **{name: bool(resolved[name]) for name in SWITCHES if name in resolved},
            "unknown": sorted(name for name in resolved if known and name not in known)}


def decorated(view, depth=0, seen=None):
    """The arguments of the outermost @cross_origin around a view, or None; other decorators are looked through."""
    seen = set() if seen is None else seen
    if depth > 20 or not callable(view) or id(view) in seen:
        return None
    seen.add(id(view))
    inside = closure(view) if inspect.isfunction(view) else {}
    if of_flask_cors(view):
        given = next((inside[name] for name in ("_options", "options", "kwargs") if isinstance(inside.get(name), dict)), None)
        if given is not None:
            return given
    for candidate in [getattr(view, "__wrapped__", None), getattr(view, "func", None), *inside.values()]:
        if inspect.isroutine(candidate) or hasattr(candidate, "__wrapped__"):
            found = decorated(candidate, depth + 1, seen)
            if found is not None:
                return found
    return None


def path_of(rule):
    """The rule as a list of texts and arguments."""
    parts, end = [], 0
    for match in ARGUMENT.finditer(rule):
        if match.start() > end:
            parts.append({"text": rule[end:match.start()]})
        parts.append({"argument": match["name"], "converter": match["converter"] or "default"})
        end = match.end()
    return parts + ([{"text": rule[end:]}] if end < len(rule) else [])


class Export:
    def __init__(self, app):
        self.app = app
        self.unseen = []
        self.core = importlib.import_module("flask_cors.core")
        self.known = set(getattr(self.core, "DEFAULT_OPTIONS", {}))

    def resolved(self, given):
        return options(self.core.get_cors_options(self.app, given), self.known)

    def resources(self):
        """In the order in which Flask-CORS tries them: of several CORS() on one application the last one comes first."""
        found = []
        for scope, functions in self.app.after_request_funcs.items():
            for function in reversed(functions):
                name = f"{getattr(function, '__module__', '?')}.{getattr(function, '__qualname__', function)}"
                listed = closure(function).get("resources") if of_flask_cors(function) else None
                if listed is not None:
                    found += [{"blueprint": scope, "pattern": resource(one), "options": options(given, self.known)}
                              for one, given in listed]
                elif of_flask_cors(function):
                    self.unseen.append(f"{name} is of Flask-CORS, but its settings are not where this script looks for them")
                else:
                    self.unseen.append(f"{name} runs after each request; if it sets Access-Control-* headers, corsd replaces them")
        return found

    def route(self, rule):
        view = self.app.view_functions.get(rule.endpoint)
        given = decorated(view)
        by_method = getattr(view, "view_class", None)
        for method in sorted(rule.methods or ()):
            if by_method and given is None and decorated(getattr(by_method, method.lower(), None)) is not None:
                self.unseen.append(f"@cross_origin on the method {method.lower()} of {by_method.__name__} ({rule.rule}): Flask-CORS does not "
                                   "see the preflights of such a view, and nothing is exported for it")
        return {"rule": rule.rule, "path": path_of(rule.rule), "methods": sorted(rule.methods or ()), "endpoint": rule.endpoint,
                "blueprint": rule.endpoint.rpartition(".")[0] or None, "host": rule.host or rule.subdomain or None,
                "cross_origin": None if given is None else self.resolved(given)}

    def everything(self):
        routes = [self.route(rule) for rule in self.app.url_map.iter_rules()]
        if not inspect.ismethod(self.app.wsgi_app):
            self.unseen.append(f"{type(self.app.wsgi_app).__name__} stands around the application (app.wsgi_app); what it does is not looked at")
        return {"format": FORMAT, "versions": {"python": platform.python_version(), **versions()}, "application": self.app.import_name,
                "resources": self.resources(), "routes": sorted(routes, key=lambda route: route["rule"]), "unseen": sorted(set(self.unseen))}


def versions():
    from importlib import metadata
    found = {}
    for name in ("Flask", "Flask-Cors", "Werkzeug"):
        try:
            found[name.lower()] = metadata.version(name)
        except metadata.PackageNotFoundError:
            pass
    return found


def load(target, factory):
    module, _, name = target.partition(":")
    sys.path.insert(0, os.getcwd())
    found = importlib.import_module(module)
    for part in (name or "app").split("."):
        found = getattr(found, part)
    return found() if factory else found


def main():
    parser = argparse.ArgumentParser(description="Prints as JSON what a Flask application does about CORS with Flask-CORS.")
    parser.add_argument("--factory", action="store_true", help="the name is a function without arguments that makes the application")
    parser.add_argument("application", metavar="MODULE:APP")
    arguments = parser.parse_args()
    try:
        with contextlib.redirect_stdout(sys.stderr):  # what the application prints while it is imported is no JSON
            app = load(arguments.application, arguments.factory)
            if not hasattr(app, "url_map") or not hasattr(app, "after_request_funcs"):
                raise TypeError(f"{arguments.application} is a {type(app).__name__}, no Flask application"
                                + ("; is it a factory? (--factory)" if callable(app) and not arguments.factory else ""))
            export = Export(app).everything()
    except Exception as error:  # whatever an import may raise
        print(f"flask-cors-export.py: cannot load {arguments.application}: {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    json.dump(export, sys.stdout, indent=2, ensure_ascii=False)
    print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
