"""A TCP proxy that goes wrong as networks do, between buyers and a server, or between a server and PostgreSQL.

faults.py     what can go wrong with a request, and what did, as values; pure
framing.py    where a request or an answer ends; pure
side.py       one connection: reading, sending, and the reset
proxy.py      the port: every connection through it, and what is switched for all of them
http.py       what it carries as HTTP/1.1: a fault for each request
raw.py        what it carries as bytes
exchange.py   one request, its fault and its answer

async with Proxy(Address("127.0.0.1", port), Http(choose)) as proxy:   # proxy.url, proxy.port
    proxy.partition(); proxy.heal(); proxy.slow(0.1); proxy.reset_all(); proxy.target = Address(...)
    proxy.happened   # what went wrong, and when, for the timeline
"""
