"""The rules of docs/architecture.md that can be read off the text. Each takes a path below the project and the text, and
yields "path:line: what is wrong"."""

import re

PURE = {"base", "cors", "route", "http"}
MAY_INCLUDE = {
    "base": set(),
    "cors": {"base"},
    "route": {"base"},
    "http": {"base"},
    "net": {"base"},
    "telemetry": {"base"},
    "config": {"base", "cors", "route"},
    "proxy": {"base", "cors", "route", "http", "net", "telemetry", "config"},
    "ops": {"base", "cors", "route", "http", "net", "telemetry", "config", "proxy"},
    "cli": {"base", "cors", "route", "http", "net", "telemetry", "config", "proxy", "ops"},
}
# A foreign library and the files that may see it.
DOORS = {
    "yaml-cpp/": r"(src/config/document\.[ch]pp|bench/scale\.cpp)",
    "spdlog/": r"src/telemetry/log\.[ch]pp",
    "CLI/": r"src/cli/.*",
    "re2/": r"(src/(cors|route|config)/.*|tests/unit/(cors|route|config)/.*)",
    "libpsl.h": r"src/config/.*",
    "idn2.h": r"src/config/.*",
    "boost/": r"(src/(net|proxy|ops|cli)/.*|tests/.*|bench/.*)",
    "catch2/": r"tests/unit/catch(_main)?\.[ch]pp",
}
# What a room without input, output, clock and threads has no use for.
IMPURE = re.compile(r"(ctime|iostream|fstream|filesystem|cstdio|thread|mutex|atomic|condition_variable|future"
                    r"|unistd\.h|fcntl\.h|poll\.h|netdb\.h|sys/.*|netinet/.*|arpa/.*)$")
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def without_comments_and_strings(text):
    """Blanks them out; offsets and lines stay."""

    def blank(match):
        return re.sub(r"[^\n]", " ", match.group())

    return re.sub(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'', blank, text,
                  flags=re.S)


def include_direction(path, text):
    room = re.match(r"src/(\w+)/", path)
    for match in INCLUDE.finditer(text):
        where, target = f"{path}:{line_of(text, match.start())}", match.group(2)
        if match.group(1) == '"' and path.startswith("src/"):
            other = target.split("/")[0]
            if other not in MAY_INCLUDE:
                yield f'{where}: "{target}" names no room'
            elif room and other != room.group(1) and other not in MAY_INCLUDE.get(room.group(1), set()):
                yield f"{where}: {room.group(1)} must not see {other}"
            elif not room and other != "cli":
                yield f"{where}: main sees cli, nothing else"
        for library, door in DOORS.items():
            if target.startswith(library) and not re.fullmatch(door, path):
                yield f"{where}: {target} is included through its door only ({door})"
        if room and room.group(1) in PURE and match.group(1) == "<" and IMPURE.match(target):
            yield f"{where}: {room.group(1)} is pure and has no use for <{target}>"
    if room and room.group(1) in PURE:
        for match in re.finditer(r"\b\w+_clock::now\b", text):
            yield f"{path}:{line_of(text, match.start())}: {room.group(1)} is pure and reads no clock"


def room_is_known(path, _):
    room = re.match(r"src/(\w+)/", path)
    if room and room.group(1) not in MAY_INCLUDE:
        yield f"{path}:1: src/{room.group(1)} is no room of docs/architecture.md"


def skip_balanced(text, start):
    depth = 0
    for offset in range(start, len(text)):
        depth += text[offset] in "([{"
        depth -= text[offset] in ")]}"
        if depth == 0:
            return offset + 1
    return len(text)


