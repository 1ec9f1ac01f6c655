"""The files of a deployment say what keeps the promises: each of these fails when somebody changes that."""

import fnmatch
import re
from typing import Any

import pytest

from sellout.settings import Settings
from sellout.store.postgres import READERS_MAX
from tests.deploy import files

STOP_SECONDS = int(Settings.model_fields["stop_seconds"].default)
CONNECTIONS_MAX = int(Settings.model_fields["connections_max"].default)
UNAVAILABLE_AFTER_SECONDS = float(Settings.model_fields["unavailable_after_seconds"].default)

PROMISES: dict[str, Any] = {
    "synchronous_mode": "quorum",
    "synchronous_mode_strict": True,
    "synchronous_node_count": 1,
    "failsafe_mode": True,
    "check_timeline": True,
    "maximum_lag_on_failover": 1048576,
}

PARAMETERS = {
    "synchronous_commit": "on",
    "fsync": "on",
    "full_page_writes": "on",
    "wal_level": "replica",
    "wal_log_hints": "on",
    "idle_in_transaction_session_timeout": "10s",
    "statement_timeout": "0",
    "transaction_timeout": "0",
    "password_encryption": "scram-sha-256",
}


def seconds(text: Any) -> int:
    found = re.fullmatch(r"(\d+)s?", str(text))
    assert found, text
    return int(found[1])


def cluster() -> dict[str, Any]:
    found: dict[str, Any] = files.yaml_of("patroni.yaml")["bootstrap"]["dcs"]
    return found


@pytest.mark.parametrize("name", PROMISES)
def test_patroni_is_told_what_keeps_acknowledged_sales(name: str) -> None:
    assert cluster()[name] == PROMISES[name]
    assert type(cluster()[name]) is type(PROMISES[name]), "YAML has its own ideas of on, off and quorum"


@pytest.mark.parametrize("name", PARAMETERS)
def test_postgres_is_told_what_keeps_acknowledged_sales(name: str) -> None:
    assert cluster()["postgresql"]["parameters"][name] == PARAMETERS[name]


def test_no_parameter_is_a_word_that_yaml_reads_as_something_else() -> None:
    assert not [name for name, value in cluster()["postgresql"]["parameters"].items() if isinstance(value, bool)]


def test_patronis_times_fit_together() -> None:
    times = cluster()
    assert times["ttl"] >= 20
    assert times["loop_wait"] + 2 * times["retry_timeout"] <= times["ttl"]


def test_a_former_leader_follows_without_a_person() -> None:
    patroni = files.yaml_of("patroni.yaml")
    assert cluster()["postgresql"]["use_pg_rewind"] is True
    assert cluster()["postgresql"]["use_slots"] is True
    assert "data-checksums" in patroni["bootstrap"]["initdb"]
    assert patroni["postgresql"]["remove_data_directory_on_rewind_failure"] is True
    assert patroni["postgresql"]["remove_data_directory_on_diverged_timelines"] is True


def test_nobody_comes_to_postgres_without_a_password() -> None:
    for line in files.yaml_of("patroni.yaml")["postgresql"]["pg_hba"]:
        assert re.fullmatch(r"local all postgres peer|host(ssl)? [\w,]+ [\w,]+ samenet scram-sha-256", line), line


