# SPDX-License-Identifier: MIT
"""One program on a server of its own: started, looked at, used, closed."""

import contextlib
import dataclasses
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time
import typing

import document
import harness
import picture

HERE = pathlib.Path(__file__).resolve().parent
PATIENCE = float(os.environ.get("FRAMELEND_PATIENCE", 90))  # seconds, for anything that ends by itself: a busy machine is slow


@dataclasses.dataclass
class Act:
    """Something that a person does, as lines for framelend input, and what comes of it."""
    words: str
    input: tuple
    expect: tuple
    prints: str = ''  # what the program writes then
    command: tuple = ()  # another program that does it


@dataclasses.dataclass
class Program:
    """A row of the table."""
    name: str
    package: str
    toolkit: str
    command: tuple  # {here}, {home} and what prepare() gives stand for paths
    expect: tuple
    shown: str  # what is compared, in words
    acts: tuple = ()
    close: tuple = ('key alt+F4',)  # lines for framelend input, or a signal, or nothing
    environment: dict = dataclasses.field(default_factory=dict)
    output: str = 'headless:640x480'
    options: tuple = ()  # of framelend serve
    prepare: typing.Optional[typing.Callable] = None  # makes files in {home}
    note: str = ''
    heavy: bool = False
    status: typing.Optional[tuple] = None  # that it ends with, other than 0
    runs: str = ''  # the program's file, where it is not the command's first word
    fails: str = ''  # what it writes before it ends by its own fault; note says why
    fails_in: str = ''  # with these versions, which are those that begin so


