"""Every format through its consumer's own loader or schema: conversations whole, names and prompts as asked."""

import json

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpora.errors import CorporaError, UsageError
from corpora.export import FORMATS, Export, conversation_fault, export
from corpora.records import Example, Message, Provenance, example_schema
from corpora.shards import read_split, write_dataset_dict, write_split

ODD = 'He said \u2028 "no".\u2029\nThen: \\ \x85 🪴 <b>\t{}'


def example(number, turns, system=None, odd=""):
    says = [f"turn {at} of talk {number} {odd}" for at in range(turns)]
    prompt = [Message("system", system)] if system else []
    prompt += [Message(("user", "assistant")[at % 2], text) for at, text in enumerate(says[:-1])]
    return Example(
        example_id=f"e{number}",
        session_id="s",
        client_id="c",
        group_id="c",
        source="fiction",
        prompt=tuple(prompt),
        completion=(Message("assistant", says[-1]),),
        response_words=5,
        context_turns=turns - 1,
        kind="transcript",
        provenance=Provenance("h", 0, 1, 2, ("read/2",)),
        meta={"license": "MIT"},
    ).row()


ROWS = [example(0, 2), example(1, 6), example(2, 8, odd=ODD), example(3, 4, system="Be kind.")]


def corpus_of(folder, rows):
    write_split(folder, "train", pa.Table.from_pylist(rows, schema=example_schema()))
    write_split(folder, "test", pa.Table.from_pylist(rows[:1], schema=example_schema()))
    write_dataset_dict(folder, ["train", "test"])
    return folder


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return corpus_of(tmp_path_factory.mktemp("corpus") / "out", ROWS)


def exported(corpus, tmp_path, form, **options):
    target = tmp_path / form
    assert export(Export(corpus, form, **options), target, "about\n") == {"train": 4, "test": 1}
    return target


def lines(target):
    with (target / "train.jsonl").open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def chat(row):
    return [*row["prompt"], *row["completion"]]


def loaded(target, tmp_path):
    from datasets import load_dataset

    data = load_dataset(str(target), cache_dir=str(tmp_path / "cache"))
    assert {split: len(rows) for split, rows in data.items()} == {"train": 4, "test": 1}
    return data["train"]


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_datasets_loads_the_folder_with_its_splits(corpus, tmp_path, form):
    rows = loaded(exported(corpus, tmp_path, form), tmp_path)
    assert any(ODD in value for value in walk(rows[2]) if isinstance(value, str))


def walk(value):
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from walk(item)
    elif value is not None:
        yield value


def test_trl_takes_prompt_completion_as_it_is_and_a_template_renders_it(corpus, tmp_path):
    from trl.data_utils import is_conversational

    rows = loaded(exported(corpus, tmp_path, "trl"), tmp_path)
    assert is_conversational(rows[1])
    assert [chat(row) for row in rows.to_list()] == [chat(row) for row in ROWS]


def test_trl_converts_sharegpt_to_the_same_messages(corpus, tmp_path):
    from trl.data_utils import maybe_convert_to_chatml

    roles = {"human": "user", "gpt": "assistant", "system": "system"}
    for document, row in zip(lines(exported(corpus, tmp_path, "sharegpt")), ROWS, strict=True):
        messages = maybe_convert_to_chatml(document)["messages"]
        assert [{**message, "role": roles[message["role"]]} for message in messages] == chat(row)


def test_openai_s_own_types_take_every_message(corpus, tmp_path):
    pytest.importorskip("openai")
    from openai.types.chat import ChatCompletionMessageParam
    from pydantic import TypeAdapter

    schema = TypeAdapter(list[ChatCompletionMessageParam])
    for document, row in zip(lines(exported(corpus, tmp_path, "openai")), ROWS, strict=True):
        schema.validate_python(document["messages"])
        assert document == {"messages": chat(row)}


