"""What machines ask: is the process alive, is the database there, how does it go."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST

from sellout.http.answers import json_answer
from sellout.http.documented import answers
from sellout.http.models import Health
from sellout.http.responses import respond
from sellout.http.shop import OpenShop

router = APIRouter(tags=["operation"])

_OK = json_answer(200, {"status": "ok"})


@router.get("/livez", responses=answers(200, Health))
async def livez(request: Request) -> Response:
    """The process answers. Touches nothing else."""
    return respond(request, _OK)


@router.get("/readyz", responses=answers(200, Health, "unavailable"))
async def readyz(request: Request, shop: OpenShop) -> Response:
    """The database answers, and sales are committed."""
    shop.committer.check_alive()
    await shop.store.ping()
    return respond(request, _OK)


@router.get("/metrics", response_class=PlainTextResponse, responses=answers(200, None))
async def metrics(shop: OpenShop) -> Response:
    """The figures of all workers of this machine, for Prometheus."""
    shop.metrics.set_queue_length(shop.committer.queue_length)  # the own is exact; the others' are of their last batch
    return Response(shop.metrics.exposition(), media_type=CONTENT_TYPE_LATEST)
