"""Documents to lines of text: PDF prints, Word, rich text, and saved web pages.

Each reader keeps one printed line or paragraph a line; what is page furniture and what is speech is decided later, as
for plain text. Sizes are limited, no external entity or link is followed, and scripts, styles and forms are left out.
"""

from __future__ import annotations

import html
import io
import re
import zipfile
import zlib
from collections.abc import Callable
from xml.parsers import expat

from corpora.errors import TextError

MAX_PAGES = 2_000
MAX_XML_BYTES = 256 * 2**20
MAX_TEXT_CHARS = 64 * 2**20
UNREADABLE = frozenset({".doc", ".odt", ".mht", ".mhtml", ".pages", ".wpd"})
"""Documents that people have and that are not read; the error says how to save them."""

_SKIPPED_TAGS = "script style nav footer head template noscript button form select svg iframe object menu"
_BLOCK_TAGS = """address article aside blockquote body br center dd div dl dt figure h1 h2 h3 h4 h5 h6 header hr html li
    main ol p pre section table tbody tr ul"""
_SKIPPED, _BLOCKS = frozenset(_SKIPPED_TAGS.split()), frozenset(_BLOCK_TAGS.split())
_TOKEN = re.compile(r"<!--|<[!?]|<(?P<close>/?)(?P<tag>[a-zA-Z][\w:-]*)(?P<rest>(?:\"[^\"<]*\"|'[^'<]*'|[^<>\"'])*+)>")
_TIMED = re.compile(r"\bdata-id\b")
_SPACE = re.compile(r"[ \t\n\r\f\v]+")
_SOFT_HYPHEN = re.compile("[\x02\ufffe\xad](?=\\s|\\w|\\Z)")


def document_lines(data: bytes, suffix: str) -> str:
    """The text of a document, by its suffix (lower case, with dot), one line a line or paragraph.

    Raises:
        TextError: `unsupported_format`, `damaged_document`, `no_text_layer` (a scan) or `file_too_large`.
    """
    text = READERS[suffix](data)
    if len(text) > MAX_TEXT_CHARS:
        raise TextError("file_too_large", f"more than {MAX_TEXT_CHARS} characters; cut it into one file a session")
    return text


def _pdf(data: bytes) -> str:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
        if len(document) > MAX_PAGES:
            raise TextError("file_too_large", f"{len(document)} pages, limit {MAX_PAGES}; cut it into sessions")
        pages = []
        for number in range(len(document)):
            page = document[number]
            shown = page.get_textpage()
            pages.append(shown.get_text_bounded())
            shown.close()
            page.close()
        document.close()
    except (pypdfium2.PdfiumError, ValueError) as error:
        detail = "not a readable PDF (damaged or locked by a password); print it again without one"
        raise TextError("damaged_document", detail) from error
    text = _SOFT_HYPHEN.sub("-\n", "\n".join(pages).replace("\r\n", "\n"))
    if not text.strip():
        raise TextError("no_text_layer", "the PDF holds no text, only pictures of it; run text recognition first")
    return text


