"""Write down all versions that one environment has."""

from __future__ import annotations

import re
import subprocess

from environment import (
    CONSTRAINTS,
    REQUIREMENTS,
    Environment,
    normal_name,
    requirement_names,
)
from steps import say

LOCK_MARK = '# ---- all others'
# Not what torch brings for a GPU: it pins that itself, and other machines
# need others.
_FROM_TORCH = re.compile(r'(nvidia|cuda)-|triton$|mmssl$')


def write_lock(env: Environment) -> None:
    """Write the versions in the environment into constraints.txt.

    Not those pinned by hand above, and not what torch brings for a GPU: its
    own requirements pin that, and other machines need others.
    """
    freeze = ['-m', 'pip', 'freeze', '--all', '--exclude-editable']
    done = subprocess.run(
        [str(env.python), *freeze],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    text = CONSTRAINTS.read_text(encoding='utf-8')
    head = text[: text.index('\n', text.index(LOCK_MARK)) + 1]
    skip = pinned_by_hand(head)
    lines = []
    for line in done.stdout.splitlines():
        name = normal_name(line.partition('==')[0])
        if '==' in line and name not in skip and not _FROM_TORCH.match(name):
            lines.append(f'{line}; python_version == "3.11"\n')
    CONSTRAINTS.write_text(head + ''.join(lines), encoding='utf-8')
    say(f'{CONSTRAINTS}: {len(lines)} versions')


def pinned_by_hand(head: str) -> set[str]:
    """Return the names in the head, and those exact in another file."""
    exact = ''.join(
        line
        for file in sorted(REQUIREMENTS.glob('*.txt'))
        if file != CONSTRAINTS
        for line in file.read_text(encoding='utf-8').splitlines(True)
        if '==' in line
    )
    names = requirement_names(head) + requirement_names(exact)
    return {normal_name(name) for name in names}
