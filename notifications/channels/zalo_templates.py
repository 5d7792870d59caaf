"""What a Zalo template wants filled in, and whether a message fills it. Pure.

Second-hand (digests of Zalo's official pages, which could not be read themselves): parameters stand on
one line each, within lengths the template lists; a link goes into a button, whose parameter is only
the path behind the address approved with the template; tags 2 (chăm sóc) and 3 (hậu mãi) are sent
from 07:00 to 22:00 only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from plan.calendar import LOCAL
from plan.text import number_words

DAY_TAGS = frozenset({"2", "3", "CUSTOMER_CARE", "PROMOTION"})
DAY = range(7, 22)
"""Local hours in which templates of those tags may be sent."""


@dataclass(frozen=True)
class TemplateParam:
    """One parameter, as `/template/info/v2` lists it. Lengths of 0: not said."""

    name: str
    required: bool
    max_length: int
    min_length: int


@dataclass(frozen=True)
class Template:
    """An approved template."""

    params: tuple[TemplateParam, ...]
    tag: str = ""

    def sleeps(self, now: datetime) -> bool:
        """Whether a template of this tag may not be sent at this hour (UTC)."""
        return self.tag in DAY_TAGS and now.astimezone(LOCAL).hour not in DAY


def template_from(data: Mapping[str, Any]) -> Template:
    """From Zalo's answer; what is missing or odd in it counts as not said."""
    listed = data.get("listParams")
    return Template(
        params=tuple(
            TemplateParam(
                name=str(item["name"]),
                required=bool(item.get("require", True)) and not item.get("acceptNull"),
                max_length=_number(item.get("maxLength")),
                min_length=_number(item.get("minLength")),
            )
            for item in (listed if isinstance(listed, list) else [])
            if isinstance(item, dict) and item.get("name")
        ),
        tag=str(data.get("templateTag") or data.get("tag") or "").upper(),
    )


def _number(said: Any) -> int:
    return int(said) if str(said).isascii() and str(said).isdigit() else 0


def filled(template: Template, params: Mapping[str, str], base_url: str) -> dict[str, str]:
    """The parameters as Zalo takes them: one line, our links as a path, texts no longer than allowed."""
    longest = {param.name: param.max_length for param in template.params}
    return {name: _fitted(value, longest.get(name, 0), base_url) for name, value in params.items()}


def _fitted(value: str, longest: int, base_url: str) -> str:
    line = " ".join(value.split())
    if line.startswith(("http://", "https://")):
        return line.removeprefix(base_url.rstrip("/")).lstrip("/")
    return line if not longest or len(line) <= longest else line[: longest - 1].rstrip() + "…"


def faults(template: Template, params: Mapping[str, str]) -> list[str]:
    """Why Zalo would refuse these parameters, a sentence each; they are as `filled` gave them."""
    found = []
    for param in template.params:
        value = params.get(param.name, "")
        if not value:
            found += [f"thiếu tham số «{param.name}»"] if param.required else []
        elif value.startswith(("http://", "https://")):
            found.append(f"«{param.name}» là liên kết ngoài địa chỉ của trang (DONDOC_BASE_URL)")
        elif param.max_length and len(value) > param.max_length:
            found.append(
                f"«{param.name}» dài {number_words(len(value))} ký tự, mẫu chỉ nhận {param.max_length}"
            )
        elif len(value) < param.min_length:
            found.append(f"«{param.name}» ngắn hơn {param.min_length} ký tự")
    return found
