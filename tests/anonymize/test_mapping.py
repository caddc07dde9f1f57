import stat

import pytest

from anonymize import Deidentifier, build_roster
from anonymize.keys import subkey
from anonymize.mapping import note, read_map, write_map
from corpora.errors import UsageError
from corpora.records import Origin, Session, Turn

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
MAPPING = {"client-c1": {"NAME": {"Oluchi": "Chioma"}, "PHONE": {"555-0142": "555-0117"}}}


def test_a_map_comes_back_under_its_key_only(tmp_path):
    path = write_map(tmp_path / "work", KEY, MAPPING)
    assert read_map(path, KEY) == MAPPING
    with pytest.raises(UsageError, match="another key"):
        read_map(path, OTHER_KEY)


def test_a_map_is_private_and_shows_nothing(tmp_path):
    path = write_map(tmp_path / "work", KEY, MAPPING)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert not any(word in path.read_bytes() for word in (b"Oluchi", b"Chioma", b"client-c1"))


@pytest.mark.parametrize("change", [lambda data: data[:-9] + b"AAAAAAAAA", lambda _: b"", lambda data: data[:40]])
def test_a_damaged_map_is_refused_without_its_content(tmp_path, change):
    path = write_map(tmp_path, KEY, MAPPING)
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(UsageError, match="damaged"):
        read_map(path, KEY)


def test_a_missing_map_says_what_writes_it(tmp_path):
    with pytest.raises(UsageError, match="--keep-map"):
        read_map(tmp_path / "none", KEY)


def test_subkeys_differ_by_purpose_and_key():
    assert len({KEY, subkey(KEY, "a"), subkey(KEY, "b"), subkey(OTHER_KEY, "a")}) == 4
    assert len(subkey(KEY, "a")) == 32


def test_a_note_holds_every_replacement_of_a_session():
    detector = Deidentifier(KEY)
    turns = [Turn(0, "client", "C:", "Oluchi called from 251-555-0139."), Turn(1, "client", "C:", "oluchi's fine")]
    session = Session("s", "test", "c1", turns, {}, Origin("file"))
    roster = build_roster("c1", [detector.survey(session)])
    new, found, written = detector.apply(session, roster)
    mapping = {}
    note(mapping, "c1", session, new, found, written)
    text = session.turns[0].text
    for old, surrogate in (mapping["c1"]["NAME"] | mapping["c1"]["PHONE"]).items():
        text = text.replace(old, surrogate)
    assert text == new.turns[0].text
    assert set(mapping["c1"]["NAME"]) == {"Oluchi", "oluchi"}
