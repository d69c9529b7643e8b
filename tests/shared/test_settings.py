"""Settings: from the environment, with misspelt names refused and secrets kept out of sight."""

import os

import pytest
from pydantic import ValidationError

from shared.kit.settings import Settings, Unset, misspelt


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.upper().startswith("TRADEPOST_"):
            monkeypatch.delenv(name)


def test_the_defaults_are_those_of_one_machine():
    settings = Settings()
    assert (settings.transport, settings.audience) == ("postgres", "tradepost")
    assert not settings.sandbox


def test_variables_are_read_by_their_prefix(monkeypatch):
    monkeypatch.setenv("TRADEPOST_TRANSPORT", "kafka")
    monkeypatch.setenv("TRADEPOST_KAFKA_BOOTSTRAP_SERVERS", "broker:9092")
    monkeypatch.setenv("TRADEPOST_POOL_SIZE", "4")
    settings = Settings()
    assert settings.transport_address() == "broker:9092"
    assert settings.pool_size == 4


def test_a_service_has_its_own_database_before_the_common_one(monkeypatch):
    monkeypatch.setenv("TRADEPOST_DATABASE_URL", "postgresql://one")
    monkeypatch.setenv("TRADEPOST_ORDERS_DATABASE_URL", "postgresql://orders")
    settings = Settings()
    assert settings.database_url_for("orders") == "postgresql://orders"
    assert settings.database_url_for("leads") == "postgresql://one"


def test_what_is_needed_and_not_given_is_named():
    settings = Settings()
    with pytest.raises(
        Unset, match="TRADEPOST_LEADS_DATABASE_URL or TRADEPOST_DATABASE_URL is not set"
    ):
        settings.database_url_for("leads")
    with pytest.raises(Unset, match="TRADEPOST_TRANSPORT_URL"):
        settings.transport_address()
    with pytest.raises(Unset, match="TRADEPOST_CURSOR_SECRET"):
        settings.cursor_key()


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("TRADEPOST_DATABSE_URL", "TRADEPOST_DATABASE_URL"),
        ("TRADEPOST_ODERS_DATABASE_URL", "TRADEPOST_ORDERS_DATABASE_URL"),
        ("TRADEPOST_KAFKA_BOOTSTRAP_SERVER", "TRADEPOST_KAFKA_BOOTSTRAP_SERVERS"),
        ("tradepost_loglevel", "TRADEPOST_LOG_LEVEL"),
    ],
)
def test_a_misspelt_variable_is_refused_with_a_suggestion(monkeypatch, name, meant):
    monkeypatch.setenv(name, "x")
    with pytest.raises(ValidationError, match=f"{name} is not a setting. Did you mean {meant}?"):
        Settings()


def test_a_variable_that_resembles_nothing_is_refused_with_the_list(monkeypatch):
    monkeypatch.setenv("TRADEPOST_XYZZY", "x")
    with pytest.raises(ValidationError, match="Known are TRADEPOST_DATABASE_URL"):
        Settings()


@pytest.mark.parametrize(
    "name",
    [
        "TRADEPOST_ORDERS_SERVICE_HOST",
        "TRADEPOST_ORDERS_SERVICE_PORT_HTTP",
        "TRADEPOST_ORDERS_PORT",
        "TRADEPOST_ORDERS_PORT_8000_TCP_ADDR",
        "TRADEPOST_TEST_BROKER",
        "PATH",
    ],
)
def test_variables_of_others_are_left_alone(name):
    assert misspelt({name: "x"}, Settings.model_fields) == []


def test_a_settings_text_shows_no_secret():
    settings = Settings(
        database_url="postgresql://u:hidden@h/d",
        orders_database_url="postgresql://u:hidden@h/d",
        transport_url="postgresql://u:hidden@h/d",
        cursor_secret="hidden",
    )
    assert "hidden" not in repr(settings)
    assert settings.cursor_key() == b"hidden"


def test_every_setting_is_documented():
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []
