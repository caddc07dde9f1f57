import pytest

from corpora.errors import UsageError
from synth.chat import TEMPLATES, around
from synth.grammar import MODES
from synth.prompts import load_prompt


@pytest.mark.parametrize("mode", MODES)
def test_the_packaged_prompts_end_with_the_page_and_share_their_beginning(mode):
    prompt = load_prompt(mode)
    values = {"min_words": 40, "max_words": 90, "max_rounds": 5}
    first, second = (prompt.render(page=page, **values) for page in ("Client: One.", "Client: Two."))
    assert first.endswith("Client: One.")
    assert first.removesuffix("One.") == second.removesuffix("Two.")
    assert "40" in first
    assert "90" in first
    assert len(prompt.sha256) == 64


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Rewrite this.", "never uses {{ page }}"),
        ("{{ page }} {{ patient }}", "unknown variable 'patient'"),
        ("{{ page }}\n{% if %}", "line 2"),
    ],
)
def test_a_users_own_prompt_is_checked(tmp_path, text, said):
    path = tmp_path / "own.jinja2"
    path.write_text(text)
    with pytest.raises(UsageError, match=said.replace("{", r"\{").replace("}", r"\}")):
        load_prompt("round", path)


def test_a_prompt_that_is_no_text_or_not_there_is_refused(tmp_path):
    (tmp_path / "p").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "p", tmp_path / "nowhere"):
        with pytest.raises(UsageError, match="cannot be read"):
            load_prompt("round", path)


def test_a_template_reaches_into_nothing(tmp_path):
    path = tmp_path / "own.jinja2"
    path.write_text("{{ page.__class__.__mro__ }}")
    from jinja2.exceptions import SecurityError

    with pytest.raises(SecurityError):
        load_prompt("round", path).render(page="x")


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_named_chat_template_goes_around_a_message(name):
    before, after = around(None, name, "<s>", "</s>")
    assert not (before == "" and after == "")


def test_a_model_without_a_template_names_the_choices():
    with pytest.raises(UsageError, match="--chat-template, one of chatml, mistral"):
        around(None, None, "", "")


@pytest.mark.parametrize(
    "template",
    ["{{ messages[0].nothing.there }}", "{% for m in messages %}", "fixed text", "{{ raise_exception('x') }}"],
)
def test_a_template_that_fails_or_hides_the_message_is_refused(template):
    with pytest.raises(UsageError, match="chat template"):
        around(template, None, "", "")
