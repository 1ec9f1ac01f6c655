"""Deliveries to a real receiver that dies, is slow, answers 500, 410 or a redirect: at least once, and in order."""

import asyncio
import time
from collections import defaultdict
from random import Random
from typing import Any

import pytest
from standardwebhooks import Webhook

from sellout.domain import AddItem, Bought
from sellout.domain.events import EventType
from sellout.store.webhooks import Webhooks
from sellout.webhooks import planning
from tests.store.shop import Shop
from tests.webhooks.receiver import DIES, Message, Reaction, Receiver, receiving
from tests.webhooks.stage import QUICK, Stage, play
from tests.words import a_buy, a_hold, a_join, an_item, change, refund

SLOW = 2.0
"""Longer than the plan waits."""


def in_order(receiver: Receiver, item: str) -> list[str]:
    """The events of an item as they were accepted, without repeats."""
    accepted = [m for m in receiver.accepted if m.data.get("item", m.data.get("id")) == item]
    return list(dict.fromkeys(message.id for message in accepted))


def follows_2xx_only(receiver: Receiver) -> bool:
    """Whether no event of an item came before the one before it had been accepted."""
    accepted = {message.id for message in receiver.accepted}
    last: dict[str, str] = {}
    for message in receiver.messages:
        item = message.data.get("item", message.data.get("id", ""))
        if last.get(item, message.id) != message.id and last[item] not in accepted:
            return False
        last[item] = message.id
    return True


def test_each_event_arrives_at_least_once_and_in_order_whatever_the_receiver_does(
    shop: Shop, receiver: Receiver
) -> None:
    chance = Random(7)

    def odd(_: Message) -> Reaction:
        reactions: list[Reaction] = [200, 200, 204, 500, 503, 404, DIES, SLOW, "http://127.0.0.1:9/x", receiver.url]
        return chance.choice(reactions)

    async def script(stage: Stage) -> None:
        await stage.add()
        await stage.dispatcher()
        receiver.react = odd
        for _ in range(6):
            await stage.transact(a_buy("a"), a_buy("b"))
        (sold,) = await stage.transact(a_buy("a"))
        assert isinstance(sold, Bought)
        await stage.transact(refund(sold.purchase.id))
        events = await stage.events()
        assert len(events) == 14
        await stage.until_accepted(len(events))
        by_item = defaultdict(list)
        for event in (await stage.store.webhooks.latest_events(100))[::-1]:
            by_item[event.item_id].append(event.id)
        for item_id, ids in by_item.items():
            assert in_order(receiver, item_id) == ids
        assert follows_2xx_only(receiver)
        assert set(receiver.ids()) == set(events)
        assert stage.outcomes["delivered"] >= len(events)
        assert stage.outcomes.keys() <= {"delivered", "refused", "timed_out", "unreachable", "redirected"}

    play(shop, receiver, script)


def test_a_repeat_is_the_same_message_with_a_signature_of_its_own(shop: Shop, receiver: Receiver) -> None:
    receiver.react = lambda message: 500 if message.tries < 3 else 200

    async def script(stage: Stage) -> None:
        await stage.add()
        await stage.dispatcher()
        buy = a_buy()
        await stage.transact(buy)
        await stage.until_accepted(1)
        assert [message.tries for message in receiver.messages] == [1, 2, 3]
        assert len({message.body for message in receiver.messages}) == 1
        assert len({message.id for message in receiver.messages}) == 1
        (message,) = receiver.accepted
        assert (message.type, message.data["purchase_id"]) == ("purchase.created", buy.purchase_id)
        assert message.headers["content-type"] == "application/json"
        assert message.headers["user-agent"].startswith("Sellout/")

    play(shop, receiver, script)


def test_410_disables_the_endpoint_at_once(shop: Shop, receiver: Receiver) -> None:
    receiver.react = lambda _: 410

    async def script(stage: Stage) -> None:
        await stage.add()
        await stage.dispatcher()
        await stage.transact(a_buy(), a_buy())

        async def is_disabled() -> bool:
            return (await stage.endpoint()).disabled_at is not None

        await stage.until(is_disabled)
        await stage.transact(a_buy())
        await asyncio.sleep(0.5)
        assert len(receiver.messages) == 1
        assert (await stage.endpoint()).disabled_because == "410: it wants no more"
        assert stage.outcomes == {"gone": 1}

    play(shop, receiver, script)


