"""The served documentation: Swagger UI and pages that ask no other host."""

import re
from urllib.parse import urljoin, urlsplit

import pytest

from tests.http.shop import Shop

PAGES = ["/docs", "/docs/problems", "/docs/problems/sold_out"]


def references(html: str) -> list[str]:
    """What a browser fetches for a page, and where its links lead."""
    return re.findall(r"""\b(?:href|src|action|srcset|data)\s*=\s*["']?([^"'\s>]+)""", html)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_refers_to_this_host_only_and_to_what_is_there(page: str, shared: Shop) -> None:
    found = references(shared.ask("GET", page).text)
    assert found
    for reference in found:
        address = urlsplit(urljoin(f"http://testserver{page}", reference))
        assert address.netloc == "testserver", reference
        assert shared.ask("GET", address.path).status_code == 200, reference


@pytest.mark.parametrize("name", ["docs.js", "docs.css"])
def test_our_script_and_style_name_no_other_host(name: str, shared: Shop) -> None:
    assert not re.search(r"//\w", shared.ask("GET", f"/docs/static/{name}").text)


@pytest.mark.parametrize("name", ["docs.css", "swagger-ui/swagger-ui.css"])
def test_styles_fetch_nothing(name: str, shared: Shop) -> None:
    style = shared.ask("GET", f"/docs/static/{name}").text
    assert "@import" not in style
    fetched = [url.strip("\"'") for url in re.findall(r"url\(([^)]*)\)", style)]
    assert all(url.startswith(("data:", "#")) for url in fetched)


def test_swagger_ui_shows_our_document_and_asks_no_validator(shared: Shop) -> None:
    script = shared.ask("GET", "/docs/static/docs.js").text
    assert '"/openapi.json"' in script
    assert "validatorUrl: null" in script


@pytest.mark.parametrize("page", PAGES)
def test_pages_are_html_in_utf_8(page: str, shared: Shop) -> None:
    answer = shared.ask("GET", page)
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert '<html lang="en">' in answer.text
    assert re.search("<title>.+</title>", answer.text)