EXPLAINED = {
    "patroni.yaml": (
        "synchronous_mode", "synchronous_mode_strict", "ttl", "failsafe_mode", "maximum_lag_on_failover",
        "check_timeline",
        "primary_start_timeout", "primary_stop_timeout", "use_pg_rewind", "use_slots", "synchronous_commit", "fsync",
        "idle_in_transaction_session_timeout", "statement_timeout", "max_slot_wal_keep_size", "max_wal_size",
        "max_connections", "shared_buffers", "pg_hba", "remove_data_directory_on_rewind_failure", "mode",
    ),
    "etcd.yaml": (
        "data-dir", "initial-cluster", "listen-client-urls", "heartbeat-interval", "experimental-initial-corrupt-check",
        "auto-compaction-mode",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("name", "setting"), [(name, one) for name, some in EXPLAINED.items() for one in some])
def test_a_setting_that_matters_has_its_reason_before_it(name: str, setting: str) -> None:
    lines = (files.DEPLOY / name).read_text("utf-8").splitlines()
    (place,) = [number for number, line in enumerate(lines) if re.match(rf"\s*{setting}:", line)]
    assert lines[place - 1].strip().startswith("# ")


def test_there_is_room_for_all_connections() -> None:
    workers = sum(
        int(files.environment_of(service).get("SELLOUT_WORKERS", 1))
        for name, service in files.services_of("compose.postgres.yaml").items()
        if name.startswith("node")
    )
    reserved = 20  # Patroni's, the superuser's, and commands at the terminal
    assert workers * (1 + READERS_MAX) + reserved <= cluster()["postgresql"]["parameters"]["max_connections"]


def test_etcd_has_three_members_that_know_each_other() -> None:
    etcd = files.yaml_of("etcd.yaml")
    members = dict(member.split("=", 1) for member in etcd["initial-cluster"].split(","))
    services = files.services_of("compose.postgres.yaml")
    assert (
        sorted(members) == sorted(name for name in services if name.startswith("etcd")) == ["etcd1", "etcd2", "etcd3"]
    )
    for name, address in members.items():
        assert address == etcd["initial-advertise-peer-urls"].replace("NODE", name)
        assert files.environment_of(services[name])["NODE"] == name
    clients = files.yaml_of("patroni.yaml")["etcd3"]["hosts"].split(",")
    assert [etcd["advertise-client-urls"].replace("NODE", name) for name in members] == [
        f"http://{at}" for at in clients
    ]


@pytest.mark.parametrize(
    ("version", "taken"),
    [("3.4.23", False), ("3.5.0", False), ("3.5.1", False), ("3.5.2", False), ("3.5.5", False), ("3.5.6", True),
     ("3.5.16", True), ("3.6.4", True)],
)  # fmt: skip
def test_an_image_with_an_etcd_that_can_lose_data_is_not_built(version: str, taken: bool) -> None:
    text = (files.DEPLOY / "database.Dockerfile").read_text("utf-8")
    found = re.search(r"etcd --version \| grep -Eq '(.*)'", text)
    assert found
    assert bool(re.match(found[1], f"etcd Version: {version}")) is taken


def test_the_postgres_nodes_are_those_that_patroni_and_sellout_are_told_of() -> None:
    services = files.services_of("compose.postgres.yaml")
    nodes = sorted(name for name in services if name.startswith("pg"))
    assert len(nodes) == 3
    for name in nodes:
        given = files.environment_of(services[name])
        assert given["PATRONI_NAME"] == name == services[name]["hostname"]
        assert given["PATRONI_POSTGRESQL_CONNECT_ADDRESS"] == f"{name}:5432"
        assert given["PATRONI_RESTAPI_CONNECT_ADDRESS"] == f"{name}:8008"
        assert {"PATRONI_SUPERUSER_PASSWORD", "PATRONI_REPLICATION_PASSWORD", "PATRONI_RESTAPI_PASSWORD"} <= set(given)
    for name in ("upgrade", "node1", "node2"):
        assert f"@{','.join(nodes)}/shop" in files.environment_of(services[name])["SELLOUT_DATABASE"]
    assert f"host={','.join(nodes)} " in services["roles"]["entrypoint"][1]


def test_nodes_run_as_the_role_that_only_sells_and_the_upgrade_as_the_owner() -> None:
    services = files.services_of("compose.postgres.yaml")
    roles = {name: re.search(r"//(\w+)@", files.environment_of(services[name])["SELLOUT_DATABASE"])
             for name in ("upgrade", "node1", "node2")}  # fmt: skip
    assert {name: found and found[1] for name, found in roles.items()} == {
        "upgrade": "shop_owner", "node1": "seller", "node2": "seller",
    }  # fmt: skip
    for node in ("node1", "node2"):
        assert services[node]["depends_on"]["upgrade"]["condition"] == "service_completed_successfully"
    assert services["upgrade"]["depends_on"]["roles"]["condition"] == "service_completed_successfully"


@pytest.mark.parametrize("name", files.COMPOSE_FILES)
def test_no_password_is_in_a_file(name: str) -> None:
    text = (files.DEPLOY / name).read_text("utf-8")
    for service in files.services_of(name).values():
        for variable, value in service.get("environment", {}).items():
            if "PASSWORD" in variable or variable.endswith("_KEY"):
                assert value is None or re.fullmatch(r"\$\{\w+:\?[^}]*\}", value), variable
    assert not re.search(r"//[^/@\s]+:[^/@\s]+@", text)
    assert not re.search(r"^\s*password:", (files.DEPLOY / "patroni.yaml").read_text("utf-8"), re.MULTILINE)


def test_the_example_of_passwords_names_all_that_compose_asks_for_and_gives_none() -> None:
    lines = (files.DEPLOY / "env.example").read_text("utf-8").splitlines()
    given = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert set(given) == files.asked_for((files.DEPLOY / "compose.postgres.yaml").read_text("utf-8"))
    assert set(given.values()) == {""}


@pytest.mark.parametrize("name", files.COMPOSE_FILES)
def test_services_of_sellout_are_stopped_in_peace_and_may_do_nothing_else(name: str) -> None:
    for service_name, service in files.services_of(name).items():
        if service.get("image") != "sellout":
            continue
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        if service_name == "upgrade":
            continue
        stop = int(files.environment_of(service)["SELLOUT_STOP_SECONDS"])
        assert seconds(service["stop_grace_period"]) > stop == STOP_SECONDS
        assert service["ulimits"]["nofile"] > CONNECTIONS_MAX
        assert service["restart"] == "unless-stopped"
        assert "disable" not in service["healthcheck"]
        assert "test" not in service["healthcheck"], "it would not be the one that is tested"


def test_the_shop_on_sqlite_is_in_a_volume() -> None:
    (service,) = files.services_of("compose.sqlite.yaml").values()
    volume, _, folder = service["volumes"][0].partition(":")
    assert volume in files.yaml_of("compose.sqlite.yaml")["volumes"]
    assert Settings(database=files.environment_of(service)["SELLOUT_DATABASE"]).database_path is not None
    assert files.environment_of(service)["SELLOUT_DATABASE"].startswith(f"sqlite:///{folder}/")


def test_only_the_proxy_of_the_cluster_is_open_to_others() -> None:
    compose = files.yaml_of("compose.postgres.yaml")
    assert [name for name, service in compose["services"].items() if "ports" in service] == ["proxy"]
    assert compose["networks"]["data"] == {"internal": True}
    assert compose["services"]["proxy"]["networks"] == ["front"]


@pytest.mark.parametrize("name", files.COMPOSE_FILES)
def test_files_and_volumes_and_networks_that_are_named_exist(name: str) -> None:
    compose = files.yaml_of(name)
    for service in compose["services"].values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in compose.get("volumes", {}) or (files.DEPLOY / source).is_file(), volume
        if "build" in service:
            folder = files.DEPLOY / service["build"]["context"]
            assert (folder / service["build"]["dockerfile"]).is_file()
        assert set(service.get("networks", [])) <= set(compose.get("networks", {}))
        assert set(service.get("depends_on", [])) <= set(compose["services"])


def test_the_proxy_waits_for_sellouts_own_answer_and_repeats_nothing() -> None:
    text = (files.DEPLOY / "haproxy.cfg").read_text("utf-8")
    server = re.search(r"timeout server (\d+)s", text)
    assert server
    assert int(server[1]) > UNAVAILABLE_AFTER_SECONDS
    assert re.findall(r"retry-on (.*)", text) == ["conn-failure"]
    nodes = sorted(name for name in files.services_of("compose.postgres.yaml") if name.startswith("node"))
    for backend in re.split(r"^backend ", text, flags=re.MULTILINE)[1:]:
        assert re.findall(r"server (\w+) \1:8000", backend) == nodes
    limits = [int(found) for found in re.findall(r"rise 1 maxconn (\d+)", text)]
    assert limits
    assert max(limits) <= CONNECTIONS_MAX


def test_the_unit_stops_in_peace_and_has_a_user_and_a_folder_of_its_own() -> None:
    service = files.unit()["Service"]
    assert service["Type"] == ["exec"]
    assert service["Restart"] == ["on-failure"]
    assert service["DynamicUser"] == ["yes"]
    assert service["StateDirectory"] == ["sellout"]
    assert service["KillSignal"] == ["SIGTERM"]
    assert f"SELLOUT_STOP_SECONDS={STOP_SECONDS}" in service["Environment"]
    assert int(service["TimeoutStopSec"][0]) > STOP_SECONDS
    assert int(service["LimitNOFILE"][0]) > CONNECTIONS_MAX
    assert "SELLOUT_DATABASE=sqlite:////var/lib/sellout/inventory.db" in service["Environment"]
    for hardening in ("ProtectSystem", "ProtectHome", "PrivateTmp", "NoNewPrivileges", "CapabilityBoundingSet"):
        assert service[hardening] in (["strict"], ["yes"], [""])


def test_what_the_images_copy_is_there_and_not_kept_from_the_builder() -> None:
    kept_out = [line for line in (files.ROOT / ".dockerignore").read_text("utf-8").splitlines() if line[0] != "#"]
    allowed = {line[1:] for line in kept_out if line.startswith("!")}
    assert kept_out[0] == "*"
    for stage in files.stages_of(files.DEPLOY / "Dockerfile"):
        for step in stage:
            if step.name == "COPY" and not step.rest.startswith("--from"):
                for source in step.rest.split()[:-1]:
                    assert (files.ROOT / source).exists()
                    assert source.removeprefix("./") in allowed
    assert not [name for name in allowed if fnmatch.fnmatch(name, "*.db*")]
    assert (files.DEPLOY / "patroni-requirements.txt").is_file()


def test_the_image_runs_as_nobody_in_particular_and_ends_on_sigterm() -> None:
    image = files.image()
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", image["USER"])
    assert image["STOPSIGNAL"] == "SIGTERM"
    assert image["VOLUME"] == "/data"
    (start,) = [step.words for step in files.stages_of(files.DEPLOY / "Dockerfile")[-1] if step.name == "CMD"]
    assert start == ["serve", "--host", "0.0.0.0"]
    assert all(":" in stage[0].rest.split()[0] for stage in files.stages_of(files.DEPLOY / "Dockerfile"))


def test_the_patroni_that_is_deployed_is_the_one_that_is_tested() -> None:
    def pins(path: str) -> dict[str, str]:
        text = (files.ROOT / path).read_text("utf-8")
        return dict(re.findall(r"^([\w.-]+)==([\w.]+)", text, re.MULTILINE))

    deployed, tested = pins("deploy/patroni-requirements.txt"), pins("requirements-cluster.txt")
    assert "patroni" in deployed
    assert {name: tested.get(name) for name in deployed} == deployed
    text = (files.DEPLOY / "patroni-requirements.txt").read_text("utf-8")
    assert text.count("--hash=sha256:") >= len(deployed)
