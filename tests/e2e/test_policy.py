"""The policy on the wire: modes, grants, what of the upstream's own headers survives, what is forwarded."""

import unittest

from support import ALLOWED, EVIL, Corsd, TestCase, Upstream, ok

OWN_CORS = [("Access-Control-Allow-Origin", "*"), ("Access-Control-Allow-Credentials", "true"),
            ("Access-Control-Expose-Headers", "X-Upstream"), ("Vary", "Accept-Encoding, origin")]


def resource(*lines, path="/api/*"):
    return f"\n  {path}:\n" + "".join(f"    {line}\n" for line in lines)


class Grants(TestCase):
    def test_the_upstreams_cors_headers_are_replaced(self):
        policy = resource(f"origins: [{ALLOWED}]", "expose_headers: [X-Total, ETag]", "credentials: true")
        upstream, server = self.pair(lambda request, connection: ok(headers=OWN_CORS), policy)
        answer = server.ask("GET", "/api/x", [("Origin", ALLOWED)])
        self.assert_readable(answer)
        self.assertEqual(answer.headers.all("Access-Control-Allow-Credentials"), ["true"])
        self.assertEqual(answer.headers.all("Access-Control-Expose-Headers"), ["X-Total, ETag"])
        for headers in ([], [("Origin", server.own_origin)]):
            answer = server.ask("GET", "/api/x", headers)
            self.assertEqual(answer.status, 200)
            self.assert_unreadable(answer)
            self.assert_varies(answer)

    def test_the_upstream_cannot_take_grants_away_by_connection(self):
        own = [("Connection", "Access-Control-Allow-Origin, X-Gone"), ("X-Gone", "1"), ("X-Stays", "1")]
        upstream, server = self.pair(lambda request, connection: ok(headers=own))
        answer = server.ask("GET", "/api/x", [("Origin", ALLOWED)])
        self.assert_readable(answer)
        self.assertIsNone(answer.headers.get("X-Gone"))
        self.assertEqual(answer.headers.get("X-Stays"), "1")

    def test_vary_is_merged(self):
        for own, expected in ((["Accept-Encoding"], ["accept-encoding", "origin"]), (["Accept", "ORIGIN, Cookie"], ["accept", "origin", "cookie"]),
                              (["*"], ["*"]), ([], ["origin"])):
            upstream, server = self.pair(lambda request, connection, own=own: ok(headers=[("Vary", value) for value in own]))
            answer = server.ask("GET", "/api/x", [("Origin", ALLOWED)])
            self.assertEqual([item.strip().lower() for item in answer.headers.get("Vary").split(",")], expected)

    def test_star_is_the_same_for_everybody(self):
        upstream, server = self.pair(resources=resource('origins: "*"', "expose_headers: [X-A]"))
        for headers in ([], [("Origin", EVIL)], [("Origin", "null")], [("Origin", server.own_origin)]):
            answer = server.ask("GET", "/api/x", headers)
            self.assertEqual((answer.status, answer.headers.all("Access-Control-Allow-Origin"), answer.headers.get("Vary"),
                              answer.headers.get("Access-Control-Expose-Headers")), (200, ["*"], None, "X-A"))

    def test_a_redirect_to_the_upstream_itself_is_turned_back_to_us(self):
        places = {}
        upstream, server = self.pair(lambda request, connection: ok(status="302 Found", headers=[("Location", places["now"])]))
        authority = f"127.0.0.1:{upstream.port}"
        for place, expected in ((f"http://{authority}/api/y?q=1", f"{server.own_origin}/api/y?q=1"),
                                (f"//{authority}/z", None), ("/api/relative", "/api/relative"),
                                ("https://elsewhere.example/", "https://elsewhere.example/"),
                                (f"http://user@{authority}/", f"http://user@{authority}/")):
            places["now"] = place
            answer = server.ask("GET", "/api/x", [("Origin", ALLOWED)])
            self.assertEqual(answer.status, 302)
            self.assert_readable(answer)
            if expected:
                self.assertEqual(answer.headers.get("Location"), expected)
            else:
                self.assertNotIn(authority, answer.headers.get("Location"))

    def test_timing_and_forward_origin(self):
        policy = resource(f"origins: [{ALLOWED}]", "timing_allow_origin: true", "forward_origin: false")
        upstream, server = self.pair(lambda request, connection: ok(headers=[("Timing-Allow-Origin", "*")]), policy)
        answer = server.ask("GET", "/api/x", [("Origin", ALLOWED)])
        self.assertEqual(answer.headers.all("Timing-Allow-Origin"), [ALLOWED])
        self.assertIsNone(upstream.last().headers.get("Origin"))

    def test_method_and_override_refusals_are_readable(self):
        upstream, server = self.pair(resources=resource(f"origins: [{ALLOWED}]", "methods: [GET, POST]"))
        answer = server.ask("DELETE", "/api/x", [("Origin", ALLOWED)])
        self.assert_problem(answer, 403, "method_not_allowed")
        self.assert_readable(answer)
        self.assertIn("DELETE", answer.json()["detail"])
        answer = server.ask("POST", "/api/x", [("Origin", ALLOWED), ("X-HTTP-Method-Override", "DELETE")], b"x")
        self.assert_problem(answer, 403, "override_not_allowed")
        self.assertEqual(upstream.count(), 0)
        self.assertEqual(server.ask("DELETE", "/api/x").status, 200, "nobody but a foreign page is held to methods")


