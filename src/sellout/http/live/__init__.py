"""Live views: one reader of the database a process, however many people watch.

feed.py      reads in rounds and tells every watch what has changed; bounded, blind to what is told
events.py    server-sent events as bytes
clock.py     the store's clock, as a stream tells it
items.py     what the feed of items tells
streaming.py a watch as an answer that goes on, for both doors
"""