def test_an_endpoint_that_fails_for_days_is_disabled_and_can_go_on_later(shop: Shop, receiver: Receiver) -> None:
    receiver.react = lambda _: 500

    async def script(stage: Stage) -> None:
        await stage.add()
        await stage.dispatcher()
        await stage.transact(a_buy())
        await stage.until(lambda: len(receiver.messages) >= 2)
        stage.go_on(2.9 * 86_400)
        seen = len(receiver.messages)
        await stage.until(lambda: len(receiver.messages) >= seen + 2)
        endpoint = await stage.endpoint()
        assert endpoint.disabled_at is None
        assert endpoint.failing_since is not None
        stage.go_on(0.2 * 86_400)

        async def is_disabled() -> bool:
            return (await stage.endpoint()).disabled_at is not None

        await stage.until(is_disabled)
        assert (await stage.endpoint()).disabled_because == "it has failed for 3 days; the last answer: 500"
        receiver.react = lambda _: 200
        assert await stage.store.webhooks.enable("w")
        await stage.until_accepted(1)

    play(shop, receiver, script)


def test_a_redirect_is_not_followed(shop: Shop, receiver: Receiver) -> None:
    with receiving() as elsewhere:
        receiver.react = lambda message: elsewhere.url if message.tries < 3 else 200

        async def script(stage: Stage) -> None:
            await stage.add()
            await stage.dispatcher()
            await stage.transact(a_buy())
            await stage.until_accepted(1)
            assert stage.outcomes == {"redirected": 2, "delivered": 1}

        play(shop, receiver, script)
        assert elsewhere.messages == []


def test_an_item_that_fails_holds_up_no_other(shop: Shop, receiver: Receiver) -> None:
    receiver.react = lambda message: 500 if message.data.get("item") == "a" else 200

    async def script(stage: Stage) -> None:
        await stage.add()
        await stage.dispatcher()
        await stage.transact(a_buy("a"), a_buy("a"), a_buy("b"), a_buy("b"))
        await stage.until_accepted(2)
        assert {message.data["item"] for message in receiver.accepted} == {"b"}

        def of_a() -> set[str]:
            return {message.id for message in receiver.messages if message.data["item"] == "a"}

        await stage.until(of_a)
        assert len(of_a()) == 1, "in order"
        receiver.react = lambda _: 200
        await stage.until_accepted(4)
        assert stage.oldest >= 0

    play(shop, receiver, script)


