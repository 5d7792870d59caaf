"""What every part of the plan format is made of."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Text = Annotated[str, StringConstraints(min_length=1)]
Clock = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class DefinitionPart(BaseModel):
    """Base of every part of a plan: an unknown key is a fault, not a shrug."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
