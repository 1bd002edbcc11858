"""scripts/run as a newcomer starts it, on ports of its own."""

import json
import re
import shutil

from support import CORSD, ROOT, Process, accepts, free_port, wait_until


class QuickStart(Process):
    """Ready once it says what there is to try. `said` is all that it says."""

    def __init__(self):
        self.ports = {name: free_port() for name in ("CORSD_PORT", "PAGE_PORT", "FLASK_PORT", "ECHO_PORT")}
        self.files = ROOT / f"build/run-{self.ports['CORSD_PORT']}"
        # A shell that starts with SIGINT ignored, as jobs in the background do, could not trap it.
        super().__init__(["/usr/bin/env", "--default-signal=INT", str(ROOT / "scripts/run")], self.ports["PAGE_PORT"],
                         env={"CORSD_BIN": CORSD, **{name: str(port) for name, port in self.ports.items()}})
        wait_until(lambda: "Ctrl-C stops everything" in self.stderr(), "scripts/run to say what to try")
        self.said = self.stderr()
        self.page = f"http://localhost:{self.ports['PAGE_PORT']}"
        self.api = f"http://localhost:{self.ports['CORSD_PORT']}"
        self.policy = self.files / "quickstart.yaml"
        self.log = self.files / "corsd.log"

    def listening(self):
        return [name for name, port in self.ports.items() if accepts(port)]

    def entries(self):
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def reload_command(self):
        return re.search(r"kill -HUP \d+", self.said).group()

    def close(self):
        if self.child.poll() is None:
            self.terminate()  # its children have sessions of their own: only it can end them
            self.exit_code()
        super().close()
        shutil.rmtree(self.files, ignore_errors=True)
