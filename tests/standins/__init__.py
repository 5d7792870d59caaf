"""Servers and helpers the tests speak to; the servers themselves also serve the rehearsal."""

from flows.rehearsal.standins.smtp_sink import KeptMail, SmtpFaults, SmtpSink
from flows.rehearsal.standins.zalo import ZaloStandin
from tests.standins.certificates import Certificate, make_certificate
from tests.standins.clock import HandClock
from tests.standins.imap import FakeImap

__all__ = [
    "Certificate",
    "FakeImap",
    "HandClock",
    "KeptMail",
    "SmtpFaults",
    "SmtpSink",
    "ZaloStandin",
    "make_certificate",
]
