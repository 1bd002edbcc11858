"""An upstream that writes down what it is sent and answers either politely or with the bytes of a case."""

import socket
import threading

from messages import Request

OK = b"HTTP/1.1 200 OK\r\nX-Backend: 1\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\n"
BODY = b"backend-ok"


class Script:
    """What one case makes of the upstream. Connections hold on to the script under which a request began, so that what is late
    is never taken for a later case's."""

    def __init__(self, canned=None, once=False, piecewise=False):
        self.canned, self.once, self.piecewise = canned, once, piecewise
        self.requests, self.unfinished, self.raw = [], {}, b""


class Recorder:
    def __init__(self):
        self._lock = threading.Lock()
        self._script = Script()
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def play(self, script):
        with self._lock:
            self._script = script

    def seen(self, script):
        """(complete requests, unfinished ones, all bytes) of a script so far."""
        with self._lock:
            return list(script.requests), list(script.unfinished.values()), script.raw

    def _accept(self):
        while True:
            connection, _ = self._socket.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        connection.settimeout(60)
        try:
            while self._exchange(connection):
                pass
        except OSError:
            pass
        finally:
            try:
                connection.shutdown(socket.SHUT_WR)
            except OSError:
                pass
            connection.close()

    def _exchange(self, connection):
        """One request and its answer; False when the connection is over. What a sender that gives up has begun stays unfinished."""
        data, script, request, told = b"", None, None, False
        while True:
            piece = connection.recv(65536)
            if not piece:
                return False
            with self._lock:
                script = script or self._script
                script.raw += piece
            data += piece
            if request is None:
                head, end, rest = data.partition(b"\r\n\r\n")
                if not end:
                    continue
                request, data = Request(head), rest
                with self._lock:
                    script.unfinished[connection] = request
            used = request.take_body(data)
            if used is not None:
                break
            expects = request.fields.joined("expect") or ""
            if not told and script.canned is None and "100-continue" in expects.lower():
                connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
                told = True
        return self._answer(connection, script, request, data[used:])

    def _answer(self, connection, script, request, surplus):
        if surplus:
            request.faults.append(f"bytes after the request: {surplus[:60]!r}")
        with self._lock:
            script.unfinished.pop(connection, None)
            script.requests.append(request)
            canned = script.canned
            if script.once:
                script.canned = None
        if canned is None:
            connection.sendall(OK + (b"" if request.method == "HEAD" else BODY))
            return not surplus
        step = max(1, len(canned) // 2000) if script.piecewise else len(canned) or 1
        for at in range(0, len(canned), step):
            connection.sendall(canned[at:at + step])
        return script.once and not surplus
