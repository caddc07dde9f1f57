"""A pattern that runs away sets its file aside with a reason; nothing of the file is passed on."""

import json
import re

import pytest

from corpora import deadline
from corpora.records import Session
from corpora.sources import alexander_street
from pipelines import Pipeline
from pipelines.stages import Deidentify, Expect, Language, MapStage, Read, Split, Windows
from pipelines.stages.base import stage
from pipelines.stages.read import SAMPLE

pytestmark = pytest.mark.integration
RUNAWAY = re.compile(r"(?:z+)+$")
HOSTILE = "z" * 80 + "!"


@stage
class Runaway(MapStage):
    """A stage with a catastrophic pattern, which only one file of the input sets off."""

    name = "runaway"
    version = "1"

    def map(self, session: Session) -> Session:
        for turn in session.turns:
            RUNAWAY.search(turn.text)
        return session


@pytest.fixture
def hostile_input(tmp_path, monkeypatch):
    monkeypatch.setattr(deadline, "BASE_SECONDS", 6.0)
    folder = tmp_path / "in"
    folder.mkdir()
    for path in sorted(SAMPLE.iterdir())[:5]:
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "hostile.txt").write_text(f"THERAPIST: How was it?\nCLIENT: {HOSTILE} and so on.\n" * 4)
    return folder


def set_aside(published):
    return [json.loads(line) for line in published.quarantine.read_text().splitlines()]


def test_a_stage_that_runs_away(hostile_input, tmp_path, key_file):
    stages = [Read(source="alexander-street", input=hostile_input), Language(), Runaway(), Deidentify(), Windows()]
    stages += [Split(), Expect()]
    published = Pipeline(stages).run(tmp_path / "out", engine="serial", key_file=key_file)
    (entry,) = set_aside(published)
    assert entry["reason"] == "out_of_time_in_runaway"
    assert "zzz" not in json.dumps(entry)
    assert published.manifest["accounting"]["files"]["quarantined"] == {"out_of_time_in_runaway": 1}
    assert published.manifest["accounting"]["files"]["kept"] == {"kept": 5}


def test_a_detector_or_a_reader_that_runs_away(hostile_input, tmp_path, key_file, monkeypatch):
    from anonymize import deidentifier

    found = deidentifier.find_structured

    def runaway(turns):
        for turn in turns:
            RUNAWAY.search(turn)
        return found(turns)

    monkeypatch.setattr(deidentifier, "find_structured", runaway)
    stages = [Read(source="alexander-street", input=hostile_input), Language(), Deidentify(), Windows(), Split()]
    published = Pipeline([*stages, Expect()]).run(tmp_path / "out", engine="serial", key_file=key_file)
    assert [entry["reason"] for entry in set_aside(published)] == ["out_of_time_in_deidentify"]
    assert published.manifest["accounting"]["files"]["kept"] == {"kept": 5}
    monkeypatch.setattr(deidentifier, "find_structured", found)

    read = alexander_street.AlexanderStreet.read

    def runaway_read(self, unit):
        if unit.name == "hostile.txt":
            RUNAWAY.search(HOSTILE)
        return read(self, unit)

    monkeypatch.setattr(alexander_street.AlexanderStreet, "read", runaway_read)
    published = Pipeline([*stages, Expect()]).run(tmp_path / "other", engine="serial", key_file=key_file)
    assert [entry["reason"] for entry in set_aside(published)] == ["out_of_time_in_read"]
