import json
import re
from pathlib import Path

import pytest
import spacy

from anonymize import Deidentifier
from anonymize.ner import MODEL, SCORES, measure
from anonymize.ner.book import HELD_OUT, read_transcripts
from anonymize.ner.fill import LABELS, Filler
from anonymize.ner.plugged import PluggedModel, model_digest, span_type
from anonymize.ner.train import blank_pipeline, in_case, scores, train
from corpora.errors import UsageError

KEY = b"k" * 32


def marked(example):
    return [(example.text[a:b], label) for a, b, label in example.spans]


def test_carriers_are_filled_whole_and_alike_for_the_same_seed():
    examples = [Filler(5).example() for _ in range(3)]
    assert examples[0] == examples[1] == examples[2]
    filler = Filler(6)
    for example in (filler.example() for _ in range(1500)):
        assert not re.search(r"[{}|]", example.text)
        for text, label in marked(example):
            assert label in LABELS
            assert text
            assert text == text.strip()


def test_about_half_of_the_examples_are_lower_case():
    filler = Filler(7)
    texts = [filler.example().text for _ in range(1000)]
    assert 0.45 < sum(text == text.lower() for text in texts) / len(texts) < 0.6


@pytest.mark.integration
def test_training_goes_down_its_loss_and_the_same_seed_gives_the_same_model():
    rounds = []
    models = [train(blank_pipeline(3), Filler(3), rounds=2, examples=256, report=rounds.append) for _ in range(2)]
    first, second = (model.get_pipe("ner").model.to_bytes() for model in models)
    assert first == second
    losses = [float(line.split("loss")[1].split(",")[0]) for line in rounds]
    assert losses[1] < losses[0]


def test_the_recorded_scores_are_those_of_the_packaged_model():
    recorded = json.loads(SCORES.read_text(encoding="utf-8"))
    nlp = spacy.load(MODEL)
    turns = list(read_transcripts(HELD_OUT))
    for name, case in (("as written", str), ("lower case", str.lower)):
        for rate, value in scores(nlp, in_case(turns, case))["all"].items():
            assert value == pytest.approx(recorded[f"transcripts held out, {name}"]["all"][rate], abs=0.01)


@pytest.mark.integration
def test_what_the_recognizer_adds_is_measured_without_and_with_it(monkeypatch, capsys):
    gold = Path(__file__).parents[2] / "corpora" / "sample" / "st-101-1.gold"
    monkeypatch.setattr("sys.argv", ["measure", str(gold)])
    measure.main()
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(", ")[1].split(":")[0] for line in lines] == ["cased", "lower"]
    for line in lines:
        without, seen = map(int, re.search(r"missed (\d+) -> (\d+)", line).groups())
        assert seen <= without, "it can only add"


@pytest.fixture
def ruler(tmp_path):
    """A small spaCy pipeline in a folder, which knows what its patterns say."""

    def make(name="model", **patterns):
        nlp = spacy.blank("en")
        rules = nlp.add_pipe("entity_ruler")
        rules.add_patterns([{"label": label, "pattern": text} for text, label in patterns.items()])
        nlp.to_disk(tmp_path / name)
        return tmp_path / name

    return make


def found(model, *turns):
    spans = Deidentifier(KEY, ner=model).find(list(turns))
    return [[(turn[s.start : s.end], s.type) for s in of_turn] for turn, of_turn in zip(turns, spans, strict=True)]


def test_the_spans_of_a_pipeline_join_ours_and_are_remembered(ruler):
    turns = ["It was an old zorvane then.", "There was the zorvane again."]
    assert found(None, *turns) == [[], []]
    model = ruler(**{"old zorvane": "PERSON"})
    assert found(model, *turns)[1] == [("zorvane", "NAME")]
    assert "zorvane" in found(model, *turns)[0][0][0]


def test_ours_win_on_overlap_and_the_rest_of_the_models_span_stays(ruler):
    model = ruler(**{"Marisol of zorvane": "ORG", "lodge of zorvane": "ORG"})
    assert found(model, "I met Marisol of zorvane there.") == [[("Marisol", "NAME"), ("zorvane", "ORG")]]
    assert found(model, "I went to the lodge of zorvane.") == [[("lodge of zorvane", "ORG")]]


def test_what_the_policy_keeps_stays_kept(ruler):
    model = ruler(Zoloft="PERSON", Arizona="GPE", Freud="PERSON")
    assert found(model, "I took Zoloft in Arizona and read Freud.") == [[]]


def test_our_own_pipeline_in_a_folder_is_a_model_like_any_other(tmp_path):
    spacy.load(MODEL).to_disk(tmp_path / "ours")
    spans = PluggedModel(tmp_path / "ours").find(["my brother khoa called me.", ""])
    assert [(s.start, s.end, s.type) for s in spans[0]] == [(11, 15, "NAME")]
    assert spans[1] == []


