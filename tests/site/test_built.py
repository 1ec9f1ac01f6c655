"""The built site asks no other host, has no dead link, and leads to each of its pages. `make site` runs this."""

from pathlib import Path

import pytest

from tests.site.built import SITE, START, asked_elsewhere, dead_links, pages, reached_from

SERVING = {"index.html", "search.html", "genindex.html", START}
"""Pages that are no part of the documentation."""

OFFERED = "_downloads/"
"""Where files are that pages offer: whole pages of their own among them."""


def test_no_other_host_is_asked() -> None:
    assert asked_elsewhere(SITE) == []


def test_no_link_is_dead() -> None:
    assert dead_links(SITE) == []


def test_the_start_page_leads_to_every_page() -> None:
    own = {name for name in pages(SITE) if not name.startswith(OFFERED)}
    assert len(own) > 20
    assert own - SERVING <= reached_from(SITE, START)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.html", '<img src="https://elsewhere.example/a.png">'),
        ("a.html", '<link rel="stylesheet" href="//elsewhere.example/a.css">'),
        ("a.html", "<style>@import 'https://elsewhere.example/a.css'</style>"),
        ("a.html", '<p style="background: url(https://elsewhere.example/a.png)">'),
        ("a.html", '<script>fetch("https://elsewhere.example/a")</script>'),
        ("a.css", "@font-face { src: url('https://elsewhere.example/a.woff2') }"),
        ("a.js", "import('https://elsewhere.example/a.mjs')"),
    ],
)
def test_what_another_host_is_asked_for_is_noticed(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    assert len(asked_elsewhere(tmp_path)) == 1


def test_dead_links_are_noticed_and_others_are_not(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        '<h1 id="here">A</h1><a href="#here">1</a><a href="a.html#here">2</a><a href="https://elsewhere.example/">3</a>'
        '<a href="#there">4</a><a href="b.html">5</a><img src="c.png">'
    )
    assert [address for _, address in dead_links(tmp_path)] == ["#there", "b.html", "c.png"]
