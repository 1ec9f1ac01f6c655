"""Server-sent events as bytes, as the HTML standard wants them (section 9.2.5)."""

import pytest

from sellout.http.live.events import comment, event, retry


def test_an_event_has_a_name_its_data_and_an_empty_line() -> None:
    assert event("item", '{"id": "a"}') == b'event: item\ndata: {"id": "a"}\n\n'


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
def test_each_line_of_the_data_is_a_line_of_its_own(line_break: str) -> None:
    assert event("item", f"one{line_break}two") == b"event: item\ndata: one\ndata: two\n\n"


def test_an_empty_line_within_the_data_does_not_end_the_event() -> None:
    assert event("item", "one\n\ntwo") == b"event: item\ndata: one\ndata: \ndata: two\n\n"


def test_an_event_without_data_still_is_one() -> None:
    assert event("end", "") == b"event: end\ndata: \n\n"


def test_it_is_utf_8() -> None:
    assert event("item", "Zoë") == b"event: item\ndata: Zo\xc3\xab\n\n"


def test_a_comment_is_a_line_that_no_page_reads() -> None:
    assert comment("keep-alive") == b": keep-alive\n\n"


def test_a_retry_is_in_milliseconds() -> None:
    assert retry(1500) == b"retry: 1500\n\n"
