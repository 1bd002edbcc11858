"""System calls that fail on demand: strace, attached to the running program for as long as a `with` lasts."""

import contextlib
import pathlib
import subprocess
import tempfile

from support import PYTHON, wait_until

# Where only parents may trace (Yama), whoever runs this lets anybody of its user do it.
TRACEABLE = (PYTHON, "-c", "import ctypes, os, sys; ctypes.CDLL(None).prctl(0x59616d61, ctypes.c_ulong(-1)); os.execvp(sys.argv[1], sys.argv[1:])")


def tracers(pid):
    """The tracer of each thread."""
    found = []
    for status in pathlib.Path(f"/proc/{pid}/task").glob("*/status"):
        found += [line.split()[1] for line in status.read_text().splitlines() if line.startswith("TracerPid:")]
    return found


@contextlib.contextmanager
def injected(server, *injections):
    """strace's own syntax, such as "socket:error=EMFILE:when=1"; yields what says how many calls were hit so far."""
    calls = ",".join(injection.split(":")[0] for injection in injections)
    with tempfile.NamedTemporaryFile() as record:
        argv = ["strace", "-f", "-qq", "-o", record.name, "-e", f"trace={calls}", "-p", str(server.pid)]
        for injection in injections:
            argv += ["-e", f"inject={injection}"]
        tracer = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            def attached():
                if tracer.poll() is not None:
                    raise AssertionError(f"strace ended: {tracer.stderr.read().decode()}")
                return all(each == str(tracer.pid) for each in tracers(server.pid))

            wait_until(attached, "strace to be attached to every thread")
            yield lambda: pathlib.Path(record.name).read_text().count("(INJECTED)")
        finally:
            tracer.terminate()
            tracer.wait()
            tracer.stderr.close()
            wait_until(lambda: not server.alive() or set(tracers(server.pid)) == {"0"}, "strace to be gone")
