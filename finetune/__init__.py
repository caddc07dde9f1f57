"""A small trainer: the corpus' shards in, an adapter out, with labels that can be looked at.

`labels` decides which tokens are trained on, `trainer` is the loop, `gguf` takes what it made to llama.cpp. Nothing
here is imported before it is needed: torch, transformers and peft are the extra `finetune`.
"""
