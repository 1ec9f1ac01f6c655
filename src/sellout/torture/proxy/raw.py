"""Bytes, whatever they mean: what stands between a server and PostgreSQL. May touch: nothing but the link."""

import asyncio

from sellout.torture.proxy.proxy import Link
from sellout.torture.proxy.side import Side


async def raw(link: Link) -> None:
    """Pass bytes both ways, until one end has said its last."""
    ways = [
        asyncio.create_task(_pass(link, link.client, link.server)),
        asyncio.create_task(_pass(link, link.server, link.client)),
    ]
    try:
        done, _ = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
    for way in done:
        way.result()


async def _pass(link: Link, source: Side, sink: Side) -> None:
    while data := await source.read():
        await link.proxy.let_pass(sink, data)
