"""The proxies under test: how each is configured, started on its core and stopped."""
import os
import shutil
import signal
import socket
import subprocess
import time

HERE = os.path.dirname(os.path.abspath(__file__))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port, process, name):
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SystemExit(f"bench: {name} ended at its start with {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise SystemExit(f"bench: {name} does not listen on port {port}")


def template(name, words):
    with open(os.path.join(HERE, "peers", name), encoding="utf-8") as file:
        text = file.read()
    for word, value in words.items():
        text = text.replace(f"@{word}@", str(value))
    return text


class Server:
    """A process on one core."""

    def __init__(self, name, core, command, port, stdout=None):
        self.name, self.port = name, port
        self.process = subprocess.Popen(["taskset", "-c", str(core), *command], stdin=subprocess.DEVNULL, stdout=stdout)
        wait_for_port(port, self.process, name)

    @property
    def pid(self):
        return self.process.pid  # taskset replaces itself by the command

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class Peer(Server):
    """A proxy with a directory of its own and, but for the relay, an access log."""

    def __init__(self, name, context, setup, origin_port):
        directory = os.path.join(context.directory, f"{name}-{setup.name}")
        os.makedirs(directory)
        self.log = None if name == "relay" else os.path.join(directory, "access.log")
        if self.log:
            open(self.log, "w", encoding="utf-8").close()
        port = free_port()
        words = {"PORT": port, "ORIGIN": origin_port, "DIR": directory, "LOG": self.log}
        with open(os.path.join(directory, "origins.txt"), "w", encoding="utf-8") as file:
            file.writelines(origin + "\n" for origin in setup.origins)
        configure = {"relay": relay, "corsd": corsd, "haproxy": haproxy}.get(name, nginx)
        command, stdout = configure(name, context, setup, words)
        try:
            super().__init__(name, context.proxy_core, command, port, stdout)
        finally:
            if stdout is not None:
                stdout.close()


def write(words, name, text):
    path = os.path.join(words["DIR"], name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def relay(_name, context, _setup, words):
    return [context.relay, str(words["PORT"]), str(words["ORIGIN"])], None


def corsd(_name, context, setup, words):
    words["RESOURCES"] = "".join(f"  {prefix}*: {{}}\n" for prefix in setup.resources).rstrip()
    return [context.corsd, "run", "--config", write(words, "corsd.yaml", template("corsd.yaml", words))], None


def nginx(name, _context, setup, words):
    words["USER"] = "user root;" if os.geteuid() == 0 else ""
    words["LOG_BUFFER"] = "buffer=64k flush=100ms" if name == "nginx-buffered" else ""
    write(words, "origins.map", "".join(f'"{origin}" $http_origin;\n' for origin in setup.origins))
    write(words, "accepted.map", "".join(f'"{origin}" 0;\n' for origin in setup.origins))
    location = template("nginx-location.conf", {})
    write(words, "locations.conf", "".join(location.replace("@PREFIX@", prefix) for prefix in setup.resources))
    binary = shutil.which("nginx") or "/usr/sbin/nginx"
    conf = write(words, "nginx.conf", template("nginx.conf", words))
    return [binary, "-p", words["DIR"], "-e", os.path.join(words["DIR"], "nginx-error.log"), "-c", conf], None


def haproxy(_name, _context, setup, words):
    write(words, "resources.map", "".join(f"{prefix} {prefix}\n" for prefix in setup.resources))
    binary = shutil.which("haproxy") or "/usr/sbin/haproxy"
    conf = write(words, "haproxy.cfg", template("haproxy.cfg", words))
    return [binary, "-db", "-f", conf], open(words["LOG"], "a", encoding="utf-8")
