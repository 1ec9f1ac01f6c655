"""Every setting, with its default, its bounds and its meaning; read from the environment as `SELLOUT_*`."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, NamedTuple
from urllib.parse import unquote, urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from sellout.addresses import networks, origins_of
from sellout.complaints import in_our_words
from sellout.domain import CAPACITY_MAX
from sellout.naming import slug

PREFIX = "SELLOUT_"

ORGANISER_KEY_LENGTH_MIN = 16
SESSION_SECRET_LENGTH_MIN = 32

SECRETS = ("organiser_key", "session_secret", "buyer_token_key")
"""Settings that are never shown."""

_KEY = re.compile(rf"[!-~][ -~]{{{ORGANISER_KEY_LENGTH_MIN - 2},}}[!-~]")


_FUNCTION = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")

_RATE = re.compile(r"[1-9]\d{0,8}/([1-9]\d{0,4})?(second|minute|hour|day)s?")

_PASSWORD = re.compile(r"(//[^:/@]*):[^@]*@")
_PASSWORD_PARAMETER = re.compile(r"([?&][a-z]*password=)[^&]*", re.IGNORECASE)


class BadSetting(Exception):
    """A setting has a value that cannot be used. The message names it, the value and what is allowed."""


class Settings(BaseSettings):
    """What an operator may choose. Times are in seconds, sizes in the unit that the name ends with."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True, hide_input_in_errors=True)

    database: Annotated[
        str,
        Field(
            description="Where sales are kept: sqlite:///FILE, relative to the working folder, or "
            "postgresql://USER:PASSWORD@HOST:PORT/NAME, with several HOST:PORT separated by commas where it fails over"
        ),
    ] = "sqlite:///inventory.db"
    host: Annotated[str, Field(description="Address to listen on", min_length=1)] = "127.0.0.1"
    port: Annotated[int, Field(description="Port to listen on; 0 takes a free one", ge=0, le=65535)] = 8000
    workers: Annotated[int, Field(description="Server processes on the same database", ge=1, le=64)] = 1
    item: Annotated[
        str,
        Field(description="Name of the default item, which POST /buy_ticket sells", min_length=1, max_length=200),
    ] = "Item A"
    stock: Annotated[
        int, Field(description="Capacity of the default item when it is created", ge=0, le=CAPACITY_MAX)
    ] = 100
    organiser_key: Annotated[
        SecretStr | None,
        Field(
            description="A key for the organiser routes, of 16 printable ASCII characters or more; "
            "without one, the first start makes one and prints it once"
        ),
    ] = None
    session_secret: Annotated[
        SecretStr | None,
        Field(
            description="Signs the session cookies of the organiser's desk, and challenges, of 32 characters or more; "
            "without one, the first start makes one and keeps it in the database, where all nodes find it"
        ),
    ] = None
    buyer_token_key: Annotated[
        SecretStr | None,
        Field(
            description="Verifies buyers' tokens, for items that require one: an Ed25519 public key in PEM (the text, "
            "or its file as /FOLDER/FILE.pem), or a secret of 32 bytes or more for HS256"
        ),
    ] = None
    buyer_token_audience: Annotated[
        str, Field(description="For whom a buyer's token has to be: its `aud`", min_length=1, max_length=200)
    ] = "sellout"  # noqa: S105 - no secret
    buyer_token_issuer: Annotated[
        str | None,
        Field(
            description="By whom a buyer's token has to be: its `iss`. Without it `iss` is not looked at: the key says "
            "whose tokens they are",
            min_length=1,
            max_length=200,
        ),
    ] = None
    secure_cookies: Annotated[
        bool, Field(description="Send the pages' cookies over TLS only: set it where a proxy before Sellout speaks TLS")
    ] = False
    max_per_order: Annotated[
        int, Field(description="Units in one order, where the item does not say otherwise", ge=1, le=10_000)
    ] = 10
    hold_seconds: Annotated[
        int,
        Field(description="How long a hold lasts, where the item does not say otherwise", ge=1, le=86_400),
    ] = 600
    payment_seconds: Annotated[
        int,
        Field(
            description="How long a hold lasts from when its payment begins, where the item does not say otherwise",
            ge=1,
            le=86_400,
        ),
    ] = 900
    offer_seconds: Annotated[
        int,
        Field(
            description="How long an offer to the waiting list lasts, where the item does not say otherwise",
            ge=1,
            le=86_400,
        ),
    ] = 600
    basket_lines_max: Annotated[int, Field(description="Lines in a basket", ge=1, le=100)] = 20
    buyer_length_max: Annotated[int, Field(description="Characters in a buyer's name", ge=1, le=1024)] = 128
    body_bytes_max: Annotated[int, Field(description="Bytes in the body of a request", ge=256, le=1_048_576)] = 16_384
    batch_size_max: Annotated[int, Field(description="Commands in one transaction", ge=1, le=10_000)] = 1000
    queue_length_max: Annotated[
        int,
        Field(description="Commands that may wait for their transaction; more get 503 busy", ge=1, le=1_000_000),
    ] = 10_000
    page_size_max: Annotated[int, Field(description="Rows in one page of a list", ge=1, le=1000)] = 100
    unavailable_after_seconds: Annotated[
        float,
        Field(
            description="How long a request waits for the database before it gets 503 unavailable",
            gt=0,
            le=60,
        ),
    ] = 5.0
    lock_wait_seconds: Annotated[
        float,
        Field(description="How long a start waits for another process that changes the database", gt=0, le=600),
    ] = 30.0
    rate_per_address: Annotated[
        str | None,
        Field(
            description="Requests that one client address may send to one worker, such as 50/second or 1000/minute; "
            "more get 429. An IPv6 client is its /64 network"
        ),
    ] = None
    rate_per_buyer: Annotated[
        str | None,
        Field(description="Requests that may name one buyer, at one worker, such as 20/minute; more get 429"),
    ] = None
    rate_of_holds: Annotated[
        str | None,
        Field(description="Holds that one buyer may take of an item at one worker, given back or not, such as 5/hour"),
    ] = None
    challenge: Annotated[
        str,
        Field(
            description="What a client must do before it buys, holds or joins: none, proof-of-work, or "
            "MODULE:FUNCTION, which makes a challenge of your own"
        ),
    ] = "none"
    challenge_bits: Annotated[
        int,
        Field(description="Zero bits of a proof of work: each more doubles what a client computes", ge=1, le=32),
    ] = 16
    trusted_proxies: Annotated[
        str,
        Field(
            description="Networks whose X-Forwarded-For is believed, separated by commas, such as 10.0.0.0/8; "
            "without any, the other end of the connection is the client"
        ),
    ] = ""
    allowed_origins: Annotated[
        str,
        Field(
            description="Origins of other shops' pages that may ask for their visitors (CORS), separated by commas, "
            "such as https://shop.example.org; without any, only this program's own pages may"
        ),
    ] = ""
    connections_max: Annotated[
        int,
        Field(
            description="Connections that one worker serves at once; more wait in the system's queue",
            ge=1,
            le=65_535,
        ),
    ] = 8192
    streams_max: Annotated[
        int,
        Field(
            description="Live views (event streams) that one worker serves at once; more get 503 busy", ge=0, le=65_535
        ),
    ] = 4000
    header_read_seconds: Annotated[
        float, Field(description="How long a client may take to send a request's headers", gt=0, le=300)
    ] = 30.0
    body_read_seconds: Annotated[
        float, Field(description="How long a client may take to send a request's body; then it gets 408", gt=0, le=300)
    ] = 10.0
    request_log: Annotated[
        bool, Field(description="Write one line of JSON a request to the log, with its status, its time and its client")
    ] = False
    webhook_private_addresses: Annotated[
        bool,
        Field(description="Send webhooks to private addresses, too: only where nobody else may add endpoints"),
    ] = False
    webhook_timeout_seconds: Annotated[
        float, Field(description="How long an endpoint of webhooks may take to answer", gt=0, le=30)
    ] = 10.0
    webhook_retry_seconds: Annotated[
        float,
        Field(description="The longest wait before a webhook's second try; it doubles with each try", gt=0, le=3600),
    ] = 5.0
    webhook_retry_seconds_max: Annotated[
        float, Field(description="The longest wait between two tries of a webhook", gt=0, le=86_400)
    ] = 3600.0
    webhook_give_up_days: Annotated[
        float, Field(description="How long an endpoint may fail before it is disabled", gt=0, le=30)
    ] = 3.0
    webhook_keep_days: Annotated[
        float, Field(description="How long events are kept that were delivered, for sending them again", gt=0, le=365)
    ] = 14.0
    traces: Annotated[
        bool,
        Field(
            description="Send traces by OpenTelemetry, whose packages the extra `otel` installs; the OTEL_ variables "
            "say where to"
        ),
    ] = False
    stop_seconds: Annotated[
        int,
        Field(description="How long a stopping worker may take to answer what it has accepted", ge=1, le=600),
    ] = 30

    @field_validator("database")
    @classmethod
    def _is_known_engine(cls, url: str) -> str:
        try:
            url.encode()
            unquote(url, errors="strict")
        except UnicodeError:
            raise ValueError("must be text in UTF-8, also where it names a file") from None
        if sqlite_path(url) is None and not is_postgres(url):
            raise ValueError("must be sqlite:///FILE, sqlite:////ABSOLUTE/FILE or postgresql://HOST/NAME")
        return url

    @field_validator("item")
    @classmethod
    def _can_be_an_id(cls, item: str) -> str:
        if not slug(item) or not item.isprintable():
            raise ValueError("must have a letter or a digit, and no control characters")
        return item

    @field_validator("rate_per_address", "rate_per_buyer", "rate_of_holds")
    @classmethod
    def _is_a_rate(cls, rate: str | None) -> str | None:
        if rate is not None and _RATE.fullmatch(rate) is None:
            raise ValueError("must be a number per second, minute, hour or day, such as 50/second or 100/5minutes")
        return rate

    @field_validator("challenge")
    @classmethod
    def _is_a_challenge(cls, name: str) -> str:
        if name not in ("none", "proof-of-work") and _FUNCTION.fullmatch(name) is None:
            raise ValueError("must be none, proof-of-work or MODULE:FUNCTION")
        return name

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, text: str) -> str:
        try:
            networks(text)
        except ValueError as error:
            raise ValueError(f"must be networks separated by commas: {error}") from None
        return text

    @field_validator("allowed_origins")
    @classmethod
    def _are_origins(cls, text: str) -> str:
        try:
            origins_of(text)
        except ValueError as error:
            raise ValueError(f"must be origins separated by commas: {error}") from None
        return text

    @field_validator("organiser_key")
    @classmethod
    def _can_be_sent(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None and _KEY.fullmatch(key.get_secret_value()) is None:
            raise ValueError(
                f"must have at least {ORGANISER_KEY_LENGTH_MIN} printable ASCII characters, no space at either end"
            )
        return key

    @field_validator("session_secret")
    @classmethod
    def _cannot_be_guessed(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and len(secret.get_secret_value()) < SESSION_SECRET_LENGTH_MIN:
            raise ValueError(f"must have at least {SESSION_SECRET_LENGTH_MIN} characters")
        return secret

    @field_validator("buyer_token_key")
    @classmethod
    def _can_verify(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None:
            from sellout.buyer_tokens import is_public, public_key, secret  # only where there are tokens

            text = key.get_secret_value()
            (public_key if is_public(text) else secret)(text)
        return key

    @property
    def database_path(self) -> Path | None:
        """The SQLite file that `database` names; None where it is on a PostgreSQL server."""
        return sqlite_path(self.database)

    @property
    def database_shown(self) -> str:
        """`database` as it may be shown: without a password."""
        return without_password(self.database)


def without_password(url: str) -> str:
    """An address of a database as it may be shown, wherever in it the password stands."""
    return _PASSWORD_PARAMETER.sub(r"\1********", _PASSWORD.sub(r"\1:********@", url))


def sqlite_path(url: str) -> Path | None:
    """The file of an sqlite:/// address, or None where it is not one. `sqlite:////x` is absolute, as elsewhere."""
    parts = urlsplit(url)
    if parts.scheme != "sqlite" or parts.netloc or parts.query or parts.fragment:
        return None
    name = parts.path.removeprefix("/")
    return Path(unquote(name)) if name and name != ":memory:" else None


def is_postgres(url: str) -> bool:
    """Whether an address is one of PostgreSQL's. The driver reads the rest of it."""
    return urlsplit(url).scheme in ("postgresql", "postgres")


def load_settings(**options: Any) -> Settings:
    """Settings from the environment; an option that is not None goes before its variable. Raises BadSetting."""
    given = {name: value for name, value in options.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        raise BadSetting(_explain(error, given)) from None


def unknown_variables(names: Iterable[str]) -> list[str]:
    """A sentence on each variable that looks like a setting and is none: what is misspelt changes nothing."""
    known = [PREFIX + name.upper() for name in Settings.model_fields]
    sentences = []
    for name in sorted({name.upper() for name in names if name.upper().startswith(PREFIX)} - set(known)):
        like = get_close_matches(name, known, n=1)
        sentences.append(f"{name} is no setting and changes nothing" + (f"; is it {like[0]}?" if like else ""))
    return sentences


class Described(NamedTuple):
    """One setting as `sellout config` shows it."""

    name: str
    variable: str
    value: str | int | float | None
    source: str
    meaning: str

    @property
    def shown(self) -> str:
        return "-" if self.value is None else str(self.value)


def describe(settings: Settings) -> list[Described]:
    """Every setting with its value, and whether its variable or its default gave it. Secrets are masked."""
    described = []
    for name, field in Settings.model_fields.items():
        variable = PREFIX + name.upper()
        value = getattr(settings, name)
        shown = "********" if isinstance(value, SecretStr) else value
        if name == "database":
            shown = settings.database_shown
        source = "environment" if name in settings.model_fields_set else "default"
        described.append(Described(name, variable, shown, source, field.description or ""))
    return described


def _explain(error: ValidationError, given: dict[str, Any]) -> str:
    """One line that names the first bad setting, its value and what is allowed."""
    first = error.errors()[0]
    name = str(first["loc"][0])
    called = f"--{name.replace('_', '-')}" if name in given else f"{PREFIX}{name.upper()}"
    bad = first.get("input", "")
    value = "***" if name in SECRETS else repr(without_password(bad) if name == "database" else bad)
    return f"{called}={value}: {in_our_words(first['msg'])}"
