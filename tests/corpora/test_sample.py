"""The packaged sample is what its users are told it is, and its gold marks what its text holds."""

import json
from collections import Counter
from pathlib import Path

import pytest

import corpora
from anonymize.proof.gold import main as render
from anonymize.spans import SPAN_TYPES
from corpora import Session, read_source
from corpora.records import count_words

SAMPLE = Path(corpora.__file__).parent / "sample"


@pytest.fixture(scope="module")
def sessions():
    return [item for item in read_source("alexander-street", SAMPLE / "raw") if isinstance(item, Session)]


@pytest.fixture(scope="module")
def gold():
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in (SAMPLE / "gold").glob("*.json")}


def test_it_is_large_and_varied_enough(sessions):
    files = {session.origin.path for session in sessions}
    clients = Counter(session.client_id for session in sessions if session.client_id)
    assert len(files) >= 14
    assert len(sessions) > len(files), "one file holds two sessions"
    assert len(clients) >= 7
    assert sum(count > 1 for count in clients.values()) >= 2
    assert sum(count_words(turn.text) for session in sessions for turn in session.turns) >= 20_000
    assert any(session.client_id is None for session in sessions)


def test_it_covers_the_six_presenting_problems(sessions):
    found = {symptom for session in sessions for symptom in session.meta.get("symptoms") or ()}
    assert {"anxiety", "depression", "fatigue", "frustration", "sadness", "anger"} <= found


def test_most_therapist_turns_are_short_and_several_a_session_are_long(sessions):
    for session in sessions:
        lengths = [count_words(turn.text) for turn in session.turns if turn.role == "therapist"]
        assert sum(50 <= length <= 160 for length in lengths) >= 4
        assert sum(length < 50 for length in lengths) > len(lengths) / 2


def test_every_class_of_identifier_is_marked(gold):
    found = Counter(span["type"] for document in gold.values() for span in document["spans"])
    assert set(SPAN_TYPES) <= set(found)
    assert found["KEEP"] > 100


def test_raw_files_and_gold_are_what_the_authored_files_render_to(tmp_path):
    render([str(SAMPLE), str(tmp_path)])
    for kind in ("raw", "gold"):
        fresh = {path.name: path.read_bytes() for path in (tmp_path / kind).iterdir()}
        assert fresh == {path.name: path.read_bytes() for path in (SAMPLE / kind).iterdir()}


def test_the_reader_finds_every_turn_of_the_gold(sessions, gold):
    read = {name: [] for name in gold}
    for session in sessions:
        read[Path(session.origin.path).stem] += [(turn.role, turn.text) for turn in session.turns]
    for name, document in gold.items():
        spoken = [(turn["role"], turn["text"]) for turn in document["turns"] if turn["text"]]
        right = sum(a == b for a, b in zip(read[name], spoken, strict=False))
        assert len(read[name]) == len(spoken)
        assert right >= 0.97 * len(spoken)
