"""A small Flask API that doubles numbers. It knows nothing of CORS: corsd in front of it does.

    PORT=5000 python3 app.py
"""

import os
import threading

from flask import Flask, jsonify, request

app = Flask(__name__)
lock = threading.Lock()
seen = {"requests": 0, "methods": {}}


@app.before_request
def count_request():
    if request.path == "/count":
        return
    with lock:
        seen["requests"] += 1
        seen["methods"][request.method] = seen["methods"].get(request.method, 0) + 1


def doubled(value):
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return jsonify(error="inputVar must be a number"), 400
    return jsonify(outputVar=2 * value)


@app.route("/foo", methods=["GET", "POST"])
@app.route("/api/foo", methods=["GET", "POST"])
def foo():
    if request.method == "GET":
        return doubled(request.args.get("inputVar", default=0, type=int))
    body = request.get_json(force=True, silent=True)
    if not isinstance(body, dict):
        return jsonify(error="the body must be a JSON object"), 400
    return doubled(body.get("inputVar"))


@app.get("/account/visits")
def visits():
    """Counts in a cookie, which a page of another origin takes along only with `credentials: "include"`."""
    visit = request.cookies.get("visits", default=0, type=int) + 1
    answer = jsonify(visits=visit)
    answer.set_cookie("visits", str(visit), httponly=True, samesite="Lax")
    return answer


@app.get("/count")
def count():
    """How many requests came through, so that one can see which ones corsd kept away."""
    with lock:
        return jsonify(seen)


if __name__ == "__main__":
    app.run(host=os.environ.get("ADDRESS", "127.0.0.1"), port=int(os.environ.get("PORT", "5000")), threaded=True)
