"""Templates: every event renders, nothing foreign gets in, a province's own folder is checked."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from notifications.messages.render import (
    INK,
    ITEM,
    PACKAGED,
    PARAM_LIMIT,
    PARTS,
    Templates,
    check_templates,
    joined,
    lower_first,
    parameters,
)
from notifications.messages.samples import EVENTS, sample_contexts
from notifications.messages.views import ORDER, Context, news_view
from notifications.notices.by_event import HANDLERS
from notifications.outbox.drafts import DIGEST_EVENTS
from plan.errors import SettingsError
from plan.states import EVENT_CONSUMERS

TEMPLATES = Templates()
CASES = list(sample_contexts())
CLOCK = "Đang diễn tập: 27/04/2020 07:00"


def test_every_folder_is_an_event_and_every_event_has_all_its_parts() -> None:
    folders = {path.name for path in PACKAGED.iterdir() if path.is_dir()}
    assert folders == set(EVENTS)
    assert set(DIGEST_EVENTS) <= folders
    for folder in folders:
        parts = set(PARTS.values()) | ({ITEM} if folder in ORDER else set())
        assert {path.name for path in (PACKAGED / folder).iterdir()} == parts


def test_every_event_that_is_to_be_told_has_words() -> None:
    told = {kind for kind, consumers in EVENT_CONSUMERS.items() if "notify" in consumers}
    assert told == set(HANDLERS)


@pytest.mark.parametrize("context", CASES, ids=lambda context: context.event)
def test_each_event_renders_whole(context: Context) -> None:
    rendered = TEMPLATES.render(context)
    # An answer bears the subject of what it answers: by that too a mail program knows a thread.
    assert rendered.subject.startswith("Re: " if context.event == "mail-receipt" else "[KH 04] ")
    assert "\n" not in rendered.subject
    assert context.url in rendered.text
    assert context.url in rendered.html
    assert context.url in rendered.short_text
    assert "0256 000 0000" in rendered.text
    assert len(rendered.short_text) < 400
    assert all(isinstance(value, str) for value in rendered.params.values())
    for text in (rendered.subject, rendered.text, rendered.html, rendered.short_text):
        assert "None" not in text
        assert "{{" not in text
        assert not re.search(r"\(\s*\)|«»|, ,| ,|  \.", words_of(text))


def words_of(text: str) -> str:
    """What a reader sees of HTML; plain text as it is."""
    return re.sub(r"<[^>]+>", "", re.sub(r"(?s)<style.*?</style>", "", text))


@pytest.mark.parametrize("context", CASES, ids=lambda context: context.event)
def test_zalo_carries_no_figures_and_no_files(context: Context) -> None:
    """A reminder and a link: no finding, no cell, no attachment."""
    rendered = TEMPLATES.render(context)
    assert "≠" not in rendered.short_text
    assert ".docx" not in rendered.short_text
    assert ".xlsx" not in rendered.short_text


class _Balance(HTMLParser):
    VOID = frozenset({"meta", "br", "img", "hr", "link"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.pictures = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.pictures += tag == "img"
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("context", CASES, ids=lambda context: context.event)
def test_the_mail_is_sound_html_without_pictures_or_scripts(context: Context) -> None:
    html = TEMPLATES.render(context).html
    parser = _Balance()
    parser.feed(html)
    assert parser.open == []
    assert parser.pictures == 0
    assert "<script" not in html
    assert "http://" not in html.replace("http://www.w3.org/1999/xhtml", "")
    assert "max-width:600px" in html
    assert "prefers-color-scheme: dark" in html
    assert len(html.encode()) < 60_000  # Gmail cuts a mail at 102 kB


def test_words_of_others_are_escaped_in_html() -> None:
    context = next(c for c in CASES if c.event == "returned")
    hostile = '<script>alert("x")</script> & «ô E9»'
    facts = dict(context.facts) | {"reason": hostile}
    rendered = TEMPLATES.render(replace(context, facts=facts))
    assert "<script>" not in rendered.html
    assert "&lt;script&gt;" in rendered.html
    assert hostile in rendered.text


def test_a_virtual_clock_is_told_in_every_form() -> None:
    context = next(c for c in CASES if c.clock)
    rendered = TEMPLATES.render(context)
    assert "Đang diễn tập" in rendered.text
    assert "Đang diễn tập" in rendered.html
    assert rendered.short_text.startswith(
        "Đang diễn tập: 27/04/2020 07:00, không phải việc thật.\n"
    )


@pytest.mark.parametrize("context", CASES, ids=lambda one: one.event)
def test_a_virtual_clock_is_told_to_whoever_gets_a_filled_in_template(context: Context) -> None:
    """Its words are Zalo's to approve: the title alone can say so, and keeps within its length."""
    real = TEMPLATES.render(replace(context, clock="")).params
    practised = TEMPLATES.render(replace(context, clock=CLOCK)).params
    assert practised["title"].startswith("Đang diễn tập, không phải việc thật: ")
    assert "diễn tập" not in real["title"]
    assert len(practised["title"]) <= PARAM_LIMIT
    assert practised | {"title": ""} == real | {"title": ""}


def _contrast(one: str, other: str) -> float:
    """WCAG 2.2's contrast ratio."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("tone", INK)
def test_tones_can_be_read_on_light_and_dark_paper(tone: str) -> None:
    base = (PACKAGED / "base.html").read_text(encoding="utf-8")
    dark = re.search(rf"\.{tone} {{ color: (#\w+) !important", base)
    assert dark
    assert _contrast(INK[tone], "#ffffff") >= 4.5
    assert _contrast(dark.group(1), "#201f1c") >= 4.5


def test_several_facts_stand_in_one_list_what_asks_for_something_first() -> None:
    singles = [c for c in CASES if c.event in ORDER]
    assert {c.event for c in singles} == set(ORDER)
    news = news_view([TEMPLATES.item(c) for c in reversed(singles)])
    context = replace(next(c for c in CASES if c.event == "news"), news=news)
    rendered = TEMPLATES.render(context)
    kinds = [item.event for item in news.items]
    assert kinds == sorted(kinds, key=ORDER.index)
    assert rendered.subject.startswith(f"[KH 04] {len(singles)} thông báo: 2 trả lại, cần sửa; ")
    for item in news.items:
        assert item.result in rendered.text
        assert item.result in rendered.html
        assert all(line in rendered.text for line in item.lines)
    assert "PL2, ô E9: Tổng số phải bằng cộng các dòng dưới: 41 ≠ 39." in rendered.text
    assert "41" not in rendered.short_text


@pytest.mark.parametrize("event", ["reminder", "situation"])
def test_more_than_a_mail_can_hold_is_counted(event: str) -> None:
    """Gmail cuts a mail at 102 kB: a long list is cut by us, and says so."""
    context = next(c for c in CASES if c.event == event)
    assert context.digest is not None
    rows, agencies = context.digest.rows * 20, context.digest.by_agency * 20
    long = replace(
        context.digest,
        rows=rows[:40],
        count=500,
        by_agency=agencies[:40],
        agencies=tuple(map(str, range(100))),
    )
    rendered = TEMPLATES.render(replace(context, digest=long))
    said = "… và 460 sản phẩm nữa" if event == "reminder" else "… và 60 cơ quan nữa"
    assert said in rendered.text
    assert said in rendered.html
    assert "500 sản phẩm" in rendered.text
    assert len(rendered.html.encode()) < 90_000


def test_more_facts_than_a_mail_can_hold_are_counted() -> None:
    item = TEMPLATES.item(next(c for c in CASES if c.event == "deadline"))
    news = news_view([item] * 500)
    rendered = TEMPLATES.render(replace(next(c for c in CASES if c.event == "news"), news=news))
    assert "… và 460 thông báo nữa" in rendered.text
    assert "… và 460 thông báo nữa" in rendered.html
    assert rendered.subject == "[KH 04] Thời hạn thay đổi: Báo cáo tổng kết"
    assert len(rendered.html.encode()) < 60_000


# --- a province's own folder ---------------------------------------------------------------------


def test_one_file_may_be_overridden_and_the_rest_stays(tmp_path: Path) -> None:
    (tmp_path / "reminder").mkdir()
    (tmp_path / "reminder" / "lead.txt").write_text("Xin nhắc: {{ digest.what }}.", "utf-8")
    templates = check_templates(tmp_path)
    context = next(c for c in CASES if c.event == "reminder")
    rendered = templates.render(context)
    assert "Xin nhắc: Báo cáo tổng kết" in rendered.text
    assert "Xin nhắc: Báo cáo tổng kết" in rendered.html
    assert rendered.subject == TEMPLATES.render(context).subject


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("reminder/subject.txt", "{{ plan.shrot }}", "shrot"),
        ("reminder/text.txt", "{% if %}", "dòng 1"),
        ("accepted/html.html", "{{ 1 / 0 }}", "ZeroDivisionError"),
        ("alarm/short.txt", "   ", "rỗng"),
        ("overdue/params.json", '{"a": 1}', "JSON"),
        ("overdue/params.json", "{", "JSON"),
        ("returned/item.json", '{"result": "x"}', "phải có đủ"),
        ("run/item.json", "[", "không dùng được"),
    ],
)
def test_a_template_that_cannot_be_used_is_refused_by_name(
    tmp_path: Path, name: str, text: str, said: str
) -> None:
    path = tmp_path / name
    path.parent.mkdir()
    path.write_text(text, "utf-8")
    with pytest.raises(SettingsError) as refused:
        check_templates(tmp_path)
    assert name in str(refused.value)
    assert said in str(refused.value)


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    for event in ("reminder", "overdue"):
        (tmp_path / event).mkdir()
        (tmp_path / event / "lead.txt").write_text("{{ nobody }}", "utf-8")
    with pytest.raises(SettingsError) as refused:
        check_templates(tmp_path)
    assert "reminder/lead.txt" in str(refused.value)
    assert "overdue/lead.txt" in str(refused.value)


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="DONDOC_TEMPLATES"):
        check_templates(tmp_path / "nowhere")


# --- small pieces --------------------------------------------------------------------------------


def test_names_keep_their_capital() -> None:
    assert lower_first("Còn 3 ngày làm việc") == "còn 3 ngày làm việc"
    assert lower_first("Sở Nội vụ") == "Sở Nội vụ"


def test_spans_of_years_and_phones_stay_on_one_line() -> None:
    assert joined("2011 - 2020") == "2011\u00a0\u2011\u00a02020"
    assert joined("0256 000 0001") == "0256\u00a0000\u00a00001"
    assert joined("số 04 ngày 20") == "số 04 ngày 20"


def test_zns_values_are_cut_but_links_are_not() -> None:
    long, link = "a" * 150, "https://x.example/" + "b" * 150
    found = parameters(f'{{"long": "{long}", "link": "{link}"}}')
    assert len(found["long"]) == 100
    assert found["link"] == link
