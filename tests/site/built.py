"""The built site as a browser meets it: what its pages fetch, and where their links lead."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

SITE = Path(__file__).parents[2] / "build" / "site"
START = "docs/index.html"

FETCHED = {"src", "srcset", "poster", "data", "action", "background"}
_IN_STYLE = re.compile(r"""@import\s+["']([^"']+)|url\(\s*["']?([^"')]+)""")
_IN_SCRIPT = re.compile(r"""["'`]((?:https?:)?//[\w-]+\.[^"'`\s]+)""")
_NAMES = ("http://www.w3.org/",)
"""Names of XML, which look like addresses and are never asked for."""


class Page(HTMLParser):
    """The addresses of one page, its ids, and its own styles and scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.inside = ""
        self.own = {"style": "", "script": ""}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = tag
        for name, value in attrs:
            if name == "id":
                self.ids.add(value or "")
            elif name == "href":
                (self.links if tag == "a" else self.fetched).append(value or "")
            elif name in FETCHED:
                self.fetched.append(value or "")
            elif name == "style":
                self.own["style"] += value or ""

    def handle_data(self, data: str) -> None:
        if self.inside in self.own:
            self.own[self.inside] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == self.inside:
            self.inside = ""


class Ask(NamedTuple):
    """Something that a file of the site makes a browser fetch."""

    file: str
    address: str


def pages(site: Path) -> dict[str, Page]:
    """All pages, by their path."""
    return {str(file.relative_to(site)): Page(file.read_text("utf-8")) for file in sorted(site.rglob("*.html"))}


def asked_elsewhere(site: Path) -> list[Ask]:
    """What is fetched from another host by any page, style or script. Links that somebody follows are not."""
    return [ask for ask in _asks(site) if (parts := urlsplit(ask.address)).netloc or parts.scheme not in ("", "data")]


def _asks(site: Path) -> Iterator[Ask]:
    for name, page in pages(site).items():
        yield from (Ask(name, address) for address in page.fetched)
        yield from (Ask(name, address) for address in in_style(page.own["style"]) + in_script(page.own["script"]))
    for file in sorted(site.rglob("*.css")):
        yield from (Ask(file.name, address) for address in in_style(file.read_text("utf-8")))
    for file in sorted(site.rglob("*.js")):
        yield from (Ask(file.name, address) for address in in_script(file.read_text("utf-8")))


def in_style(text: str) -> list[str]:
    """The addresses in a style sheet."""
    return ["".join(found) for found in _IN_STYLE.findall(text)]


def in_script(text: str) -> list[str]:
    """Other hosts' addresses in a script."""
    return [address for address in _IN_SCRIPT.findall(text) if not address.startswith(_NAMES)]


def dead_links(site: Path) -> list[tuple[str, str]]:
    """Links and addresses within the site that lead nowhere."""
    known = pages(site)
    return [
        (name, address)
        for name, page in known.items()
        for address in page.links + page.fetched
        if not urlsplit(address).scheme and not urlsplit(address).netloc and not _leads(site, known, name, address)
    ]


def _leads(site: Path, known: dict[str, Page], name: str, address: str) -> bool:
    parts = urlsplit(address)
    file = (site / name).parent / unquote(parts.path) if parts.path else site / name
    if not file.is_file():
        return False
    target = known.get(str(file.resolve().relative_to(site.resolve())))
    return not parts.fragment or target is None or unquote(parts.fragment) in target.ids


def reached_from(site: Path, name: str) -> set[str]:
    """The pages to which a page has links."""
    paths = (urlsplit(address) for address in pages(site)[name].links)
    files = ((site / name).parent / unquote(path.path) for path in paths if not path.netloc and path.path)
    return {str(file.resolve().relative_to(site.resolve())) for file in files}