def without_controls(prefix):
    """Drops what may stand before a statement: labels, else, and the heads of if, for, while, switch."""
    while True:
        prefix = prefix.lstrip()
        label = re.match(r"(else\b|do\b|(case\b[^;{}]*?[^:]|default|\w+)\s*:(?!:))", prefix)
        head = re.match(r"(if|for|while|switch)\s*(constexpr\s*)?(?=\()", prefix)
        if label:
            prefix = prefix[label.end():]
        elif head and prefix[head.end():].count("(") and skip_balanced(prefix, head.end()) <= len(prefix) \
                and balanced(prefix[head.end():skip_balanced(prefix, head.end())]):
            prefix = prefix[skip_balanced(prefix, head.end()):]
        else:
            return prefix.strip()


def balanced(text):
    return all(text.count(a) == text.count(b) for a, b in ("()", "[]", "{}"))


PLACES = re.compile(r"(co_return|(static_cast<void>\s*\()|(\(void\)))?|[\w:<>,&*\s\[\]\.\->()]*[\w\])>]\s*[-+|&]?=|(?:[\w:<>,&*\s]+\s)?\w+")


def coroutine_statements(path, text):
    """g++ 12 miscompiles co_await inside larger expressions: it stands alone, initialises, is assigned or is returned; what it
    awaits is a call on names, literals and plain results."""
    code = without_comments_and_strings(text)
    for match in re.finditer(r"(?<!operator )\bco_await\b", code):
        where = f"{path}:{line_of(code, match.start())}"
        depth, start = 0, match.start()
        while start > 0:
            character = code[start - 1]
            if character in ")]":
                depth += 1
            elif character in "([":
                depth -= 1
            elif character in ";{}" and depth <= 0:
                break
            start -= 1
        prefix = without_controls(code[start:match.start()])
        end = match.end()
        while end < len(code) and code[end] not in ";":
            end = skip_balanced(code, end) if code[end] in "([{" else end + 1
        operand = code[match.end():end]
        if depth < 0 or not balanced(prefix):
            yield f"{where}: co_await inside parentheses; give its result a name first"
        elif re.search(r"&&|\|\||\?", prefix) or not PLACES.fullmatch(prefix):
            yield f"{where}: co_await is a whole statement, an initialiser, the right side of = or co_return's operand"
        if re.search(r"\bco_await\b", operand):
            yield f"{where}: two co_await in one statement"
        if re.search(r"\?", operand) or re.search(r"&&|\|\|", re.sub(r"\(.*\)", "", operand, flags=re.S)):
            yield f"{where}: an operator beside co_await; give its result a name first"
        if re.search(r"\(.*\{", operand, re.S):
            yield f"{where}: an aggregate or closure as argument of an awaited call; give it a name first"


def no_detached(path, text):
    for match in re.finditer(r"\bdetached\b", without_comments_and_strings(text)):
        yield f"{path}:{line_of(text, match.start())}: detached loses exceptions; use spawn()"


def file_length(path, text):
    lines = text.count("\n")
    if lines > 400:
        yield f"{path}:{lines}: {lines} lines, 400 are the limit"


def pragma_once(path, text):
    if path.endswith(".hpp") and not re.search(r"^#pragma once$", text, re.M):
        yield f"{path}:1: no #pragma once"


def vague_names(path, _):
    if re.search(r"(^|[/_])(utils?|helpers?|common|misc|managers?)([_./]|$)", path):
        yield f"{path}:1: the name says nothing"


def open_ends(path, text):
    for match in re.finditer(r"\b(TODO|FIXME|XXX|HACK)\b", text):
        yield f"{path}:{line_of(text, match.start())}: {match.group()}"


def header_uses_namespace(path, text):
    if path.endswith(".hpp"):
        for match in re.finditer(r"^using namespace\b", text, re.M):
            yield f"{path}:{line_of(text, match.start())}: using namespace in a header"


CPP_RULES = [include_direction, room_is_known, coroutine_statements, no_detached, pragma_once, header_uses_namespace]
ALL_RULES = [file_length, vague_names, open_ends]


def violations(path, text):
    rules = ALL_RULES + (CPP_RULES if path.endswith((".cpp", ".hpp")) else [])
    return [line for rule in rules for line in rule(path, text)]
