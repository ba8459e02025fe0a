#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The Python module, used wrongly: closed in any order, kept too long, shared by threads. It raises
errors, and neither crashes nor leaks."""

import errno
import gc
import itertools
import logging
import os
import resource
import threading
import time
import weakref

import framelend
import harness
import python_case


class AfterClose(python_case.Case):
    def assert_closed(self, what, *calls):
        for call in calls:
            with self.subTest(what=what), self.assert_error(errno.EBADF, f'the {what} is closed'):
                call()

    def surface_calls(self, surface):
        return [surface.frame, lambda: surface.frame(timeout=0), lambda: surface.path,
                lambda: surface.verdicts, lambda: surface.set_title('x')]

    def test_surface(self):
        with self.surface() as surface:
            frame = surface.frame()
            surface.close()
            surface.close()
            self.assertTrue(surface.closed and frame.ended)
            self.assert_closed('surface', *self.surface_calls(surface), frame.end, frame.cancel)
            self.assertEqual(list(surface), [])
            with self.assert_error(errno.EINVAL, 'ended'):
                frame.pixels.tobytes()
            surface.client.dispatch(0)

    def test_client(self):
        with self.surface() as surface:
            frame, client = surface.frame(), surface.client
            client.close()
            client.close()
            self.assertTrue(client.closed and surface.closed and frame.ended)
            self.assert_closed('client', lambda: client.dispatch(0), lambda: client.display,
                               lambda: client.verdicts, client.fileno, frame.end,
                               lambda: framelend.Surface(client), *self.surface_calls(surface))
            self.assertEqual(list(surface), [])

    def test_frame(self):
        with self.surface() as surface:
            for end in (framelend.Frame.end, framelend.Frame.cancel):
                frame = surface.frame()
                pixels, row = frame.pixels, frame.row(3)
                end(frame)
                self.assertTrue(frame.ended)
                with self.assert_error(errno.EINVAL, 'ended'):
                    frame.pixels.tobytes()
                for again in (frame.end, frame.cancel, lambda: frame.row(0)):
                    with self.assert_error(errno.EINVAL, 'ended'):
                        again()
                with self.assertRaises(ValueError):
                    pixels.tobytes()
                row[:] = b'\1' * len(row)

    def test_closed_within_a_frame(self):
        for close in (lambda surface: surface.close(), lambda surface: surface.client.close()):
            with self.surface() as surface, surface.frame() as frame:
                row = frame.row(0)
                close(surface)
                row[:] = b'\1' * len(row)
            self.assertTrue(surface.closed)


class Kept(python_case.Case):
    """Views outlive everything; at worst nobody sees what is drawn in them."""

    def use(self, view):
        before = bytes(view)
        view[:] = bytes(255 - byte for byte in before)
        self.assertEqual(bytes(view), bytes(255 - byte for byte in before))

    def test_any_order(self):
        for order in itertools.permutations(['frame', 'surface', 'client', 'view']):
            with self.subTest(order=order), self.display() as display:
                client = framelend.connect(display)
                surface = framelend.Surface(client, 64, 48)
                frame = surface.frame()
                things = {'frame': frame, 'surface': surface, 'client': client,
                          'view': frame.row(3)}
                del frame, surface, client
                for name in order:
                    if 'view' in things:
                        self.use(things['view'])
                    del things[name]
                    gc.collect()
            gc.collect()

    def test_any_order_of_closing(self):
        for order in itertools.permutations(['frame', 'surface', 'client']):
            with self.subTest(order=order), self.display() as display:
                client = framelend.connect(display)
                surface = framelend.Surface(client, 64, 48)
                frame = surface.frame()
                view = frame.row(3)
                for name in order:
                    try:
                        {'frame': frame.end, 'surface': surface.close, 'client': client.close}[name]()
                    except framelend.Error as error:
                        self.assertEqual(error.errno, errno.EBADF)
                    self.use(view)

    def test_many_frames(self):
        views = []
        with self.surface(8, 8, unpaced=True) as surface:
            for number in range(50):
                with surface.frame() as frame:
                    views.append(frame.row(7))
                    self.use(views[0])
        for view in views:
            self.use(view)

    def test_old_sizes(self):
        """The display takes buffers of an old size back, and they are unmapped in the library."""
        sizes, views = [], []
        with self.display('headless:300x200,tile') as display, \
                framelend.connect(display) as client, \
                framelend.Surface(client, on_resize=lambda *size: sizes.append(size)) as surface:
            others = []
            for _ in range(2):
                for _ in range(4):
                    with surface.frame(harness.TIMEOUT) as frame:
                        views.append(frame.row(1))
                others.append(framelend.Surface(client))
                self.draw(others[-1], 1)
                before = (frame.width, frame.height)
                self.dispatch_until(client, lambda before=before: sizes and sizes[-1] != before,
                                    'another size')
                with surface.frame(harness.TIMEOUT) as frame:
                    self.assertEqual((frame.width, frame.height), sizes[-1])
                    self.assertEqual(len(frame.row(0)), 4 * frame.width)
                for view in views:
                    self.use(view)
        for view in views:
            self.use(view)

    def test_the_server_is_killed(self):
        with self.server('--output', 'headless:64x48') as (process, name), \
                framelend.connect(name, reconnect=0) as client, \
                framelend.Surface(client, 64, 48) as surface:
            with surface.frame() as frame:
                view = frame.row(3)
            process.kill()
            process.wait()
            with self.assertRaises(framelend.Error) as caught:
                while True:
                    surface.frame(harness.TIMEOUT).end()
            self.assertIn(caught.exception.errno, (errno.EPIPE, errno.ECONNRESET))
            self.use(view)


class Dropped(python_case.Case):
    def test_without_closing(self):
        with self.display() as display:
            surface = framelend.Surface(framelend.connect(display), 64, 48)
            for _ in range(5):
                surface.frame(harness.TIMEOUT).end()
            gone = weakref.ref(surface), weakref.ref(surface.client)
            del surface
            self.assertEqual((gone[0](), gone[1]()), (None, None))

    def test_in_a_cycle(self):
        with self.display() as display:
            surface = framelend.Surface(framelend.connect(display), 64, 48,
                                        on_path=lambda: surface.path)
            surface.client.itself = surface.client
            surface.client.surface = surface
            surface.frame().end()
            gone = weakref.ref(surface)
            del surface
            gc.collect()
            self.assertIsNone(gone())

    def test_failing_again_and_again(self):
        for _ in range(50):
            with self.assertRaises(framelend.Error):
                framelend.connect('nobody')
        with self.display() as display, framelend.connect(display) as client:
            for _ in range(50):
                with self.assertRaises(framelend.Error):
                    framelend.Surface(client, 64, 48, count=77)

    def test_again_and_again(self):
        with self.display() as display:
            def once():
                with self.surface(display=display) as surface:
                    self.draw(surface, 0)
                    surface.frame(harness.TIMEOUT)
            once()
            before = python_case.open_files()
            for _ in range(20):
                once()
            self.assertEqual(python_case.open_files(), before)

    def test_no_descriptor_left(self):
        """With few descriptors: an error in words, and nothing is lost."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        open_now = max(int(fd) for fd in os.listdir('/proc/self/fd'))
        with self.display() as display:
            for spare in range(1, 24):
                try:
                    resource.setrlimit(resource.RLIMIT_NOFILE, (open_now + spare, hard))
                    with self.surface(display=display) as surface:
                        surface.frame(harness.TIMEOUT).end()
                        surface.frame(harness.TIMEOUT).end()
                    enough = True
                except framelend.Error as error:
                    enough = False
                    self.assertEqual(error.errno, errno.EMFILE, error)
                    self.assertTrue(str(error))
                finally:
                    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
                gc.collect()
        self.assertTrue(enough)


