"""What comes back to a page in Chromium: headers, redirects, a download, and an application that is down, slow or dying."""

import hashlib
import json
import unittest

from asking import Asking, tearDownModule  # noqa: F401 (unittest finds it here)
from article import ANSWERS, Example
from browser import shared
from support import ALLOWED, Flask, accepts, wait_until

MiB = 1 << 20
# Answers with the body as bytes, and tells apart a fetch that failed from a body that did.
DOWNLOAD = """
let answer;
try { answer = await fetch(url, options); } catch (error) { return {failed: "fetch"}; }
const headers = Object.fromEntries(answer.headers);
let blob;
try { blob = await answer.blob(); } catch (error) { return {failed: "body", status: answer.status, headers}; }
const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer()));
return {status: answer.status, headers, size: blob.size, sha256: Array.from(digest, byte => byte.toString(16).padStart(2, "0")).join("")};
"""


class Answers(Asking):
    """The file in front of the application with every kind of answer, under each class's server."""

    server, file, places = "werkzeug", None, {}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.flask = cls.keep(Flask(cls.server, ANSWERS))
        cls.corsd = cls.keep(Example(cls.file, cls.flask.address, {ALLOWED: cls.page, **cls.places}))
        cls.url = cls.corsd.own_origin

    def download(self, path, **options):
        return shared().run(self.page, DOWNLOAD, url=self.url + path, options=options)


class ExposedHeaders(Answers):
    file = "examples/expose-headers.yaml"

    def test_the_page_reads_the_exposed_ones_and_not_the_others(self):
        seen = self.fetch(f"{self.url}/items")["headers"]
        self.assertEqual((seen.get("x-total-count"), seen.get("link")), ("3", '</items?page=2>; rel="next"'))
        self.assertEqual(seen.get("content-type"), "application/json")
        for name in ("x-served-by", "server", "date", "access-control-allow-origin"):
            self.assertNotIn(name, seen)
        # It was sent; it is the browser that keeps it.
        self.assertEqual(self.flask.get("/items").headers.get("X-Served-By"), "rack 7")


class Redirects(Answers):
    file = "examples/redirects.yaml"

    def test_the_page_follows_within_one_policy(self):
        for path in ("/old", "/old/absolute", "/orders"):
            seen = self.fetch(self.url + path)
            self.assertEqual((seen["status"], seen["redirected"], seen["url"]), (200, True, f"{self.url}/orders/"), path)

    def test_a_preflighted_post_to_a_route_without_its_slash_arrives_whole(self):
        seen = self.fetch(f"{self.url}/orders", method="POST", headers={"Content-Type": "application/json"}, body='{"tea": 2}')
        self.assertEqual((seen["status"], seen["redirected"], json.loads(seen["body"])), (200, True, {"method": "POST", "body": '{"tea": 2}'}))

    def test_a_place_with_another_policy_stays_closed(self):
        self.assert_hidden(self.fetch(f"{self.url}/door"))
        asked = self.flask.get("/requests").json()
        self.assertEqual(("GET /door" in asked, "GET /staff" in asked), (True, False))

    def test_a_page_that_does_not_follow_is_told_only_that_it_leads_away(self):
        seen = self.fetch(f"{self.url}/old", redirect="manual")
        self.assertEqual((seen["status"], seen["headers"]), (0, {}))


class Downloads(Answers):
    file = "examples/download.yaml"

    def test_a_blob_of_twelve_megabytes_is_whole(self):
        for path in ("/files/report.bin", "/files/stream.bin"):
            seen = self.download(path)
            whole = self.flask.get(path).body
            self.assertEqual((seen["status"], seen["size"], seen["sha256"]), (200, 12 * MiB, hashlib.sha256(whole).hexdigest()), path)

    def test_its_name_and_length_are_readable(self):
        seen = self.download("/files/report.bin")["headers"]
        self.assertEqual((seen["content-disposition"], seen["content-length"]), ("attachment; filename=report.bin", str(12 * MiB)))

    def test_the_rest_of_one_that_broke_off(self):
        for value in (f"bytes={11 * MiB}-", f"bytes={11 * MiB}-{12 * MiB - 1}"):
            seen = self.download("/files/report.bin", headers={"Range": value})
            self.assertEqual((seen["status"], seen["size"], seen["headers"]["content-range"]),
                             (206, MiB, f"bytes {11 * MiB}-{12 * MiB - 1}/{12 * MiB}"))


class DownloadsUnderGunicorn(Downloads):
    server = "gunicorn"


class Failures(Answers):
    file, places = "examples/failures.yaml", {"response: 10s": "response: 300ms"}

    def assert_problem_is_read(self, path, status, reason, **options):
        seen = self.fetch(self.url + path, **options)
        self.assertEqual((seen["status"], seen["headers"]["content-type"]), (status, "application/problem+json"))
        self.assertEqual(json.loads(seen["body"])["reason"], reason)
        self.assert_hidden(self.fetch(self.url + path, self.elsewhere, **options))


class SlowOrBroken(Failures):
    def test_slow(self):
        self.assert_problem_is_read("/api/slow", 504, "upstream_timeout")

    def test_an_exception(self):
        seen = self.fetch(f"{self.url}/api/error")
        self.assertEqual((seen["status"], "Internal Server Error" in seen["body"]), (500, True))
        self.assert_hidden(self.fetch(f"{self.url}/api/error", self.elsewhere))


class Down(Failures):
    """Once the application is gone its policy stays, and so do the answers to preflights."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.flask.close()
        wait_until(lambda: not accepts(cls.flask.port), "the application to be gone")

    def test_the_page_reads_so(self):
        self.assert_problem_is_read("/api/error", 502, "upstream_unreachable")

    def test_also_after_a_preflight(self):
        self.assert_problem_is_read("/api/error", 502, "upstream_unreachable", method="POST",
                                    headers={"Content-Type": "application/json"}, body="{}")


class Killed(Answers):
    """gunicorn's master starts another worker for each that dies, so the file's ten seconds stay."""

    server, file = "gunicorn", "examples/failures.yaml"

    def test_before_it_answers(self):
        seen = self.fetch(f"{self.url}/api/die?when=before")
        self.assertEqual((seen["status"], json.loads(seen["body"])["reason"]), (502, "upstream_invalid"))

    def test_in_the_middle_of_an_answer_whose_length_is_known(self):
        self.assertIn(self.download("/api/die?when=with-length").get("failed"), ("fetch", "body"))

    def test_in_the_middle_of_an_answer_in_chunks(self):
        self.assertIn(self.download("/api/die?when=without-length").get("failed"), ("fetch", "body"))


if __name__ == "__main__":
    unittest.main()
