"""What those who watch an item cost those who buy it: purchases a second with and without open streams.

    python -m benchmarks.watched                     2000 streams, three pairs of runs on one server, in about a minute
    python -m benchmarks.watched --streams 4000 --rounds 5

The runs of a pair take turns in going first, because the file grows. The streams' client is a process of its own on
the same machine, and takes some of it; the server's processor time a purchase is what it does not touch.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.load import MISSING, wrk_path
from benchmarks.measure import Meter, Run, fresh_folder
from benchmarks.run import raise_file_limit
from benchmarks.subjects import BUY, ITEM
from benchmarks.verify import NotVerifiedError
from benchmarks.watchers import Heard, watching

STREAMS = 2000
CONNECTIONS = 512
GOAL = 0.8
PATH = f"/v1/items/{ITEM}/stream"


@dataclass(frozen=True)
class Pair:
    """Two runs next to each other: nobody watches, and many do."""

    alone: Run
    watched: Run
    heard: Heard

    @property
    def ratio(self) -> float:
        return self.watched.rate / self.alone.rate

    @property
    def events_a_second(self) -> float:
        """Of each stream."""
        return self.heard.events / self.heard.open / self.watched.load.seconds


def measured(base: Path, streams: int, rounds: int, seconds: int, connections: int) -> list[Pair]:
    """Pairs of runs on one server."""
    with fresh_folder(base) as folder, BUY.serving(folder) as server:
        BUY.prepare(server)
        meter = Meter(BUY, server)
        meter.warm_up(connections)
        pairs = [_pair(meter, streams, seconds, connections, alone_first=number % 2 == 0) for number in range(rounds)]
        BUY.audit(server)
    return pairs


def _pair(meter: Meter, streams: int, seconds: int, connections: int, *, alone_first: bool) -> Pair:
    alone = meter.shoot(connections, seconds) if alone_first else None
    with watching(meter.server.url, PATH, streams) as told:
        watched = meter.shoot(connections, seconds)
    (heard,) = told
    if heard.open != streams or heard.events < streams:
        raise NotVerifiedError(f"of {streams} streams {heard.open} were open at the end, and got {heard.events} events")
    return Pair(alone or meter.shoot(connections, seconds), watched, heard)


def table(pairs: Sequence[Pair], streams: int) -> str:
    """What was measured, and whether it is what is wanted."""
    lines = [f"{'purchases a second':>22}{f'with {streams} streams':>22}{'ratio':>8}{'events a second to each':>26}"]
    lines += [
        f"{pair.alone.rate:22,.0f}{pair.watched.rate:22,.0f}{pair.ratio:8.2f}{pair.events_a_second:26.1f}"
        for pair in pairs
    ]
    ratio = median(pair.ratio for pair in pairs)
    lines.append(f"median ratio {ratio:.2f}, wanted at least {GOAL}: {'met' if ratio >= GOAL else 'not met'}")
    alone, watched = _cost([pair.alone for pair in pairs]), _cost([pair.watched for pair in pairs])
    if alone and watched:
        share = f"{alone:.4f} alone, {watched:.4f} watched, ratio {alone / watched:.2f}"
        lines.append(f"CPU seconds of the server for 1000 purchases: {share}")
    return "\n".join(lines)


def _cost(runs: Sequence[Run]) -> float | None:
    """The median of the server's processor time for 1000 purchases, where it can be read."""
    costs = [run.cpu_per_thousand for run in runs if run.cpu_per_thousand is not None]
    return median(costs) if costs else None


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.watched", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--streams", type=int, default=STREAMS, help=f"how many watch ({STREAMS})")
    parser.add_argument("--rounds", type=int, default=3, help="pairs of runs; the figure is the median (3)")
    parser.add_argument("--seconds", type=int, default=5, help="length of each run (5)")
    parser.add_argument("--connections", type=int, default=CONNECTIONS, help=f"of those who buy ({CONNECTIONS})")
    parser.add_argument("--dir", type=Path, default=Path(tempfile.gettempdir()), help="where the database goes")
    chosen = parser.parse_args(arguments)
    if wrk_path() is None:
        print(MISSING, file=sys.stderr)
        return 2
    raise_file_limit()
    pairs = measured(chosen.dir.resolve(), chosen.streams, chosen.rounds, chosen.seconds, chosen.connections)
    print(table(pairs, chosen.streams))
    return 0


if __name__ == "__main__":
    sys.exit(main())
