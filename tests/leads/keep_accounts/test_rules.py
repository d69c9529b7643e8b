"""How companies and people are recognised."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.keep_accounts.rules import (
    business_domain,
    domain_key,
    email_of,
    host_of,
    name_key,
    person_key,
    phone_of,
)
from shared.countries import COUNTRIES


@pytest.mark.parametrize(
    "spelling",
    [
        "Müller & Söhne GmbH",
        "MULLER & SOHNE G.m.b.H.",
        "Muller and Sohne",
        "Müller und Söhne".replace("und", "&"),
        "Muller, & Sohne GmbH & Co. KG",
    ],
)
def test_a_company_is_the_same_in_every_spelling(spelling: str):
    assert name_key(spelling) == "muller and sohne"


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Crème Brûlée S.A.R.L.", "creme brulee"),
        ("Søren's Lamper A/S", "sorens lamper a s"),
        ("Łódź Lampy sp. z o.o.", "lodz lampy sp z oo"),
        ("AG Barr plc", "ag barr"),
        ("Acme Ltd (UK)", "acme uk"),
        ("Limited", "limited"),
        ("東京ランプ 株式会社", "東京ランフ 株式会社"),
    ],
)
def test_accents_case_punctuation_and_legal_form_do_not_count(name: str, key: str):
    assert name_key(name) == key


@given(st.text(max_size=60))
def test_a_key_is_its_own_key(name: str):
    assert name_key(name_key(name)) == name_key(name)


@given(st.text(alphabet=st.characters(max_codepoint=0x24F), min_size=1, max_size=40))
def test_case_never_tells_two_companies_apart(name: str):
    assert name_key(name.upper().lower()) == name_key(name.upper())


def test_a_person_keeps_every_word():
    assert person_key("  Éva  Sá-Co ") == "eva sa co"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (" Ann@Shop.Example ", "ann@shop.example"),
        ("a.b+c@shop.co.uk", "a.b+c@shop.co.uk"),
        ("ann@müller.example", "ann@müller.example"),
        ("ann", None),
        ("ann@shop", None),
        (".ann@shop.example", None),
        ("a..b@shop.example", None),
        ("ann@-shop.example", None),
        ("ann@shop.example, bob@shop.example", None),
        ("a" * 65 + "@shop.example", None),
    ],
)
def test_an_address_is_checked_and_kept_in_lower_case(text: str, address: str | None):
    assert email_of(text) == address


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("+44 20 7123 4567", "+442071234567"),
        ("0044 (0)20-7123.4567", "+442071234567"),
        ("020 7123 4567", None),
        ("+0 123 456 789", None),
        ("+44 12", None),
        ("+44 20 7123 4567 ext 5", None),
    ],
)
def test_a_number_has_its_country(text: str, number: str | None):
    assert phone_of(text) == number


def test_a_mailbox_of_everybody_says_nothing_of_a_company():
    assert business_domain("ann@gmail.com") is None
    assert business_domain("ann@shop.example") == "shop.example"
    assert business_domain(None) is None


def test_the_website_goes_before_the_address():
    assert domain_key("ann@other.example", "https://www.Shop.example/about") == "shop.example"
    assert domain_key("ann@other.example", None) == "other.example"
    assert (host_of("nonsense"), host_of("http://[bad")) == (None, None)


def test_there_are_249_countries():
    assert len(COUNTRIES) == 249
