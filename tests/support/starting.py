"""Starting a plan by command where nobody real is written to: every open point is answered, none mended."""

POINTS = ("placeholder-addresses", "sender", "base-url", "mail", "days-off", "coordinator")
START = (
    "plan",
    "start",
    "--missed",
    "none",
    *(word for key in POINTS for word in ("--answer", f"{key}=chạy thử")),
)
