"""An item at the desk: its page, putting a new one on sale, changing its settings."""

import json
from typing import NamedTuple

from fastapi import APIRouter, Request, Response

from sellout.domain import AddItem, ItemSaved, Outcome, Refused
from sellout.http.callers import check_tokens_are_read
from sellout.http.desk.desk import Desk, OpenDesk
from sellout.http.desk.fields import (
    WAS,
    Errors,
    Values,
    WrongFields,
    changes,
    new_item,
    refused_fields,
    sentence,
    typed,
    values_of,
)
from sellout.http.desk.gate import Manager, Organiser, is_own
from sellout.http.desk.reading import ItemReading
from sellout.http.desk.session import Session
from sellout.http.desk.showing import back_to, show
from sellout.http.items import change_of, item_of
from sellout.http.models import ItemChanges
from sellout.http.pages.forms import Form, read_form
from sellout.http.pages.items import item_now
from sellout.http.requests import BadRequest
from sellout.http.routes.common import UNKNOWN_ITEM
from sellout.http.shop import OpenShop, Shop

router = APIRouter(include_in_schema=False)

NOT_OURS = "This form was older than your session, so nothing was changed. What you typed is still here: press again."


@router.get("/desk/items/new")
async def new_page(shop: OpenShop, session: Manager) -> Response:
    """The form of a new item."""
    return _show_new(shop, session, typed({}), {})


@router.post("/desk/items/new")
async def add(request: Request, shop: OpenShop, session: Manager) -> Response:
    """Put an item on sale."""
    form = await read_form(request)
    if not is_own(form, session):
        return _show_new(shop, session, typed(form), {}, alert=NOT_OURS, status=403)
    try:
        command = _new(form, shop)
    except WrongFields as wrong:
        return _show_new(shop, session, typed(form), wrong.errors, status=422)
    outcome: Outcome = await shop.commit(command)
    if isinstance(outcome, ItemSaved):
        return back_to(f"/desk/items/{outcome.item.id}", "added")
    assert isinstance(outcome, Refused)  # noqa: S101 - an item is saved or refused
    return _show_new(shop, session, typed(form), refused_fields(outcome), status=409)


def _new(form: Form, shop: Shop) -> AddItem:
    """The item that was typed. Raises WrongFields."""
    try:
        body = new_item(form)
        check_tokens_are_read(shop, body.buyer_tokens)
        return item_of(body, shop.settings)
    except BadRequest as error:
        raise WrongFields({one.field: sentence(one.message) for one in error.problem.errors}) from None


def _changes(shop: Shop, form: Form) -> ItemChanges:
    """The changes that were typed. Raises WrongFields."""
    body = changes(form)
    try:
        check_tokens_are_read(shop, body.buyer_tokens)
    except BadRequest as error:
        raise WrongFields({one.field: sentence(one.message) for one in error.problem.errors}) from None
    return body


def _show_new(
    shop: Shop, session: Session, values: Values, errors: Errors, alert: str = "", status: int = 200
) -> Response:  # fmt: skip
    return show(
        "new.html", session, status=status, values=values, errors=errors, alert=alert, settings=shop.settings,
    )  # fmt: skip


@router.get("/desk/items/{item_id}")
async def item_page(desk: OpenDesk, session: Organiser, item_id: str, done: str = "") -> Response:
    """One item, live, with what can be done with it."""
    return await show_item(desk, session, item_id, result=done)


async def show_item(
    desk: Desk, session: Session, item_id: str, *, result: str = "", alert: str = "", status: int = 200, add: str = ""
) -> Response:  # fmt: skip
    """An item's page; `alert` says why a press has done nothing, and `add` is what it would have added."""
    reading = await reading_of(desk, item_id)
    return show(
        "item.html", session, result=result, status=status, reading=reading, item=reading.item, alert=alert, add=add,
    )  # fmt: skip


async def reading_of(desk: Desk, item_id: str) -> ItemReading:
    """An item as it stands. Raises BadRequest where there is none."""
    reading = await desk.live.item(item_id)
    if reading is None:
        raise BadRequest(UNKNOWN_ITEM)
    return reading


class Filled(NamedTuple):
    """What stands in the fields of the settings, and what the form was filled with."""

    values: Values
    was: str


@router.get("/desk/items/{item_id}/settings")
async def settings_page(shop: OpenShop, session: Manager, item_id: str) -> Response:
    """The form of an item's settings."""
    item, _ = await item_now(shop, item_id)
    values = values_of(item)
    return await _show_settings(shop, session, item_id, Filled(values, json.dumps(values)), {})


@router.post("/desk/items/{item_id}/settings")
async def change(request: Request, shop: OpenShop, session: Manager, item_id: str) -> Response:
    """Change what was changed in the form, and nothing else."""
    form = await read_form(request)
    filled = Filled(typed(form), form.get(WAS, "{}"))
    if not is_own(form, session):
        return await _show_settings(shop, session, item_id, filled, {}, alert=NOT_OURS, status=403)
    try:
        body = _changes(shop, form)
    except WrongFields as wrong:
        return await _show_settings(shop, session, item_id, filled, wrong.errors, status=422)
    if not body.model_fields_set:
        return back_to(f"/desk/items/{item_id}", "unchanged")
    outcome: Outcome = await shop.commit(change_of(item_id, body))
    if isinstance(outcome, ItemSaved):
        return back_to(f"/desk/items/{item_id}", "saved")
    assert isinstance(outcome, Refused)  # noqa: S101 - a change is saved or refused
    return await _show_settings(shop, session, item_id, filled, refused_fields(outcome), status=409)


async def _show_settings(
    shop: Shop, session: Session, item_id: str, filled: Filled, errors: Errors, alert: str = "", status: int = 200
) -> Response:
    item, now = await item_now(shop, item_id)
    return show(
        "settings.html", session, status=status, item=item, state=item.state(now), values=filled.values,
        errors=errors, was=filled.was, alert=alert,
    )  # fmt: skip
