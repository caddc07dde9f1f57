"""Bytes to text: encodings, line ends, and the characters that have no place in a transcript.

The lines of a `Text` are clean (NFC, no control or bidirectional characters), yet `Text.line_starts` still tells where
each of them starts in the file's bytes, so that a session can say which bytes it came from.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from corpora.documents import READERS, document_lines, page_lines
from corpora.errors import TextError
from corpora.inputs import MAX_FILE_BYTES, bare, read_bytes

__all__ = ["MAX_FILE_BYTES", "MAX_LINE_CHARS", "Text", "TextError", "decode", "decoded", "read_text", "tidy"]

DOCUMENT = "document"
"""The `encoding` of a `Text` whose lines are no byte ranges of its file."""

MAX_LINE_CHARS = 8 * 2**20
"""A longer line is refused: a hundred whole sessions on one line are no transcript but a dump of something else."""

_CONTROLS = bytes([*range(9), *range(14, 32), 127])
_MAX_CONTROL_SHARE = 0.01  # stray form controls happen in text; executables and images hold several per cent
_MAX_HIGH_SHARE = 0.1  # Western European prose stays below 5 % of non-ASCII bytes; above 10 % it is another script
_SNIFFED_BYTES = 2**16
_MAGIC = {
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a ZIP or Office document",
    b"\xd0\xcf\x11\xe0": "an old Office document",
    b"{\\rtf": "a rich text document",
    b"\x1f\x8b": "a gzip archive",
    b"\x89PNG": "an image",
}
_MAC_APOSTROPHE = re.compile(rb"[A-Za-z]\xd5[a-z]")  # an apostrophe in Mac Roman, a capital O with tilde in cp1252
_WEB_PAGE = re.compile(rb"(?:\xef\xbb\xbf)?\s*+<(?:!doctype\s++html|html[\s>])", re.IGNORECASE)
_LINE_END = re.compile(rb"\r\n|[\r\n\f\v]")
_UTF16_LINE_END = re.compile("\r\n|[\r\n\f\v]")
_OTHER_LINE_END = re.compile("\r\n|[\r\f\v]")
_UNWANTED = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_ODD_SPACE = re.compile("[\x85\u2028\u2029]")
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class Text:
    """A decoded file: its clean `lines` (without line ends), the `encoding` they were read in, and the bytes."""

    lines: list[str]
    encoding: str
    data: bytes

    def line_starts(self) -> list[int]:
        """The byte at which each line starts, and the file's size at the end; not for a document's lines."""
        if self.encoding != "utf-16":
            ends = [found.end() for found in _LINE_END.finditer(self.data)]
            return [0, *ends, len(self.data)]
        text, starts, position = self.data.decode("utf-16"), [0], 0
        for found in _UTF16_LINE_END.finditer(text):
            piece = text[position : found.end()].encode("utf-16-le")
            starts.append((starts[-1] or len(codecs.BOM_UTF16_LE)) + len(piece))
            position = found.end()
        return [*starts, len(self.data)]


def read_text(path: Path) -> Text:
    """Read a text file or a document whole, out of an archive or a compressed file too.

    Raises:
        TextError: with reason `unreadable_file`, `file_too_large`, `blank_file`, `binary_file`, `undecodable_bytes`,
            `line_too_long`, or what is wrong with a document or an archive.
    """
    data, suffix = read_bytes(path), bare(path.name).suffix.lower()
    if suffix in READERS and data.strip():
        return _cleaned(document_lines(data, suffix), DOCUMENT, data)
    if _WEB_PAGE.match(data):
        return _cleaned(page_lines(decoded(data)), DOCUMENT, data)
    return decode(data)


def decoded(data: bytes) -> str:
    """Bytes as text, uncleaned; see `decode`.

    Raises:
        TextError: with reason `binary_file` or `undecodable_bytes`.
    """
    return _decoded(data)[0]


def decode(data: bytes) -> Text:
    """Decode bytes as UTF-8, UTF-16 with a byte order mark, Mac Roman, cp1252 or Latin-1, and clean the text.

    Raises:
        TextError: with reason `blank_file`, `binary_file`, `undecodable_bytes` or `line_too_long`.
    """
    raw, encoding = _decoded(data)
    return _cleaned(raw, encoding, data)


def _cleaned(raw: str, encoding: str, data: bytes) -> Text:
    if not raw.strip():
        raise TextError("blank_file", "the file holds nothing but white space")
    text = _OTHER_LINE_END.sub("\n", raw)
    if not text.isascii():
        text = _ODD_SPACE.sub(" ", text).replace("\xad\n", "-\n")
        text = unicodedata.normalize("NFC", text)
    lines = _UNWANTED.sub("", text).split("\n")
    if (longest := max(map(len, lines))) > MAX_LINE_CHARS:
        raise TextError("line_too_long", f"a line of {longest} characters, limit {MAX_LINE_CHARS}; restore line ends")
    return Text(lines, encoding, data)


def tidy(text: str) -> str:
    """A written text of a table's cell: NFC, no control or bidirectional characters, white space folded."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text.encode("utf-8", "ignore").decode())
    return " ".join(_UNWANTED.sub("", text).split())


def _decoded(data: bytes) -> tuple[str, str]:
    if data.startswith(tuple(_MAGIC)):
        what = next(what for magic, what in _MAGIC.items() if data.startswith(magic))
        raise TextError("binary_file", f"this is {what}, not plain text; save it as plain text (UTF-8)")
    if data.startswith(_UTF16):
        return _utf16(data), "utf-16"
    controls = len(data) - len(data.translate(None, _CONTROLS))
    if b"\0" in data or controls > max(2, _MAX_CONTROL_SHARE * len(data)):
        raise TextError("binary_file", "holds binary data; save the transcript as plain text (UTF-8)")
    try:
        return data.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        return _not_utf8(data)


def _utf16(data: bytes) -> str:
    try:
        text = data.decode("utf-16")
    except UnicodeDecodeError as error:
        detail = f"broken UTF-16 at byte {error.start}; save the file again as UTF-8"
        raise TextError("undecodable_bytes", detail) from None
    if "\0" in text:
        raise TextError("binary_file", "holds NUL characters; save the transcript as plain text (UTF-8)")
    return text


def _not_utf8(data: bytes) -> tuple[str, str]:
    high = len(data) - len(data.translate(None, bytes(range(128, 256))))
    if high > max(2, _MAX_HIGH_SHARE * len(data)):
        return _guessed(data)
    if _MAC_APOSTROPHE.search(data):
        return data.decode("mac_roman"), "mac_roman"
    return "\n".join(map(_western, data.removeprefix(codecs.BOM_UTF8).split(b"\n"))), "cp1252"


def _western(line: bytes) -> str:
    """One line in whichever fits: files pasted together from several sources change encoding between lines."""
    for encoding in ("utf-8", "cp1252"):
        try:
            return line.decode(encoding)
        except UnicodeDecodeError:
            continue
    return line.decode("latin-1")


def _guessed(data: bytes) -> tuple[str, str]:
    from charset_normalizer import from_bytes

    best = from_bytes(data[:_SNIFFED_BYTES]).best()
    try:
        if best is not None and "\r\n".encode(best.encoding) == b"\r\n":  # else line ends are other bytes
            return data.decode(best.encoding), best.encoding
    except UnicodeDecodeError:
        pass
    raise TextError("undecodable_bytes", "in no encoding we know; save the transcript as plain text (UTF-8)")
