"""Personal links: what was signed is read back; anything else is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.messages.links import LIFETIME, LinkClaim, Linker, LinkError, token_id

NOW = datetime(2020, 4, 27, 1, tzinfo=UTC)
LINKER = Linker("https://dondoc.example/", "khóa")


def token_of(url: str) -> str:
    return url.rpartition("/")[2]


def test_a_link_names_plan_agency_contact_and_obligation() -> None:
    url = LINKER.personal_link("04", "an-lao", 7, "an-lao/district-report", NOW)
    assert url.startswith("https://dondoc.example/l/")
    claim = LINKER.verify(token_of(url), NOW)
    assert claim == LinkClaim("04", "an-lao", 7, "an-lao/district-report", NOW + LIFETIME)


def test_a_link_runs_out() -> None:
    token = token_of(LINKER.personal_link("04", "an-lao", 7, "", NOW))
    LINKER.verify(token, NOW + LIFETIME - timedelta(seconds=1))
    with pytest.raises(LinkError, match="hết hạn"):
        LINKER.verify(token, NOW + LIFETIME)


def test_another_installation_signs_otherwise() -> None:
    token = token_of(
        Linker("https://dondoc.example", "khóa khác").personal_link("04", "a", 1, "", NOW)
    )
    with pytest.raises(LinkError):
        LINKER.verify(token, NOW)


@given(st.data())
def test_no_altered_link_is_taken(data: st.DataObject) -> None:
    token = token_of(LINKER.personal_link("04", "an-lao", 7, "an-lao/bc", NOW))
    place = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.sampled_from("abcXYZ019-_.").filter(lambda c: c != token[place]))
    with pytest.raises(LinkError):
        LINKER.verify(token[:place] + letter + token[place + 1 :], NOW)


@given(st.text(max_size=60))
def test_no_made_up_token_is_taken(text: str) -> None:
    with pytest.raises(LinkError):
        LINKER.verify(text, NOW)


def test_a_token_is_known_by_its_id_without_being_kept() -> None:
    token = token_of(LINKER.personal_link("04", "a", 1, "", NOW))
    assert token_id(token) == token_id(token)
    assert token not in token_id(token)
    assert len(token_id(token)) == 32


def test_ids_differ_by_installation_and_fit_zalo() -> None:
    other = Linker("https://dondoc.example", "khóa khác")
    assert LINKER.digest("x") != other.digest("x")
    assert len("dd-" + LINKER.digest("x")) <= 48