class Callbacks(python_case.Case):
    def test_what_happens_is_told(self):
        told = {}

        def note(name):
            return lambda *arguments: told.setdefault(name, arguments)
        with self.surface(on_resize=note('resize'), on_ready=note('ready'), on_path=note('path'),
                          on_presented=note('presented')) as surface:
            self.draw(surface, 0)
            self.dispatch_until(surface.client, lambda: 'presented' in told and 'path' in told, 'all')
        self.assertEqual((told['resize'], told['ready'], told['path']), ((64, 48), (), ()))
        number, when, refresh = told['presented']
        self.assertEqual((number, round(1e9 / refresh)), (1, 60))
        self.assertLess(abs(time.monotonic() - when / 1e9), harness.TIMEOUT)

    def test_exceptions_go_on_from_the_dispatch(self):
        def fail():
            raise KeyError('mine')
        with self.surface(on_ready=fail) as surface:
            with self.assertRaisesRegex(KeyError, 'mine'):
                surface.frame(harness.TIMEOUT)
            surface.frame(harness.TIMEOUT).end()

    def test_drawing_in_a_callback(self):
        numbers = []

        def draw():
            with surface.frame(timeout=0) as frame:
                numbers.append(frame.number)
        with self.surface(on_ready=draw) as surface:
            self.dispatch_until(surface.client, lambda: len(numbers) > 5, 'frames')
        self.assertEqual(numbers, list(range(1, len(numbers) + 1)))

    def test_closing_in_a_callback(self):
        for close in (lambda: surface.close(), lambda: surface.client.close(),
                      lambda: (surface.close(), surface.client.close())):
            with self.display() as display:
                client = framelend.connect(display)
                surface = framelend.Surface(client, 64, 48, on_ready=close, on_path=self.fail)
                other = framelend.Surface(client, 64, 48)
                while not surface.closed:
                    client.dispatch(harness.TIMEOUT)
                if client.closed:
                    self.assertTrue(other.closed)
                else:
                    self.draw(other, 1)
                    client.close()

    def test_dropping_in_a_callback(self):
        with self.display() as display, framelend.connect(display) as client:
            kept = []
            kept.append(framelend.Surface(client, 64, 48, on_ready=kept.clear))
            while kept:
                client.dispatch(harness.TIMEOUT)
            with framelend.Surface(client, 64, 48) as surface:
                self.draw(surface, 1)

    def test_the_log_must_not_call_back(self):
        caught, clients = [], []

        class Handler(logging.Handler):
            def emit(self, record):
                try:
                    for client in clients:
                        client.dispatch(0)
                except framelend.Error as error:
                    caught.append(error.errno)
        logger, handler = logging.getLogger('framelend'), Handler()
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
        self.addCleanup(logger.setLevel, logging.NOTSET)
        self.addCleanup(logger.removeHandler, handler)
        with self.display() as display, framelend.connect(display) as client, \
                framelend.Surface(client, 64, 48) as surface:
            clients.append(client)
            self.draw(surface, 0)
            self.dispatch_until(client, lambda: surface.path.path, 'the frame')
            clients.clear()
        self.assertTrue(caught)
        self.assertEqual(set(caught), {errno.EBUSY})


