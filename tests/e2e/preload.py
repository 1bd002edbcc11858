"""A shared object between the program and the C library, for what no configuration brings about: compiled by the test itself."""

import os
import pathlib
import shutil
import subprocess
import tempfile

HELD = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void held(const char* name) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", getenv("CORSD_TEST_DIRECTORY"), name);
    while (access(path, F_OK) != 0) usleep(2000);
}
"""


class Preload:
    """`source` (C) as LD_PRELOAD, by `env` of the program. It calls held("NAME") to wait for release("NAME")."""

    def __init__(self, source):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="corsd-e2e-preload-"))
        library = self.directory / "preload.so"
        (self.directory / "preload.c").write_text(HELD + source)
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", str(library), str(self.directory / "preload.c"),
                        "-ldl"], check=True)
        # AddressSanitizer wants to be the first; for what is replaced here it need not be.
        options = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        self.env = {"LD_PRELOAD": str(library), "CORSD_TEST_DIRECTORY": str(self.directory), "ASAN_OPTIONS": options}

    def release(self, name):
        (self.directory / name).touch()

    def close(self):
        shutil.rmtree(self.directory, ignore_errors=True)
