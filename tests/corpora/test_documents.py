"""Transcripts in documents, compressed files and archives; all of them fiction."""

from __future__ import annotations

import gzip
import io
import stat
import textwrap
import zipfile

import pyarrow as pa
import pytest

from corpora import Drop, read_source
from corpora.inputs import MAX_RATIO

TALK = [
    ("therapist", "Come in. Sit anywhere you like."),
    ("client", "Thanks. It’s warm in here."),
    ("therapist", "It is. What would you like to start with today?"),
    ("client", "My sister called on Sunday and I didn’t pick up."),
    ("therapist", "You didn’t pick up. What was that like?"),
    ("client", "Heavy. Like wet clothes."),
]
LINES = [f"{role.upper()}: {text}" for role, text in TALK]
PLAIN = "\n".join(LINES).encode()
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def pdf(pages):
    """A PDF of text lines, written by hand."""
    kids = b" ".join(b"%d 0 R" % (4 + 2 * page) for page in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, len(pages)),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for number, lines in enumerate(pages):
        shown = b" ".join(b"(%s) Tj T*" % line.encode("cp1252").replace(b"(", b"\\(") for line in lines)
        body = b"BT /F1 10 Tf 50 780 Td 14 TL " + shown + b" ET"
        page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R" % (5 + 2 * number)
        objects.append(page + b" /Resources << /Font << /F1 3 0 R >> >> >>")
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(body), body))
    out, starts = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        starts.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % start for start in starts)
    trailer = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, len(out))
    return out + b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + table + trailer


def docx(body, before=""):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        xml = f'<?xml version="1.0"?>{before}<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>'
        file.writestr("word/document.xml", xml)
    return out.getvalue()


def paragraph(text):
    label, _, speech = text.partition(": ")
    return (
        "<w:p><w:pPr><w:tabs><w:tab w:val='left' w:pos='720'/></w:tabs></w:pPr>"
        f"<w:r><w:b/><w:t>{label}:</w:t></w:r><w:r><w:t xml:space='preserve'> {speech}</w:t></w:r></w:p>"
    )


def cell(text):
    return f"<w:tc><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:tc>"


def printed():
    lines = [part for line in LINES for part in textwrap.wrap(line, 28, break_on_hyphens=False)]
    pages = [lines[start : start + 6] for start in range(0, len(lines), 6)]
    return pdf(
        [["1/2/2024, 3:45 PM   Session 4", *page, f"about:srcdoc  {n}/{len(pages)}"] for n, page in enumerate(pages, 1)]
    )


def web_page():
    spans = "".join(
        f"<p data-id='{n}'>"
        + "".join(f"<span data-id='{n}.{k}'>{part}</span>" for k, part in enumerate(line.split(" ", 2)))
        + "</p>\n"
        for n, line in enumerate(LINES)
    )
    head = "<!DOCTYPE html><html><head><script>'CLIENT: no'</script></head><body><nav>Home</nav>"
    return f"{head}<a>Cite</a><a>Print page</a><div>{spans}</div><footer>© Example</footer></body></html>".encode()