def test_gemini_s_own_types_take_every_turn(corpus, tmp_path):
    pytest.importorskip("google.genai")
    from google.genai.types import Content

    for document, row in zip(lines(exported(corpus, tmp_path, "gemini")), ROWS, strict=True):
        turns = [Content.model_validate(turn) for turn in document["contents"]]
        talk = [message for message in chat(row) if message["role"] != "system"]
        assert [turn.role for turn in turns] == ["user", "model"] * (len(talk) // 2)
        assert [turn.parts[0].text for turn in turns] == [message["content"] for message in talk]
        system = document.get("systemInstruction")
        assert bool(system) == (row["prompt"][0]["role"] == "system")
        if system:
            assert Content.model_validate(system).parts[0].text == "Be kind."


def test_alpaca_keeps_earlier_exchanges_in_history(corpus, tmp_path):
    document = lines(exported(corpus, tmp_path, "alpaca"))[1]
    says = [message["content"] for message in chat(ROWS[1])]
    assert document["history"] == [says[0:2], says[2:4]]
    assert (document["instruction"], document["output"], document["input"]) == (says[4], says[5], "")


def test_parquet_holds_all_columns(corpus, tmp_path):
    import pyarrow.parquet as pq

    table = pq.read_table(exported(corpus, tmp_path, "parquet") / "train.parquet")
    assert table.schema.equals(example_schema())
    assert table.to_pylist() == read_split(corpus, "train").to_pylist() == ROWS


def test_a_system_prompt_takes_the_place_of_the_rows_own(corpus, tmp_path):
    for form in FORMATS:
        target = exported(corpus, tmp_path / form, form, system="You listen.")
        text = "".join(map(str, walk(loaded(target, tmp_path / form).to_list())))
        assert text.count("You listen.") == 4
        assert "Be kind." not in text


def test_names_are_the_users(corpus, tmp_path):
    names = {"human": "client", "gpt": "therapist", "conversations": "talk"}
    document = lines(exported(corpus, tmp_path, "sharegpt", names=names))[0]
    assert [turn["from"] for turn in document["talk"]] == ["client", "therapist"]
    assert "question" in lines(exported(corpus, tmp_path, "alpaca", names={"instruction": "question"}))[0]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"format": "csv"}, "known are sharegpt"),
        ({"format": "trl", "names": {"user": "client"}}, "fixes all its names"),
        ({"format": "sharegpt", "names": {"humans": "client"}}, "has conversations"),
        ({"format": "sharegpt", "names": {"human": "gpt"}}, "the same name"),
        ({"format": "trl", "system": "  "}, "blank"),
    ],
)
def test_wrong_options_are_refused(corpus, options, said):
    with pytest.raises(UsageError, match=said):
        Export(corpus, **options)


def test_a_folder_that_is_there_is_never_touched(corpus, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes").write_text("mine")
    with pytest.raises(UsageError, match="stays untouched"):
        export(Export(corpus, "trl"), tmp_path / "mine", "")
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_rows_that_trainers_would_misread_are_not_written(tmp_path):
    bad = example(7, 2)
    bad["prompt"][0]["content"] = " "
    corpus = corpus_of(tmp_path / "corpus", [*ROWS, bad])
    with pytest.raises(CorporaError, match=r"row 5 \(e7\): a message is blank"):
        export(Export(corpus, "openai"), tmp_path / "target", "")
    assert not (tmp_path / "target").exists()
    assert conversation_fault([("assistant", "a"), ("assistant", "b")])
    assert conversation_fault([])


text = st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=20).map(lambda t: f"w{t}")


@given(st.lists(text, min_size=2, max_size=8).filter(lambda says: len(says) % 2 == 0), st.none() | text)
@settings(max_examples=60, deadline=None)
def test_any_text_comes_back_from_any_format(says, system):
    talk = [(("user", "assistant")[at % 2], content) for at, content in enumerate(says)]
    messages = [*([("system", system)] if system else []), *talk]
    for form in FORMATS.values():
        document = json.loads(json.dumps(form.write(messages, form.names)))
        assert form.read(document, form.names) == messages
