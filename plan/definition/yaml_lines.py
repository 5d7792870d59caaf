"""YAML in and out: plain values with the line of every one of them.

libyaml's events are read one by one and never composed by it: its composer recurses on the C
stack, so that a file of brackets would end the process. Scalars stay as close to the text as the
types allow (`7:00` and `1.2.3` are strings, dates stay strings for pydantic to read). Anchors are
not part of the format: a plan is read by people, line by line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from io import StringIO
from pathlib import Path
from textwrap import dedent
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml import events as ev
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.scalarstring import SingleQuotedScalarString

Key = str | int
KeyPath = tuple[Key, ...]

MAX_BYTES = 4_000_000
MAX_DEPTH = 50

PROBLEMS = {
    "mapping values are not allowed": "hai dấu «:» trên một dòng; hãy đặt chuỗi trong ngoặc kép",
    "tab character": "có phím Tab ở đầu dòng; hãy thụt dòng bằng dấu cách",
    "cannot start any token": "có phím Tab hoặc ký tự lạ ở đầu; hãy thụt dòng bằng dấu cách",
    "did not find expected '-'": "thụt dòng lệch: không thẳng hàng với các mục «-» ở trên",
    "did not find expected ',' or": "ngoặc mở mà chưa đóng",
    "expected ',' or": "ngoặc mở mà chưa đóng",  # the same, without ruamel's C parser
    "did not find expected key": "thụt dòng lệch hoặc chuỗi chưa đặt trong ngoặc kép",
    "unexpected end of stream": "ngoặc mở mà chưa đóng",
    "did not find expected node content": "ngoặc mở mà chưa đóng",
}


@dataclass(frozen=True)
class Trouble:
    """Something wrong with the text of one file; lines count from 1, 0 is the whole file."""

    line: int
    path: KeyPath
    message: str


@dataclass
class YamlFile:
    """What one file holds. `value` is None when it could not be read; `troubles` says why."""

    value: Any = None
    lines: dict[KeyPath, int] = field(default_factory=dict)
    troubles: list[Trouble] = field(default_factory=list)
    readable: bool = True


def read_yaml(path: Path) -> YamlFile:
    """Read one UTF-8 YAML file; never raises for what the file says, whatever it says."""
    result = YamlFile()
    text = _text(path, result)
    if text is None:
        return result
    try:
        result.value = _Builder(result, YAML(typ="safe").parse(text)).document()
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 0
        _give_up(result, line, f"Không đọc được YAML: {_explain(error)}.")
    except _UnsupportedError as error:
        _give_up(result, error.line, str(error))
    except YAMLError:
        _give_up(result, 0, "Không đọc được YAML: tệp có ký tự điều khiển.")
    return result


def write_yaml(value: Any, header: str = "") -> str:
    """The value as YAML text in block style; `header` is a comment line put first."""
    writer = YAML()
    writer.width = 10_000  # one value, one line: a label can be found by searching for it
    writer.indent(mapping=2, sequence=4, offset=2)
    writer.allow_unicode = True
    writer.representer.ignore_aliases = lambda _: True
    stream = StringIO()
    writer.dump(_styled(value), stream)
    text = stream.getvalue()
    if isinstance(value, list):
        text = dedent(text)
    return (f"{header}\n" if header else "") + text


def _styled(value: Any) -> Any:
    """Short lists and short items of lists go on one line."""
    if isinstance(value, dict):
        return {key: _styled(child) for key, child in value.items()}
    if not isinstance(value, list):
        return value
    if _is_short(value):
        return _flow(CommentedSeq(_quoted(child) for child in value))
    return CommentedSeq(
        _flow(CommentedMap((key, _quoted(part)) for key, part in child.items()))
        if isinstance(child, dict) and _is_short(child.values())
        else _styled(child)
        for child in value
    )


def _is_short(values: Iterable[Any]) -> bool:
    seen = list(values)
    plain = all(isinstance(value, (str, int, float, date)) for value in seen)
    return plain and sum(len(str(value)) + 8 for value in seen) <= 90


def _quoted(value: Any) -> Any:
    """libyaml does not read a bare `07:00` inside brackets."""
    return SingleQuotedScalarString(value) if isinstance(value, str) and ":" in value else value


def _flow(value: Any) -> Any:
    value.fa.set_flow_style()
    return value


def _text(path: Path, result: YamlFile) -> str | None:
    try:
        raw = path.read_bytes()
    except OSError as error:
        _give_up(result, 0, f"Không mở được tệp ({error.strerror}).")
        return None
    if len(raw) > MAX_BYTES:
        _give_up(
            result, 0, f"Tệp lớn quá {MAX_BYTES // 1_000_000} MB; đây không phải tệp kế hoạch."
        )
        return None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        _give_up(result, line, "Tệp không phải mã UTF-8; hãy lưu lại với bảng mã UTF-8.")
        return None


def _explain(error: MarkedYAMLError) -> str:
    said = f"{error.problem or ''} {error.context or ''}"
    for words, sentence in PROBLEMS.items():
        if words in said:
            return sentence
    return "thụt dòng lệch, thiếu dấu cách sau «:» hoặc chuỗi chưa đặt trong ngoặc kép"


def _give_up(result: YamlFile, line: int, message: str) -> None:
    result.readable = False
    result.value = None
    result.troubles.append(Trouble(line, (), message))


class _UnsupportedError(Exception):
    """YAML, but not a plan's: an anchor, a second document, a key that is no text, too deep."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