RTF = "".join("\\b " + line.replace(": ", ":\\b0  ").replace("’", "\\'92") + "\\par\n" for line in LINES)
DOCUMENTS = {
    "print.pdf": printed(),
    "page.html": web_page(),
    "page.txt": web_page(),
    "plain.htm": "<br>".join(LINES).encode(),
    "word.docx": docx("".join(map(paragraph, LINES))),
    "table.docx": docx(
        "<w:tbl>" + "".join(f"<w:tr>{''.join(map(cell, line.split(': ')))}</w:tr>" for line in LINES) + "</w:tbl>"
    ),
    "rich.rtf": ("{\\rtf1\\ansi{\\header Running head}\\f0 " + RTF + "}").encode("cp1252"),
    "packed.txt.gz": gzip.compress(PLAIN),
    "packed.txt.zst": pa.compress(PLAIN, codec="zstd", asbytes=True),
    "copied.txt": "\n".join(
        ["Session 4", "Cite", "Email", "Embed", "Print page", *LINES[:3], "Cite", "Print page", *LINES[3:]]
    ).encode(),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_same_talk_in_every_form(tmp_path, name):
    (tmp_path / name).write_bytes(DOCUMENTS[name])
    [session] = read_source("alexander-street", tmp_path)
    assert [(turn.role, turn.text) for turn in session.turns] == TALK
    assert session.session_id == name.partition(".")[0]


def test_an_answer_that_is_a_word_of_navigation_stays(tmp_path):
    (tmp_path / "x.txt").write_text("T: Call or email?\nC:\nEmail\nT: Why?\nC: It is quiet.\n")
    [session] = read_source("alexander-street", tmp_path)
    assert [turn.text for turn in session.turns] == ["Call or email?", "Email", "Why?", "It is quiet."]


def test_words_broken_at_a_pdfs_line_ends(tmp_path):
    lines = ["THERAPIST: I was hop-", "ing you would call.", "CLIENT: It is well-", "known, hoping is."]
    (tmp_path / "x.pdf").write_bytes(pdf([lines]))
    [session] = read_source("alexander-street", tmp_path)
    assert session.turns[0].text == "I was hoping you would call."


def archive(path, entries):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in entries.items():
            file.writestr(name, data)


def test_an_archive_is_read_like_a_folder(tmp_path):
    path = tmp_path / "all.zip"
    archive(path, {"b/2.txt": PLAIN, "a.txt": PLAIN, "__MACOSX/a.txt": b"x", "notes.md": b"x"})
    inside = list(read_source("alexander-street", path))
    assert [session.session_id for session in inside] == ["a", "b/2"]
    beside = list(read_source("alexander-street", tmp_path))
    assert [session.session_id for session in beside] == ["all.zip/a", "all.zip/b/2"]
    assert not list(tmp_path.glob("*.txt"))


def link():
    entry = zipfile.ZipInfo("link.txt")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("../../out.txt", PLAIN, "unsafe_member"),
        ("/etc/passwd.txt", PLAIN, "unsafe_member"),
        (link(), b"/etc/passwd", "unsafe_member"),
        ("bomb.txt", b"a" * 2**20 * 8, "suspicious_archive"),
        ("inner.zip", b"PK\x03\x04", "nested_archive"),
    ],
)
def test_archives_reach_nowhere_and_do_not_explode(tmp_path, name, data, reason):
    path = tmp_path / "x.zip"
    archive(path, {"good.txt": PLAIN, name: data})
    found = list(read_source("alexander-street", path))
    assert [item.reason for item in found if isinstance(item, Drop)] == [reason]
    assert len(found) == 2
    assert MAX_RATIO > 100


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("x.pdf", b"%PDF-1.4\nbroken", "damaged_document"),
        ("x.pdf", pdf([[]]), "no_text_layer"),
        ("x.docx", b"PK\x03\x04", "damaged_document"),
        ("x.docx", docx("<w:p>&b;</w:p>", BOMB), "damaged_document"),
        ("x.docx", docx("<w:p>"), "damaged_document"),
        ("x.rtf", b"THERAPIST: hello", "damaged_document"),
        ("x.odt", b"PK", "unsupported_format"),
        ("x.html", b"<p> </p>", "blank_file"),
        ("x.txt.gz", gzip.compress(PLAIN)[:-30], "damaged_archive"),
        ("x.txt.zst", b"\0\0\0", "damaged_archive"),
        ("x.zip", b"PK\x03\x04", "damaged_archive"),
    ],
)
def test_broken_documents_are_set_aside_with_advice(tmp_path, name, data, reason):
    (tmp_path / name).write_bytes(data)
    [drop] = read_source("alexander-street", tmp_path)
    assert isinstance(drop, Drop)
    assert (drop.reason, drop.quarantined) == (reason, reason != "blank_file")


@pytest.mark.parametrize(
    "filler", ["<div>", "<!--", "<p data-id='1'>", "<script>", "<a '", "&amp", "<", "<!", "</nav>"], ids=str.strip
)
def test_repetitive_markup_ends(tmp_path, filler):
    (tmp_path / "x.html").write_text("<br>".join(LINES) + filler * 100_000)
    assert len(list(read_source("alexander-street", tmp_path))) == 1


def test_the_caller_says_who_is_who(tmp_path):
    from dataclasses import replace

    from corpora.sources import get_source

    (tmp_path / "x.txt").write_text("Anna: Yes.\nBella: No.\nAnna: Well.\nBella: Fine.\n")
    [drop] = read_source("alexander-street", tmp_path)
    assert drop.reason == "roles_unclear"
    assert "confidence 0." in drop.detail
    source = replace(get_source("alexander-street"), speakers={"anna": "client", "x/bella": "therapist"})
    [unit] = source.units(tmp_path / "x.txt", "x.txt")
    [session] = source.read(unit)
    assert [turn.role for turn in session.turns] == ["client", "therapist"] * 2


def test_who_is_who_is_shown_to_be_mended(tmp_path, corpora_command):
    (tmp_path / "x.txt").write_text("Anna: Yes.\nBella: No.\nAnna: Well.\nBella: Fine.\n")
    shown = corpora_command("parse", "--show-roles", "x.txt", check=True).stdout
    rows = [line.split(",") for line in shown.splitlines()]
    assert rows[0] == ["session_id", "label", "role", "confidence"]
    assert {(row[0], row[1]) for row in rows[1:]} == {("x", "Anna"), ("x", "Bella")}
    assert all(0 <= float(row[3]) < 0.35 for row in rows[1:])
    (tmp_path / "who.csv").write_text("session_id,label,role\nx,Anna,client\nx,Bella,therapist\n")
    plan = corpora_command("build", "--input", "x.txt", "--speakers", "who.csv", "--dry-run", check=True).stdout
    assert "1 sessions, 4 turns" in plan
