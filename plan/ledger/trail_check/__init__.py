"""The trail against the tables it tells of: what stands there must be what was last told of it.

A chain that is whole says that nobody changed the trail; this says that nobody changed the tables behind
its back. Anchors (`height hash`, a line a day) leave the machine, so that a chain that is whole and yet not
the one that was there, an older database put back, is found too.
"""

from plan.ledger.trail_check.anchors import anchor, anchors_in
from plan.ledger.trail_check.check import differences
from plan.ledger.trail_check.difference import Difference

__all__ = ["Difference", "anchor", "anchors_in", "differences"]
