"""A form that is refused loses nothing of what was typed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from lxml.html import HtmlElement, fromstring

from dashboard.web.typed import LONGEST, MOST_BROWSERS, TypedForm, TypedForms, filled_in
from tests.browser.support import Dash, dashboard_at
from tests.support.drafts import TEXT

PAGE = """<!doctype html><html><body><form action="/other"><input name="a" value="1"></form>
<form action="/here"><input type="hidden" name="csrf" value="x"><input type="hidden" name="row" value="2">
<input name="a" value="1"></form>
<form action="/here"><input type="hidden" name="csrf" value="x"><input type="hidden" name="row" value="3">
<input name="a" value="1"><input name="who" value="first"><input name="who" value="second">
<details><textarea name="b">old</textarea></details>
<input type="checkbox" name="c" value="1" checked><input type="checkbox" name="c" value="2">
<select name="d"><option value="x">X</option><option value="y">Y</option></select>
<input type="password" name="p"><input type="file" name="f"></form></body></html>"""


def filled(*fields: tuple[str, str]) -> HtmlElement:
    sent = (("csrf", "older"), ("row", "3"), *fields)
    return fromstring(filled_in(PAGE, TypedForm("/here", sent), "Không được.")).forms[2]


def test_every_kind_of_field_says_what_was_typed() -> None:
    form = filled(("a", "1"), ("who", "first"), ("who", "<b>"), ("b", "hai\r\ndòng"), ("c", "2"), ("d", "y"),
                  ("p", "secret"))  # fmt: skip
    assert form.xpath("input[@name='who']/@value") == ["first", "<b>"]
    assert form.fields["b"].strip() == "hai\ndòng"
    assert form.xpath("input[@name='c' and @checked]/@value") == ["2"]
    assert form.fields["d"] == "y"
    assert not form.xpath("input[@name='p']/@value")
    assert form.fields["csrf"] == "x"
    marked = {one.get("name") for one in form.xpath("descendant::*[contains(@class, 'retyped')]")}
    assert marked == {"who", "b", "c", "d"}
    assert form.xpath("details/@open")
    assert "Không được." in form.text_content()


def test_another_row_s_form_and_a_page_without_it_stay_as_they_are() -> None:
    page = filled_in(PAGE, TypedForm("/here", (("row", "3"), ("a", "new"))), "Không.")
    assert [form.fields["a"] for form in fromstring(page).forms] == ["1", "1", "new"]
    assert filled_in(PAGE, TypedForm("/gone", (("a", "new"),)), "Không.") == PAGE
    assert filled_in(PAGE, TypedForm("/here", (("row", "9"), ("a", "new"))), "Không.") == PAGE


def test_what_is_kept_is_bounded_and_given_once() -> None:
    forms = TypedForms()
    for number in range(MOST_BROWSERS + 1):
        forms.keep(str(number), "/a", [("a", "x"), ("f", object())])
    assert forms.take("0") is None
    assert forms.take("1") == TypedForm("/a", (("a", "x"),))
    assert forms.take("1") is None
    forms.keep("1", "/a", [("a", "x" * (LONGEST + 1))])
    assert forms.take("1") is None


@pytest.fixture
def dash(tmp_path: Path) -> Dash:
    return dashboard_at(tmp_path)


def sent_back(dash: Dash, page: str, path: str, **fields: str) -> str:
    """The page as it is after a form of it was refused."""
    client = dash.client("coordinator")
    seen = re.search(r'name="ban" value="(\d+)"', client.get(page).text)
    answer = client.post(
        path,
        data={"csrf": dash.csrf(client), "ban": seen[1] if seen else "", **fields},
        headers={"referer": f"http://dondoc.test{page}", "sec-fetch-site": "same-origin"},
    )
    assert answer.headers["location"] == page
    found = client.get(page).text
    assert "retyped" not in client.get(page).text
    return found


def test_on_the_desk_of_a_draft(dash: Dash) -> None:
    """Its settings, its questions, a row, a text that is no plan."""
    client = dash.client("coordinator")
    desk = dash.post(client, "/soan", **{"van-ban": TEXT}).headers["location"]
    page = sent_back(
        dash, f"{desk}/thiet-lap", f"{desk}/thiet-lap", **{"gio": "sáng", "kh-title": "Tên mới"}
    )
    assert "Tên mới" in page
    assert ">sáng</textarea>" in page
    form = fromstring(client.get(desk).text).xpath("//form[contains(@action, 'tra-loi')]")[0]
    asked = next(name for name in form.fields if name.startswith("khac-group"))
    when = next(
        name for name in form.fields if name.startswith("hoi-") and name != f"hoi-{asked[5:]}"
    )
    page = sent_back(
        dash,
        desk,
        f"{desk}/tra-loi",
        **{asked: "Sở Y tế", f"hoi-{asked[5:]}": "", when: "lung tung"},
    )
    assert "Sở Y tế" in fromstring(page).xpath(f"//*[@name='{asked}']")[0].text_content()
    page = sent_back(dash, "/soan", "/soan", **{"van-ban": "Chào anh chị."})
    assert ">Chào anh chị.</textarea>" in page


def test_a_row_that_another_changed_meanwhile(dash: Dash) -> None:
    client = dash.client("coordinator")
    desk = dash.post(client, "/soan", **{"van-ban": TEXT}).headers["location"]
    page = sent_back(
        dash,
        f"{desk}?sua=n1",
        f"{desk}/sua",
        dong="n1",
        deliverable="Kế hoạch mới",
        due_words="lúc nào đó",
    )
    form = fromstring(page).xpath("//form[contains(@action, '/sua')][input[@value='n1']]")[0]
    assert form.fields["deliverable"] == "Kế hoạch mới"
    assert form.fields["due_words"] == "lúc nào đó"
