"""Chat templates: how a model marks who speaks. A GGUF usually brings its own; here are the common ones by name."""

from __future__ import annotations

from corpora.errors import UsageError

TEMPLATES = {
    "chatml": (
        "{% for m in messages %}<|im_start|>user\n{{ m.content }}<|im_end|>\n{% endfor %}<|im_start|>assistant\n"
    ),
    "mistral": "{{ bos_token }}{% for m in messages %}[INST] {{ m.content }} [/INST]{% endfor %}",
    "llama3": (
        "{{ bos_token }}{% for m in messages %}<|start_header_id|>{{ m.role }}<|end_header_id|>\n\n{{ m.content }}"
        "<|eot_id|>{% endfor %}<|start_header_id|>assistant<|end_header_id|>\n\n"
    ),
    "gemma": (
        "{{ bos_token }}{% for m in messages %}<start_of_turn>user\n{{ m.content }}<end_of_turn>\n{% endfor %}"
        "<start_of_turn>model\n"
    ),
    "zephyr": "{% for m in messages %}<|user|>\n{{ m.content }}</s>\n{% endfor %}<|assistant|>\n",
    "phi3": "{% for m in messages %}<|user|>\n{{ m.content }}<|end|>\n{% endfor %}<|assistant|>\n",
    "plain": "{{ bos_token }}{% for m in messages %}{{ m.content }}\n\n{% endfor %}",
}
"""The formats' own markers, for one user message; `plain` is for models that were never taught to chat."""

_HERE = "\ue000message\ue001"


def around(template: str | None, choice: str | None, bos: str, eos: str) -> tuple[str, str]:
    """What a template puts before and after the one user message.

    The message itself never goes through it, so that nothing in a transcript can pass for a marker.

    Args:
        template: the model's own, from its file; may be None.
        choice: a name of `TEMPLATES` that wins over it; may be None.
        bos: the text of the model's token that opens a prompt.
        eos: the text of the token that ends one.

    Raises:
        UsageError: there is neither, or the template fails or does not hold the message once.
    """
    from jinja2 import TemplateError
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    source = TEMPLATES[choice] if choice else template
    names = ", ".join(TEMPLATES)
    if not source:
        raise UsageError(f"the model has no chat template: say --chat-template, one of {names}")
    environment = ImmutableSandboxedEnvironment(  # prompts are plain text, nothing to escape
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
        extensions=["jinja2.ext.loopcontrols"],
    )
    environment.globals["raise_exception"] = _refuse
    try:
        text = environment.from_string(source).render(
            messages=[{"role": "user", "content": _HERE}], add_generation_prompt=True, bos_token=bos, eos_token=eos
        )
    except (TemplateError, ValueError, TypeError, AttributeError) as error:
        raise UsageError(
            f"the model's chat template cannot be used ({type(error).__name__}): say --chat-template, one of {names}"
        ) from None
    before, found, after = text.partition(_HERE)
    if not found or _HERE in after:
        raise UsageError(f"the model's chat template does not show a message once: say --chat-template, one of {names}")
    return before, after


def _refuse(message: str) -> None:
    raise ValueError(message)
