"""What docs/webhooks.md says is what the program does: its events, its receiver, its commands and its limits."""

import json
import re
import shlex
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook
from typer.main import get_command

from sellout.cli import app
from sellout.domain import EntryState, Hold, HoldState, Item, Purchase
from sellout.domain.events import Event, EventType, Offer, Subject
from sellout.http.times import instant_of
from sellout.http.webhooks import event_body, event_view
from sellout.settings import Settings
from sellout.store.clock import host_clock
from sellout.webhooks import planning
from sellout.webhooks.answers import OUTCOMES
from sellout.webhooks.sender import ANSWER_BYTES_MAX
from sellout.webhooks.signing import new_secret, signed_headers

PAGE = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text("utf-8")
TEXT = " ".join(PAGE.split())


def at(time: str) -> int:
    return instant_of(datetime.fromisoformat(f"2027-01-31T{time}+00:00"))


def the_entry() -> Any:
    from sellout.domain import Entry

    return Entry(
        "0194be2f-7a02-7d11-9a45-60a3f0d8e1c2", "front-row", "cyd", 2, "cyd@example.org",
        "0194be2f-7a03-7e52-b0d7-0b1c2d3e4f50", 1, EntryState.LEFT, at("19:01:00"),
    )  # fmt: skip


PURCHASE = Purchase(
    "0194be2f-7a00-7cc3-98c4-dc0c0c07398f", "front-row", "Front row", "ada", 2, "a key", at("19:00:00"), at("19:05:00")
)
SUBJECTS: dict[EventType, tuple[str, Subject]] = {
    EventType.PURCHASE_CREATED: ("19:00:00", PURCHASE),
    EventType.PURCHASE_REFUNDED: ("19:05:00", PURCHASE),
    EventType.HOLD_EXPIRED: (
        "19:10:01",
        Hold(
            "0194be2f-7a01-7b2e-8f39-2f9b5c1f7a10", "front-row", "Front row", "bob", 1, "a key", at("19:00:00"),
            at("19:10:00"), at("19:10:00"), HoldState.CONFIRMED, at("19:11:00"), "a later purchase",
        ),
    ),
    EventType.ITEM_SOLD_OUT: (
        "19:00:00", Item("front-row", "Front row", 200, 200, 0, None, None, False, 4, 10, 600, 900, 600),
    ),
    EventType.WAITLIST_OFFERED: (
        "19:05:00",
        Offer(
            the_entry(),
            Hold(
                "0194be2f-7a03-7e52-b0d7-0b1c2d3e4f50", "front-row", "Front row", "cyd", 2, None, at("19:05:00"),
                at("19:15:00"), at("19:20:00"), HoldState.RELEASED, at("19:12:00"),
            ),
        ),
    ),
}  # fmt: skip
"""What became of these things later is no part of what is told."""


def event(kind: EventType) -> Event:
    time, subject = SUBJECTS[kind]
    return Event(12, "0123456789abcdef", kind, "front-row", subject, at(time))


@pytest.mark.parametrize("kind", list(EventType))
def test_each_event_is_shown_as_it_is_sent(kind: EventType) -> None:
    (shown,) = re.findall(rf"### {re.escape(kind)}\n\n```json\n(.*?)```", PAGE, re.DOTALL)
    view = json.loads(shown)
    assert view == event_view(event(kind)) == json.loads(event_body(event(kind)))
    assert list(view) == ["type", "timestamp", "data"]
    assert f"| `{kind}` |" in PAGE
    assert "a key" not in event_body(event(kind))
    assert "cyd@example.org" not in event_body(event(kind))


def test_the_receiver_takes_a_real_message_once_and_refuses_a_forged_one(capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    body, secret = event_body(event(EventType.PURCHASE_CREATED)), new_secret()
    headers = signed_headers("evt_1_x", body, [secret], host_clock())
    assert names["receive"](body.encode(), headers, secret) == 204
    assert names["receive"](body.encode(), headers, secret) == 204
    assert capsys.readouterr().out.count("purchase.created") == 1
    assert names["receive"](body.replace("ada", "eve").encode(), headers, secret) == 401
    assert names["receive"](body.encode(), headers, new_secret()) == 401


def test_both_secrets_of_a_rotation_verify() -> None:
    old, new = new_secret(), new_secret()
    headers = signed_headers("evt_1_x", "{}", [new, old], host_clock())
    for secret in (old, new):
        assert Webhook(secret).verify("{}", headers) == {}


def test_every_command_can_be_parsed() -> None:
    lines = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
    assert len(lines) >= 9
    for line in lines:
        program, group, name, *words = shlex.split(line, comments=True)
        assert (program, group) == ("sellout", "webhooks")
        command: Any = get_command(app)
        command.commands[group].commands[name].make_context(name, words)


def test_settings_limits_and_outcomes_are_those_of_the_program() -> None:
    defaults = Settings.model_construct()
    for name in re.findall(r"SELLOUT_(\w+)", PAGE):
        assert name.lower() in Settings.model_fields
    assert (defaults.webhook_timeout_seconds, defaults.webhook_retry_seconds) == (10, 5)
    assert (defaults.webhook_retry_seconds_max, defaults.webhook_give_up_days, defaults.webhook_keep_days) == (
        3600, 3, 14,
    )  # fmt: skip
    assert f"There may be {planning.ENDPOINTS_MAX} endpoints" in TEXT
    assert f"Up to {planning.ITEMS_AT_ONCE} items" in TEXT
    assert f"a worker sends {round(1 / planning.BUSY_PAUSE_SECONDS)} requests" in TEXT
    assert f"more than {ANSWER_BYTES_MAX // 1024} KiB" in TEXT
    for outcome in OUTCOMES:
        assert f"`{outcome}`" in PAGE
