"""What a kept connection costs while nobody says anything on it: user memory of the proxy, without the kernel's sockets."""
import socket
import time

import measure
import proc

WARM = 500
CONNECTIONS = 5_000


def settled_pss(peer):
    """PSS in bytes, once it has stayed the same for half a second."""
    last, same = -1, 0
    for _ in range(100):
        now = proc.memory(peer.pid)[1] * 1024
        same = same + 1 if now == last else 0
        if same == 5:
            break
        last = now
        time.sleep(0.1)
    return last


def bytes_per_connection(peer, workload):
    """Connections that have had one request each and are kept; those before the first look bring the peer's pools to their size."""
    kept = []
    try:
        for number in range(WARM + CONNECTIONS):
            if number == WARM:
                before = settled_pss(peer)
            client = socket.create_connection(("127.0.0.1", peer.port), timeout=10)
            kept.append(client)
            status, _, _ = measure.exchange_on(peer, client, workload.requests[0])
            if status != workload.status:
                raise measure.Failed(f"{peer.name}: idle: {status}")
        after = settled_pss(peer)
        for client in kept:
            client.setblocking(False)
            try:
                client.recv(1)
                raise measure.Failed(f"{peer.name}: idle: a connection was not kept")
            except BlockingIOError:
                pass
        return (after - before) / CONNECTIONS
    finally:
        for client in kept:
            client.close()