class Threads(python_case.Case):
    def test_one_thread_at_a_time(self):
        with self.display() as display, framelend.connect(display) as client:
            surface = framelend.Surface(client, 64, 48)
            doomed = framelend.Surface(client, 64, 48)
            self.draw(surface, 1)
            self.draw(doomed, 1)
            while client.dispatch(0.2):
                pass
            began = threading.Event()
            results = []

            def wait():
                began.set()
                results.append(client.dispatch(2))
            thread = threading.Thread(target=wait)
            thread.start()
            began.wait()
            time.sleep(0.2)
            for call in (lambda: client.dispatch(0), lambda: surface.path, surface.frame,
                         lambda: framelend.Surface(client)):
                with self.assert_error(errno.EBUSY, 'another thread'):
                    call()
            gone = weakref.ref(doomed)
            doomed.close()
            del doomed
            self.assertIsNone(gone())
            thread.join()
            self.assertEqual(len(results), 1)
            self.draw(surface, 2)

    def test_closing_in_another_thread(self):
        with self.display() as display:
            client = framelend.connect(display)
            surface = framelend.Surface(client, 64, 48)
            self.draw(surface, 1)
            thread = threading.Thread(target=lambda: [client.dispatch(0.3) for _ in range(2)])
            threading.excepthook, hook = (lambda arguments: self.assertEqual(
                arguments.exc_value.errno, errno.EBADF)), threading.excepthook
            self.addCleanup(setattr, threading, 'excepthook', hook)
            thread.start()
            time.sleep(0.1)
            client.close()
            thread.join()
            self.assertTrue(surface.closed)

    def test_hammered(self):
        """Four threads use and drop whatever they like; errors are all that may come of it."""
        with self.display('headless:200x200,tile') as display, framelend.connect(display) as client:
            end = time.monotonic() + 2
            unexpected = []

            def hammer():
                while time.monotonic() < end:
                    try:
                        surface = framelend.Surface(client, 16, 16)
                        for _ in range(3):
                            with surface.frame(timeout=0.02) as frame:
                                frame.row(3)[:] = bytes(4 * frame.width)
                    except framelend.Error as error:
                        if error.errno not in (errno.EBUSY, errno.EAGAIN):
                            unexpected.append(error)
            threads = [threading.Thread(target=hammer) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(unexpected, [])
            with framelend.Surface(client, 16, 16) as surface:
                self.draw(surface, 1)


if __name__ == '__main__':
    python_case.main()
