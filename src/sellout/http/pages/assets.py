"""The pages' style sheet, scripts and icon, under an address that changes whenever one of them does.

So browsers keep them for good, and a script's imports are always of its own version.
"""

import hashlib
from importlib.resources import files
from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOLDER = Path(str(files("sellout.http.pages") / "static"))

KEPT_FOR_GOOD = "public, max-age=31536000, immutable"


def _version(folder: Path) -> str:
    """A digest of all files."""
    digest = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


ROOT = f"/static/{_version(FOLDER)}"


class Assets(StaticFiles):
    """The files, kept for good by whoever has them."""

    def __init__(self) -> None:
        super().__init__(directory=FOLDER)

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["cache-control"] = KEPT_FOR_GOOD
        return response
