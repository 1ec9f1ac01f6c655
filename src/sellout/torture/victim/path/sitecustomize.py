"""Python runs this first in every process of an armed server. A `sitecustomize` that it stands before is run, too."""

import os
import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from pathlib import Path

_here = str(Path(__file__).parent)
_next = PathFinder.find_spec("sitecustomize", [folder for folder in sys.path if folder != _here])
if _next is not None and _next.loader is not None:
    _next.loader.exec_module(module_from_spec(_next))

if text := os.environ.get("TORTURE_ARM"):
    from sellout.torture.victim.arming import arm

    arm(text)
