"""Holds src, tests, bench and scripts to rules.py, and rules.py to violations planted on purpose."""

import pathlib
import unittest

import rules

ROOT = pathlib.Path(__file__).resolve().parents[2]


def project_files():
    for folder in ("src", "tests", "bench", "scripts", "examples"):
        for path in sorted((ROOT / folder).rglob("*")):
            relative = path.relative_to(ROOT).as_posix()
            # rules.py itself spells out what it forbids.
            if path.is_file() and "__pycache__" not in relative and not relative.startswith("tests/lint/"):
                if path.suffix in (".cpp", ".hpp", ".py", ".sh") or folder == "scripts" and path.suffix == "":
                    yield relative, path.read_text()


class Project(unittest.TestCase):
    def test_the_rules_hold(self):
        found, files = [], 0
        for path, text in project_files():
            files += 1
            found += rules.violations(path, text)
        self.assertGreater(files, 40)
        self.assertEqual(found, [], "\n" + "\n".join(found))


class Planted(unittest.TestCase):
    """Every rule sees what it is there for, and leaves its neighbour alone."""

    def caught(self, path, text, word):
        found = rules.violations(path, text)
        self.assertTrue(any(word in line for line in found), (text, found))

    def clean(self, path, text):
        self.assertEqual(rules.violations(path, text), [], text)

    def test_include_direction(self):
        rooms = ["cors", "route", "http", "net", "telemetry"]
        for room in rooms:
            for other in rooms:
                if room != other:
                    self.caught(f"src/{room}/x.cpp", f'#include "{other}/y.hpp"\n', "must not see")
            self.caught("src/base/x.cpp", f'#include "{room}/y.hpp"\n', "must not see")
            self.clean("src/proxy/x.cpp", f'#include "{room}/y.hpp"\n')
            self.clean(f"src/{room}/x.cpp", f'#include "base/ascii.hpp"\n#include "{room}/y.hpp"\n')
        for room, other in (("config", "http"), ("config", "telemetry"), ("proxy", "cli"), ("proxy", "ops"), ("ops", "cli"),
                            ("cors", "config")):
            self.caught(f"src/{room}/x.cpp", f'#include "{other}/y.hpp"\n', "must not see")
        self.caught("src/main.cpp", '#include "ops/server.hpp"\n', "main sees cli")
        self.clean("src/main.cpp", '#include "cli/run.hpp"\n')
        self.caught("src/cors/x.cpp", '#include "y.hpp"\n', "names no room")
        self.caught("src/extra/x.cpp", "", "is no room")

    def test_doors_and_purity(self):
        self.caught("src/config/load.cpp", "#include <yaml-cpp/yaml.h>\n", "door")
        self.clean("src/config/document.cpp", "#include <yaml-cpp/yaml.h>\n")
        self.caught("src/ops/server.cpp", "#include <spdlog/spdlog.h>\n", "door")
        self.clean("src/telemetry/log.cpp", "#include <spdlog/spdlog.h>\n")
        self.caught("src/http/x.cpp", "#include <boost/asio.hpp>\n", "door")
        self.caught("tests/unit/cors/x.cpp", "#include <catch2/catch.hpp>\n", "door")
        self.caught("src/cors/x.cpp", "auto t = std::chrono::steady_clock::now();\n", "clock")
        self.clean("src/cors/x.hpp", "#pragma once\n#include <chrono>\nstd::chrono::seconds age;\n")
        for header in ("ctime", "iostream", "sys/socket.h", "thread"):
            self.caught("src/cors/x.cpp", f"#include <{header}>\n", "pure")
            self.clean("src/net/x.cpp", f"#include <{header}>\n")

    def test_coroutine_statements(self):
        for statement in ("if (co_await read()) {}", "while (!co_await done()) {}", "bool b = a && co_await f();",
                          "auto x = a ? co_await f() : 0;", "auto x = co_await f() ? 1 : 2;", "use(co_await f());",
                          "auto x = co_await f() || g;", "auto y = co_await f(co_await g());", "return_value(1, co_await f());",
                          "auto x = co_await f(a ? b : c);", "co_await f([&] { return 1; });", "co_await f(Options{1, 2});",
                          "for (auto x : co_await f()) {}", "switch (co_await f()) {}", "a = 1 + co_await f();"):
            self.caught("src/net/x.cpp", f"Task<void> t() {{\n    {statement}\n}}\n", "src/net/x.cpp:2:")

    def test_coroutine_statements_that_are_fine(self):
        for statement in ("co_await f();", "auto x = co_await f(1, name, g(2));", "auto [error, n] = co_await s.read(buffer(a));",
                          "co_return co_await f();", "x = co_await f();", "this->x_ = co_await f();", "if (a && b) co_await f();",
                          "if (a) {\n co_await f();\n }", "else co_await f();", "for (;;) x = co_await f();",
                          "const std::pair<int, bool> p = co_await f();", "// if (co_await f()) {}", 'log("co_await (");',
                          "case 1: co_await f();", "Result r(1); r = co_await f();", "while (go) co_await f();",
                          "std::vector<int> v{1}; co_await f(v);", "co_await Final{};", "a[i] = co_await f();", "auto& r = co_await f();"):
            self.clean("src/net/x.cpp", f"Task<void> t() {{\n    {statement}\n}}\n")

    def test_the_rest(self):
        self.caught("src/net/x.cpp", "co_spawn(e, f(), asio::detached);\n", "spawn()")
        self.clean("src/net/x.cpp", "// never detached\n")
        self.caught("src/net/x.hpp", "int f();\n", "pragma")
        self.clean("src/net/x.hpp", "#pragma once\n")
        self.caught("src/net/x.hpp", "#pragma once\nusing namespace std;\n", "namespace")
        self.caught("src/net/x.cpp", "\n" * 401, "400")
        self.clean("src/net/x.cpp", "\n" * 400)
        for name in ("string_utils", "helper", "common", "misc_things", "connection_manager"):
            self.caught(f"src/net/{name}.cpp", "", "says nothing")
        self.clean("src/net/commonest.cpp", "")
        self.caught("src/net/x.cpp", "// " + "TO" + "DO later\n", "TO" + "DO")


if __name__ == "__main__":
    unittest.main()
