#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Unmodified programs, each on a server of its own: shown, used, closed.

usage: table.py [--heavy|--all] [GROUP|NAME]...
       table.py --write
       table.py --check

Speaks TAP: each program is a test. With FRAMELEND_SHOTS=DIRECTORY it keeps what it saw. --write runs
all of them and writes docs/programs.md's table and picture anew; --check compares that table's programs
with the rows.
"""

import pathlib
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
DOCS = HERE.parents[1] / 'docs'
sys.path.insert(0, str(HERE / 'table'))

import document  # noqa: E402
import rows  # noqa: E402
import stage  # noqa: E402


def play(program):
    """Runs one row: (what unittest found, what is to be told of it)."""
    class Play(stage.Stage):
        def runTest(self):
            self.play(program)
    case, result = Play(), unittest.TestResult()
    case.run(result)
    return result, getattr(case, 'told', {})


def report(number, name, result, seconds):
    problems = [text for _, text in result.failures + result.errors]
    for text in problems:
        print(''.join(f'# {line}\n' for line in text.splitlines()), end='')
    if result.skipped:
        print(f'ok {number} - {name} # SKIP {result.skipped[0][1]}', flush=True)
    else:
        print(f'{"not " if problems else ""}ok {number} - {name} # {seconds:.1f} s', flush=True)
    return not problems


def select(arguments):
    heavy = [flag in arguments for flag in ('--heavy', '--all')]
    wanted = [argument for argument in arguments if not argument.startswith('--')]
    return [program for group, programs in rows.GROUPS.items() for program in programs
            if (heavy[1] or program.heavy == heavy[0]) and
            (not wanted or group in wanted or program.name in wanted)]


def write(played):
    pictures = [(program.name, told['last']) for program, told in played if 'last' in told]
    (DOCS / 'programs').mkdir(exist_ok=True)
    document.sheet(pictures, DOCS / 'programs' / 'programs.png')
    text = (DOCS / 'programs.md').read_text()
    (DOCS / 'programs.md').write_text(document.replace(text, document.table(played)))


def check():
    """The document has a line for each row, in this order."""
    wanted = [program.name for works in (True, False) for program in select(['--all'])
              if (not program.fails) == works]
    found = document.named((DOCS / 'programs.md').read_text())
    if found == wanted:
        return 0
    print(f'docs/programs.md: missing {set(wanted) - set(found) or "none"}, no longer there '
          f'{set(found) - set(wanted) or "none"}, or in another order: run "make programs"')
    return 1


def main(*arguments):
    if '--check' in arguments:
        return check()
    writes = '--write' in arguments
    programs = select(['--all'] if writes else arguments)
    print(f'1..{len(programs)}')
    good, played = True, []
    for number, program in enumerate(programs, 1):
        started = time.monotonic()
        result, told = play(program)
        good = report(number, program.name, result, time.monotonic() - started) and good
        good = good and not (writes and result.skipped)
        played.append((program, told))
    if writes and good:
        write(played)
    return 0 if good else 1


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
