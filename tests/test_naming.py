"""Slugs: made from any name, and known when seen."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sellout.naming import SLUG_LENGTH_MAX, SLUG_PATTERN, is_slug, slug

NAMES = {
    "Item A": "item-a",
    "  Front   row  ": "front-row",
    "Zoë's Café & Bar!": "zoe-s-cafe-bar",
    "a_b.c/d": "a-b-c-d",
    "東京": "dong-jing",
    "2027": "2027",
    "🎫": "",
    "": "",
    "---": "",
}


@pytest.mark.parametrize("name", NAMES)
def test_a_slug_has_small_letters_digits_and_hyphens_between_them(name: str) -> None:
    assert slug(name) == NAMES[name]


@given(st.text(max_size=300))
def test_any_name_makes_a_slug_or_nothing(name: str) -> None:
    made = slug(name)
    assert made == "" or is_slug(made)
    assert slug(made) == made, "a slug of a slug is the same"


def test_a_long_name_makes_a_slug_of_the_greatest_length() -> None:
    assert len(slug("a" * 300)) == SLUG_LENGTH_MAX
    assert is_slug(slug("ab " * 100))


@pytest.mark.parametrize("text", ["a", "0", "a-b", "a--b", "a" * SLUG_LENGTH_MAX])
def test_slugs_are_known(text: str) -> None:
    assert is_slug(text)


@pytest.mark.parametrize(
    "text", ["", "-", "-a", "a-", "A", "a b", "é", "a\n", "\na", "a" * (SLUG_LENGTH_MAX + 1), "a/b"]
)
def test_other_texts_are_no_slugs(text: str) -> None:
    assert not is_slug(text)


def test_the_pattern_is_the_same_in_every_language_that_reads_it() -> None:
    assert re.fullmatch(r"\^[^\\$]*\$", SLUG_PATTERN), "anchored, and without shorthands that mean more elsewhere"
