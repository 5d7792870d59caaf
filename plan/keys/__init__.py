"""The installation's keys and the trail's."""
