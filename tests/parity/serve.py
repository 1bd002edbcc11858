"""Every application of the matrix in one process, each on a port of its own under Flask's own server.

serve.py PORTS: the plain one listens on $PORT; the ports of the others, by name, are in the file PORTS once all of them listen.
"""

import json
import logging
import os
import pathlib
import sys
import threading

from werkzeug.serving import make_server

from app import create_app
from settings import SETTINGS

logging.getLogger("werkzeug").setLevel(logging.ERROR)
logging.getLogger("app").setLevel(logging.CRITICAL)  # /api/boom's tracebacks


def listen(settings, port):
    app = create_app(settings)
    app.logger.disabled = True
    server = make_server("127.0.0.1", port, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port


# The plain one first: the system might hand its port to one of the others.
listen(None, int(os.environ["PORT"]))
ports = pathlib.Path(sys.argv[1])
written = ports.with_suffix(".new")
written.write_text(json.dumps({one.name: listen(one, 0) for one in SETTINGS}))
written.rename(ports)
threading.Event().wait()
