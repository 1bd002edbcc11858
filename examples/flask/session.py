"""A Flask API with a login in the session cookie. It knows nothing of CORS: corsd with config/examples/session.yaml does.

    PORT=5000 python3 session.py

For pages of another site the cookie has to be let go there, over https (http://localhost is excepted):

    FLASK_SESSION_COOKIE_SAMESITE=None FLASK_SESSION_COOKIE_SECURE=true python3 session.py
"""

import os
import secrets

from flask import Flask, jsonify, request, session

app = Flask(__name__)
app.secret_key = secrets.token_hex(32)  # sessions end with the process; under several processes set FLASK_SECRET_KEY
app.config.from_prefixed_env()


@app.post("/login")
def login():
    body = request.get_json(force=True, silent=True)
    if not isinstance(body, dict) or not body.get("name"):
        return jsonify(error="the body must be a JSON object with a name"), 400
    session["name"] = str(body["name"])
    return jsonify(name=session["name"])


@app.get("/me")
def me():
    if "name" not in session:
        return jsonify(error="not logged in"), 401
    return jsonify(name=session["name"])


@app.post("/logout")
def logout():
    session.clear()
    return jsonify(name=None)


if __name__ == "__main__":
    app.run(host="127.0.0.1", port=int(os.environ.get("PORT", "5000")), threaded=True)
