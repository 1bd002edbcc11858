"""Medians and ratios, as a table for people and as JSON for the next comparison."""
import json
import os
import platform
import statistics
import subprocess
import time

COLUMNS = [("cpu_us", "CPU µs", "{:.2f}"), ("user_us", "user", "{:.2f}"), ("system_us", "system", "{:.2f}"),
           ("rps", "requests/s", "{:.0f}"), ("p50_us", "p50 µs", "{:.0f}"), ("p99_us", "p99 µs", "{:.0f}"),
           ("peak_kib", "peak KiB", "{:.0f}"), ("pss_kib", "PSS KiB", "{:.0f}")]
BASES = ["nginx", "nginx-buffered", "haproxy", "relay"]


def output_of(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stdout or done.stderr).strip().split("\n")[0]


def machine(context):
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), platform.machine())
    versions = {"nginx": output_of("/usr/sbin/nginx", "-v"), "haproxy": output_of("/usr/sbin/haproxy", "-v"),
                "wrk": output_of("wrk", "-v")}
    if context.corsd:
        versions["corsd"] = output_of(context.corsd, "--version")
    return {"date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "cpu": model, "cores": os.cpu_count(),
            "kernel": platform.release(), "commit": output_of("git", "rev-parse", "--short", "HEAD"),
            "load_before": os.getloadavg()[0], "versions": versions}


def medians(runs):
    return {key: statistics.median(run[key] for run in runs) for key in runs[0]}


def ratios(peers):
    """CPU per request of each peer in the median of its rounds, divided by that of a base in the same rounds."""
    out = {}
    for name, runs in peers.items():
        for base in BASES:
            if base in peers and base != name:
                pairs = [mine["cpu_us"] / theirs["cpu_us"] for mine, theirs in zip(runs, peers[base])]
                out.setdefault(name, {})[base] = statistics.median(pairs)
    return out


def table(title, peers):
    names = [title for _, title, _ in COLUMNS] + [f"÷ {base}" for base in BASES]
    rows = [["peer"] + names]
    relative = ratios(peers)
    for name, runs in peers.items():
        middle = medians(runs)
        cells = [form.format(middle[key]) for key, _, form in COLUMNS]
        cells += [f"{relative[name][base]:.2f}" if base in relative.get(name, {}) else "" for base in BASES]
        rows.append([name] + cells)
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))]
    lines = []
    for number, row in enumerate(rows):
        cells = [cell.ljust(width) if index == 0 else cell.rjust(width) for index, (cell, width) in enumerate(zip(row, widths))]
        lines.append("| " + " | ".join(cells) + " |")
        if number == 0:
            lines.append("|" + "|".join("-" * (width + 1) + (":" if index else "-") for index, width in enumerate(widths)) + "|")
    return f"### {title}\n\n" + "\n".join(lines) + "\n"


def idle_table(kept):
    rows = [f"| {name} | {cost:.0f} |" for name, cost in kept.items()]
    return "### Idle connection, bytes of user memory\n\n| peer | bytes |\n|---|--:|\n" + "\n".join(rows) + "\n"


def markdown(facts, settings, results, kept):
    versions = "; ".join(filter(None, facts["versions"].values()))
    text = (f"# Benchmark of {facts['date']}\n\ncommit {facts['commit']}, {facts['cpu']}, {facts['cores']} cores, "
            f"Linux {facts['kernel']}, load {facts['load_before']:.2f} at the start; {versions}.\n"
            f"{settings['rounds']} rounds of {settings['seconds']} s, {settings['connections']} connections; medians; ratios are "
            "medians of CPU time per request in the same round.\n\n")
    tables = [table(each["title"], each["peers"]) for each in results.values()]
    return text + "\n".join(tables + ([idle_table(kept)] if kept else []))


def save(directory, facts, settings, results, kept):
    os.makedirs(directory, exist_ok=True)
    stem = os.path.join(directory, facts["date"].replace(":", "").replace("Z", ""))
    with open(stem + ".json", "w", encoding="utf-8") as file:
        json.dump({"machine": facts, "settings": settings, "idle_bytes": kept,
                   "results": {name: {"peers": {peer: {"median": medians(runs), "runs": runs} for peer, runs in each["peers"].items()},
                                      "cpu_ratio": ratios(each["peers"])} for name, each in results.items()}}, file, indent=1)
        file.write("\n")
    with open(stem + ".md", "w", encoding="utf-8") as file:
        file.write(markdown(facts, settings, results, kept))
    return stem + ".md"