def test_long_turns_are_read_in_pieces_and_offsets_hold(ruler):
    turn = "and so on " * 500 + "zorvane left."
    (span,) = PluggedModel(ruler(zorvane="PERSON")).find([turn])[0]
    assert turn[span.start : span.end] == "zorvane"


@pytest.mark.parametrize(
    ("label", "wanted"),
    [
        ("PERSON", "NAME"),
        ("B-PER", "NAME"),
        ("GPE", "LOCATION"),
        ("first_name", "NAME"),
        ("I-ORG", "ORG"),
        ("DATE", ""),
    ],
)
def test_labels_of_the_usual_models(label, wanted):
    assert span_type(label) == wanted


def test_the_digest_is_of_the_content(ruler):
    one, same, other = ruler("a", x="PERSON"), ruler("b", x="PERSON"), ruler("c", y="PERSON")
    assert model_digest(one) == model_digest(same) != model_digest(other)


def test_the_models_content_is_part_of_the_work_key(ruler):
    from pipelines.stages import Deidentify

    keys = [Deidentify(ner=path).parameters() for path in (ruler("a", x="PERSON"), ruler("b", y="PERSON"))]
    assert keys[0] != keys[1] != Deidentify().parameters()


@pytest.mark.parametrize(
    ("file", "message"),
    [
        (None, "neither a folder nor an installed spaCy pipeline"),
        ("notes.txt", "the folder holds no model"),
        ("config.cfg", "spaCy cannot load it"),
        ("gliner_config.json", "pip install gliner"),
        ("config.json", "pip install transformers"),
    ],
)
def test_a_model_that_is_not_one_is_one_clear_line(tmp_path, file, message):
    model = tmp_path / "model"
    if file:
        library = {"gliner_config.json": "gliner", "config.json": "transformers"}.get(file)
        if library and __import__("importlib.util").util.find_spec(library):
            pytest.skip(f"{library} is installed here")
        model.mkdir()
        (model / file).write_text("x", encoding="utf-8")
    with pytest.raises(UsageError, match=re.escape(message)) as raised:
        PluggedModel(model).load()
    assert "\n" not in str(raised.value)


def test_a_hugging_face_token_classifier(tmp_path):
    torch = pytest.importorskip("torch", reason="a Hugging Face token classifier needs torch and transformers")
    transformers = pytest.importorskip("transformers", reason="a Hugging Face token classifier needs transformers")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "then", "zorvane", "left", "."]
    (tmp_path / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    tokenizer = transformers.BertTokenizerFast(str(tmp_path / "vocab.txt"))
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=len(words),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=1,
        intermediate_size=16,
        id2label={0: "O", 1: "B-PER"},
        label2id={"O": 0, "B-PER": 1},
    )
    model = transformers.BertForTokenClassification(config)
    optimizer = torch.optim.Adam(model.parameters(), 0.05)
    batch = tokenizer("then zorvane left.", return_tensors="pt")
    for _ in range(60):
        model(**batch, labels=torch.tensor([[0, 0, 1, 0, 0, 0]])).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    folder = tmp_path / "model"
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (span,) = PluggedModel(folder).find(["then zorvane left."])[0]
    assert (span.start, span.end, span.type) == (5, 12, "NAME")


@pytest.mark.integration
def test_the_command_takes_a_model(corpora_command, ruler, key_file, tmp_path):
    raw = tmp_path / "raw" / "one.txt"
    raw.parent.mkdir()
    raw.write_text(
        "TRANSCRIPT OF AUDIO FILE:\n\nBEGIN TRANSCRIPT:\n\n"
        "CLIENT: I put the lantern on the table at the house.\n\n"
        "THERAPIST: How did that feel to you, and what did you do then?\n\nEND TRANSCRIPT\n",
        encoding="utf-8",
    )
    for number, (model, masked) in enumerate([((), False), (("--ner", ruler(lantern="PERSON")), True)]):
        out = tmp_path / f"{number}.jsonl"
        corpora_command("anonymize", raw.parent, out, "--key-file", key_file, *model, check=True)
        assert ("lantern" not in out.read_text(encoding="utf-8")) is masked
    refused = corpora_command("build", "--input", raw.parent, "--ner", tmp_path / "none", "--out", tmp_path / "out")
    assert refused.returncode == 2
    assert "pip install none" in refused.stderr


def test_doubts_are_settled_by_the_packaged_recognizer():
    turns = [
        "my mom has decided on quarry landing.",
        "i work at golden wagon.",
        "it was a golden wagon on the landing.",
    ]
    spans = Deidentifier(KEY, encoder="off").find(turns)
    assert [[s.rule for s in of_turn] for of_turn in spans[:2]] == [["ner"], ["unheard"]]
    assert spans[0][0].type in {"ORG", "LOCATION"}
    assert Deidentifier(KEY, encoder="off").find(turns) == spans
