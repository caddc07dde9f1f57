"""llama.cpp's library, silenced, and a model's vocabulary, which loads without the model's weights."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from corpora.errors import CorporaError, UsageError

_PIECE = 512


@cache
def library() -> Any:
    """The `llama_cpp` module with its log switched off, for the log may quote the text.

    Raises:
        UsageError: it is not installed.
    """
    try:
        import llama_cpp
    except ImportError:
        raise UsageError(
            "a model in this process needs llama-cpp-python: pip install 'therapy-corpora[paraphrase]'"
        ) from None
    llama_cpp.llama_log_set(_silent(llama_cpp), ctypes.c_void_p(0))
    llama_cpp.llama_backend_init()
    return llama_cpp


def model_params() -> Any:
    """How a model is loaded by default, but without the kernels for AMX, Intel's matrix units.

    A compiler that takes their configuration for dead code, as GCC 12 does, makes them end the process at
    the first quantised matrix; the flag turns off other repacked weights, too, where AMX is there.
    """
    lib = library()
    params = lib.llama_model_default_params()
    params.use_extra_bufts = b"AMX_INT8 = 1" not in lib.llama_print_system_info()
    return params


@cache
def _silent(llama_cpp: Any) -> Any:
    """A callback that drops what it is told; kept alive here, since the library holds on to it."""
    return llama_cpp.llama_log_callback(lambda _level, _text, _data: None)


class Vocabulary:
    """Text to tokens and back, by the model's own tokenizer."""

    def __init__(self, path: Path) -> None:
        """Load the vocabulary of a GGUF file.

        Raises:
            CorporaError: llama.cpp does not know this kind of model.
        """
        self._lib = library()
        params = model_params()
        params.vocab_only = True
        self._model = self._lib.llama_model_load_from_file(str(path).encode(), params)
        if not self._model:
            raise CorporaError(f"{path}: llama.cpp does not know this kind of model or tokenizer")
        self.handle = self._lib.llama_model_get_vocab(self._model)
        self.size: int = self._lib.llama_vocab_n_tokens(self.handle)
        self._buffer = ctypes.create_string_buffer(_PIECE)
        self.bos = self._control(self._lib.llama_vocab_bos(self.handle))
        self.eos = self._control(self._lib.llama_vocab_eos(self.handle))

    def encode(self, text: str, *, start: bool, special: bool) -> list[int]:
        """Tokens of a text; `start` puts the opening token before it, `special` reads markers as control tokens."""
        data = text.encode()
        room = len(data) + 8
        tokens = (self._lib.llama_token * room)()
        count = self._lib.llama_tokenize(self.handle, data, len(data), tokens, room, start, special)
        if count < 0:
            raise CorporaError("the model's tokenizer failed on a prompt")
        return list(tokens[:count])

    def piece(self, token: int, *, special: bool = False) -> bytes:
        """The bytes of one token, which need not be whole characters; empty for a control token."""
        size = self._lib.llama_token_to_piece(self.handle, token, self._buffer, _PIECE, 0, special)
        return self._buffer.raw[:size] if size > 0 else b""

    def ends(self, token: int) -> bool:
        """Whether the token ends an answer."""
        return bool(self._lib.llama_vocab_is_eog(self.handle, token))

    def text(self, tokens: Sequence[int]) -> str:
        """The text of tokens."""
        return b"".join(self.piece(token) for token in tokens).decode("utf-8", "replace")

    def close(self) -> None:
        """Free the vocabulary."""
        self._lib.llama_model_free(self._model)

    def _control(self, token: int) -> str:
        return self.piece(token, special=True).decode("utf-8", "replace") if token >= 0 else ""
