"""Công văn đôn đốc: what is still owed, as an official letter in the form of Nghị định 30/2020/NĐ-CP."""

from notifications.letters.gather import Letter, letter_of, letters_of, spelt_out
from notifications.letters.pdf_file import NO_PDF, pdf_letter
from notifications.letters.sending import (
    LetterDesk,
    SentLetter,
    SignedFile,
    read_signed,
    send_letter,
)
from notifications.letters.word_file import draft_letter
from notifications.letters.wording import LetterText, text_of

__all__ = [
    "NO_PDF",
    "Letter",
    "LetterDesk",
    "LetterText",
    "SentLetter",
    "SignedFile",
    "draft_letter",
    "letter_of",
    "letters_of",
    "pdf_letter",
    "read_signed",
    "send_letter",
    "spelt_out",
    "text_of",
]
