"""``mmssl COMMAND ...``: finds the command and hands the arguments over.

The tools below ``tools/`` run the same commands by :func:`run_command`.
"""

from __future__ import annotations

import argparse
import difflib
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from mmssl.version import __version__

# Command -> (module below mmssl.commands, one line of help). A command of two
# words is reached by both: mmssl GROUP COMMAND.
COMMANDS = {
    'pretrain': ('pretrain', 'pretrain on a folder, settings by the machine'),
    'train': ('train', 'train a config'),
    'test': ('test', 'evaluate a checkpoint'),
    'export': ('export', "write a checkpoint's backbone for other projects"),
    'check': ('check_dataset', 'find the bad files of a dataset'),
    'browse': ('browse', 'draw what the network sees'),
    'flow': ('flow', 'videos to frame pairs with optical flow'),
    'puppets': ('puppets', 'generate a world with exact labels'),
    'shots': ('shots', 'split videos at their scene cuts'),
    'benchmark': ('benchmark', 'judge backbones downstream: one table'),
    'profile': ('profile', 'measure where the time of training goes'),
    'replay': ('replay', 'take a step with nan again, from its dump'),
    'curves': ('curves', 'plot what a run has logged'),
    'guidance': ('guidance_probes', 'try senseless guidance on a model'),
    'probe': ('probe', 'judge the features of a checkpoint'),
    'sweep': ('sweep', 'run values of a config key, table and plots'),
    'yolo': ('yolo', 'YOLO labels to a COCO json file'),
    'masks': ('masks', 'index masks to boxes in a COCO json file'),
    'names': ('names', 'a pickled list of names to a text list'),
    'features': ('features', 'write the features of all images of a folder'),
    'convert': ('convert', 'published files of the methods to mmssl'),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``mmssl``.

    Args:
        argv: Arguments; default: those of the process.

    Returns:
        The exit status.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        status = _dispatch(words)
        sys.stdout.flush()
    except BrokenPipeError:  # mmssl ... | head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    return status


def _dispatch(words: list[str]) -> int:
    """Find the command and run it; return the exit status."""
    if not words or words[0] in ('-h', '--help', 'help'):
        print(overview())
        return 0
    if words[0] == '--version':
        print(f'mmssl {__version__}')
        return 0
    for length in (2, 1):
        name = ' '.join(words[:length])
        if len(words) >= length and name in COMMANDS:
            return run_command(name, words[length:], prog=f'mmssl {name}')
    return _unknown(words)


def run_command(
    name: str, argv: Sequence[str] | None = None, prog: str | None = None
) -> int:
    """Run one command.

    Args:
        name: Key of :data:`COMMANDS`.
        argv: Its arguments; default: those of the process.
        prog: Name in the usage; default: the script that runs.

    Returns:
        The exit status.
    """
    module = load(name)
    words = list(sys.argv[1:] if argv is None else argv)
    args = build_parser(module, prog).parse_args(words)
    args.argv = words  # for commands that start themselves again
    try:
        return int(module.run(args))
    except (
        AssertionError,
        KeyError,
        OSError,
        RuntimeError,
        TypeError,
        ValueError,
    ) as error:
        from mmssl.engine.config_options import config_mistake
        from mmssl.io.refusals import refusal

        mistake = config_mistake(error) or refusal(error)
        if mistake is None:
            raise
        print(f'error: {mistake}', file=sys.stderr)
        return 1


def load(name: str) -> ModuleType:
    """Import the module of a command.

    Example:
        >>> load('browse').__name__
        'mmssl.commands.browse'
    """
    return importlib.import_module(f'mmssl.commands.{COMMANDS[name][0]}')


def build_parser(
    module: ModuleType, prog: str | None = None
) -> argparse.ArgumentParser:
    """Build the parser of a command's module.

    Args:
        module: Its docstring is the description, its ``EXAMPLES``, if it has
            some, come below the options; ``{prog}`` in them is the command.
        prog: Name in the usage; default: the script that runs.
    """
    parser = argparse.ArgumentParser(
        prog=prog,
        description=(module.__doc__ or '').strip(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    module.add_arguments(parser)
    shown = parser.prog if prog else f'python {_script()}'
    examples = getattr(module, 'EXAMPLES', '')
    parser.epilog = examples.replace('{prog}', shown).strip() or None
    return parser


def overview(prefix: str = '') -> str:
    """Return the list of commands, or of those that start with a word."""
    names = [name for name in COMMANDS if name.startswith(prefix)]
    width = max(len(name) for name in names)
    lines = [f'  {name:{width}}  {COMMANDS[name][1]}' for name in names]
    return '\n'.join(
        (
            f'usage: mmssl {prefix or "COMMAND "}... | --version',
            '',
            'Self-supervised pretraining that keeps spatial structure.',
            '',
            *lines,
            '',
            'mmssl COMMAND --help tells about each.',
        )
    )


def _unknown(words: Sequence[str]) -> int:
    """Tell what there is; return the exit status."""
    group = f'{words[0]} '
    if any(name.startswith(group) for name in COMMANDS):
        asked = words[1:2] in ([], ['-h'], ['--help'])
        print(overview(group), file=sys.stdout if asked else sys.stderr)
        return 0 if asked else 1
    close = difflib.get_close_matches(words[0], COMMANDS, n=1)
    print(
        f'error: mmssl has no command {words[0]!r}'
        + (f'; did you mean {close[0]}?' if close else '.')
        + f' There are: {", ".join(sorted(COMMANDS))}',
        file=sys.stderr,
    )
    return 1


def _script() -> str:
    """Return the path of the running script as it is best typed."""
    script = Path(sys.argv[0])
    parts = script.parts
    if 'tools' in parts:
        return str(Path(*parts[parts.index('tools') :]))
    return str(script)
