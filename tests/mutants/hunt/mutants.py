"""All mutants."""

from tests.mutants.hunt.answering import ANSWERING
from tests.mutants.hunt.committing import COMMITTING
from tests.mutants.hunt.deciding import DECIDING
from tests.mutants.hunt.mutant import Mutant
from tests.mutants.hunt.storing import STORING

MUTANTS: dict[str, Mutant] = {
    mutant.name: mutant for herd in (STORING, DECIDING, COMMITTING, ANSWERING) for mutant in herd.mutants
}
