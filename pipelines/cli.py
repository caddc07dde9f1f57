"""The `corpora` command: a click group whose commands import what they need when they run, so that help answers fast.

Exit codes: 0 ok, 1 failure, 2 usage, 3 a gate failed, 4 refused for privacy. An error is one sentence that says what
was wrong, where, and what to do; an unforeseen one shows its kind and place only, for its message could quote a
transcript.
"""

from __future__ import annotations

import os
import sys

import click

from corpora.errors import CorporaError
from pipelines.commands.anonymize import anonymize
from pipelines.commands.anonymize_eval import anonymize_eval
from pipelines.commands.build import build, run
from pipelines.commands.corpus import explain
from pipelines.commands.decide import approve, reject, verify
from pipelines.commands.diff import diff
from pipelines.commands.doctor import doctor
from pipelines.commands.evaluate import evaluate
from pipelines.commands.export import export
from pipelines.commands.finetune import export_gguf, finetune
from pipelines.commands.forget import forget
from pipelines.commands.inspect import inspect
from pipelines.commands.paraphrase import paraphrase
from pipelines.commands.read import parse, sources
from pipelines.commands.report import report
from pipelines.commands.review import review
from pipelines.commands.synth import synth
from pipelines.commands.validate import validate
from pipelines.egress import close_egress

INTERRUPTED = 130


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="therapy-corpora", prog_name="corpora")
def corpora() -> None:
    """Psychotherapy transcripts in; a private, validated, documented training set out.

    Start with `corpora build` (the packaged sample) or `corpora build --source NAME --input PATH`.
    """


for command in (
    sources,
    build,
    run,
    explain,
    parse,
    anonymize,
    anonymize_eval,
    review,
    paraphrase,
    synth,
    verify,
    approve,
    reject,
    validate,
    report,
    inspect,
    export,
    forget,
    diff,
    finetune,
    evaluate,
    export_gguf,
    doctor,
):
    corpora.add_command(command)


def main() -> None:
    """Run the command line; everything it writes is its owner's alone (umask 077)."""
    os.umask(0o077)
    close_egress()
    try:
        corpora.main(standalone_mode=False)
    except CorporaError as error:
        _fail(str(error), error.exit_code)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        _fail("interrupted; finished work is kept, run the same command again to go on", INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        _fail(f"{error.filename or 'input or output'}: {error.strerror}", CorporaError.exit_code)
    except Exception as error:  # noqa: BLE001 - its message may quote a transcript
        from pipelines.guard import error_place

        _fail(f"internal error: {error_place(error)}; please report this line", CorporaError.exit_code)


def _fail(sentence: str, code: int) -> None:
    click.echo(f"corpora: {sentence}", err=True)
    sys.exit(code)


if __name__ == "__main__":
    main()
