"""How long an answer may be kept: not at all, unless it says otherwise; what everybody sees, for a second.

No framework, no store. The rules are those of RFC 9111 (caching) and RFC 9110, section 13 (conditions).
"""

import hashlib

from sellout.http.answers import Answer, Headers

NO_STORE = ("cache-control", "no-store")
"""For what is personal or decides: a cache that kept it would tell somebody what is no longer so, or not his."""

FOR_A_SECOND = ("cache-control", "public, max-age=1")
"""For what everybody sees alike: a rush of lookers costs a cache in front of us one question a second."""

ASK_AGAIN = ("cache-control", "no-cache")
"""For files that may be kept, and are to be asked for again each time."""

DOCUMENTS = "/docs"

TAG_BYTES = 12


def rule_of(path: str) -> tuple[str, str]:
    """The rule for an answer that has none of its own."""
    return ASK_AGAIN if path.startswith(DOCUMENTS) else NO_STORE


def tag_of(body: bytes) -> str:
    """The entity tag of a body."""
    return f'"{hashlib.blake2b(body, digest_size=TAG_BYTES).hexdigest()}"'


def is_known(tag: str, if_none_match: str | None) -> bool:
    """Whether the client has this version, by its If-None-Match; weak tags compare as strong ones."""
    if if_none_match is None:
        return False
    sent = [each.strip().removeprefix("W/") for each in if_none_match.split(",")]
    return "*" in sent or tag.removeprefix("W/") in sent


def for_a_second(answer: Answer, if_none_match: str | None) -> Answer:
    """An answer to everybody, with its tag; or 304 where the client has it."""
    tag = tag_of(answer.body)
    headers: Headers = [FOR_A_SECOND, ("etag", tag)]
    if is_known(tag, if_none_match):
        return Answer(304, headers, b"")
    return Answer(
        answer.status, [*(each for each in answer.headers if each[0] != "cache-control"), *headers], answer.body
    )
