"""Plants the mutant that TORTURE_MUTANT names in the processes of a server that the torture has armed."""

import os

if "TORTURE_ARM" in os.environ and "TORTURE_MUTANT" in os.environ:
    import pytest

    from tests.mutants.hunt.mutants import MUTANTS

    MUTANTS[os.environ["TORTURE_MUTANT"]].plant(pytest.MonkeyPatch())
