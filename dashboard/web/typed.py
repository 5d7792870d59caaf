"""What was typed into a form that was refused: it stands in the form again, once, on the page it came from.

Kept in this process's memory only, for the browser that sent it, until its next page; never on disk. What is
not found again (another process, another page in between) is as it was without: the page with its reason.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from threading import Lock
from typing import Any

from lxml import html

MOST_BROWSERS = 64
LONGEST = 1_000_000
"""Characters of one form that are kept; a longer one is not."""
_EACH_TIME_ANEW = {"csrf", "ban", "lan-gui"}
"""Hidden fields that say which showing of a form it is, not what the form is about."""
_NEVER = {"hidden", "password", "file", "submit", "button", "range"}
RETYPED = "retyped"


@dataclass(frozen=True)
class TypedForm:
    """A form as it was sent: where to, and its text fields in order."""

    action: str
    fields: tuple[tuple[str, str], ...]


class TypedForms:
    """The last refused form of each browser."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, TypedForm] = OrderedDict()
        self._lock = Lock()

    def keep(self, browser: str, action: str, fields: Iterable[tuple[str, Any]]) -> None:
        """`browser`: its session's cookie. Files are not kept: no page may fill them in."""
        texts = tuple((name, value) for name, value in fields if isinstance(value, str))
        if not browser or sum(len(value) for _, value in texts) > LONGEST:
            return
        with self._lock:
            self._kept[browser] = TypedForm(action, texts)
            self._kept.move_to_end(browser)
            while len(self._kept) > MOST_BROWSERS:
                self._kept.popitem(last=False)

    def take(self, browser: str) -> TypedForm | None:
        with self._lock:
            return self._kept.pop(browser, None)


def filled_in(page: str, typed: TypedForm, reason: str) -> str:
    """The page with what was typed in the form it was sent from, fields that say otherwise than what is kept
    marked, and the reason above them; as it is where that form does not stand on it."""
    document = html.document_fromstring(page)
    form = next((one for one in document.iter("form") if _is_form(one, typed)), None)
    if form is None:
        return page
    values: defaultdict[str, list[str]] = defaultdict(list)
    for name, value in typed.fields:
        values[name].append(value.replace("\r\n", "\n"))
    changed = [field for field in _fields(form) if _fill(field, values)]
    for field in changed:
        _show(field)
    if changed:
        form.insert(0, _told(reason))
        changed[0].set("autofocus", "autofocus")
    made: str = html.tostring(document, encoding="unicode", doctype="<!doctype html>")
    return made


def _is_form(form: Any, typed: TypedForm) -> bool:
    """The one of that address whose hidden fields are about the same."""
    if form.get("action") != typed.action:
        return False
    sent = set(typed.fields)
    hidden = [one for one in form.iter("input") if one.get("type") == "hidden"]
    about = {(one.get("name"), one.get("value", "")) for one in hidden}
    return all(one in sent for one in about if one[1] and one[0] not in _EACH_TIME_ANEW)


def _fields(form: Any) -> Iterator[Any]:
    for field in form.iter("input", "select", "textarea"):
        if field.get("name") and field.get("type", "text") not in _NEVER:
            yield field


def _fill(field: Any, values: dict[str, list[str]]) -> bool:
    """Whether the field says otherwise than before."""
    said = values.get(field.get("name"), [])
    if field.tag == "select":
        return _select(field, said)
    if field.get("type") in ("checkbox", "radio"):
        return _tick(field, field.get("value", "on") in said)
    if not said:
        return False
    text = said.pop(0)
    if field.tag == "textarea":
        before, field.text = field.text or "", text
    else:
        before = field.get("value", "")
        field.set("value", text)
    return bool(before.strip() != text.strip())


def _select(field: Any, said: list[str]) -> bool:
    options = list(field.iter("option"))
    known = [one.get("value", one.text or "") for one in options]
    if not any(one in known for one in said):
        return False
    before = [one.get("selected") is not None for one in options]
    for option, value in zip(options, known, strict=True):
        option.attrib.pop("selected", None)
        if value in said:
            option.set("selected", "selected")
    # without a choice of one's own a browser takes the first
    first = before if any(before) else [at == 0 for at in range(len(before))]
    return first != [one.get("selected") is not None for one in options]


def _tick(field: Any, ticked: bool) -> bool:
    before = field.attrib.pop("checked", None) is not None
    if ticked:
        field.set("checked", "checked")
    return before != ticked


def _show(field: Any) -> None:
    field.set("class", f"{field.get('class', '')} {RETYPED}".strip())
    for above in field.iterancestors("details"):
        above.set("open", "open")


def _told(reason: str) -> Any:
    told = html.Element("p", {"class": "notice bad"})
    told.text = f"{reason} Điều vừa gõ vẫn ở các ô có viền đậm, chưa ghi; sửa rồi gửi lại."
    return told
