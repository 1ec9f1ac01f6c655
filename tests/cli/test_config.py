"""`sellout config`: every setting, its value and where it came from."""

import json
from pathlib import Path

import pytest

from sellout.settings import Settings
from tests.cli.terminal import sellout

KEY = "a key that nobody may see"


def test_every_setting_has_its_value_and_its_source(tmp_path: Path) -> None:
    done = sellout("config", "--json", folder=tmp_path, SELLOUT_PORT="9000", SELLOUT_ITEM="Gala")
    assert (done.code, done.err) == (0, "")
    shown = json.loads(done.out)
    assert shown.keys() == Settings.model_fields.keys()
    assert shown["port"] == {"value": 9000, "source": "environment"}
    assert shown["item"] == {"value": "Gala", "source": "environment"}
    assert shown["stock"] == {"value": 100, "source": "default"}
    assert shown["organiser_key"] == {"value": None, "source": "default"}


def test_a_variable_that_is_no_setting_is_told_with_what_it_may_have_been_meant_for(tmp_path: Path) -> None:
    done = sellout("config", "--json", folder=tmp_path, SELLOUT_STOK="5")
    assert done.code == 0
    assert done.err == "sellout: SELLOUT_STOK is no setting and changes nothing; is it SELLOUT_STOCK?\n"
    assert json.loads(done.out)["stock"] == {"value": 100, "source": "default"}


def test_people_get_a_table_with_a_line_for_each(tmp_path: Path) -> None:
    done = sellout("config", folder=tmp_path, SELLOUT_STOCK="7")
    lines = {line.split()[0]: line for line in done.out.splitlines()}
    for name in Settings.model_fields:
        assert f"SELLOUT_{name.upper()}" in lines
    assert lines["SELLOUT_STOCK"].split()[1:3] == ["7", "environment"]
    assert lines["SELLOUT_WORKERS"].split()[1:3] == ["1", "default"]
    assert "\x1b" not in done.out, "no colour in a pipe"


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_the_key_is_masked(options: tuple[str, ...], tmp_path: Path) -> None:
    done = sellout("config", *options, folder=tmp_path, SELLOUT_ORGANISER_KEY=KEY)
    assert KEY not in done.out + done.err
    assert "********" in done.out


def test_it_makes_nothing(tmp_path: Path) -> None:
    sellout("config", folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("SELLOUT_STOCK", "many", "SELLOUT_STOCK='many': must be a valid integer"),
        ("SELLOUT_PORT", "65536", "SELLOUT_PORT='65536': must be less than or equal to 65535"),
        ("SELLOUT_ITEM", "!", "SELLOUT_ITEM='!': must have a letter or a digit"),
        ("SELLOUT_DATABASE", "shop.db", "SELLOUT_DATABASE='shop.db': must be sqlite:///FILE"),
        ("SELLOUT_ORGANISER_KEY", "short secret", "SELLOUT_ORGANISER_KEY=***: must have at least 16 printable"),
    ],
)
def test_a_bad_value_is_one_line_that_names_the_variable_the_value_and_what_is_allowed(
    variable: str, value: str, said: str, tmp_path: Path
) -> None:
    done = sellout("serve", folder=tmp_path, **{variable: value})
    assert done.code == 2
    assert done.error.startswith(said)
    assert "secret" not in done.err
    assert list(tmp_path.iterdir()) == []
