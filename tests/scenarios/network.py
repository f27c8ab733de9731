"""Machines on a network of their own: a network namespace each, and a switch whose cables can be pulled.

The machine that runs the test stands at the switch's own address, and serves PostgreSQL and S3 there. All of
it, servers included, is gone at the end of the `with` block.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import pytest
from moto.server import ThreadedMotoServer

from core.settings import Settings
from tests.chaos.server import binaries
from tests.object_store import ObjectStore

DATABASE_USER = "likeness"
SERVER_USER = "nobody"
"""PostgreSQL refuses to run as root."""
GOODBYE_SECONDS = 30


def require_network() -> None:
    """Say aloud what is missing. In CI, what could have been installed fails the run."""
    places = {"iproute2": shutil.which("ip"), "postgresql": binaries()}
    missing = [package for package, place in places.items() if place is None]
    if missing:
        message = f"two machines need {' and '.join(missing)}: install that to try them"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    if os.geteuid() != 0:
        pytest.skip("two machines need network namespaces, and those need root: run this as root to try them")
    try:
        name = f"likeness-{uuid4().hex[:6]}"
        _ip("netns", "add", name)
        _ip("netns", "del", name)
        with Switch().switched_on():
            pass
    except subprocess.CalledProcessError as refused:
        pytest.skip(f"two machines need network namespaces, which this kernel refuses: {refused}")


class Switch:
    """A bridge, with the address at which the test's own machine is found."""

    def __init__(self) -> None:
        self.token = uuid4().hex[:6]
        self.name = f"lkbr{self.token}"
        self.subnet = _free_subnet(int(self.token, 16))
        self.address = f"{self.subnet}.1"

    @contextmanager
    def switched_on(self) -> Iterator[None]:
        """Have it for the length of the block."""
        _ip("link", "add", self.name, "type", "bridge")
        try:
            _ip("address", "add", f"{self.address}/24", "dev", self.name)
            _ip("link", "set", self.name, "up")
            yield
        finally:
            _ip("link", "del", self.name)


class Machine:
    """A network namespace at the switch, and the worker that runs in it on a data folder of its own."""

    def __init__(self, switch: Switch, number: int, folder: Path) -> None:
        self.data_dir = folder / f"machine-{number}"
        self._switch = switch
        self._namespace = f"likeness-{switch.token}-{number}"
        self._port = f"lkp{switch.token}{number}"
        self._address = f"{switch.subnet}.{number + 1}"
        self._log_path = folder / f"worker-{number}.log"
        self._worker: subprocess.Popen[bytes] | None = None

    @contextmanager
    def plugged_in(self) -> Iterator[None]:
        """Have it for the length of the block; whatever runs in it then is killed."""
        self.data_dir.mkdir()
        _ip("netns", "add", self._namespace)
        try:
            _ip("link", "add", self._port, "type", "veth", "peer", "name", "eth0", "netns", self._namespace)
            _ip("link", "set", self._port, "master", self._switch.name, "up")
            for command in (f"address add {self._address}/24 dev eth0", "link set eth0 up", "link set lo up"):
                _ip("-netns", self._namespace, *command.split())
            yield
        finally:
            self.kill()
            _ip("netns", "del", self._namespace)

    def start_worker(self, command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> None:
        """Start its worker in that folder, unless it runs."""
        if self._worker is not None and self._worker.poll() is None:
            return
        with self._log_path.open("ab") as log:
            self._worker = subprocess.Popen(
                ["ip", "netns", "exec", self._namespace, *command], cwd=folder,
                env={**environment, "LIKENESS_DATA_DIR": str(self.data_dir)},
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def runs(self, worker_id: str) -> bool:
        """Tell whether the worker of that id is this machine's."""
        return self._worker is not None and f"-{self._worker.pid}-" in worker_id

    def log(self) -> str:
        """Everything that its worker logged so far."""
        return self._log_path.read_text()

    def kill(self) -> None:
        """SIGKILL everything that runs on it."""
        for pid in _ip("netns", "pids", self._namespace).split():
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        if self._worker is not None:
            self._worker.wait()

    def stop(self) -> None:
        """End its worker in good order."""
        assert self._worker is not None
        self._worker.terminate()
        assert self._worker.wait(GOODBYE_SECONDS) == 0, self.log()

    @contextmanager
    def cut_off(self) -> Iterator[None]:
        """Pull its cable for the length of the block: what is sent either way is lost, and nobody is told."""
        _ip("link", "set", self._port, "down")
        try:
            yield
        finally:
            _ip("link", "set", self._port, "up")


@contextmanager
def machines(count: int, switch: Switch, folder: Path) -> Iterator[list[Machine]]:
    """Have so many machines at the switch for the length of the block."""
    made = [Machine(switch, number, folder) for number in range(1, count + 1)]
    with ExitStack() as stack:
        for machine in made:
            stack.enter_context(machine.plugged_in())
        yield made


@contextmanager
def postgres_at(switch: Switch, folder: Path) -> Iterator[str]:
    """Run a PostgreSQL server at the switch's address alone, for its machines alone; yields its address."""
    programs, data = binaries(), folder / "pg"
    assert programs is not None
    data.mkdir()
    shutil.chown(data, SERVER_USER)
    folder.chmod(0o711)

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [programs / program, "-D", data, *arguments],
            check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, user=SERVER_USER, cwd=data,
        )  # fmt: skip

    run("initdb", "-U", DATABASE_USER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
    with (data / "pg_hba.conf").open("a") as rules:
        rules.write(f"host all {DATABASE_USER} {switch.subnet}.0/24 trust\n")
    # The switch is new, so every port of its address is free. No fsync: nobody pulls this machine's own plug.
    options = f"-c listen_addresses={switch.address} -c port=5432 -c fsync=off -k {data}"
    run("pg_ctl", "start", "--wait", "--log", str(data / "log"), "-o", options)
    try:
        yield f"postgresql://{DATABASE_USER}@{switch.address}:5432/postgres"
    finally:
        run("pg_ctl", "stop", "--wait", "--mode", "immediate")


@contextmanager
def object_store_at(switch: Switch) -> Iterator[dict[str, str]]:
    """Serve S3 at the switch's address; yields the variables that name a new bucket of it."""
    server = ThreadedMotoServer(ip_address=switch.address, port=0, verbose=False)
    server.start()
    try:
        _, port = server.get_host_and_port()
        settings = ObjectStore(f"http://{switch.address}:{port}").settings(Settings(_env_file=None))
        yield {
            "LIKENESS_STORAGE": settings.storage,
            "LIKENESS_S3_ENDPOINT": settings.s3_endpoint,
            "LIKENESS_S3_REGION": settings.s3_region,
            "AWS_ACCESS_KEY_ID": settings.aws_access_key_id,
            "AWS_SECRET_ACCESS_KEY": settings.aws_secret_access_key.get_secret_value(),
        }
    finally:
        server.stop()


def _free_subnet(wish: int) -> str:
    """Return the first three numbers of a /24 that this machine has no address in."""
    interfaces = json.loads(_ip("-json", "-4", "address", "show"))
    taken = {part["local"].rpartition(".")[0] for each in interfaces for part in each["addr_info"]}
    wishes = (f"10.203.{(wish + step) % 256}" for step in range(256))
    return next(subnet for subnet in wishes if subnet not in taken)


def _ip(*arguments: str) -> str:
    return subprocess.run(["ip", *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout
