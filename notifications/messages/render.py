"""Templates into messages: Jinja2, StrictUndefined, one folder an event.

`templates/<event>/` holds `subject.txt`, `lead.txt` (the sentence mail and text share), `text.txt`,
`html.html`, `short.txt` (Zalo) and `params.json` (ZNS); an event that may be told together with others
has `item.json`, its line in that list. A province's own folder is looked at first, file by file: it may
override a single `lead.txt` and leave the rest.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    StrictUndefined,
    Template,
    TemplateError,
    select_autoescape,
)

from notifications.messages.samples import sample_contexts
from notifications.messages.views import ORDER, Context, ItemView
from plan.errors import SettingsError
from plan.text import number_words

PACKAGED = Path(__file__).parent / "templates"
PARTS = {
    "subject": "subject.txt",
    "lead": "lead.txt",
    "text": "text.txt",
    "html": "html.html",
    "short": "short.txt",
    "params": "params.json",
}
ITEM = "item.json"
INK = {
    "grey": "#5f5b54",
    "blue": "#1d5a9e",
    "amber": "#855600",
    "late": "#b1331a",
    "purple": "#67409a",
    "green": "#1c7045",
    "teal": "#0d686c",
}
"""Tones on white paper, each at least 4.5:1 (WCAG AA); `base.html` has those for dark mode."""

SHORT_LIMIT = 2000  # Zalo takes a text of at most 2,000 characters
SUBJECT_LIMIT = 200
PARAM_LIMIT = 100


@dataclass(frozen=True)
class Rendered:
    """A message in every form a channel may want. Personal: keep it out of logs."""

    subject: str
    text: str
    html: str
    short_text: str
    params: dict[str, str]


class _Flush(FileSystemLoader):
    """HTML without its indentation, which no reader sees and every mail would carry."""

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str, Callable[[], bool]]:
        source, path, current = super().get_source(environment, template)
        if template.endswith(".html"):
            source = _INDENT.sub("", source)
        return source, path, current


_INDENT = re.compile(r"^[ \t]+", re.MULTILINE)


class Templates:
    """Compiled once, used for every message. Safe to share between threads."""

    def __init__(self, override: Path | None = None) -> None:
        folders = [override, PACKAGED] if override else [PACKAGED]
        self._environment = Environment(
            loader=ChoiceLoader([_Flush(folder) for folder in folders]),
            undefined=StrictUndefined,
            autoescape=select_autoescape(("html",), default=False),
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            cache_size=-1,
        )
        self._environment.globals["ink"] = INK
        self._environment.filters |= FILTERS
        # Jinja sorts keys by default, which makes a new encoder for every value.
        self._environment.policies["json.dumps_kwargs"] = {}
        self._compiled: dict[str, dict[str, Template]] = {}

    def render(self, context: Context, *, params: bool = True) -> Rendered:
        """All six parts; `params`: ZNS's too. Raises `TemplateError` (or what an expression raises)."""
        parts = self._parts(context.event)
        names = context.names()
        names["lead"] = paragraphs(parts["lead"].render(names))
        return Rendered(
            subject=one_line(parts["subject"].render(names), SUBJECT_LIMIT),
            text=plain(parts["text"].render(names)),
            html=parts["html"].render(names),
            short_text=shortened(_marked(context, parts["short"].render(names)), SHORT_LIMIT),
            params=_practised(context, parameters(parts["params"].render(names))) if params else {},
        )

    def item(self, context: Context) -> ItemView:
        """The fact as one of several. Raises as `render` does, and ValueError."""
        template = self._environment.get_template(f"{context.event}/{ITEM}")
        return item_view(context, template.render(context.names()))

    def _parts(self, event: str) -> dict[str, Template]:
        known = self._compiled.get(event)
        if known is None:
            get = self._environment.get_template
            known = {part: get(f"{event}/{name}") for part, name in PARTS.items()}
            self._compiled[event] = known
        return known

    def faults(self, contexts: Iterable[Context]) -> list[str]:
        """Every fault found by rendering, one sentence each; empty: all of them render."""
        return [fault for context in contexts for fault in self._faults_of(context)]

    def _faults_of(self, context: Context) -> list[str]:
        faults: list[str] = []
        names = context.names() | {"lead": "…"}
        parts = PARTS | ({"item": ITEM} if context.event in ORDER else {})
        for part, name in parts.items():
            where = f"{context.event}/{name}"
            why = self._why_not(where, names, CHECKS[part])
            faults += [f"{where}: {why}"] if why else []
        return faults

    def _why_not(self, where: str, names: dict[str, Any], check: Callable[[str], str]) -> str:
        """Why this file cannot be used, or nothing."""
        try:
            return check(self._environment.get_template(where).render(names))
        except TemplateError as error:
            line = getattr(error, "lineno", None)
            place = f"dòng {line}: " if line else ""
            return f"{place}{error.message or type(error).__name__}"
        except Exception as error:  # whatever an expression of a province's own template may raise
            return f"{type(error).__name__}: {error}"


def check_templates(override: Path | None = None) -> Templates:
    """The templates, after each rendered on sample data.

    Raises `SettingsError` naming every template that does not, so that a province's own folder is
    refused when the program starts and not at seven in the morning.
    """
    if override is None:
        return _packaged()
    if not override.is_dir():
        raise SettingsError(f"DONDOC_TEMPLATES: không có thư mục {override}.")
    return _checked(Templates(override))


@lru_cache(maxsize=1)
def _packaged() -> Templates:
    """Those that ship: they change with the program only, so once a process."""
    return _checked(Templates())


def _checked(templates: Templates) -> Templates:
    faults = templates.faults(sample_contexts())
    if faults:
        listed = "\n".join(f"- {fault}" for fault in dict.fromkeys(faults))
        raise SettingsError(f"Mẫu tin không dùng được, hãy sửa rồi chạy lại:\n{listed}")
    return templates


def _marked(context: Context, short: str) -> str:
    """The short text; of a rehearsal it says so first, whatever the template says."""
    text = plain(short).strip()
    return f"{context.clock}, không phải việc thật.\n{text}" if context.clock else text


def _practised(context: Context, params: dict[str, str]) -> dict[str, str]:
    """A template's words are fixed: of a rehearsal its longest parameter says so first."""
    if not context.clock or "title" not in params:
        return params
    return params | {"title": cut(f"Đang diễn tập, không phải việc thật: {params['title']}")}


def _not_empty(text: str) -> str:
    return "" if text.strip() else "kết quả rỗng"


def _json_texts(text: str) -> str:
    try:
        parameters(text)
    except ValueError as error:
        return f"không phải JSON hợp lệ ({error})"
    return ""


def _json_item(text: str) -> str:
    try:
        item_fields(text)
    except ValueError as error:
        return f"không dùng được ({error})"
    return ""


CHECKS: dict[str, Callable[[str], str]] = {
    **dict.fromkeys(PARTS, _not_empty),
    "params": _json_texts,
    "item": _json_item,
}


def one_line(text: str, limit: int) -> str:
    """Blanks and line breaks become single spaces; too long a line ends in «…»."""
    return shortened(" ".join(text.split()), limit)


def shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


SIGNATURE = "-- "
"""What parts a mail from its signature; the only line that keeps its blank at the end."""


def plain(text: str) -> str:
    """At most one empty line in a row, none at either end, no blanks at line ends."""
    lines = [line if line == SIGNATURE else line.rstrip() for line in text.split("\n")]
    kept = [line for before, line in zip(["", *lines], lines, strict=False) if line or before]
    return "\n".join(kept).rstrip("\n") + "\n"


def paragraphs(text: str) -> str:
    """Paragraphs parted by one empty line, each on one line."""
    found = re.split(r"\n\s*\n", text.strip())
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in found)


def parameters(text: str) -> dict[str, str]:
    """ZNS template data: texts only, each at most 100 characters. Raises ValueError otherwise."""
    data: Any = json.loads(text)
    if not isinstance(data, dict) or not all(isinstance(value, str) for value in data.values()):
        raise ValueError("phải là các cặp tên: chuỗi")
    return {name: cut(value) for name, value in data.items()}


def item_view(context: Context, text: str) -> ItemView:
    """One fact of several. Raises ValueError for what is no `item.json`."""
    return ItemView(event=context.event, url=context.url, **item_fields(text))


def item_fields(text: str) -> dict[str, Any]:
    """`result`, `about`, `short`, `agency`, `sign`, `tone`, `lines`. Raises ValueError for anything else."""
    data: Any = json.loads(text)
    if not isinstance(data, dict) or set(data) != _ITEM_FIELDS:
        raise ValueError(f"phải có đủ và chỉ có {', '.join(sorted(_ITEM_FIELDS))}")
    lines = data.pop("lines")
    texts = [*data.values(), *(lines if isinstance(lines, list) else [None])]
    if not all(isinstance(value, str) for value in texts):
        raise ValueError("lines phải là danh sách chuỗi, còn lại phải là chuỗi")
    if data["tone"] not in INK:
        raise ValueError(f"tone phải là một trong {', '.join(INK)}")
    return data | {"lines": tuple(line for line in lines if line)}


_ITEM_FIELDS = {"result", "about", "short", "agency", "sign", "tone", "lines"}


def cut(value: str) -> str:
    """A link is never cut: half a link leads nowhere."""
    return value if value.startswith("http") else shortened(value, PARAM_LIMIT)


def lower_first(text: str) -> str:
    """«Còn 3 ngày» → «còn 3 ngày», but «Sở Nội vụ» and «UBND» stay: names keep their capital."""
    head = text.split(" ", 1)[0]
    return text[:1].lower() + text[1:] if head in COMMON_WORDS else text


_RANGE = re.compile(r"(?<=\d) - (?=\d)|(?<=\d) (?=\d)")
_UNBROKEN = str.maketrans({" ": "\u00a0", "-": "\u2011"})


@lru_cache(maxsize=4096)
def joined(text: str) -> str:
    """«2011 - 2020» and a phone number stay on one line."""
    return _RANGE.sub(lambda found: found.group().translate(_UNBROKEN), text)


COMMON_WORDS = frozenset({"Còn", "Quá", "Hạn", "Hôm", "Chưa", "Đã", "Kênh", "Không", "Máy", "Tin"})
FILTERS: dict[str, Callable[..., str]] = {
    "lower_first": lower_first,
    "number": number_words,
    "joined": joined,
}
"""What templates may use beside Jinja's own filters."""
