"""How the documentation's site is built (`make site`): by Sphinx, from the Markdown as it stands.

docs/index.md is the navigation, too: the links under each of its headings are a part of the side bar. A page that is
not in it, and a link that leads nowhere, are warnings, and a warning fails the build.
"""

import re
from pathlib import Path
from typing import Any

project = "Sellout"
root_doc = "docs/index"
include_patterns = ["docs/**.md", "examples/README.md", "[ACS]*.md"]  # all but README.md, for which the site stands
exclude_patterns = [".*", "build", "src", "tests", "benchmarks", "deploy"]  # folders that need not be searched
extensions = ["myst_parser"]
myst_enable_extensions = ["tasklist"]
myst_heading_anchors = 3
highlight_language = "none"  # of blocks that name none
smartquotes = False  # what is typed is what is shown

html_theme = "furo"
html_title = "Sellout"
html_show_copyright = False
html_show_sourcelink = False
html_copy_source = False
html_static_path = ["site.css"]
html_css_files = ["site.css"]
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#4f49d8", "color-brand-content": "#4f49d8"},
    "dark_css_variables": {"color-brand-primary": "#a7a4ff", "color-brand-content": "#a7a4ff"},
}

GUIDES = "How-to guides"
JOINING = ("webhooks", "ledger")
"""Pages that are in the side bar as soon as they are there, also before docs/index.md has a line for them."""

_PART = re.compile(r"^## (.+)\n((?:(?!## ).*\n)*)", re.MULTILINE)
_PAGE = re.compile(r"\]\(([^):#]+)\.md")
_DIAGRAM = re.compile(r"```mermaid\nstateDiagram-v2\n(.*?)```", re.DOTALL)
_STEP = re.compile(r"^\s*(\S+) --> (\S+): (.+)$", re.MULTILINE)
_START = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Sellout</title>
<meta http-equiv="refresh" content="0; url=docs/index.html">
<p><a href="docs/index.html">Sellout's documentation</a></p>
</html>
"""


def with_navigation(index: str) -> str:
    """The start page with a side bar made from its lists of links."""
    linked = {found[1]: list(dict.fromkeys(_PAGE.findall(found[2]))) for found in _PART.finditer(index + "\n")}
    named = {page for pages in linked.values() for page in pages}
    there = (page for page in JOINING if (Path(__file__).parent / f"{page}.md").is_file())
    linked[GUIDES] += [page for page in there if page not in named]
    return "\n\n".join([index, *(_part(caption, pages) for caption, pages in linked.items() if pages)])


def _part(caption: str, pages: list[str]) -> str:
    return "\n".join(["```{toctree}", ":hidden:", f":caption: {caption}", "", *pages, "```"])


def with_tables(page: str) -> str:
    """A page with a table in place of each diagram of states: a browser cannot draw one without a large script."""
    return _DIAGRAM.sub(lambda found: _table(found[1]), page)


def _table(diagram: str) -> str:
    rows = [f"| {_state(step[1])} | {step[3]} | {_state(step[2])} |" for step in _STEP.finditer(diagram)]
    return "\n".join(["| from | when | to |", "| --- | --- | --- |", *rows, ""])


def _state(name: str) -> str:
    return "(nothing)" if name == "[*]" else f"**{name}**"


def on_source_read(_: Any, name: str, source: list[str]) -> None:
    """Change what Sphinx has read of a page."""
    source[0] = with_tables(source[0])
    if name == root_doc:
        source[0] = with_navigation(source[0])


def on_build_finished(app: Any, error: Exception | None) -> None:
    """The site's first address leads to the start page."""
    if error is None:
        (Path(app.outdir) / "index.html").write_text(_START, encoding="utf-8")


def setup(app: Any) -> dict[str, bool]:
    """What Sphinx calls."""
    app.connect("source-read", on_source_read)
    app.connect("build-finished", on_build_finished)
    return {"parallel_read_safe": True}
