"""What is in the package: as lintian, the dynamic linker and the shells see it."""

import os
import pathlib
import pty
import re
import select
import subprocess
import tempfile
import time
import unittest

from support import PATIENCE, ROOT, package, run


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(directory.cleanup)
        cls.files = pathlib.Path(directory.name)
        run("dpkg-deb", "--extract", package(), cls.files)
        cls.program = cls.files / "usr/bin/corsd"

    def field(self, name):
        return run("dpkg-deb", "--field", package(), name).strip()


class Contents(Package):
    def test_lintian_finds_nothing(self):
        run("lintian", "--allow-root", "--fail-on", "error,warning", package().with_suffix(".changes"), timeout=300)

    def test_version_is_the_program_s(self):
        self.assertEqual(run(self.program, "--version").strip(), f"corsd {self.field('Version')}")
        self.assertIn(f'"corsd {self.field("Version")}"', (ROOT / "packaging/man/corsd.8").read_text())

    def test_files_and_their_modes(self):
        listed = {}
        for line in run("dpkg-deb", "--contents", package()).splitlines():
            mode, owner, _, _, _, path = line.split(maxsplit=5)
            self.assertEqual(owner, "root/root", path)
            listed[path.split(" ")[0]] = mode
        for path, mode in {"./usr/bin/corsd": "-rwxr-xr-x", "./etc/corsd/corsd.yaml": "-rw-r--r--",
                           "./etc/corsd/credentials/": "drwx------", "./etc/logrotate.d/corsd": "-rw-r--r--",
                           "./usr/share/man/man5/corsd.yaml.5.gz": "-rw-r--r--", "./usr/share/man/man8/corsd.8.gz": "-rw-r--r--",
                           "./usr/share/bash-completion/completions/corsd": "-rw-r--r--",
                           "./usr/share/zsh/vendor-completions/_corsd": "-rw-r--r--",
                           "./usr/share/fish/vendor_completions.d/corsd.fish": "-rw-r--r--",
                           "./usr/share/doc/corsd/copyright": "-rw-r--r--"}.items():
            self.assertEqual(listed.get(path), mode, path)
        for unit in ("corsd.service", "corsd.socket"):
            self.assertTrue(any(path.endswith(f"/lib/systemd/system/{unit}") for path in listed), unit)

    def test_the_configuration_is_the_documented_one_and_a_conffile(self):
        documented = (ROOT / "config/corsd.yaml").read_text().replace("$schema=./", "$schema=/usr/share/corsd/")
        self.assertEqual((self.files / "etc/corsd/corsd.yaml").read_text(), documented)
        conffiles = run("dpkg-deb", "--info", package(), "conffiles").split()
        self.assertEqual(conffiles, ["/etc/corsd/corsd.yaml", "/etc/logrotate.d/corsd"])

    def test_editors_find_the_schema(self):
        named = {path: re.search(r"\$schema=(.*)", path.read_text().partition("\n")[0]) for path in self.files.rglob("*.yaml")}
        self.assertGreater(len(named), 10)
        for path, schema in named.items():
            self.assertIsNotNone(schema, path)
            self.assertTrue((self.files / schema[1].lstrip("/")).is_file(), f"{path}: {schema[1]}")
            self.assertTrue(schema[1].startswith("/"), f"{path}: {schema[1]}")

    def test_dependencies_are_those_of_the_libraries(self):
        needed = set(re.findall(r"NEEDED.*\[(.*?)\.so", run("readelf", "--dynamic", "--wide", self.program)))
        self.assertLessEqual({"libre2", "libyaml-cpp", "libpsl", "libidn2", "libspdlog"}, needed)
        for library in ("libc6", "libre2-", "libyaml-cpp", "libpsl", "libidn2-", "libspdlog"):
            self.assertRegex(self.field("Depends"), rf"\b{library}")

    def test_the_program_is_hardened_and_stripped(self):
        flags = [line for line in run("readelf", "--dynamic", "--wide", self.program).splitlines() if "FLAGS_1" in line]
        self.assertRegex("".join(flags), r"\bNOW\b.*\bPIE\b")
        self.assertTrue("GNU_RELRO" in run("readelf", "--program-headers", "--wide", self.program))
        symbols = run("readelf", "--dyn-syms", "--wide", self.program)
        for protection in ("__stack_chk_fail", "__memcpy_chk"):
            self.assertTrue(protection in symbols, protection)
        self.assertFalse(".debug_info" in run("readelf", "--sections", "--wide", self.program))

    def test_the_manual_pages_have_no_mistakes_and_every_option(self):
        for page in (self.files / "usr/share/man").rglob("*.gz"):
            formatted = run("env", "MANROFFSEQ=", "LC_ALL=C.UTF-8", "man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", page)
            self.assertEqual([line for line in formatted.splitlines() if "warning:" in line], [], page)
        page = self.files / "usr/share/man/man8/corsd.8.gz"
        text = run("env", "LC_ALL=C.UTF-8", "MAN_KEEP_FORMATTING=", "man", "-l", page)
        for words in offered(self.program):
            for word in words[1]:
                self.assertIn(word, text)


