"""examples/compose.yaml: what it names exists, and what it mounts is accepted. No engine runs it here."""

import pathlib
import re
import subprocess
import unittest
import urllib.parse

import yaml
from support import PYTHON, ROOT, TestCase, corsd

EXAMPLES = ROOT / "examples"


class Compose(TestCase):
    def setUp(self):
        self.compose = yaml.safe_load((EXAMPLES / "compose.yaml").read_text())
        self.services = self.compose["services"]
        self.dockerfile = (ROOT / "Dockerfile").read_text()

    def mounts(self, service):
        """(what, where, options) of each volume of that service."""
        return [(*each.split(":"), "")[:3] for each in self.services[service].get("volumes", [])]

    def configuration(self):
        what = next(what for what, where, _ in self.mounts("corsd") if where == "/etc/corsd")
        self.assertTrue((EXAMPLES / what).is_dir(), "mounted as a directory, or a reload does not see a file that was replaced")
        return EXAMPLES / what / "corsd.yaml"

    def test_its_configuration_is_accepted(self):
        done = corsd("check", "--config", self.configuration())
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertNotIn("error[", done.stdout + done.stderr)

    def test_it_is_the_quick_start_by_other_addresses(self):
        theirs, ours = (yaml.safe_load(path.read_text()) for path in (self.configuration(), ROOT / "config/quickstart.yaml"))
        self.assertEqual((theirs["resources"], theirs["public_origin"]), (ours["resources"], ours["public_origin"]))

    def test_its_upstreams_are_services_on_the_ports_that_those_have_by_default(self):
        upstreams = yaml.safe_load(self.configuration().read_text())["upstreams"]
        for endpoint in [each for upstream in upstreams.values() for each in upstream["endpoints"]]:
            url = urllib.parse.urlsplit(endpoint)
            program = ROOT / "examples" / self.services[url.hostname]["command"][1].removeprefix("/srv/")
            self.assertIn(f'"PORT", "{url.port}"', program.read_text(), endpoint)

    def test_published_ports_are_those_of_this_machine_alone_and_of_the_configuration(self):
        published = {name: each.split(":") for name, service in self.services.items() for each in service.get("ports", [])}
        self.assertEqual({address for address, _, _ in published.values()}, {"127.0.0.1"})
        configuration = yaml.safe_load(self.configuration().read_text())
        self.assertTrue(configuration["listen"].endswith(":" + published["corsd"][2]))
        self.assertIn(f"EXPOSE {published['corsd'][2]}\n", self.dockerfile)
        self.assertIn(f"http://localhost:{published['page'][1]}", configuration["resources"]["/api/*"]["origins"])
        self.assertEqual(configuration["public_origin"], f"http://localhost:{published['corsd'][1]}")

    def test_files_that_images_are_built_of_exist(self):
        for service in self.services.values():
            context = service["build"] if isinstance(service["build"], str) else service["build"]["context"]
            text = self.dockerfile if isinstance(service["build"], str) else service["build"]["dockerfile_inline"]
            for sources in re.findall(r"^COPY (?!--from)(.*) \S+$", text, re.M):
                for source in sources.split():
                    self.assertTrue((EXAMPLES / context / source).exists(), source)

    def test_the_image_gets_the_files_that_its_build_asks_for(self):
        sent = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
        asked = {each for sources in re.findall(r"^COPY (?!--from)(.*) \S+$", self.dockerfile, re.M) for each in sources.split()}
        self.assertEqual(sent, asked)

    def test_the_log_is_where_the_page_looks_and_corsd_may_write(self):
        log = pathlib.PurePath(yaml.safe_load(self.configuration().read_text())["log"]["output"])
        command = self.services["page"]["command"]
        self.assertEqual(command[command.index("--log") + 1], str(log))
        for service in ("corsd", "page"):
            self.assertIn(("log", str(log.parent)), [mount[:2] for mount in self.mounts(service)])
        user, group = re.search(r"^USER (\d+):(\d+)$", self.dockerfile, re.M).groups()
        self.assertIn(f"uid={user},gid={group},", self.compose["volumes"]["log"]["driver_opts"]["o"])

    def test_the_page_takes_its_options(self):
        command = self.services["page"]["command"]
        done = subprocess.run([PYTHON, "-B", EXAMPLES / "page/serve.py", *command[2:], "--help"], capture_output=True, text=True,
                              timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        options = {each for each in command if each.startswith("--")}
        self.assertEqual({each for each in options if each not in done.stdout}, set())
        policy = command[command.index("--policy") + 1]
        self.assertEqual(ROOT / policy, self.configuration(), "the path that the page shows is the one to edit")


if __name__ == "__main__":
    unittest.main()