class Stage(harness.Case):
    """Runs a row. What is worth telling of it is in self.told afterwards."""

    def setUp(self):
        super().setUp()
        self.home = self.runtime / 'home'
        self.home.mkdir()
        self.told = {}
        # MALLOC_PERTURB_ would find the faults of other people's programs.
        for variable in ('LD_PRELOAD', 'DBUS_SESSION_BUS_ADDRESS', 'XDG_CURRENT_DESKTOP',
                         'MALLOC_PERTURB_'):
            self.environment.pop(variable, None)
        self.environment |= {
            'HOME': str(self.home), 'XDG_CONFIG_HOME': str(self.home / '.config'),
            'XDG_CACHE_HOME': str(self.home / '.cache'), 'LC_ALL': 'C.UTF-8', 'TERM': 'linux',
            'SHELL': '/bin/sh', 'NO_AT_BRIDGE': '1', 'GTK_A11Y': 'none', 'GDK_BACKEND': 'wayland',
            'GSK_RENDERER': 'cairo', 'QT_QPA_PLATFORM': 'wayland', 'SDL_VIDEODRIVER': 'wayland',
            'SDL_RENDER_DRIVER': 'software', 'SDL_AUDIODRIVER': 'dummy', 'MOZ_ENABLE_WAYLAND': '1',
            'LIBGL_ALWAYS_SOFTWARE': '1', 'GSETTINGS_BACKEND': 'memory'}

    # ---- looking ------------------------------------------------------------------------------

    def shot(self):
        result = self.framelend('shot', '--display', self.display, '-')
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def surfaces(self):
        result = self.framelend('top', '--once', '--json', '--display', self.display)
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout)['surfaces']

    def look(self, checks, what):
        """Waits until a picture is as it should be, and keeps it."""
        end = time.monotonic() + PATIENCE
        while True:
            self.png = self.shot()
            pixels = picture.read(self.png)
            wrong = [words for words in (check(pixels) for check in checks) if words]
            if not wrong:
                return pixels
            self.assertIsNone(self.process.poll(), f'it ended: {self.output()}')
            if time.monotonic() > end:
                self.keep('failed')
                self.fail(f'{what}: {wrong}; it wrote: {self.output()}')
            time.sleep(0.1)

    def output(self):
        return (self.runtime / 'written').read_text(errors='replace')[-2000:]

    def keep(self, suffix):
        """Saves the last picture for those who want to look at it."""
        folder = os.environ.get('FRAMELEND_SHOTS')
        if folder:
            name = self.program.name.replace(' ', '-').replace('/', '-')
            pathlib.Path(folder, f'{name}{suffix and "-" + suffix}.png').write_bytes(self.png)

    # ---- doing --------------------------------------------------------------------------------

    @contextlib.contextmanager
    def hands(self):
        """A keyboard and a mouse that are there from the start, as on most desks; no cursor yet."""
        environment = dict(self.environment, LEND_DISPLAY=self.display)
        with subprocess.Popen([harness.FRAMELEND, 'input', '-'], env=environment, text=True,
                              stdin=subprocess.PIPE, stderr=subprocess.PIPE) as self.hand:
            self.do(('scroll 0', 'key shift'))
            try:
                yield
            finally:
                self.hand.kill()

    def do(self, lines):
        try:
            self.hand.stdin.write(''.join(line + '\n' for line in lines))
            self.hand.stdin.flush()
        except BrokenPipeError:
            self.fail(self.hand.stderr.read())

    def perform(self, act, before):
        for check in act.expect:
            if isinstance(check, picture.Changed):
                check.before = before
        self.do(act.input)
        if act.command:
            result = self.run_program(*act.command, env=self.variables)
            self.assertEqual(result.returncode, 0, result.stderr)
        pixels = self.look(act.expect, act.words)
        if act.prints:
            self.wait_until(lambda: act.prints in self.output(), f'{act.prints!r} to be written')
        return pixels

    def end(self, close):
        """Closes the program as a person would, and waits for it to go."""
        if isinstance(close, signal.Signals):
            self.process.send_signal(close)
        elif close:
            self.do(close)
        try:
            status = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.fail('it does not end')
        self.assertIn(status, self.program.status or (0,), self.output())

    def fill(self, words):
        return [str(word).replace('{here}', str(HERE)).replace('{home}', str(self.home))
                for word in words]

    def start(self, program, names):
        self.variables = self.environment | {key: self.fill([value])[0]
                                             for key, value in program.environment.items()}
        self.variables |= {'WAYLAND_DISPLAY': names[0], 'LEND_DISPLAY': names[0]}
        if names[1:]:
            self.variables['DISPLAY'] = names[1]
        with open(self.runtime / 'written', 'wb') as written:
            return subprocess.Popen(self.fill(program.command), env=self.variables, cwd=self.home,
                                    stdin=subprocess.DEVNULL, stdout=written,
                                    stderr=subprocess.STDOUT, start_new_session=True)

    def finish(self):
        """Whatever it started goes too: they are a session of their own."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait(PATIENCE)

    def play(self, program):
        self.program = program
        runs = program.runs or program.command[0]
        if not shutil.which(runs):
            self.skipTest(f'{program.package} is not installed or has no {pathlib.Path(runs).name}')
        if program.prepare:
            program.prepare(self.home)
        with self.server('--output', program.output, *program.options) as (server, *names):
            self.display = names[0]
            with self.hands():
                self.process = self.start(program, names)
                try:
                    if program.fails and document.version(program.package).startswith(program.fails_in):
                        self.fail_by_itself(program)
                    else:
                        self.use(program)
                finally:
                    self.finish()
            self.assertIsNone(server.poll(), 'the server ended')

    def fail_by_itself(self, program):
        self.process.wait(PATIENCE)
        lines = [line for line in self.output().splitlines() if program.fails in line]
        self.assertTrue(lines, self.output())
        self.told['words'] = lines[0]

    def use(self, program):
        pixels = self.look(program.expect, 'at first')
        self.keep('')
        self.told['picture'] = self.png
        shown = [surface for surface in self.surfaces() if surface['path'] != 'none']
        self.told['paths'] = [(surface['path'], surface['reason']) for surface in shown]
        for act in program.acts:
            pixels = self.perform(act, pixels)
            self.keep('used')
        self.told['last'] = self.png
        self.end(program.close)