class Modes(TestCase):
    def mode(self, name):
        policy = resource(f"origins: [{ALLOWED}]", f"mode: {name}")
        return self.pair(lambda request, connection: ok(headers=OWN_CORS), policy)

    def test_headers_forwards_and_strips(self):
        upstream, server = self.mode("headers")
        answer = server.ask("GET", "/api/x", [("Origin", EVIL)])
        self.assertEqual(answer.status, 200)
        self.assert_unreadable(answer)
        answer = server.ask("DELETE", "/api/x", [("Origin", ALLOWED)])
        self.assertEqual(answer.status, 200)
        self.assert_readable(answer)
        answer = server.ask("OPTIONS", "/api/x", [("Origin", EVIL), ("Access-Control-Request-Method", "GET")])
        self.assert_problem(answer, 403, "origin_not_allowed")
        self.assertEqual(upstream.count(), 2)

    def test_report_only_changes_nothing_and_logs_both_views(self):
        upstream, server = self.mode("report-only")
        for method, headers in (("GET", [("Origin", EVIL)]), ("GET", [("Origin", ALLOWED)]),
                                ("OPTIONS", [("Origin", ALLOWED), ("Access-Control-Request-Method", "GET")])):
            answer = server.ask(method, "/api/x", headers)
            self.assertEqual(answer.status, 200)
            self.assertEqual(answer.headers.cors(), OWN_CORS[:3])
            self.assertEqual(answer.headers.all("Vary"), ["Accept-Encoding, origin"])
        self.assertEqual(upstream.count(), 3)
        entries = server.wait_access(3)
        self.assertEqual((entries[0]["decision"], entries[0]["reason"], entries[0]["readable"]),
                         ("would_refuse", "origin_not_allowed", "yes"))
        self.assertNotEqual(entries[1]["decision"], "would_refuse")


