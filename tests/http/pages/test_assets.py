"""Style sheet, scripts and icon: under an address of their own version, so that browsers may keep them for good."""

import re
from pathlib import Path

import pytest

from sellout.http.pages.assets import FOLDER, KEPT_FOR_GOOD, ROOT, _version
from tests.http.pages.visitor import Visitor
from tests.http.shop import Shop

FILES = sorted(path.name for path in FOLDER.iterdir())
TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


@pytest.mark.parametrize("name", FILES)
def test_every_file_is_served_and_kept_for_good(name: str, shared: Shop) -> None:
    answer = shared.ask("GET", f"{ROOT}/{name}")
    assert answer.status_code == 200
    assert answer.content == (FOLDER / name).read_bytes()
    assert answer.headers["Content-Type"] == TYPES[Path(name).suffix]
    assert answer.headers["Cache-Control"] == KEPT_FOR_GOOD == "public, max-age=31536000, immutable"


def test_who_has_a_file_need_not_get_it_again(shared: Shop) -> None:
    first = shared.ask("GET", f"{ROOT}/sellout.css")
    again = shared.ask("GET", f"{ROOT}/sellout.css", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.headers["Cache-Control"] == KEPT_FOR_GOOD


def test_the_address_changes_with_every_file(tmp_path: Path) -> None:
    seen = {_version(tmp_path)}
    for change in (("a.js", "1"), ("a.js", "2"), ("b.js", "2")):
        (tmp_path / change[0]).write_text(change[1])
        seen.add(_version(tmp_path))
    (tmp_path / "b.js").rename(tmp_path / "c.js")
    seen.add(_version(tmp_path))
    assert len(seen) == 5


@pytest.mark.parametrize("address", ["nothing.css", "../app.py", "%2e%2e/app.py", ""])
def test_a_file_that_is_not_there_is_not_found_and_not_kept(address: str, shared: Shop) -> None:
    answer = shared.ask("GET", f"{ROOT}/{address}")
    assert answer.status_code == 404
    assert "immutable" not in answer.headers.get("Cache-Control", "")


def test_files_of_another_version_are_not_there(shared: Shop) -> None:
    assert shared.ask("GET", "/static/000000000000/shop.js").status_code == 404


def test_files_are_only_looked_at(shared: Shop) -> None:
    answer = shared.ask("POST", f"{ROOT}/shop.js")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD"
    assert shared.ask("HEAD", f"{ROOT}/shop.js").status_code == 200


def test_a_page_asks_for_what_is_there(shared: Shop) -> None:
    page = Visitor(shared).open("/")
    addresses = [tag["href"] for tag in page.attributes("link")] + [tag["src"] for tag in page.attributes("script")]
    assert len(addresses) >= 3
    for address in addresses:
        assert address.startswith(f"{ROOT}/")
        assert shared.ask("GET", address).status_code == 200


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".js")])
def test_a_script_takes_only_scripts_of_its_own_version(name: str) -> None:
    text = (FOLDER / name).read_text()
    for imported in re.findall(r"""from\s+["']([^"']+)["']""", text):
        assert re.fullmatch(r"\./\w+\.js", imported)
        assert (FOLDER / imported).exists()


@pytest.mark.parametrize("name", FILES)
def test_no_file_names_another_host(name: str) -> None:
    text = (FOLDER / name).read_text().replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"""(https?:)?//[\w-]+\.\w""", re.sub(r"(?m)(^|\s)//.*$|/\*.*?\*/", "", text))
    assert not re.search(r"@import|url\(\s*[\"']?(?!data:|#)", text)
    assert "eval(" not in text
    assert "innerHTML =" not in text.replace("button.innerHTML = button.dataset.said", "")
