"""The challenge that a client has to pass before it takes anything, where a setting asks for one."""

from fastapi import APIRouter, Request, Response

from sellout.http.answers import json_answer
from sellout.http.challenge.gate import NONE
from sellout.http.documented import answers
from sellout.http.models import ChallengeOut
from sellout.http.responses import respond
from sellout.http.shop import OpenShop

router = APIRouter(tags=["challenge"])


@router.get("/v1/challenge", responses=answers(200, ChallengeOut))
async def get_challenge(request: Request, shop: OpenShop) -> Response:
    """What has to be done before a request that takes something: `kind` is `none`, `proof-of-work`, or another.

    For a proof of work, find a whole number so that the SHA-256 of `TOKEN:NUMBER` begins with `bits` zero bits, and
    send `Challenge-Response: TOKEN:NUMBER` with one request, and again with each retry under its Idempotency-Key.
    """
    view = {"kind": NONE} if shop.challenge is None else {"kind": shop.challenge.kind, **shop.challenge.issue()}
    return respond(request, json_answer(200, view))