def test_what_was_answered_but_not_kept_arrives_again(
    shop: Shop, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = Webhooks.record
    lost: list[str] = []

    async def loses_some(self: Webhooks, *values: Any) -> Any:
        if len(lost) < 2:
            lost.append(values[1])
            raise ConnectionError("the worker dies between the answer and the cursor")
        return await right(self, *values)

    monkeypatch.setattr(Webhooks, "record", loses_some)

    async def script(stage: Stage) -> None:
        await stage.add()
        await stage.dispatcher()
        await stage.transact(a_buy(), a_buy())
        await stage.until(lambda: len(receiver.accepted) >= 6)
        first, second = await stage.events()
        assert [message.id for message in receiver.accepted] == [first, second] * 3

    play(shop, receiver, script)


def test_one_of_two_workers_delivers_and_the_other_goes_on_when_it_is_gone(shop: Shop, receiver: Receiver) -> None:
    async def script(stage: Stage) -> None:
        await stage.add()
        workers = [await stage.dispatcher(), await stage.dispatcher()]
        for _ in range(5):
            await stage.transact(a_buy("a"), a_buy("b"))
            await asyncio.sleep(0.05)
        await stage.until_accepted(10)
        assert len(receiver.messages) == 10, "each event once: nobody delivers beside the other"
        holder = (await stage.endpoint()).lease_holder
        (gone,) = [worker for worker in workers if worker._holder == holder]
        task = gone._task
        assert task is not None
        task.cancel()  # without giving anything back, as one that is killed
        await stage.transact(a_buy("a"))
        await stage.until_accepted(11)
        assert (await stage.endpoint()).lease_holder not in (None, holder)

    play(shop, receiver, script)


def test_a_worker_that_stops_gives_its_lease_back_and_cuts_off_what_takes_long(shop: Shop, receiver: Receiver) -> None:
    async def script(stage: Stage) -> None:
        await stage.add()
        worker = await stage.dispatcher()
        await stage.transact(a_buy())
        await stage.until_accepted(1)
        receiver.react = lambda _: 25.0
        await stage.transact(a_buy())
        await stage.until(lambda: len(receiver.messages) == 2)
        began = time.monotonic()
        await worker.stop()
        assert time.monotonic() - began < planning.STOP_SECONDS + 5
        assert (await stage.endpoint()).lease_until == 0
        receiver.react = lambda _: 200
        await stage.dispatcher()
        await stage.until_accepted(2)

    play(shop, receiver, script, QUICK._replace(timeout_seconds=20))


def test_while_a_secret_is_rotated_both_verify(shop: Shop, receiver: Receiver) -> None:
    async def script(stage: Stage) -> None:
        await stage.add()
        old, new = receiver.secret, "whsec_bmV3ZXIgc2VjcmV0"
        assert await stage.store.webhooks.rotate("w", new, 3600 * 1_000_000)
        await stage.dispatcher()
        await stage.transact(a_buy())
        await stage.until_accepted(1)
        (message,) = receiver.accepted
        for secret in (old, new):
            Webhook(secret).verify(message.body, message.headers)
        assert len(message.headers["webhook-signature"].split()) == 2

    play(shop, receiver, script)


def test_a_hold_is_told_to_have_expired_though_nobody_asks(shop: Shop, receiver: Receiver) -> None:
    async def script(stage: Stage) -> None:
        await stage.transact(AddItem(an_item("c", hold_seconds=60)))
        await stage.add(EventType.HOLD_EXPIRED)
        await stage.dispatcher()
        hold = a_hold("c", quantity=2, buyer="ada")
        await stage.transact(hold)
        stage.go_on(61)
        await stage.until_accepted(1)
        (message,) = receiver.accepted
        assert (message.type, message.data["hold_id"], message.data["state"]) == (
            "hold.expired", hold.hold_id, "expired",
        )  # fmt: skip

    play(shop, receiver, script)


def test_who_waits_is_offered_units_when_the_sale_opens_though_nobody_asks(shop: Shop, receiver: Receiver) -> None:
    async def script(stage: Stage) -> None:
        await stage.transact(AddItem(an_item("c", capacity=1)), buy := a_buy("c"))
        await stage.transact(join := a_join("ada", item_id="c", contact="ada@example.org"))
        await stage.transact(change("c", opens_at=stage.clock() + 60 * 1_000_000))
        await stage.transact(refund(buy))
        await stage.add(EventType.WAITLIST_OFFERED)
        await stage.dispatcher()
        stage.go_on(61)
        await stage.until_accepted(1)
        (message,) = receiver.accepted
        assert (message.data["entry_id"], message.data["hold"]["hold_id"]) == (join.entry_id, join.hold_id)
        assert "contact" not in message.body
        assert "ada@example.org" not in message.body

    play(shop, receiver, script)


def test_who_has_nothing_to_send_has_no_sender(shop: Shop, receiver: Receiver) -> None:
    async def script(stage: Stage) -> None:
        await stage.dispatcher()
        await stage.transact(a_buy())
        await stage.add()
        await asyncio.sleep(0.3)
        assert stage.senders == 0

    play(shop, receiver, script)


def test_while_buyers_wait_requests_keep_their_distance(shop: Shop, receiver: Receiver) -> None:
    async def script(stage: Stage) -> None:
        stage.busy = True
        await stage.add()
        await stage.dispatcher()
        began = time.monotonic()
        await stage.transact(*[a_buy() for _ in range(20)])
        await stage.until_accepted(20)
        assert time.monotonic() - began >= 19 * planning.BUSY_PAUSE_SECONDS

    play(shop, receiver, script)


def test_a_long_answer_is_cut_off_and_counts_by_its_status(shop: Shop, receiver: Receiver) -> None:
    receiver.body = b"x" * 1_000_000

    async def script(stage: Stage) -> None:
        await stage.add()
        await stage.dispatcher()
        await stage.transact(a_buy(), a_buy())
        await stage.until_accepted(2)
        assert stage.outcomes == {"delivered": 2}

    play(shop, receiver, script)


def test_the_age_of_the_oldest_undelivered_event_is_told(shop: Shop, receiver: Receiver) -> None:
    receiver.react = lambda _: 500

    async def script(stage: Stage) -> None:
        await stage.add()
        await stage.dispatcher()
        await stage.transact(a_buy())
        stage.go_on(100)
        await stage.until(lambda: stage.oldest > 99)
        receiver.react = lambda _: 200
        await stage.until(lambda: stage.oldest == 0)

    play(shop, receiver, script)
