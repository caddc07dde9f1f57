"""Bytes to text: encodings, refusals, unwanted characters, and where lines start in the bytes."""

from __future__ import annotations

import os
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora.errors import CorporaError
from corpora.text import MAX_FILE_BYTES, MAX_LINE_CHARS, TextError, decode, read_text

CURLY = "It’s a café, “really”.\nYes – it is.\n" + "Nothing more to say about it all, I believe.\n" * 5


@pytest.mark.parametrize(
    ("encoding", "named"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16"),
        ("cp1252", "cp1252"),
        ("mac_roman", "mac_roman"),
    ],
)
def test_encodings_of_english_transcripts(encoding, named):
    text = decode(CURLY.encode(encoding))
    assert "\n".join(text.lines) == CURLY
    assert text.encoding == named


def test_a_file_pasted_together_from_two_encodings():
    data = (
        "C: déjà vu\n".encode()
        + "T: déjà vu\n".encode("latin-1")
        + b"T: and plain ASCII goes on for a while here\n" * 3
    )
    assert decode(data).lines[:2] == ["C: déjà vu", "T: déjà vu"]


def test_another_script_is_guessed_whole():
    russian = "Терапевт: Как прошла неделя? Клиент: Хорошо, спасибо, я спал лучше.\n" * 20
    assert "\n".join(decode(russian.encode("cp1251")).lines) == russian


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "blank_file"),
        (b" \r\n\t\n", "blank_file"),
        (b"T: hi\0there", "binary_file"),
        (b"\x7fELF\x01\x02\x03\x04 text", "binary_file"),
        (b"%PDF-1.7 T: hi", "binary_file"),
        (b"{\\rtf1 T: hi}", "binary_file"),
        (b"\xff\xfeT\x00:\x00\x00", "undecodable_bytes"),
        ("T: hi\0".encode("utf-16"), "binary_file"),
        (b"a" * (MAX_LINE_CHARS + 1), "line_too_long"),
    ],
)
def test_refusals_say_why_and_what_to_do(data, reason):
    with pytest.raises(TextError) as refused:
        decode(data)
    assert refused.value.reason == reason
    assert "hi" not in refused.value.detail.split()


def test_unwanted_characters_go_and_line_ends_are_one():
    text = decode("a\u202eb\u200bc\x07\r\nd\x0ce\rf e\u0301".encode())
    assert text.lines == ["abc", "d", "e", "f é"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
def test_line_starts_count_the_files_bytes(encoding):
    raw = "é one\r\ntwo “x”\rthree\x0cfour\n\U0001f600"
    data = ("\ufeff" + raw).encode(encoding) if encoding == "utf-16-be" else raw.encode(encoding)
    text = decode(data)
    starts = text.line_starts()
    assert len(starts) == len(text.lines) + 1
    assert starts[-1] == len(data)
    plain = encoding.removesuffix("-sig")
    plain = "utf-16-le" if plain == "utf-16" else plain
    for line, (start, end) in zip(text.lines, pairwise(starts), strict=True):
        assert data[start:end].decode(plain).lstrip("\ufeff").rstrip("\r\n\x0c") == line


def test_files_that_cannot_be_read(tmp_path):
    (tmp_path / "gone.txt").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "huge.txt").touch()
    os.truncate(tmp_path / "huge.txt", MAX_FILE_BYTES + 1)
    reasons = []
    for name in ("gone.txt", "pipe.txt", "huge.txt"):
        with pytest.raises(TextError) as refused:
            read_text(tmp_path / name)
        reasons.append(refused.value.reason)
    assert reasons == ["unreadable_file", "unreadable_file", "file_too_large"]


@given(st.binary(max_size=300))
def test_any_bytes_give_lines_or_a_reason(data):
    try:
        text = decode(data)
    except CorporaError:
        return
    assert len(text.line_starts()) == len(text.lines) + 1
    assert text.line_starts() == sorted(text.line_starts())
    assert not any("\0" in line or "\n" in line for line in text.lines)
