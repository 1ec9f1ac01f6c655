"""Webhooks: who has asked for it is told of sales, at least once, and in order for each item.

    planning.py    what is due, when it is tried again, when an endpoint is given up; pure
    signing.py     secrets and the headers of Standard Webhooks (https://www.standardwebhooks.com)
    addresses.py   which addresses may be connected to
    answers.py     what may become of a request; pure
    sender.py      one request over the network
    delivering.py  the events of one item for one endpoint, one after the other
    dispatcher.py  the task of a worker that looks for work, holds leases and begins deliveries

What has happened is in the outbox, which the database's triggers fill in the sale's own transaction.
"""
