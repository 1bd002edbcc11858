"""Reads the tables of this folder: README.md says how they are written. Every value is text, as the unit test's reader sees it."""

import copy
import re

import yaml

TABLE_KEYS = {"environment", "files", "configs", "outcomes", "cases"}
CASE_KEYS = {"title", "rule", "config", "at", "near_miss", "request", "upstream", "expect", "columns", "rows", "near_misses"}
REQUEST_KEYS = {"method", "target", "host", "headers", "body"}
UPSTREAM_KEYS = {"status", "headers", "body", "interim", "trailers", "down"}
EXPECT_KEYS = {"decision", "reason", "status", "cors", "headers", "absent", "detail", "hint", "forwarded", "interim", "hits",
               "diagnostics"}
REPEATED = re.compile(r"<([^<>*]+)\*(\d+)>")
GONE = "-"  # a cell that takes away the line or the entry it would stand in


def rules_of(case):
    return case["rule"] if isinstance(case["rule"], list) else [case["rule"]]


def fill(value, cells):
    """The value with each {column} replaced; None where a cell takes it away."""
    if isinstance(value, dict):
        filled = {key: fill(one, cells) for key, one in value.items()}
        return {key: one for key, one in filled.items() if one is not None}
    if isinstance(value, list):
        return [one for one in (fill(one, cells) for one in value) if one is not None]
    for column, cell in cells.items():
        if "{" + column + "}" in value:
            if cell == GONE:
                return None
            value = value.replace("{" + column + "}", cell)
    return value


def unfolded(value):
    """<text*3> is texttexttext."""
    if isinstance(value, dict):
        return {key: unfolded(one) for key, one in value.items()}
    if isinstance(value, list):
        return [unfolded(one) for one in value]
    return REPEATED.sub(lambda found: found.group(1) * int(found.group(2)), value)


def rows_of(case, outcomes, where):
    """The cases that a case with columns stands for, or itself."""
    if "columns" not in case:
        assert not {"rows", "near_misses"} & set(case), where
        yield case, {}, case.get("near_miss") == "true"
        return
    assert "near_miss" not in case, where
    written = repr({**case, "rows": [], "near_misses": [], "outcomes": outcomes})
    unused = [column for column in case["columns"] if column != "expect" and "{" + column + "}" not in written]
    assert not unused, f"{where}: columns that nothing reads: {unused}"
    for rows, near in (("rows", False), ("near_misses", True)):
        for row in case.get(rows, []):
            assert len(row) == len(case["columns"]), f"{where}: {row}"
            yield case, dict(zip(case["columns"], row)), near


def resolved(case, cells, outcomes):
    made = copy.deepcopy({key: case[key] for key in case if key not in ("columns", "rows", "near_misses")})
    made["expect"] = fill(made.get("expect", "{expect}"), cells)
    if isinstance(made["expect"], str):
        made["expect"] = copy.deepcopy(outcomes[made["expect"]])
    title = fill(made.pop("title"), {column: "absent" if cell == GONE else cell for column, cell in cells.items()})
    return {**unfolded(fill(made, cells)), "title": title}


def check_keys(case, names):
    where, expect = case["where"], case["expect"]
    assert set(case["request"]) <= REQUEST_KEYS, where
    assert set(case.get("upstream", {})) <= UPSTREAM_KEYS, where
    assert set(expect) <= EXPECT_KEYS and set(expect.get("cors", {})) <= set(names), where
    assert ("diagnostics" in expect) != ("cors" in expect), where
    assert case.get("at", "wire") == "wire", where
    assert not re.search(r"(?<!\{)\{[a-z_]+\}", repr({**case, "text": "", "files": "", "environment": ""})), f"{where}: a column is left"


def load(folder, names):
    """All cases with their configuration's text, checked for slips of the pen: a key nobody reads checks nothing."""
    cases = []
    for path in sorted(folder.glob("*.yaml")):
        table = yaml.load(path.read_text(), Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))
        assert set(table) <= TABLE_KEYS, path
        used = set()
        for case in table["cases"]:
            assert set(case) <= CASE_KEYS, f"{path.name}: {case.get('title')}"
            outcomes = table.get("outcomes", {})
            for one, cells, near in rows_of(case, outcomes, f"{path.name}: {case.get('title')}"):
                made = resolved(one, cells, outcomes)
                used.add(made["config"])
                made.update(near_miss=near, where=f"{path.name}: {made['title']}", text=table["configs"][made["config"]],
                            files=table.get("files", {}), environment=table.get("environment", {}))
                made.setdefault("request", {})
                check_keys(made, names)
                cases.append(made)
        assert used == set(table["configs"]), f"{path.name}: configurations that no case uses: {set(table['configs']) - used}"
    titles = [case["where"] for case in cases]
    assert len(set(titles)) == len(titles), sorted({title for title in titles if titles.count(title) > 1})
    return cases
