"""A Flask API behind JSON Web Tokens. It knows nothing of CORS: corsd with config/examples/jwt.yaml in front of it does.

    PORT=5000 python3 tokens.py

    curl -d '{"name": "ada", "password": "lovelace"}' http://127.0.0.1:5000/login
    curl -H "Authorization: Bearer TOKEN" http://127.0.0.1:5000/me
"""

import datetime
import hmac
import os
import secrets

import jwt
from flask import Flask, jsonify, request

app = Flask(__name__)
# Tokens end with the process unless a secret is given; under several processes give one.
SECRET = os.environ.get("TOKEN_SECRET") or secrets.token_hex(32)
LIFETIME = datetime.timedelta(minutes=15)
PASSWORDS = {"ada": "lovelace"}


def unauthorized(error, description):
    """401 as RFC 6750, section 3, wants it."""
    answer = jsonify(error=error, description=description)
    answer.status_code = 401
    answer.headers["WWW-Authenticate"] = f'Bearer error="{error}", error_description="{description}"'
    return answer


@app.post("/login")
def login():
    body = request.get_json(force=True, silent=True)
    if not isinstance(body, dict):
        return jsonify(error="the body must be a JSON object"), 400
    name, password = str(body.get("name", "")), str(body.get("password", ""))
    if not hmac.compare_digest(PASSWORDS.get(name, "").encode(), password.encode()) or name not in PASSWORDS:
        return jsonify(error="wrong name or password"), 401
    now = datetime.datetime.now(datetime.timezone.utc)
    return jsonify(token=jwt.encode({"sub": name, "iat": now, "exp": now + LIFETIME}, SECRET, algorithm="HS256"))


@app.get("/me")
def me():
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        return unauthorized("invalid_request", "no bearer token")
    try:
        claims = jwt.decode(token, SECRET, algorithms=["HS256"], options={"require": ["sub", "exp"]})
    except jwt.ExpiredSignatureError:
        return unauthorized("invalid_token", "the token has expired")
    except jwt.InvalidTokenError:
        return unauthorized("invalid_token", "the token is not one of ours")
    return jsonify(name=claims["sub"])


if __name__ == "__main__":
    app.run(host="127.0.0.1", port=int(os.environ.get("PORT", "5000")), threaded=True)
