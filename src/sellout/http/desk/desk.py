"""What the desk's routes work with, once a process: its sessions, and its live figures."""

import secrets
from typing import Annotated

from fastapi import Depends, Request

from sellout.http.desk.live import LiveDesk
from sellout.http.desk.session import Sessions
from sellout.http.shop import Shop

SECRET_BYTES = 32


class Desk:
    """The desk of a shop. It ends with the shop."""

    def __init__(self, shop: Shop) -> None:
        chosen = shop.settings.session_secret
        secret = secrets.token_urlsafe(SECRET_BYTES) if chosen is None else chosen.get_secret_value()
        self.sessions = Sessions(secret, secure=shop.settings.secure_cookies)
        self.live = LiveDesk(shop)


def desk_of(request: Request) -> Desk:
    """The desk that a request came to."""
    desk: Desk = request.app.state.desk
    return desk


OpenDesk = Annotated[Desk, Depends(desk_of)]
