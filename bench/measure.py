"""Runs the load against one peer, and holds its answers and its log to account."""
import json
import os
import socket
import subprocess
import time

import proc
from workloads import browser_request

CONNECTIONS = 64


class Failed(Exception):
    """An answer or a log that is not what it has to be: the figures beside it would mean nothing."""


def wrk(context, peer, requests_file, seconds, verify=False):
    command = ["taskset", "-c", str(context.load_core), "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "10s",
               "-s", os.path.join(os.path.dirname(os.path.abspath(__file__)), "load.lua"),
               f"http://127.0.0.1:{peer.port}/", "--", requests_file] + (["verify"] if verify else [])
    output = subprocess.run(command, capture_output=True, text=True, check=False)
    for line in output.stdout.splitlines():
        if line.startswith("RESULT "):
            return json.loads(line[7:])
    raise Failed(f"{peer.name}: wrk gave no result: {output.stderr.strip() or output.stdout.strip()}")


def open_log(peer):
    """The log behind the hole that empty_log() leaves where a peer does not append (HAProxy writes on at its old offset)."""
    file = open(peer.log, "rb")
    try:
        os.lseek(file.fileno(), 0, os.SEEK_DATA)
    except OSError:  # nothing but the hole
        os.lseek(file.fileno(), 0, os.SEEK_END)
    return file


def log_lines(peer):
    lines = 0
    with open_log(peer) as file:
        while chunk := file.read(1 << 20):
            lines += chunk.count(b"\n")
    return lines


def settle_log(peer, least, patience=4.0):
    """Waits until the log has not grown for 0.4 s, longer than any peer holds lines back, and has `least` lines; how many it has."""
    if peer.log is None:
        return 0
    deadline = time.monotonic() + patience
    size, quiet = -1, 0
    while time.monotonic() < deadline:
        now = os.path.getsize(peer.log)
        quiet = quiet + 1 if now == size else 0
        if quiet >= 4 and log_lines(peer) >= least:
            break
        size = now
        time.sleep(0.1)
    return log_lines(peer)


def empty_log(peer):
    if peer.log:
        os.truncate(peer.log, 0)


def check_log(peer, least, most, lines):
    if peer.log and not least <= lines <= most:
        raise Failed(f"{peer.name}: between {least} and {most} requests, but {lines} lines in {peer.log}")


def exchange(peer, raw):
    """One raw request on a connection of its own: (status, [(name, value)], body)."""
    with socket.create_connection(("127.0.0.1", peer.port), timeout=5) as client:
        return exchange_on(peer, client, raw)


def exchange_on(peer, client, raw):
    client.sendall(raw)
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = client.recv(65536)
        if not chunk:
            raise Failed(f"{peer.name}: closed without an answer")
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines[1:])]
    length = int(dict(headers).get("content-length", 0))
    while len(body) < length:
        chunk = client.recv(65536)
        if not chunk:
            raise Failed(f"{peer.name}: closed inside a body")
        body += chunk
    return int(lines[0].split()[1]), headers, body


def origin_requests(context):
    """How many requests the origin has had. Asked of it directly; that does not count."""
    return int(exchange(context.origin_server, b"GET /requests HTTP/1.1\r\nHost: origin\r\n\r\n")[2])


def burst(peer, workload, total=3000, connections=16):
    """An exact number of requests on kept connections, each answer read to its end."""
    clients = [socket.create_connection(("127.0.0.1", peer.port), timeout=5) for _ in range(connections)]
    for number in range(total):
        exchange_on(peer, clients[number % connections], workload.requests[number % len(workload.requests)])
    for client in clients:
        client.close()
    return total


def check_answers(context, peer, workload, requests_file):
    """The policy, on single connections and then under load; and one log line for each request, exactly."""
    settle_log(peer, 0)
    empty_log(peer)
    sample = workload.requests[::max(1, len(workload.requests) // 100)]
    origins = [raw.split(b"\r\nOrigin: ")[1].split(b"\r\n")[0].decode() for raw in sample]
    for raw, origin in zip(sample, origins):
        status, headers, body = exchange(peer, raw)
        if peer.name == "relay":
            continue
        values = lambda wanted, fields=headers: [value for name, value in fields if name == wanted]
        vary = {part.strip().lower() for value in values("vary") for part in value.split(",")}
        wrong = (status != workload.status or len(body) != workload.body or
                 values("access-control-allow-origin") != [origin] or "origin" not in vary)
        if workload.name == "preflight":
            wrong = wrong or not all(values(f"access-control-{name}") for name in ("allow-methods", "allow-headers", "max-age"))
        if wrong:
            raise Failed(f"{peer.name}: {workload.name} for {origin}: {status}, {len(body)} bytes, {headers}")
    served = len(sample)
    if peer.name == "relay":
        return
    path = workload.requests[0].split(b" ")[1].decode()
    status, headers, _ = exchange(peer, browser_request("GET", path, "https://evil.example"))
    served += 1
    if status != 403 or any(name.startswith("access-control-") for name, _ in headers):
        raise Failed(f"{peer.name}: an origin that is not on the list gets {status}, {headers}")
    served += burst(peer, workload)
    check_log(peer, served, served, settle_log(peer, served))
    with open_log(peer) as file:
        for line in file:
            entry = json.loads(line.strip(b"\0\n"))
            if not {"status", "target", "origin"} <= entry.keys():
                raise Failed(f"{peer.name}: a log line without status, target and origin: {line}")
    result = wrk(context, peer, requests_file, 1, verify=True)
    if result["answers"] == 0 or result["without_acao"] or result["wrong_status"]:
        raise Failed(f"{peer.name}: {workload.name} under load: {result}")


def measure(context, peer, workload, requests_file, seconds):
    """One timed run. CPU time is taken until the log has its last line, so that writing it counts."""
    settle_log(peer, 0)
    empty_log(peer)
    origin_before = origin_requests(context)
    before, stolen = proc.cpu(peer.pid), proc.stolen()
    result = wrk(context, peer, requests_file, seconds)
    stolen = proc.stolen() - stolen
    lines = settle_log(peer, result["requests"])
    after = proc.cpu(peer.pid)
    if result["status_errors"] or result["socket_errors"] or result["timeouts"] or not result["requests"]:
        raise Failed(f"{peer.name}: {workload.name}: {result}")
    # wrk leaves requests in flight when it stops. Those that reached the origin have a line for sure, the rest may have one.
    forwarded = origin_requests(context) - origin_before if workload.forwarded else 0
    check_log(peer, max(result["requests"], forwarded), result["requests"] + CONNECTIONS, lines)
    total, user, system = (late - early for late, early in zip(after, before))
    share = user / (user + system) if user + system else 0.0
    each = total * 1e6 / result["requests"]
    peak, proportional = proc.memory(peer.pid)
    return {"cpu_us": each, "user_us": each * share, "system_us": each * (1 - share),
            "rps": result["requests"] * 1e6 / result["microseconds"], "p50_us": result["p50"], "p99_us": result["p99"],
            "peak_kib": peak, "pss_kib": proportional, "requests": result["requests"], "log_lines": lines, "stolen_s": stolen}