class Forwarding(TestCase):
    def test_hop_by_hop_headers_stay_on_their_hop(self):
        back = [("Connection", "X-Back"), ("X-Back", "1"), ("Keep-Alive", "timeout=5"), ("Proxy-Connection", "x"), ("X-End", "1")]
        upstream, server = self.pair(lambda request, connection: ok(headers=back))
        answer = server.ask("GET", "/api/x", [("Connection", "X-Secret, keep-alive"), ("X-Secret", "1"), ("Keep-Alive", "1"),
                                              ("Proxy-Connection", "keep-alive"), ("TE", "trailers"),
                                              ("Proxy-Authorization", "Basic x"), ("X-End", "1")])
        names = upstream.last().headers.names()
        for name in ("x-secret", "keep-alive", "proxy-connection"):
            self.assertNotIn(name, names)
        self.assertIn("x-end", names)
        for name in ("x-back", "keep-alive", "proxy-connection"):
            self.assertNotIn(name, answer.headers.names())
        self.assertIn("x-end", answer.headers.names())

    def test_names_with_underscores_are_dropped(self):
        upstream, server = self.pair()
        server.ask("GET", "/api/x", [("X_Forwarded_For", "6.6.6.6"), ("X-Good", "1"), ("_", "1")])
        self.assertEqual([name for name in upstream.last().headers.names() if "_" in name], [])
        self.assertIn("x-good", upstream.last().headers.names())

    def test_names_with_underscores_can_be_kept_or_refused(self):
        upstream, server = self.pair(extra="headers: {underscores: keep}")
        server.ask("GET", "/api/x", [("X_Under", "1")])
        self.assertIn("x_under", upstream.last().headers.names())
        upstream, server = self.pair(extra="headers: {underscores: reject}")
        self.assertEqual(server.ask("GET", "/api/x", [("X_Under", "1")]).status, 400)
        self.assertEqual(upstream.count(), 0)

    FORGED = [("X-Forwarded-For", "6.6.6.6"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "evil.example"),
              ("Forwarded", "for=6.6.6.6;proto=https"), ("X-Forwarded-Port", "1")]

    def test_a_strangers_forwarded_headers_are_replaced(self):
        upstream, server = self.pair()
        server.ask("GET", "/api/x", self.FORGED)
        headers = upstream.last().headers
        self.assertEqual(headers.all("X-Forwarded-For"), ["127.0.0.1"])
        self.assertEqual(headers.all("X-Forwarded-Proto"), ["http"])
        self.assertEqual(headers.all("X-Forwarded-Host"), [f"localhost:{server.port}"])
        self.assertEqual(headers.all("Forwarded"), [])
        self.assertNotIn(b"6.6.6.6", upstream.last().head)

    def test_a_trusted_proxys_are_kept_and_continued(self):
        upstream, server = self.pair(extra="trusted_proxies: [127.0.0.0/8]")
        server.ask("GET", "/api/x", [("X-Forwarded-For", "6.6.6.6"), ("X-Forwarded-Proto", "https")])
        headers = upstream.last().headers
        self.assertEqual([item.strip() for item in headers.get("X-Forwarded-For").split(",")], ["6.6.6.6", "127.0.0.1"])
        self.assertEqual(headers.get("X-Forwarded-Proto"), "https")

    def test_none_and_rfc7239(self):
        upstream, server = self.pair(extra="headers: {forwarded: none}")
        server.ask("GET", "/api/x", self.FORGED)
        self.assertEqual([name for name in upstream.last().headers.names() if "forwarded" in name], [])
        upstream, server = self.pair(extra="headers: {forwarded: rfc7239}")
        server.ask("GET", "/api/x", self.FORGED)
        self.assertRegex(upstream.last().headers.get("Forwarded"), r"for=\"?127\.0\.0\.1")
        self.assertIsNone(upstream.last().headers.get("X-Forwarded-For"))

    def test_host_is_passed_or_the_endpoints(self):
        upstream, server = self.pair()
        server.ask("GET", "/api/x")
        self.assertEqual(upstream.last().headers.all("Host"), [f"localhost:{server.port}"])

    def test_one_canonical_path_is_judged_and_forwarded(self):
        upstream, server = self.pair()
        server.ask("GET", "/x/../%61pi/./y%20z?q=%61&../")
        self.assertEqual(upstream.last().target, "/api/y%20z?q=%61&../")
        for path in ("/api/%2fetc", "/api/%00", "/api/%zz", "/../x", "/api\\x"):
            self.assert_problem(server.ask("GET", path), 400, "path_ambiguous")
        self.assertEqual(upstream.count(), 1)

    def test_a_request_that_passed_us_before_is_a_loop(self):
        first = self.start(Upstream())
        server = self.start(Corsd(first.port))
        server.ask("GET", "/api/x")
        via = first.last().headers.all("Via")
        self.assertEqual(len(via), 1, "each request carries our Via")
        answer = server.ask("GET", "/api/x", [("Via", via[0])])
        self.assert_problem(answer, 508, "loop_detected")

    def test_methods_that_no_proxy_should_take(self):
        upstream, server = self.pair()
        for method in ("TRACE", "TRACK", "CONNECT"):
            target = "h.example:443" if method == "CONNECT" else "/api/x"
            self.assert_problem(server.ask(method, target), 501, "not_implemented")
        self.assertEqual(upstream.count(), 0)


class Hosts(TestCase):
    def test_an_unknown_host_is_421_and_says_what_to_add(self):
        upstream = self.start(Upstream())
        server = self.start(Corsd(upstream.port))
        text = server.config_path.read_text().replace(f"public_origin: {server.own_origin}", "public_origin: https://api.example.com")
        server.terminate()
        server.exit_code()
        server.config_path.write_text(text)
        from support import CORSD, Client, Process
        self.start(Process([CORSD, "run", "--config", str(server.config_path)], server.port))
        for host, status in (("api.example.com", 200), ("API.example.com:80", 200), ("127.0.0.1", 200), ("other.example", 421)):
            with Client(server.port, host=host) as client:
                client.send("GET", "/api/x")
                answer = client.response()
                self.assertEqual(answer.status, status, host)
        self.assert_problem(answer, 421, "unknown_host")
        self.assertIn("other.example", answer.json()["detail"])


if __name__ == "__main__":
    unittest.main()
