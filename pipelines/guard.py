"""What may be shown of an unforeseen error: its kind and place, never its message, which may quote a transcript."""

from pathlib import Path


def error_place(error: BaseException) -> str:
    """The error's class and the file and line of the code that raised it."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    place = f" at {Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else ""
    return f"{type(error).__name__}{place}"
