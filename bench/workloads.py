"""What is asked of the proxies: raw requests as a browser sends them, and the policy's size."""
from dataclasses import dataclass

APP = "https://app.bench.example"
HOST = "api.bench.example"
FEW_ORIGINS = [APP, "https://admin.bench.example", "http://localhost:3000"]
MANY_ORIGINS = [APP] + [f"https://tenant-{number:05}.customers.example" for number in range(9_999)]
FEW_RESOURCES = ["/api/"]
MANY_RESOURCES = [f"/service-{number:04}/" for number in range(1_000)]


@dataclass
class Workload:
    name: str
    title: str
    setup: str        # "few" or "many": which configuration the peers run with
    requests: list    # raw bytes, sent in turn
    status: int
    body: int         # bytes of the answer's body
    forwarded: bool   # False: a proxy answers it alone


@dataclass
class Setup:
    name: str
    origins: list
    resources: list   # path prefixes, each ending in a slash


SETUPS = {"few": Setup("few", FEW_ORIGINS, FEW_RESOURCES), "many": Setup("many", MANY_ORIGINS, MANY_RESOURCES)}


def browser_request(method, path, origin=APP, extra=(), body=b""):
    """The eleven headers of a cross-origin fetch() in Firefox, and those of `extra`."""
    headers = [("Host", HOST),
               ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"),
               ("Accept", "application/json, text/plain, */*"),
               ("Accept-Language", "en-US,en;q=0.5"),
               ("Accept-Encoding", "gzip, deflate, br, zstd"),
               ("Referer", origin + "/"),
               *extra,
               ("Origin", origin),
               ("Connection", "keep-alive"),
               ("Sec-Fetch-Dest", "empty"),
               ("Sec-Fetch-Mode", "cors"),
               ("Sec-Fetch-Site", "same-site" if origin.endswith(".bench.example") else "cross-site")]
    head = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers) + "\r\n"
    return head.encode() + body


def workloads():
    preflight = [("Access-Control-Request-Method", "PUT"), ("Access-Control-Request-Headers", "authorization,content-type")]
    upload = [("Content-Type", "application/json"), ("Content-Length", "65536")]
    # 1 009 is prime, so that origins and resources meet in ever new pairs.
    spread = [browser_request("GET", f"{MANY_RESOURCES[number * 7 % 1_000]}items?page=2", MANY_ORIGINS[number * 9 % 10_000])
              for number in range(1_009)]
    return [
        Workload("get", "GET, 1 KiB", "few", [browser_request("GET", "/api/items?page=2")], 200, 1024, True),
        Workload("preflight", "Preflight", "few", [browser_request("OPTIONS", "/api/items", extra=preflight)], 204, 0, False),
        Workload("large", "GET, 64 KiB", "few", [browser_request("GET", "/api/64k")], 200, 65537, True),
        Workload("upload", "POST, 64 KiB", "few", [browser_request("POST", "/api/items", extra=upload, body=b"x" * 65536)],
                 200, 15, True),
        Workload("many", "GET, 10 000 origins, 1 000 resources", "many", spread, 200, 1024, True),
    ]
