import pytest

from benchmarks.scale import fit, needs, write_corpus
from pipelines.stages import Read


def test_a_line_is_fitted_and_what_is_none_shows():
    intercept, slope, r2 = fit([(1, 5.0), (10, 23.0), (100, 203.0)])
    assert (intercept, slope, r2) == pytest.approx((3, 2, 1))
    assert fit([(1, 1.0), (10, 100.0), (100, 10_000.0), (200, 40_000.0)])[2] < 0.99


def test_larger_corpora_are_counted_up_from_what_smaller_ones_took():
    facts = [
        {
            "turns": turns,
            "seconds": 1 + turns * 5e-4,
            "passes_s": 1 + turns * 4e-4,
            "driver_mb": 500 + turns / 2**10,
            "work_mb": turns / 2**10,
            "out_mb": turns / 2**11,
        }
        for turns in (2**10, 2**15)
    ]
    million = needs(facts, workers=2)[0]
    assert million[0] == "1,000,000"
    assert million[1:3] == ("0.2", "0.0")  # 800 core-seconds, and 100 of the driver
    assert million[-3:] == ("1.5", "1.0", "0.5")


def test_transcripts_are_numbered_through_and_no_size_repeats_another(tmp_path):
    write_corpus(tmp_path, 3, 200)
    reader = Read(source="annomi", input=tmp_path).reader
    files = sorted(tmp_path.glob("*/*.csv"))
    sessions = [session for path in files for unit in reader.units(path, path.name) for session in reader.read(unit)]
    assert len({session.session_id for session in sessions}) == len(sessions) > 6
    assert sum(len(session.turns) for session in sessions) == 600
    assert len({session.turns[0].text + session.turns[3].text for session in sessions}) > 3
