"""Secrets, and the headers of a signed message, as Standard Webhooks has them."""

import base64
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime

from standardwebhooks import Webhook

from sellout.domain import MICROSECONDS, Instant

SECRET_BYTES = 32
PREFIX = "whsec_"


def new_secret() -> str:
    """A secret of 256 random bits."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def new_endpoint_id() -> str:
    """The id of a new endpoint."""
    return f"whe_{secrets.token_hex(8)}"


def signed_headers(event_id: str, body: str, secrets_now: Sequence[str], now: Instant) -> dict[str, str]:
    """The headers of a message that is sent at `now`, with a signature for each secret."""
    moment = datetime.fromtimestamp(now // MICROSECONDS, UTC)
    signatures = [Webhook(secret).sign(event_id, moment, body) for secret in secrets_now]
    return {
        "content-type": "application/json",
        "webhook-id": event_id,
        "webhook-timestamp": str(now // MICROSECONDS),
        "webhook-signature": " ".join(signatures),
    }
