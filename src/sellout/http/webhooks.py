"""Webhooks of a running shop: what an event's message says, and the dispatcher with all that it needs."""

import json
from typing import TYPE_CHECKING, Any

from sellout.domain import EntryState, Hold, HoldState, Purchase
from sellout.domain.events import Event, EventType, Offer
from sellout.http.times import rfc3339
from sellout.http.views import entry_view, hold_view, item_view, purchase_view
from sellout.settings import Settings
from sellout.store.clock import Clock
from sellout.webhooks.delivering import Sends
from sellout.webhooks.dispatcher import Dispatcher, Surroundings
from sellout.webhooks.planning import Plan

if TYPE_CHECKING:
    from sellout.http.shop import Shop


def event_view(event: Event) -> dict[str, Any]:
    """An event as its message says it: the same in every delivery, whatever has become of its thing since."""
    return {"type": event.type, "timestamp": rfc3339(event.occurred_at), "data": _data(event)}


def event_body(event: Event) -> str:
    """The body of an event's message."""
    return json.dumps(event_view(event), ensure_ascii=False, separators=(",", ":"))


def _data(event: Event) -> dict[str, Any]:
    match event.subject:
        case Purchase() as purchase:
            refunded = event.type is EventType.PURCHASE_REFUNDED
            return purchase_view(purchase if refunded else purchase._replace(refunded_at=None))
        case Hold() as hold:
            return hold_view(hold._replace(state=HoldState.EXPIRED, purchase_id=None))
        case Offer(entry, hold):
            return entry_view(entry._replace(state=EntryState.OFFERED), None, hold.as_taken())
        case item:
            return item_view(item, event.occurred_at)


def plan_of(settings: Settings) -> Plan:
    """What the operator has chosen."""
    return Plan(
        timeout_seconds=settings.webhook_timeout_seconds,
        retry_seconds=settings.webhook_retry_seconds,
        retry_seconds_max=settings.webhook_retry_seconds_max,
        give_up_days=settings.webhook_give_up_days,
        keep_days=settings.webhook_keep_days,
        private_addresses=settings.webhook_private_addresses,
    )


def sender_of(plan: Plan) -> Sends:
    """What sends messages. The library is imported by those only who have something to send."""
    from sellout.webhooks.sender import Sender

    return Sender(plan.timeout_seconds, private_addresses=plan.private_addresses)


def dispatcher_of(shop: "Shop", clock: Clock) -> Dispatcher:
    """The dispatcher of a shop whose store is open."""
    plan = plan_of(shop.settings)
    around = Surroundings(
        settle=shop.settle,
        is_busy=lambda: shop.committer.queue_length > 0,
        show=event_body,
        clock=clock,
        delivered=shop.metrics.count_webhook,
        oldest=shop.metrics.set_oldest_undelivered,
    )
    return Dispatcher(shop.store, around, plan, lambda: sender_of(plan))
