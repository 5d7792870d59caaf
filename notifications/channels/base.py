"""What a channel takes and answers: one message in, a receipt or a `SendError` out.

A channel knows how to speak to one kind of server and what its answers mean. It keeps no queue,
retries nothing that the other side may have accepted, and reads no clock: the outbox does that.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import TracebackType
from typing import ClassVar, Self

REFERENCE_LIMIT = 48  # ZNS takes a tracking_id of at most 48 characters
Now = Callable[[], datetime]


@dataclass(frozen=True)
class Attachment:
    """A file carried by e-mail. `mime` may hold parameters: `text/calendar; method=PUBLISH`."""

    filename: str
    mime: str
    data: bytes


@dataclass(frozen=True)
class Outgoing:
    """One rendered message for one address. Every channel takes from it what it carries.

    `address` and the texts are personal: they stay out of `repr` and so out of logs.
    """

    message_id: int
    """Our row in the outbox."""
    channel: str
    address: str = field(repr=False)
    """E-mail address, Zalo user_id, phone, Zalo chat_id or an Apprise URL, by the channel."""
    subject: str = field(default="", repr=False)
    text: str = field(default="", repr=False)
    html: str = field(default="", repr=False)
    short_text: str = field(default="", repr=False)
    """A reminder and a link, for Zalo: at most 2,000 characters, never figures."""
    params: Mapping[str, str] = field(default_factory=dict, repr=False)
    """ZNS template data."""
    event: str = ""
    """Name of the template; leads to a ZNS template id through the settings."""
    reference: str = ""
    """Stable tracking id: the same on every attempt to send this row."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """E-mail headers beyond From, To, Subject, Date and the MIME ones."""
    attachments: tuple[Attachment, ...] = field(default=(), repr=False)
    date: datetime | None = None
    """UTC instant for the Date header (the virtual clock in a rehearsal)."""


@dataclass(frozen=True)
class Receipt:
    """The server took the message. `provider_id` is its id there; ZNS receipts refer to it."""

    provider_id: str
    words: str = ""


NIGHT_CODES = frozenset({"-133", "-234"})
"""What Zalo says to a message that came at night. Its next morning is tomorrow's, an office day or not:
that the message may leave now was decided before the night."""


class SendError(Exception):
    """The server did not take this message, or may not have.

    `code`          the provider's code, or one of ours: "dropped", "timeout", "refused", …
    `words`         the provider's words or ours; free of tokens, addresses and phone numbers.
    `permanent`     True: sending the same again to the same address is pointless.
    `channel_down`  True: not this message's fault, the channel takes nothing for now.
    `retry_after`   how long to wait at least, when the other side says so.
    `address_dead`  True: permanent for this address, the person's next channel should be tried.
    `for_now`       with `address_dead`: the address itself is good (no interaction in 7 days, a
                    template not approved), so try the next channel but do not mark the address for good.
    `silent_for`    with `permanent`: how long the address is left alone (a full mailbox).
    `needs_person`  with `channel_down`: it will not come back by itself (a token revoked, no money): told at
                    once, not after an hour.
    `unknown`       with `channel_down`: a code that stands in no table. The channel is blamed, but two
                    such answers to one message send that message another way.
    `fate_unknown`  True: the connection broke where the server may already have accepted.
    """

    def __init__(
        self,
        code: str,
        words: str,
        *,
        permanent: bool,
        channel_down: bool = False,
        retry_after: timedelta | None = None,
        address_dead: bool = False,
        for_now: bool = False,
        silent_for: timedelta | None = None,
        needs_person: bool = False,
        unknown: bool = False,
        fate_unknown: bool = False,
    ) -> None:
        super().__init__(f"{code}: {words}")
        self.code = code
        self.words = words
        self.permanent = permanent
        self.channel_down = channel_down
        self.retry_after = retry_after
        self.address_dead = address_dead
        self.for_now = for_now
        self.silent_for = silent_for
        self.needs_person = needs_person
        self.unknown = unknown
        self.fate_unknown = fate_unknown


class Session(ABC):
    """An open way to one server, kept for a batch. Not for use by two threads at once."""

    @abstractmethod
    def send(self, outgoing: Outgoing) -> Receipt:
        """Hands one message over. Returns once the server has accepted; else `SendError`.

        A later `send` on the same session works again after an error: it reconnects by itself.
        """

    def close(self) -> None:  # noqa: B027 - most sessions have nothing to close
        """Gives the connection back; called once, also after errors."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class Channel(ABC):
    """One way of reaching people. `kind` says what its addresses are (see `ADDRESS_KINDS`)."""

    name: ClassVar[str]
    kind: ClassVar[str]

    @abstractmethod
    def open(self) -> AbstractContextManager[Session]:
        """A session for a batch. Opening does not connect: the first `send` does."""

    @abstractmethod
    def test(self, address: str | None) -> list[str]:
        """Tries the channel; with an address, sends it a test message.

        Returns every fault as a Vietnamese sentence that says what to do; empty: it works.
        """

    def check_samples(self, _samples: Mapping[str, Sequence[Mapping[str, str]]]) -> list[str]:
        """Whether it would carry what messages are filled with: event → sample parameters. Faults as
        `test` gives them; most channels carry any text."""
        return []


ADDRESS_KINDS = ("email", "zalo_user", "phone", "zalo_chat", "apprise_url", "any")


def trial_message(channel: str, address: str, at: datetime) -> Outgoing:
    """What `dondoc channels test --to` sends: says what it is, and that nothing is owed."""
    subject = "Thư thử của Đôn Đốc"
    text = "Đây là tin thử kênh gửi của hệ thống Đôn Đốc. Anh/chị không phải làm gì."
    return Outgoing(
        message_id=0,
        channel=channel,
        address=address,
        subject=subject,
        text=text + "\n",
        short_text=text,
        event="test",
        reference=f"test-{at:%Y%m%dT%H%M%S}",
        date=at,
    )