def offered(program, verbs=()):
    """What --help says there is: pairs of the verbs before it and the words that may come next, also below each verb."""
    text = run(program, *verbs, "--help")
    options = set(re.findall(r"^  (?:-\w,)?(--[\w-]+)", text, re.M))
    below = text.split("Subcommands:\n")[1].split("\n\n")[0] if "Subcommands:\n" in text else ""
    names = re.findall(r"^  ([\w-]+)", below, re.M)
    yield verbs, options | set(names)
    for name in names:
        yield from offered(program, (*verbs, name))


class Completions(Package):
    """Each shell itself is asked what it would complete."""

    def check(self, completed):
        asked = 0
        for verbs, words in offered(self.program):
            asked += 1
            for start in ("", "--"):
                expected = {word for word in words if word.startswith("--") == bool(start)}
                answer = completed(" ".join(("corsd", *verbs, start)))
                missing = {word for word in expected if not re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", answer)}
                self.assertEqual(missing, set(), f"after {verbs}: {answer!r}")
        self.assertGreaterEqual(asked, 5)

    def test_bash(self):
        script = self.files / "usr/share/bash-completion/completions/corsd"
        run("bash", "-n", script)

        def completed(line):
            words = line.split(" ")
            return run("bash", "--norc", "-euc", 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _corsd || true; '
                                                 'printf "%s\\n" "${COMPREPLY[@]}"', "-", script, *words)

        self.check(completed)
        self.assertIn("corsd.yaml", run("bash", "--norc", "-c", f'cd {ROOT}/config; source {script}; '
                                        'COMP_WORDS=(corsd run -c c); COMP_CWORD=3; _corsd; printf "%s\\n" "${COMPREPLY[@]}"'))

    def test_fish(self):
        script = self.files / "usr/share/fish/vendor_completions.d/corsd.fish"
        run("fish", "--no-execute", script)
        home = {"HOME": str(self.files), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
        self.check(lambda line: run("fish", "--no-config", "-c", f"source {script}; complete -C '{line}'", env=home))

    def test_zsh(self):
        folder = self.files / "usr/share/zsh/vendor-completions"
        run("zsh", "-n", folder / "_corsd")
        shell = Zsh(folder)
        self.addCleanup(shell.close)
        self.check(shell.completed)


class Zsh:
    """An interactive zsh on a terminal of its own; ^] lists what would be completed."""

    def __init__(self, folder):
        self.master, slave = pty.openpty()
        self.child = subprocess.Popen(["zsh", "-f", "-i"], stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
                                      env={"TERM": "dumb", "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": str(folder)})
        os.close(slave)
        self.count = 0
        self.said(f"PROMPT=''; RPROMPT=''; unsetopt zle_bracketed_paste; stty -echo rows 200 cols 200; LISTMAX=0; fpath=({folder} $fpath); "
                  "autoload -Uz compinit; compinit -D -u; bindkey '^]' list-choices")

    def said(self, text):
        """What is written up to the end of a command that is given after `text`."""
        self.count += 1
        os.write(self.master, f"{text}\nprint end$(({self.count} + 1000))\n".encode())
        return self.until(f"end{self.count + 1000}")

    def until(self, mark):
        seen, deadline = "", time.monotonic() + PATIENCE
        while mark not in seen:
            if not select.select([self.master], [], [], max(0, deadline - time.monotonic()))[0]:
                raise AssertionError(f"zsh did not come to {mark}: {seen!r}")
            seen += os.read(self.master, 65536).decode(errors="replace")
        return seen

    def completed(self, line):
        return self.said(f"{line}\x1d\x15")  # ^], and the line is dropped

    def close(self):
        self.child.kill()
        self.child.wait()
        os.close(self.master)


if __name__ == "__main__":
    unittest.main()
