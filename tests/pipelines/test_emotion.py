import pytest

from corpora.errors import UsageError
from pipelines.stages import Emotion
from pipelines.stages.emotion import FLAG

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "sad", "happy", "i", "am", "so"]


@pytest.fixture(scope="module")
def classifier(tmp_path_factory):
    """A tiny network whose answer is set by hand: `sad` speaks for sad, `happy` for happy, nothing for neither."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    folder = tmp_path_factory.mktemp("classifier")
    (folder / "vocab.txt").write_text("\n".join(WORDS))
    transformers.BertTokenizerFast(vocab=str(folder / "vocab.txt"), model_max_length=16).save_pretrained(folder)
    torch.manual_seed(0)
    config = transformers.DistilBertConfig(
        vocab_size=len(WORDS),
        dim=8,
        hidden_dim=8,
        n_layers=1,
        n_heads=1,
        max_position_embeddings=16,
        id2label={0: "sad", 1: "happy"},
        label2id={"sad": 0, "happy": 1},
    )
    model = transformers.DistilBertForSequenceClassification(config)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    ids = torch.tensor([[2, 7, 8, 9, 5, 3], [2, 7, 8, 9, 6, 3]] * 4)
    for _ in range(60):
        optimizer.zero_grad()
        model(input_ids=ids, labels=torch.tensor([0, 1] * 4)).loss.backward()
        optimizer.step()
    model.eval().save_pretrained(folder)
    return folder


def test_the_last_message_is_classified_where_the_metadata_is_silent(classifier, frame_of):
    rows = [
        {"prompt": ["I am so sad", "And now?", "I am so happy"]},
        {"prompt": "I am so sad"},
        {"prompt": "I am so sad", "meta": {"emotion": "angry"}},
    ]
    frame, stage = frame_of(*rows), Emotion(model=classifier, batch=2)
    stage.check()
    labelled = stage.apply(frame)
    table = labelled.sort("example_id").collect()
    assert table["emotion"].to_list() == ["happy", "sad", "angry"]
    assert table["flags"].to_list() == [[FLAG], [FLAG], []]
    assert table.schema == frame.collect_schema()
    counts = stage.findings(frame, labelled)["labels"]["emotion"]
    assert counts == {"from_metadata": 1, "from_classifier": 2, "none": 0}


def test_an_unsure_label_is_none(classifier, frame_of):
    table = Emotion(model=classifier, least_probability=1.0).apply(frame_of({"prompt": "I am so sad"})).collect()
    assert table["emotion"].to_list() == [None]


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"holds no config\.json and no model\.safetensors"):
        Emotion(model=tmp_path).check()
