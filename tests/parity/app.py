"""The application of the parity matrix, once: create_app() is plain Flask, create_app(settings) is the same with its CORS lines on."""

import threading

from flask import Blueprint, Flask, abort, jsonify, redirect, request


def create_app(settings=None):
    """`settings` is one of settings.SETTINGS. The answer of /ran lists the X-Case of every request that came this far."""
    app = Flask(__name__)
    app.config.update(settings.config if settings else {})
    ran, lock = [], threading.Lock()

    @app.before_request
    def note():
        if "X-Case" in request.headers:
            with lock:
                ran.append(request.headers["X-Case"])
        if request.path == "/api/private" and request.headers.get("Authorization") != "Bearer good":
            abort(401)  # as many applications do it: for OPTIONS as well

    def route(on, rule, name, **options):
        """@cross_origin stands between the view and its route, as the documentation of Flask-CORS shows it."""

        def decorate(view):
            if settings and name in settings.decorators:
                from flask_cors import cross_origin
                view = cross_origin(**settings.decorators[name])(view)
            return on.route(rule, endpoint=name, **options)(view)

        return decorate

    @route(app, "/api/foo", "foo", methods=["GET", "POST", "PUT", "DELETE"])
    def foo():
        answer = jsonify(method=request.method, cookie=request.cookies.get("session"))
        answer.headers["X-Total"] = "3"
        answer.set_cookie("session", "1")
        return answer

    @route(app, "/api/bar", "bar", methods=["GET", "POST"])
    def bar():
        answer = jsonify(bar=True)
        answer.vary.add("Accept-Encoding")
        return answer

    @route(app, "/api/split", "split_get", methods=["GET"])
    def split_get():
        return jsonify(split="get")

    @route(app, "/api/split", "split_post", methods=["POST"])
    def split_post():
        return jsonify(split="post")

    @route(app, "/api/users/<int:number>", "user", methods=["GET", "DELETE"])
    def user(number):
        return jsonify(user=number)

    @route(app, "/api/private", "private", methods=["GET", "POST"])
    def private():
        return jsonify(private=True)

    @route(app, "/api/boom", "boom")
    def boom():
        raise RuntimeError("boom")

    @route(app, "/api/teapot", "teapot")
    def teapot():
        abort(418)

    @route(app, "/api/moved", "moved")
    def moved():
        return redirect("/api/foo")

    @route(app, "/api/slash/", "slash")
    def slash():
        return jsonify(slash=True)

    @route(app, "/apiary", "apiary")
    def apiary():
        return jsonify(bees=True)

    @route(app, "/open", "open", methods=["GET", "POST"])
    def open_to_all():
        return jsonify(open=True)

    part = Blueprint("part", __name__, url_prefix="/part")

    @route(part, "/x", "x", methods=["GET", "POST"])
    def x():
        return jsonify(part=True)

    @app.get("/ran")
    def what_ran():
        with lock:
            return jsonify(ran)

    if settings:
        settings.apply(app, part)
    app.register_blueprint(part)
    return app
