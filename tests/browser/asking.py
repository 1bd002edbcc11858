"""A page that asks with fetch(), and what the browser let it read of the answer."""

from browser import Pages, close_shared, shared  # first: it says where the rest is
from article import ArticleCase

ASK = """
try {
  const answer = await fetch(url, options);
  const seen = {status: answer.status, url: answer.url, redirected: answer.redirected, headers: Object.fromEntries(answer.headers)};
  return {...seen, body: await answer.text()};
} catch (error) {
  return {failed: String(error)};
}
"""
# What a page is told of every answer that it may not read, and of every connection that broke.
FAILED = "TypeError: Failed to fetch"


class Asking(ArticleCase):
    """`page` is the origin that the configuration allows, of the same site as corsd; `elsewhere` is another site."""

    @classmethod
    def setUpClass(cls):
        cls.pages = cls.keep(Pages())
        cls.page = f"http://localhost:{cls.pages.port}"
        cls.elsewhere = cls.pages.origin("elsewhere")

    def browser(self):
        return shared()

    def fetch(self, url, origin=None, **options):
        return self.browser().run(origin or self.page, ASK, url=url, options=options)

    def assert_hidden(self, seen):
        """The page cannot tell why, on purpose: what it may not read, it may not guess at either."""
        self.assertEqual(seen, {"failed": FAILED})


def tearDownModule():
    close_shared()
