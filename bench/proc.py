"""What the kernel says about a process and its children: CPU time by user and system, memory."""
import os

TICKS = os.sysconf("SC_CLK_TCK")


def read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:  # it ended between the listing and here
        return ""


def tree(pid):
    """The process and all below it."""
    children = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            fields = read(f"/proc/{name}/stat").rpartition(")")[2].split()
            if fields:
                children.setdefault(int(fields[1]), []).append(int(name))
    found, todo = [], [pid]
    while todo:
        found.append(todo.pop())
        todo += children.get(found[-1], [])
    return found


def cpu(pid):
    """CPU seconds of all threads: (exact total, user by ticks, system by ticks)."""
    total = user = system = 0.0
    for process in tree(pid):
        fields = read(f"/proc/{process}/stat").rpartition(")")[2].split()
        if not fields:
            continue
        user += int(fields[11]) / TICKS
        system += int(fields[12]) / TICKS
        threads = [read(f"/proc/{process}/task/{thread}/schedstat").split() for thread in os.listdir(f"/proc/{process}/task")]
        total += sum(int(words[0]) for words in threads if words) / 1e9
    return total, user, system


def memory(pid):
    """Peak of the resident sets in KiB, summed over the processes (shared pages count in each), and what they share out now."""
    peak = proportional = 0
    for process in tree(pid):
        for line in read(f"/proc/{process}/status").splitlines():
            if line.startswith("VmHWM:"):
                peak += int(line.split()[1])
        for line in read(f"/proc/{process}/smaps_rollup").splitlines():
            if line.startswith("Pss:"):
                proportional += int(line.split()[1])
    return peak, proportional


def stolen():
    """Seconds that the hypervisor took from all cores so far."""
    return int(read("/proc/stat").split("\n", 1)[0].split()[8]) / TICKS
