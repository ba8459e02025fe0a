# SPDX-License-Identifier: MIT
"""What the tests of the Python module share. Programs run as children; the module runs in here."""

import contextlib
import gc
import os
import subprocess

import framelend
import harness

EXAMPLES_SERVER = os.environ['FRAMELEND_EXAMPLES_SERVER']
READ, WRITE = framelend.Access.READ, framelend.Access.WRITE


def open_files():
    return sorted(os.readlink(f'/proc/self/fd/{fd}') for fd in os.listdir('/proc/self/fd')
                  if os.path.exists(f'/proc/self/fd/{fd}'))


class Case(harness.Case):
    """A test that leaves no file open, whatever it did."""

    def setUp(self):
        super().setUp()
        # What this process may need (the sanitisers' library) is nothing to its children.
        self.environment.pop('LD_PRELOAD', None)
        self.environment['ASAN_OPTIONS'] = os.environ.get('ASAN_OPTIONS', '').replace(
            'detect_leaks=0', 'detect_leaks=1')
        variables = dict(os.environ)
        self.addCleanup(lambda: (os.environ.clear(), os.environ.update(variables)))
        for name in set(os.environ) - set(self.environment) - {'LD_PRELOAD', 'ASAN_OPTIONS'}:
            del os.environ[name]
        os.environ['XDG_RUNTIME_DIR'] = str(self.runtime)
        gc.collect()
        self.addCleanup(self.assert_nothing_stays_open, len(open_files()))

    def assert_nothing_stays_open(self, before):
        gc.collect()
        # What turned out to be no memory is closed by a thread of the library's.
        self.wait_until(lambda: len(open_files()) <= before, f'{before} open files: {open_files()}')

    @contextlib.contextmanager
    def assert_error(self, number, *words):
        """It raises the module's Error, with that errno and words."""
        with self.assertRaises(framelend.Error) as caught:
            yield caught
        self.assertEqual(caught.exception.errno, number, caught.exception)
        for word in words:
            self.assertIn(word, str(caught.exception))

    @contextlib.contextmanager
    def display(self, *outputs):
        """A server's socket."""
        arguments = [word for output in outputs or ['headless:64x48']
                     for word in ('--output', output)]
        with self.server(*arguments) as (_, name):
            yield name

    @contextlib.contextmanager
    def surface(self, width=64, height=48, display=None, **options):
        """A surface on a server of its own."""
        with contextlib.ExitStack() as stack:
            if display is None:
                display = stack.enter_context(self.display(f'headless:{width}x{height}'))
            client = stack.enter_context(framelend.connect(display))
            yield stack.enter_context(framelend.Surface(client, width, height, **options))

    @contextlib.contextmanager
    def puppet(self, width=64, height=48, *options):
        """A server whose user is the test, as (socket, function that does what a line says)."""
        with self.started(EXAMPLES_SERVER, str(width), str(height), *options, text=True,
                          stdin=subprocess.PIPE) as process:
            name = process.stdout.readline().strip()

            def act(line):
                process.stdin.write(line + '\n')
                process.stdin.flush()
                return int(process.stdout.readline())
            yield name, act

    def shot(self, display, *arguments):
        result = self.framelend('shot', '--display', display, *arguments, '-')
        self.assertEqual((result.returncode, result.stderr), (0, b''))
        return harness.read_png(result.stdout)

    def draw(self, surface, value):
        """One frame of one colour, whatever is kept of it."""
        with surface.frame(harness.TIMEOUT) as frame:
            for y in range(frame.height):
                frame.row(y)[:] = value.to_bytes(4, 'little') * frame.width
        return frame

    def dispatch_until(self, client, question, what):
        def ask():
            client.dispatch(0.05)
            return question()
        return self.wait_until(ask, what)


main = harness.main
