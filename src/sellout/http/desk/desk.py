"""What the desk's routes work with, once a process: its sessions, and its live figures."""

from typing import Annotated

from fastapi import Depends, Request

from sellout.http.desk.live import LiveDesk
from sellout.http.desk.session import Sessions
from sellout.http.shop import Shop


class Desk:
    """The desk of a shop. It ends with the shop."""

    def __init__(self, shop: Shop) -> None:
        self.sessions = Sessions(shop.secret, secure=shop.settings.secure_cookies)
        self.live = LiveDesk(shop)


def desk_of(request: Request) -> Desk:
    """The desk that a request came to."""
    desk: Desk = request.app.state.desk
    return desk


OpenDesk = Annotated[Desk, Depends(desk_of)]