def _docx(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            entry = file.getinfo("word/document.xml")
            if entry.file_size > MAX_XML_BYTES or entry.file_size > max(2**20, 500 * entry.compress_size):
                raise TextError("file_too_large", "the document unpacks to far more than its size; save it again")
            return _Word().read(file.read(entry))
    except (zipfile.BadZipFile, KeyError, zlib.error, RuntimeError, NotImplementedError, EOFError, OSError, ValueError):
        raise TextError("damaged_document", "not a readable Word document; save it again as .docx") from None
    except expat.ExpatError:
        raise TextError("damaged_document", "its text is no well-formed XML; save it again as .docx") from None


class _Word:
    """The paragraphs of `word/document.xml`, a table's row as one line with tabs between its cells."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.text: list[str] = []
        self.rows: list[list[str]] = []
        self.cells: list[list[str]] = []
        self.fallback = 0
        self.in_text = False

    def read(self, xml: bytes) -> str:
        """Parse; entities may not be declared, so that none can grow."""
        parser = expat.ParserCreate(namespace_separator="}")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.EntityDeclHandler = _refuse_entity
        parser.Parse(xml, True)  # noqa: FBT003 - the last piece
        return "\n".join(self.lines)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        space, _, tag = name.rpartition("}")
        if tag == "Fallback":
            self.fallback += 1
        if self.fallback or not space.endswith("/main") or "drawing" in space:
            return
        if tag == "t":
            self.in_text = True
        elif tag in ("tab", "br", "cr"):
            kinds = [value for key, value in attributes.items() if key.endswith(("}pos", "}val"))]
            if tag != "tab" or not kinds:  # a `w:tab` with a position is a tab stop, not a tab
                self.text.append("\t" if tag == "tab" else "\n")
        elif tag == "noBreakHyphen":
            self.text.append("-")
        elif tag == "tr":
            self.rows.append([])
        elif tag == "tc":
            self.cells.append([])

    def _end(self, name: str) -> None:
        space, _, tag = name.rpartition("}")
        if tag == "Fallback":
            self.fallback -= 1
        elif self.fallback or not space.endswith("/main") or "drawing" in space:
            return
        elif tag == "t":
            self.in_text = False
        elif tag == "p":
            (self.cells[-1] if self.cells else self.lines).append("".join(self.text))
            self.text = []
        elif tag == "tc" and self.rows and self.cells:
            self.rows[-1].append(" ".join(filter(None, (cell.strip() for cell in self.cells.pop()))))
        elif tag == "tr" and self.rows:
            row = "\t".join(self.rows.pop())
            (self.cells[-1] if self.cells else self.lines).append(row)

    def _characters(self, data: str) -> None:
        if self.in_text:
            self.text.append(data)


def _refuse_entity(*_: object) -> None:
    raise TextError("damaged_document", "its XML declares entities, which Word never does; save it again as .docx")


def _rtf(data: bytes) -> str:
    from striprtf.striprtf import rtf_to_text

    if not data.lstrip().startswith(b"{\\rtf"):
        raise TextError("damaged_document", "not a rich text document; save it again as .rtf or as plain text")
    try:
        text: str = rtf_to_text(  # type: ignore[no-untyped-call]
            data.decode("latin-1"), errors="replace"
        )
    except (ValueError, IndexError, KeyError, LookupError, OverflowError, RecursionError):
        raise TextError("damaged_document", "its rich text is broken; save it again") from None
    return text


def _web_page(data: bytes) -> str:
    from corpora.text import decoded

    return page_lines(decoded(data))


def page_lines(markup: str) -> str:
    """The visible lines of a web page; where it marks timed paragraphs (`data-id`), those alone."""
    page = _Page()
    position = 0
    while found := _TOKEN.search(markup, position):
        page.text(markup[position : found.start()])
        position = found.end()
        if found["tag"]:
            page.tag(found["tag"].lower(), found["rest"], close=bool(found["close"]))
        else:
            mark = "-->" if found[0] == "<!--" else ">"
            end = markup.find(mark, position)
            position = len(markup) if end < 0 else end + len(mark)
    page.text(markup[position:])
    return "\n".join(" ".join(line.split(" ")).strip(" ") for line in page.shown().split("\n"))


class _Page:
    """What a page shows, gathered tag by tag; elements that are no text (`_SKIPPED`) are passed over whole."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.timed: list[tuple[int, int]] = []
        self.opened: int | None = None
        self.skipped, self.depth = "", 0

    def text(self, markup: str) -> None:
        """Text between two tags."""
        if markup and not self.skipped:
            self.pieces.append(_SPACE.sub(" ", html.unescape(markup)))

    def tag(self, tag: str, rest: str, *, close: bool) -> None:
        """An opening or closing tag with its attributes."""
        if self.skipped:
            self.depth += (tag == self.skipped) * (-1 if close else 1)
            self.skipped = self.skipped if self.depth else ""
        elif tag in _SKIPPED and not close and not rest.endswith("/"):
            self.skipped, self.depth = tag, 1
        elif tag in _BLOCKS:
            self._block(starts=tag == "p" and not close and _TIMED.search(rest) is not None, ends=tag == "p")
        elif tag in ("td", "th") and close:
            self.pieces.append("\t")
        elif tag == "span" and not close and _TIMED.search(rest):
            self.pieces.append(" ")

    def _block(self, *, starts: bool, ends: bool) -> None:
        self.pieces.append("\n")
        if ends and self.opened is not None:
            self.timed.append((self.opened, len(self.pieces)))
            self.opened = None
        if starts:
            self.opened = len(self.pieces)

    def shown(self) -> str:
        """The text so far."""
        if self.timed:
            return "\n".join("".join(self.pieces[start:end]) for start, end in self.timed)
        return "".join(self.pieces)


READERS: dict[str, Callable[[bytes], str]] = {
    ".pdf": _pdf,
    ".docx": _docx,
    ".rtf": _rtf,
    ".htm": _web_page,
    ".html": _web_page,
    ".xhtml": _web_page,
}
"""Reader by suffix; each imports its package when it is called."""