class _Builder:
    """Turns events into values, noting each one's line and every key written twice."""

    def __init__(self, result: YamlFile, events: Iterator[Any]) -> None:
        self.result = result
        self.events = events

    def document(self) -> Any:
        value = None
        documents = 0
        for event in self.events:
            if isinstance(event, ev.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise _UnsupportedError(
                        _line(event), "Tệp chỉ được có một tài liệu; bỏ dòng «---» thừa."
                    )
            elif isinstance(event, ev.NodeEvent):
                value = self.value(event, ())
        return value

    def value(self, event: Any, path: KeyPath) -> Any:
        if isinstance(event, ev.AliasEvent) or event.anchor is not None:
            message = (
                "Kế hoạch không dùng dấu «&» và «*» của YAML; nếu là chữ, hãy đặt trong ngoặc kép."
            )
            raise _UnsupportedError(_line(event), message)
        if len(path) > MAX_DEPTH:
            raise _UnsupportedError(
                _line(event), f"Lồng quá {MAX_DEPTH} tầng; đây không phải tệp kế hoạch."
            )
        self.result.lines.setdefault(path, _line(event))
        if isinstance(event, ev.ScalarEvent):
            return scalar(event.value) if event.implicit[0] else event.value
        return self.mapping(path) if isinstance(event, ev.MappingStartEvent) else self.items(path)

    def items(self, path: KeyPath) -> list[Any]:
        built: list[Any] = []
        for event in self.events:
            if isinstance(event, ev.SequenceEndEvent):
                break
            built.append(self.value(event, (*path, len(built))))
        return built

    def mapping(self, path: KeyPath) -> dict[str, Any]:
        built: dict[str, Any] = {}
        for event in self.events:
            if isinstance(event, ev.MappingEndEvent):
                break
            if not isinstance(event, ev.ScalarEvent):
                raise _UnsupportedError(
                    _line(event), "Khóa phải là chữ; hãy đặt chuỗi trong ngoặc kép."
                )
            self.entry(built, event.value, _line(event), path)
        return built

    def entry(self, built: dict[str, Any], key: str, line: int, path: KeyPath) -> None:
        if key not in built:
            self.result.lines[(*path, key)] = line
            built[key] = self.value(next(self.events), (*path, key))
            return
        first = self.result.lines[(*path, key)]
        message = f"Khóa «{key}» viết hai lần (lần đầu ở dòng {first}); hãy bỏ một lần."
        self.result.troubles.append(Trouble(line, (*path, key), message))
        # Read away, so that the lines already known are not overwritten by the second one's.
        _Builder(YamlFile(), self.events).value(next(self.events), (*path, key))


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


_NULL = {"", "~", "null", "Null", "NULL"}
_BOOLEAN = {"true": True, "True": True, "false": False, "False": False}
_INTEGER = re.compile(r"[-+]?(0|[1-9]\d{0,17})")
_DECIMAL = re.compile(r"[-+]?(0|[1-9]\d{0,17})\.\d{1,18}")


def scalar(text: str) -> str | int | float | bool | None:
    """What an unquoted word means: nothing, true/false, a plain number, else the text itself."""
    if text in _NULL:
        return None
    if text in _BOOLEAN:
        return _BOOLEAN[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _DECIMAL.fullmatch(text) else text
