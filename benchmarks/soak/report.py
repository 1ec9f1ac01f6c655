"""All that a soak has to say. Values only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.soak.samples import Soaked
from sellout.history.verdict import Verdict


@dataclass(frozen=True)
class Report:
    """What was seen, what follows, and where it was."""

    date: str
    command: str
    rate: float
    seed: int
    soaked: Soaked
    verdict: Verdict
    hardware: Mapping[str, str]
    disk: str
    versions: Mapping[str, str]
    notes: Sequence[str] = field(default_factory=tuple)

    @property
    def word(self) -> str:
        return "Flat" if self.verdict.exact else "Not flat"

    @property
    def sentence(self) -> str:
        """The soak in a sentence."""
        rules, broken = len(self.verdict.rulings), len(self.verdict.broken)
        if broken:
            return f"{broken} of {rules} rules {'is' if broken == 1 else 'are'} broken."
        sold, scenes = self.soaked.samples[-1].purchases, len(self.soaked.scenes)
        return f"{sold:,} purchases and {scenes} scenarios on one server, and it stayed within every limit."

    @property
    def facts(self) -> list[tuple[str, str]]:
        """Where it was, and with what."""
        own = [
            ("database", self.soaked.engine),
            ("purchases aimed at", f"{self.rate:g} a second"),
            ("seed", str(self.seed)),
        ]
        return [*own, *self.hardware.items(), ("database on", self.disk), *self.versions.items()]
