"""The served documentation: Swagger UI from local files, and a page for each problem. No other host is asked."""

from html import escape
from importlib.resources import files

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

from sellout.http.freshness import is_known
from sellout.http.openapi import Made, made
from sellout.http.problems import PROBLEMS, TYPE_PATH, Problem, ProblemType
from sellout.http.responses import respond

SWAGGER = "/docs/swagger"

router = APIRouter(include_in_schema=False)

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="stylesheet" href="/docs/static/docs.css">
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""


def swagger_files() -> StaticFiles:
    """Swagger UI's own files and our style sheet."""
    return StaticFiles(directory=str(files("sellout.http") / "static"))


@router.get("/docs")
async def swagger_ui() -> Response:
    """Swagger UI on this program's OpenAPI document."""
    return HTMLResponse((files("sellout.http") / "static" / "docs.html").read_text("utf-8"))


@router.get("/openapi.json")
async def openapi_document(request: Request) -> Response:
    """The OpenAPI document; 304 where the client has this version of it already."""
    root_path: str = request.scope.get("root_path", "")
    if getattr(request.app.state, "document", None) is None:
        request.app.state.document = made(request.app.openapi(), root_path)
    document: Made = request.app.state.document
    headers = {"etag": document.etag, "cache-control": "no-cache"}
    if is_known(document.etag, request.headers.get("if-none-match")):
        return Response(status_code=304, headers=headers)
    return Response(document.body, headers=headers, media_type="application/json")


@router.get("/docs/problems")
async def problem_list() -> Response:
    """All problems."""
    rows = "\n".join(
        f'<li><a href="{TYPE_PATH}{code}"><code>{code}</code></a> <b>{kind.status}</b> {escape(kind.title)}</li>'
        for code, kind in sorted(PROBLEMS.items(), key=lambda entry: (entry[1].status, entry[0]))
    )
    return HTMLResponse(_PAGE.format(title="Problems · Sellout", body=f"<h1>Problems</h1>\n<ul>\n{rows}\n</ul>"))


@router.get("/docs/problems/{code}")
async def problem_page(request: Request, code: str) -> Response:
    """What a problem's `type` leads to."""
    kind = PROBLEMS.get(code)
    if kind is None:
        return respond(request, Problem("not_found", "There is no problem with this code."))
    return HTMLResponse(_PAGE.format(title=f"{escape(kind.title)} · Sellout", body=_about(code, kind)))


def _about(code: str, kind: ProblemType) -> str:
    return (
        f'<p class="crumb"><a href="/docs/problems">Problems</a></p>\n<h1>{escape(kind.title)}</h1>\n'
        f"<p><code>{code}</code> <b>{kind.status}</b></p>\n"
        f"<h2>When</h2>\n<p>{_prose(kind.when)}</p>\n<h2>What to do</h2>\n<p>{_prose(kind.cure)}</p>"
    )


def _prose(text: str) -> str:
    """Text with `code` in it."""
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if place % 2 else part for place, part in enumerate(parts))
