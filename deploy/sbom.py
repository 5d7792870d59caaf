"""In danh mục thư viện (SBOM) của bản phát hành theo CycloneDX 1.6, từ một tệp khóa có mã băm.

    sbom.py TỆP-KHÓA > sbom.json

Tên, bản, mã băm là của tệp khóa; giấy phép là của thư viện đang cài (không cài thì không ghi). Cùng tệp khóa,
cùng môi trường: cùng kết quả.
"""

from __future__ import annotations

import json
import re
import sys
import uuid
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

ENTRY = re.compile(r"^([A-Za-z0-9._-]+)(\[[^\]]*\])?==([^ ;\\]+)\s*(?:;\s*([^\\]+))?")
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
LICENCES = re.compile(r"License :: (?:OSI Approved :: )?(.+)")


def entries(text: str) -> Iterator[tuple[str, str, str, list[str]]]:
    """Each library of a lock: name, version, where it is needed (empty: everywhere), SHA-256 of its files."""
    for block in re.split(r"\n(?=\S)", text):
        found = ENTRY.match(block)
        if found:
            yield found[1], found[3], (found[4] or "").strip(), HASH.findall(block)


def licences(name: str) -> list[dict[str, Any]]:
    """As the library says itself: an SPDX expression, else what it is classified under."""
    try:
        said = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return []
    if expression := said.get("License-Expression"):
        return [{"expression": expression}]
    named = [found[1] for one in said.get_all("Classifier", []) if (found := LICENCES.match(one))]
    text = (said.get("License") or "").strip().splitlines()
    named = named or [line for line in text[:1] if 0 < len(line) <= 60]
    return [{"license": {"name": one}} for one in named]


def component(name: str, version: str, marker: str, hashes: list[str]) -> dict[str, Any]:
    purl = f"pkg:pypi/{re.sub(r'[-_.]+', '-', name).lower()}@{version}"
    made: dict[str, Any] = {
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": version,
        "purl": purl,
        # One for each file the version is published as; which of them is installed, the machine decides.
        "externalReferences": [
            {
                "type": "distribution",
                "url": purl,
                "hashes": [{"alg": "SHA-256", "content": one}],
            }
            for one in hashes
        ],
    }
    if said := licences(name):
        made["licenses"] = said
    if marker:
        made["properties"] = [{"name": "dondoc:marker", "value": marker}]
    return made


def bom(text: str) -> dict[str, Any]:
    """The whole document."""
    project = metadata.metadata("dondoc")
    ref = f"pkg:pypi/dondoc@{project['Version']}"
    components = [component(*one) for one in entries(text)]
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, ref + text)}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": ref,
                "name": "dondoc",
                "version": project["Version"],
                "purl": ref,
            }
        },
        "components": components,
        "dependencies": [
            {"ref": ref, "dependsOn": [one["bom-ref"] for one in components]},
        ],
    }


if __name__ == "__main__":
    json.dump(bom(Path(sys.argv[1]).read_text("utf-8")), sys.stdout, ensure_ascii=False, indent=1)
    print()
