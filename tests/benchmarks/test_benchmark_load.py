"""wrk's report is read as wrk writes it."""

from dataclasses import replace

import pytest

from benchmarks.load import (
    HOLD_CONFIRM,
    KEY_HEADER,
    NO_KEY_HEADER,
    PURCHASE,
    LoadError,
    Shot,
    command,
    duration,
    number,
    parse,
)

CLEAN = """\
Running 2s test @ http://127.0.0.1:8977
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.80ms  850.00us  12.31ms   88.10%
    Req/Sec    37.50k     1.22k   39.01k    75.00%
  Latency Distribution
     50%    1.54ms
     75%    2.02ms
     90%    2.61ms
     99%    3.19ms
  71498 requests in 2.00s, 8.45MB read
Requests/sec:  35664.49
Transfer/sec:      4.22MB
"""

TROUBLED = """\
Running 5s test @ http://127.0.0.1:8977
  1 threads and 512 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.02s   504.11ms   1.99s    57.89%
    Req/Sec   110.35     62.30   303.00     68.75%
  Latency Distribution
     50%  930.12ms
     75%    1.44s
     90%    1.72s
     99%    1.10m
  538 requests in 5.10s, 96.20KB read
  Socket errors: connect 1, read 20, write 300, timeout 4000
  Non-2xx or 3xx responses: 38
Requests/sec:    105.49
Transfer/sec:     18.86KB
"""


def test_a_clean_report() -> None:
    load = parse(CLEAN)
    assert (load.requests, load.seconds, load.rate) == (71498, 2.0, 35664.49)
    assert load.p50 == pytest.approx(0.00154)
    assert load.p99 == pytest.approx(0.00319)
    assert (load.failed, load.socket_errors, load.late, load.statuses) == (0, 0, 0, {})
    assert load.success_rate == load.rate


def test_a_report_with_errors() -> None:
    load = parse(TROUBLED)
    assert (load.requests, load.failed, load.succeeded) == (538, 38, 500)
    assert (load.socket_errors, load.late) == (321, 4000)
    assert load.p50 == pytest.approx(0.93012)
    assert load.p99 == pytest.approx(66.0)
    assert load.success_rate == pytest.approx(105.49 * 500 / 538)


def test_the_statuses_that_a_census_counts() -> None:
    assert parse(CLEAN + "Status 201: 71490\nStatus 503: 8\n").statuses == {201: 71490, 503: 8}


def test_no_requests_at_all() -> None:
    silent = CLEAN.replace("71498 requests", "0 requests").replace("35664.49", "0.00")
    assert parse(silent).success_rate == 0


@pytest.mark.parametrize("report", ["", "unable to connect to 127.0.0.1:8977 Connection refused\n", CLEAN[:200]])
def test_what_is_no_report_is_an_error(report: str) -> None:
    with pytest.raises(LoadError, match="not as expected"):
        parse(report)


@pytest.mark.parametrize(
    ("text", "value"), [("123", 123), ("0.00", 0), ("37.50k", 37_500), ("1.20M", 1_200_000), ("2G", 2e9)]
)
def test_figures(text: str, value: float) -> None:
    assert number(text) == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("850.00us", 0.00085), ("1.20ms", 0.0012), ("3.02s", 3.02), ("1.10m", 66), ("1.00h", 3600)],
)
def test_times(text: str, seconds: float) -> None:
    assert duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "ms", "12", "12 ms", "12d"])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(LoadError):
        duration(text)


def test_requests_with_and_without_a_key_have_the_same_size() -> None:
    assert len(KEY_HEADER) == len(NO_KEY_HEADER)


def test_each_subject_has_its_script() -> None:
    shot = Shot("http://127.0.0.1:1", "/", connections=1, seconds=1)
    for script in (PURCHASE, HOLD_CONFIRM):
        assert str(script) in command(replace(shot, script=script))
        assert script.is_file()


def test_no_two_runs_share_their_keys() -> None:
    shot = Shot("http://127.0.0.1:1", "/", connections=1, seconds=1)
    suffixes = {command(shot)[-2] for _ in range(100)}
    assert len(suffixes) == 100
    assert {len(suffix) for suffix in suffixes} == {28}  # with the eight digits of the walk, a UUID
