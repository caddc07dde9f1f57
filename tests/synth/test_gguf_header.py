import random

import pytest

from corpora.errors import CorporaError, UsageError
from synth.gguf_header import read_header


def test_the_header_tells_what_the_model_is(model):
    header = read_header(model)
    assert (header.name, header.quantisation, header.context) == ("tiny", "F16", 4096)
    assert header.kv_bytes(2) == 2 * 2 * 1 * 32 * 2  # layers, keys and values, heads, width of a head, bytes
    assert header.chat_template.startswith("{% for m in messages %}")


def test_a_quantised_model_says_so(model, tmp_path):
    from benchmarks.random_model import quantised

    assert read_header(quantised(model, tmp_path / "q8.gguf", "Q8_0")).quantisation == "Q8_0"


def test_a_file_that_is_no_gguf_or_not_there_is_refused(tmp_path):
    (tmp_path / "model.gguf").write_bytes(b"not a model at all")
    with pytest.raises(UsageError, match="not a GGUF file"):
        read_header(tmp_path / "model.gguf")
    with pytest.raises(UsageError, match="No such file"):
        read_header(tmp_path / "other.gguf")
    with pytest.raises(UsageError, match="directory"):
        read_header(tmp_path)


def test_a_file_cut_anywhere_is_refused(model, tmp_path):
    data, cut = model.read_bytes(), tmp_path / "cut.gguf"
    for size in (4, 5, 20, 24, 100, 5000, len(data) // 2, len(data) - 1):
        cut.write_bytes(data[:size])
        with pytest.raises(UsageError, match="cut short"):
            read_header(cut)


def test_a_damaged_header_never_ends_in_a_traceback(model, tmp_path):
    data, draw, path = model.read_bytes()[:30_000], random.Random(5), tmp_path / "damaged.gguf"
    for _ in range(60):
        broken = bytearray(data)
        for _ in range(3):
            broken[draw.randrange(4, len(broken))] = draw.randrange(256)
        path.write_bytes(bytes(broken))
        with pytest.raises(CorporaError):
            read_header(path)
