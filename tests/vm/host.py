# SPDX-License-Identifier: MIT
"""What the rig needs of the machine it runs on, and where it keeps things."""

import fcntl
import pathlib
import platform
import shutil
import subprocess

SOURCE = pathlib.Path(__file__).resolve().parents[2]
CACHE = SOURCE / 'build-vm'
INSTALL = 'remedy: run scripts/setup.sh vm'


class Trouble(Exception):
    """A failure in one line: the cause, and the remedy where there is one."""


class Impossible(Trouble):
    """This machine cannot have a VM at all: a reason to skip, not to fail."""


def need(*programs):
    """Finds the programs, also where only root's PATH looks."""
    path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
    missing = [name for name in programs
               if not (shutil.which(name) or shutil.which(name, path=path))]
    if missing:
        raise Trouble(f'not installed: {", ".join(missing)}; {INSTALL}')
    return [shutil.which(name) or shutil.which(name, path=path) for name in programs]


def check():
    if platform.machine() != 'x86_64':
        raise Impossible(f'the kernels are for x86_64 and this machine is {platform.machine()}')
    if not shutil.which('apt-get') or not shutil.which('dpkg-deb'):
        raise Impossible("the kernels are Debian's and this machine has no apt-get and dpkg-deb")


def run(what, *command, stdin=subprocess.DEVNULL, cwd=None):
    """Runs a command silently; if it fails, raises Trouble with its last words."""
    done = subprocess.run([str(word) for word in command], text=True, errors='replace', stdin=stdin,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=cwd)
    if done.returncode:
        lines = [line for line in done.stdout.splitlines() if line.strip()]
        errors = [line for line in lines if 'error' in line.lower() or line.startswith('E:')]
        said = (errors or lines[-1:] or ['it said nothing'])[0].strip()
        raise Trouble(f'{what}: {pathlib.Path(command[0]).name} failed: {said}')
    return done.stdout


class Lock:
    """Held by whoever works in a directory; others wait."""

    def __init__(self, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path

    def __enter__(self):
        self.file = open(self.path, 'w')
        fcntl.flock(self.file, fcntl.LOCK_EX)

    def __exit__(self, *_):
        self.file.close()
