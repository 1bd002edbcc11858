"""A Flask application with every kind of answer that the article's users ask about. It knows nothing of CORS."""

import hashlib
import io
import os
import signal
import threading

from flask import Flask, Response, jsonify, redirect, request, send_file

app = Flask(__name__)
PORT = int(os.environ["PORT"])
MiB = 1 << 20
# Incompressible enough that a piece lost or doubled shows, and the same each time.
REPORT = b"".join(hashlib.sha256(number.to_bytes(4, "big")).digest() for number in range(12 * MiB // 32))
never = threading.Event()
requests = []


@app.before_request
def note():
    if request.path != "/requests":
        requests.append(f"{request.method} {request.path}")


@app.get("/requests")
def noted():
    return jsonify(requests)


@app.get("/products/<name>")
def product(name):
    return jsonify(name=name, price=3)


@app.route("/products/<name>", methods=["POST", "DELETE"])
def order(name):
    return jsonify(ordered=name, by=request.method), 201


@app.route("/items", methods=["GET", "POST", "PUT", "DELETE"])
def items():
    answer = jsonify(["a", "b", "c"])
    answer.headers.update({"X-Total-Count": "3", "Link": '</items?page=2>; rel="next"', "X-Served-By": "rack 7"})
    return answer


@app.route("/settings", methods=["GET", "PUT"])
def settings():
    return jsonify(theme="dark")


@app.route("/orders/", methods=["GET", "POST"])
def orders():
    return jsonify(method=request.method, body=request.get_data(as_text=True))


@app.get("/old")
def old():
    return redirect("/orders/")


@app.get("/old/absolute")
def old_absolute():
    """As applications do that know themselves by the address they listen on."""
    return redirect(f"http://127.0.0.1:{PORT}/orders/")


@app.get("/door")
def door():
    return redirect("/staff")


@app.get("/staff")
def staff():
    return jsonify(secret="the door code")


@app.get("/files/report.bin")
def report():
    return send_file(io.BytesIO(REPORT), mimetype="application/octet-stream", as_attachment=True, download_name="report.bin",
                     etag=hashlib.sha256(REPORT).hexdigest())


@app.get("/files/stream.bin")
def stream():
    """The same without its length."""
    return Response((REPORT[at:at + MiB] for at in range(0, len(REPORT), MiB)), mimetype="application/octet-stream")


@app.get("/api/slow")
def slow():
    never.wait(60)
    return jsonify(late=True)


@app.route("/api/error", methods=["GET", "POST"])
def error():
    raise RuntimeError("a bug in the application")


@app.get("/api/die")
def die():
    """The process is killed before it answers, or once half of the body has gone out: with its length told, or without."""
    when = request.args["when"]
    if when == "before":
        os.kill(os.getpid(), signal.SIGKILL)

    def halves():
        yield REPORT[:MiB]
        os.kill(os.getpid(), signal.SIGKILL)

    length = {"Content-Length": str(2 * MiB)} if when == "with-length" else {}
    return Response(halves(), headers=length, mimetype="application/octet-stream")


if __name__ == "__main__":
    app.run(host="127.0.0.1", port=PORT, threaded=True)
