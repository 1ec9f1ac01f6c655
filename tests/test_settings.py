"""Settings: defaults, where values come from, and what is said of a bad one."""

import re
from pathlib import Path
from typing import Any

import pytest

from sellout.naming import slug
from sellout.settings import PREFIX, BadSetting, Settings, describe, load_settings, sqlite_path

CONTRACT = {
    "database": "sqlite:///inventory.db",
    "host": "127.0.0.1",
    "port": 8000,
    "workers": 1,
    "item": "Item A",
    "stock": 100,
    "organiser_key": None,
    "max_per_order": 10,
    "buyer_length_max": 128,
    "body_bytes_max": 16 * 1024,
}


def test_the_defaults_are_those_of_the_contract() -> None:
    settings = load_settings()
    assert {name: getattr(settings, name) for name in CONTRACT} == CONTRACT


def test_variables_give_values_and_options_go_before_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SELLOUT_PORT", "9000")
    monkeypatch.setenv("SELLOUT_STOCK", "7")
    settings = load_settings(port=9001, workers=None)
    assert (settings.port, settings.stock, settings.workers) == (9001, 7, 1)


def test_other_variables_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "1")
    monkeypatch.setenv("SELLOUT_PORTS", "1")
    assert load_settings().port == 8000


def test_settings_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_settings().port = 1


BAD: dict[str, list[str]] = {
    "PORT": ["-1", "65536", "http", "", "80.5"],
    "WORKERS": ["0", "65", "two"],
    "STOCK": ["-1", "1000000001", "a lot"],
    "ITEM": ["", "!", "🎫", "a\nb", "a" * 201],
    "HOST": [""],
    "DATABASE": [
        "", "shop.db", "mysql://host/shop", "sqlite://", "sqlite:///", "sqlite://shop.db", "sqlite:///:memory:",
        "sqlite:///shop.db?mode=ro", "sqlite:///shop.db#1",
    ],
    "ORGANISER_KEY": ["", "too short a one", "ein Schlüssel für alle", " a key between spaces ", "a key\nof two lines"],
    "MAX_PER_ORDER": ["0", "10001"],
    "BODY_BYTES_MAX": ["255", "1048577"],
    "UNAVAILABLE_AFTER_SECONDS": ["0", "-1", "61", "nan", "inf"],
}  # fmt: skip


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in BAD.items() for value in values])
def test_a_bad_value_is_one_line_with_the_variable_the_value_and_what_is_allowed(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{PREFIX}{name}", value)
    with pytest.raises(BadSetting) as caught:
        load_settings()
    said = str(caught.value)
    shown = "***" if name == "ORGANISER_KEY" else repr(value)
    assert said.startswith(f"SELLOUT_{name}={shown}: ")
    assert re.search(r"must|should", said)
    assert "\n" not in said
    assert name != "ORGANISER_KEY" or not value or value not in said


def test_a_bad_option_is_named_as_it_was_given() -> None:
    with pytest.raises(BadSetting, match=r"^--port=70000: must be less than or equal to 65535$"):
        load_settings(port=70000)


@pytest.mark.parametrize("key", ["sixteen letters.", "a key of several words", "~" * 200])
def test_a_key_has_sixteen_printable_characters_or_more(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SELLOUT_ORGANISER_KEY", key)
    kept = load_settings().organiser_key
    assert kept is not None
    assert kept.get_secret_value() == key
    assert key not in repr(load_settings())


def test_a_session_secret_is_long_and_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "0123456789abcdef" * 2
    monkeypatch.setenv("SELLOUT_SESSION_SECRET", secret)
    settings = load_settings()
    assert settings.session_secret is not None
    assert settings.session_secret.get_secret_value() == secret
    assert secret not in repr(settings) + repr(describe(settings))
    monkeypatch.setenv("SELLOUT_SESSION_SECRET", secret[:-1])
    with pytest.raises(BadSetting, match=r"^SELLOUT_SESSION_SECRET=\*\*\*: must have at least 32 characters$"):
        load_settings()


@pytest.mark.parametrize("item", ["Item A", "東京 2027", "a" * 200, "Zoë's night"])
def test_the_default_item_has_a_name_that_makes_an_id(item: str) -> None:
    assert slug(load_settings(item=item).item)


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///shop.db", "shop.db"),
        ("sqlite:///a/shop.db", "a/shop.db"),
        ("sqlite:////var/lib/shop.db", "/var/lib/shop.db"),
        ("sqlite:///my%20shop.db", "my shop.db"),
    ],
)
def test_a_database_is_a_file(url: str, path: str) -> None:
    assert sqlite_path(url) == Path(path) == load_settings(database=url).database_path


def test_every_setting_is_described_with_its_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SELLOUT_PORT", "9000")
    monkeypatch.setenv("SELLOUT_ORGANISER_KEY", "a key that nobody may see")
    described = {setting.name: setting for setting in describe(load_settings())}
    assert list(described) == list(Settings.model_fields)
    port, key, stock = described["port"], described["organiser_key"], described["stock"]
    assert (port.variable, port.value, port.source) == ("SELLOUT_PORT", 9000, "environment")
    assert (key.shown, key.source) == ("********", "environment")
    assert (stock.shown, stock.source) == ("100", "default")
    assert all(setting.meaning for setting in described.values())


def bounds(schema: dict[str, Any]) -> bool:
    return ("minimum" in schema or "exclusiveMinimum" in schema) and "maximum" in schema


def test_every_number_has_a_least_and_a_greatest_value() -> None:
    properties = Settings.model_json_schema()["properties"]
    numbers = {name: schema for name, schema in properties.items() if schema.get("type") in ("integer", "number")}
    assert numbers
    assert all(map(bounds, numbers.values()))


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://shop:s3cret@h/x", "postgresql://shop:********@h/x"),
        ("postgresql://h/x?user=u&password=s3cret", "postgresql://h/x?user=u&password=********"),
        ("postgresql://h/x?sslPassword=s3cret&a=b", "postgresql://h/x?sslPassword=********&a=b"),
    ],
)
def test_a_password_in_an_address_is_shown_nowhere(url: str, shown: str) -> None:
    assert load_settings(database=url).database_shown == shown


def test_a_password_in_an_address_that_is_none_is_not_shown_either() -> None:
    with pytest.raises(BadSetting) as refused:
        load_settings(database="mysql://shop:s3cret@h/x?password=s3cret")
    assert "s3cret" not in str(refused.value)
    assert "mysql://shop:********@h/x" in str(refused.value)


@pytest.mark.parametrize("url", ["sqlite:///\udcff.db", "sqlite:///%FF.db", "postgresql://shop@db/\udcff"])
def test_a_database_whose_name_is_no_text_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SELLOUT_DATABASE", url)
    with pytest.raises(BadSetting, match="must be text in UTF-8"):
        load_settings()
