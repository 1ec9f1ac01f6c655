"""Which form of an answer a client would rather have."""

import pytest

from sellout.http.accepting import CSV, JSON, prefers


@pytest.mark.parametrize(
    "accept",
    [
        "text/csv",
        "TEXT/CSV",
        "text/csv; charset=utf-8",
        "text/csv, */*;q=0.1",
        "application/json;q=0.5, text/csv;q=0.9",
        "text/csv, application/json",
    ],
)
def test_csv_is_given_to_who_names_it_and_wants_it_no_less(accept: str) -> None:
    assert prefers(accept, CSV, JSON)


@pytest.mark.parametrize(
    "accept",
    [
        None,
        "",
        "*/*",
        "text/*",
        "text/csv;q=0",
        "text/csv;q=much",
        "text/csv;q=0.1, application/json",
        "text/csv;q=0.2, application/*;q=0.3",
        "text/csv-schema",
    ],
)
def test_others_get_what_is_usual(accept: str | None) -> None:
    assert not prefers(accept, CSV, JSON)
