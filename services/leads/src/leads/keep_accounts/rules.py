"""How companies and people are recognised: the normal form of names, addresses and numbers. Pure."""

import re
import unicodedata
from typing import Final
from urllib.parse import urlsplit

from shared.errors import Invalid

_FORMS = (
    "ab ag as aps asa bv bvba co company corp corporation cv eirl eurl eu gbr gmbh inc"
    " incorporated kft kg kgaa kk limited llc llp lp ltd ltda mbh nv ohg oy oyj plc pte pty pvt"
    " sa sarl sas sasu se sl slu snc spa sprl srl sro ug ulc unlimited zoo"
)
LEGAL_FORMS: Final = frozenset(_FORMS.split())
"""Words that say how a company is constituted, not which company it is."""

_DOMAINS = (
    "126.com 163.com aol.com btinternet.com comcast.net email.com fastmail.com free.fr"
    " freenet.de gmail.com gmx.at gmx.ch gmx.com gmx.de gmx.net googlemail.com hotmail.co.uk"
    " hotmail.com hotmail.de hotmail.es hotmail.fr hotmail.it hushmail.com icloud.com"
    " laposte.net libero.it live.co.uk live.com mac.com mail.com mail.ru me.com msn.com"
    " naver.com orange.fr outlook.com outlook.de outlook.fr proton.me protonmail.com qq.com"
    " rediffmail.com sky.com t-online.de virgilio.it wanadoo.fr web.de yahoo.co.jp"
    " yahoo.co.uk yahoo.com yahoo.de yahoo.es yahoo.fr yahoo.it yandex.com yandex.ru ymail.com"
    " zoho.com"
)
MAILBOX_DOMAINS: Final = frozenset(_DOMAINS.split())
"""Domains at which anybody gets a mailbox: they say nothing about a company."""

_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "æ": "ae", "œ": "oe", "đ": "d", "ı": "i", "&": " and "}
)
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_EMAIL = re.compile(rf"[\w.!#$%&'*+/=?^`{{|}}~-]{{1,64}}@{_LABEL}(?:\.{_LABEL})+")
_PHONE = re.compile(r"\+[1-9]\d{6,14}")
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})+")


class AccountsRefused(Invalid):
    """The accounts cannot be stored."""


def _folded(text: str) -> str:
    """Without accents and case: Crème BRÛLÉE → creme brulee."""
    for _ in range(2):  # folding case may bring new accents: İ
        parts = unicodedata.normalize("NFKD", text)
        text = "".join(c for c in parts if not unicodedata.combining(c)).casefold()
    return text.translate(_LETTERS)


def name_key(name: str) -> str:
    """What is left of a company's name when spelling and legal form are taken away.

    The first word always stays, so that AG Barr plc is "ag barr".
    """
    joined = re.sub(r"[.'’`´]", "", _folded(name))
    words = "".join(c if c.isalnum() else " " for c in joined).split()
    kept = [word for index, word in enumerate(words) if not index or word not in LEGAL_FORMS]
    while len(kept) > 1 and kept[-1] == "and":
        kept.pop()
    return " ".join(kept) or name.strip()


def person_key(name: str) -> str:
    """A person's name without accents, case and punctuation."""
    return " ".join("".join(c if c.isalnum() else " " for c in _folded(name)).split())


def email_of(text: str) -> str | None:
    """The address in lower case; None when it is none."""
    given = text.strip().lower()
    local = given.partition("@")[0]
    dotted = local.startswith(".") or local.endswith(".") or ".." in local
    return given if len(given) <= 254 and _EMAIL.fullmatch(given) and not dotted else None


def phone_of(text: str) -> str | None:
    """The number in the form of E.164; None when it has no country or a wrong length."""
    digits = re.sub(r"\(0\)|[\s().\-/]", "", text)
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    return digits if _PHONE.fullmatch(digits) else None


def host_of(website: str) -> str | None:
    """The host of a web address, without www; None when it is none."""
    given = website.strip().lower()
    try:
        host = urlsplit(given if "//" in given else f"//{given}").hostname or ""
    except ValueError:
        return None
    return host.removeprefix("www.") if _HOST.fullmatch(host) else None


def business_domain(email: str | None) -> str | None:
    """The domain of an address, when it belongs to a company."""
    domain = (email or "").rpartition("@")[2]
    return domain if domain and domain not in MAILBOX_DOMAINS else None


def domain_key(email: str | None, website: str | None) -> str | None:
    """The domain by which an account is recognised: of its website, else of its address."""
    host = host_of(website) if website else None
    return host or business_domain(email)
