"""SIGHUP again and again while requests, downloads and tunnels run. 200 times with scripts/test --all (CORSD_ALL=1)."""

import os
import pathlib
import re
import threading
import unittest

from reloading import Reloading
from support import ALLOWED, SANITIZED, ok

OTHER = "http://localhost:4000"


class UnderLoad(Reloading):
    ROUNDS = 200 if os.environ.get("CORSD_ALL") else 40

    def test_many_reloads_under_load(self):
        """Each policy grants one origin and allows one header: an answer shows both of the same policy or neither."""
        long_body = b"x" * 65536
        stop = threading.Event()
        self.addCleanup(stop.set)

        def respond(request, connection):
            if request.target == "/api/chat":
                connection.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
                while data := connection.sock.recv(100):
                    connection.send(data)
                return connection.close()
            if request.target != "/api/long":
                return ok(b"y" * 1000)
            connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            while not stop.wait(0.02):
                connection.send(b"10000\r\n" + long_body + b"\r\n")
            connection.send(b"0\r\n\r\n")

        upstream, server = self.pair(respond)
        policies = {ALLOWED: "X-Old", OTHER: "X-New"}

        def write(origin):
            text = re.sub(r"origins: .*", f"origins: [{origin}]", server.config_path.read_text())
            text = re.sub(r"    expose_headers: .*\n", "", text)
            temporary = server.files / "next.yaml"
            temporary.write_text(text.rstrip("\n") + f"\n    expose_headers: [{policies[origin]}]\n")
            temporary.rename(server.config_path)

        write(ALLOWED)
        self.hup(server)
        wrong, served, done = [], [0], threading.Event()

        def ask():
            client = server.client()
            try:
                turn = 0
                while not done.is_set():
                    origin = (ALLOWED, OTHER)[turn % 2]
                    turn += 1
                    client.send("GET", "/api/x", [("Origin", origin)])
                    answer = client.response()
                    served[0] += 1
                    whole = (200, origin, policies[origin], b"y" * 1000)
                    got = (answer.status, answer.headers.get("Access-Control-Allow-Origin"),
                           answer.headers.get("Access-Control-Expose-Headers"), answer.body)
                    if got != whole and not (answer.status == 403 and got[1:3] == (None, None)):
                        wrong.append(got[:3])
            except OSError as error:
                wrong.append(repr(error))
            finally:
                client.close()

        downloads = [self.start(server.client()) for _ in range(3)]
        got = []

        def download(client):
            client.send("GET", "/api/long")
            total = [0]
            answer = client.response(sink=lambda piece: total.__setitem__(0, total[0] + len(piece)))
            got.append((answer.status, answer.complete, total[0] % len(long_body)))

        crowd = [threading.Thread(target=ask) for _ in range(4)]
        crowd += [threading.Thread(target=download, args=(client,)) for client in downloads]
        for thread in crowd:
            thread.start()
        tunnels = [self.start(server.client()) for _ in range(3)]
        for tunnel in tunnels:
            tunnel.send("GET", "/api/chat", [("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
                                             ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")])
            self.assertEqual(tunnel.head_of_response().status, 101)
        memory, files = [], []
        for turn in range(self.ROUNDS):
            write((OTHER, ALLOWED)[turn % 2])
            self.hup(server)
            for tunnel in tunnels:
                tunnel.raw(b"%6d" % turn)
                back = []
                self.assertTrue(tunnel.reader.exactly(6, back.append))
                self.assertEqual(b"".join(back), b"%6d" % turn)
            memory.append(self.resident(server))
            files.append(len(os.listdir(f"/proc/{server.pid}/fd")))
        done.set()
        stop.set()
        for thread in crowd:
            thread.join()
        self.assertEqual(wrong, [])
        self.assertEqual(got, [(200, True, 0)] * 3)
        self.assertGreater(served[0], self.ROUNDS)
        self.assertEqual(self.messages(server, "not reloaded"), [])
        self.assertLessEqual(max(files[5:]), max(files[:5]) + 2, files)
        if not SANITIZED:
            # Between the second quarter and the end: less than a snapshot a reload would cost.
            quarter = self.ROUNDS // 4
            self.assertLess(min(memory[-quarter:]) - min(memory[quarter:2 * quarter]), 1 << 20, memory)

    def resident(self, server):
        return int(pathlib.Path(f"/proc/{server.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    unittest.main()
