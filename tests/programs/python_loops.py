#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The Python module in loops of other people's, its user's doings, and a display server that goes away."""

import asyncio
import errno
import os
import select
import selectors
import signal
import time

import framelend
import harness
import python_case

KIND = framelend.InputKind


class Loops(python_case.Case):
    def test_select(self):
        with self.surface() as surface:
            frames = 0
            while frames < 5:
                while surface.client.dispatch(0):
                    pass
                try:
                    surface.frame(timeout=0).end()
                    frames += 1
                except framelend.Error as error:
                    self.assertEqual(error.errno, errno.EAGAIN)
                    ready, _, _ = select.select([surface.client], [], [], harness.TIMEOUT)
                    self.assertEqual(ready, [surface.client])

    def test_selectors(self):
        with self.surface() as surface, selectors.DefaultSelector() as selector:
            self.draw(surface, 1)
            selector.register(surface.client, selectors.EVENT_READ)
            self.assertTrue(selector.select(harness.TIMEOUT))

    def test_iteration(self):
        with self.puppet() as (display, act), self.surface(display=display) as surface:
            numbers = []
            for frame in surface:
                numbers.append(frame.number)
                if frame.number == 5:
                    self.wait_until(lambda: act('close') == 1, 'the window')
            self.assertEqual(numbers[:5], [1, 2, 3, 4, 5])
            self.assertLess(len(numbers), 100)
            self.assertTrue(frame.ended)

    def test_leaving_an_iteration(self):
        with self.surface() as surface:
            for frame in surface:
                if frame.number == 3:
                    break
            self.assertTrue(frame.ended)
            with surface.frame() as again:
                self.assertEqual(again.number, 3)

    def test_closed_by_its_user(self):
        with self.puppet() as (display, act), self.surface(display=display) as surface:
            self.draw(surface, 1)
            self.wait_until(lambda: act('close') == 1, 'the window')
            with self.assert_error(errno.ECANCELED, 'closed by its user'):
                surface.client.dispatch(harness.TIMEOUT)
                surface.client.dispatch(harness.TIMEOUT)
        with self.puppet() as (display, act), framelend.connect(display) as client:
            surface = framelend.Surface(client, 64, 48, on_close=lambda: surface.close())
            self.draw(surface, 1)
            self.wait_until(lambda: act('close') == 1, 'the window')
            self.assertLess(sum(1 for _ in surface), 100)
            self.assertTrue(surface.closed)

    def test_timeout(self):
        with self.surface() as surface:
            self.draw(surface, 1)
            while surface.client.dispatch(0.2):
                pass
            before = time.monotonic()
            self.assertEqual(surface.client.dispatch(0.05), 0)
            self.assertGreaterEqual(time.monotonic() - before, 0.049)
            self.assertEqual(surface.client.dispatch(0), 0)
            self.assertEqual(surface.client.dispatch(-1), 0)

    def test_signals(self):
        caught = []

        def handle(number, _):
            caught.append(number)
            if len(caught) == 3:
                raise InterruptedError('enough')
        self.addCleanup(signal.signal, signal.SIGALRM, signal.signal(signal.SIGALRM, handle))
        self.addCleanup(signal.setitimer, signal.ITIMER_REAL, 0)
        with self.surface() as surface:
            self.draw(surface, 1)
            while surface.client.dispatch(0.2):
                pass
            signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
            with self.assertRaisesRegex(InterruptedError, 'enough'):
                surface.client.dispatch(harness.TIMEOUT)
        self.assertEqual(len(caught), 3)


class Asyncio(python_case.Case):
    def run_async(self, coroutine):
        return asyncio.run(asyncio.wait_for(coroutine, harness.TIMEOUT))

    async def quiet(self, client):
        """Until nothing comes any more."""
        while True:
            try:
                await asyncio.wait_for(client.wait(), 0.3)
            except asyncio.TimeoutError:
                return

    def test_two_surfaces_and_other_work(self):
        async def draw(surface):
            async for frame in surface:
                frame.row(0)[:4] = b'\1\2\3\4'
                if frame.number == 10:
                    return frame.number
            return 0

        async def work():
            for _ in range(20):
                await asyncio.sleep(0.01)
            return 'done'

        async def main(first, second):
            return await asyncio.gather(draw(first), work(), draw(second))
        with self.display('headless:100x100,tile') as display, \
                self.surface(display=display) as first, \
                framelend.Surface(first.client, 64, 48) as second:
            self.assertEqual(self.run_async(main(first, second)), [10, 'done', 10])

    def test_closed_by_its_user(self):
        async def main(surface, act):
            count = 0
            async for _ in surface:
                count += 1
                if count == 3:
                    act('close')
            return count
        with self.puppet() as (display, act), self.surface(display=display) as surface:
            self.assertLess(self.run_async(main(surface, act)), 100)

    def test_cancelled(self):
        async def main(surface):
            await self.quiet(surface.client)
            waiting = [asyncio.create_task(surface.client.wait()) for _ in range(3)]
            await asyncio.sleep(0)
            waiting[1].cancel()
            surface.frame(timeout=0).end()
            counts = await asyncio.gather(*waiting, return_exceptions=True)
            self.assertIsInstance(counts[1], asyncio.CancelledError)
            self.assertGreater(counts[0], 0)
            self.assertEqual(counts[0], counts[2])
            await self.quiet(surface.client)
        with self.surface() as surface:
            self.run_async(main(surface))
            self.draw(surface, 1)

    def test_closed_while_waiting(self):
        async def main(client):
            await self.quiet(client)
            task = asyncio.create_task(client.wait())
            await asyncio.sleep(0)
            client.close()
            await task
        with self.surface() as surface, self.assert_error(errno.EBADF, 'closed'):
            self.run_async(main(surface.client))

    def test_errors(self):
        def fail():
            raise KeyError('mine')

        async def main(surface):
            async for _ in surface:
                pass
        with self.surface(on_ready=fail) as surface, self.assertRaisesRegex(KeyError, 'mine'):
            self.run_async(main(surface))


class Input(python_case.Case):
    def test_what_the_user_does(self):
        events = []
        with self.puppet() as (display, act), \
                self.surface(display=display, on_input=events.append) as surface:
            def wait(kind, **fields):
                def find():
                    return [event for event in events if event.kind == kind and
                            all(getattr(event, name) == value for name, value in fields.items())]
                return self.dispatch_until(surface.client, find, f'{kind} {fields}')[0]
            self.draw(surface, 1)
            wait(KIND.KEYBOARD_ENTER)
            act('point 20 30')
            wait(KIND.POINTER_ENTER)
            act('point 21 31')
            wait(KIND.POINTER_MOTION, x=21, y=31)
            act('button 272 1')
            event = wait(KIND.POINTER_BUTTON, code=272)
            self.assertEqual((event.x, event.y, event.pressed), (21, 31, True))
            self.assertLess(abs(time.monotonic() - event.time / 1e9), harness.TIMEOUT)
            act('button 272 0')
            wait(KIND.POINTER_BUTTON, code=272, pressed=False)
            act('key 42 1')  # shift
            act('key 30 1')  # a
            event = wait(KIND.KEYBOARD_KEY, code=30)
            self.assertEqual((event.text, event.keysym, event.modifiers, event.repeated),
                             ('A', ord('A'), framelend.Keys.SHIFT, False))
            act('key 30 0')
            act('key 42 0')
            act('down 5 10 12')
            event = wait(KIND.TOUCH_DOWN, x=10, y=12)
            act('up 5')
            wait(KIND.TOUCH_UP, id=event.id)


class Reconnecting(python_case.Case):
    def test_the_server_comes_back(self):
        told = []
        socket = str(self.runtime / 'again')
        with self.server('--socket', socket, '--output', 'headless:64x48') as (process, _):
            client = framelend.connect(socket, on_disconnected=told.append,
                                       on_reconnected=lambda: told.append('back'))
            self.addCleanup(client.close)
            surface = framelend.Surface(client, 64, 48)
            for _ in range(5):
                self.draw(surface, 0x111111)
            process.kill()
            process.wait()
            self.dispatch_until(client, lambda: told, 'the loss')
            with self.assert_error(errno.EAGAIN):
                surface.frame(timeout=0)
        os.unlink(socket) if os.path.exists(socket) else None
        with self.server('--socket', socket, '--output', 'headless:64x48'):
            self.dispatch_until(client, lambda: len(told) > 1, 'the server')
            self.assertEqual(told[1:], ['back'])
            self.assertTrue(told[0])
            with surface.frame(harness.TIMEOUT) as frame:
                self.assertEqual(frame.age, 0)
            self.draw(surface, 0x405060)
            self.dispatch_until(client, lambda: surface.path.path, 'the frame')
            self.dispatch_until(client, lambda: self.is_shown(socket, b'\x40\x50\x60'), 'the frame')

    def is_shown(self, socket, pixel):
        return self.shot(socket)[2] == [pixel * 64] * 48

    def test_a_veto(self):
        with self.server('--output', 'headless:64x48') as (process, name), \
                framelend.connect(name, on_disconnected=lambda reason: True) as client:
            process.kill()
            process.wait()
            with self.assertRaises(framelend.Error) as caught:
                for _ in range(20):
                    client.dispatch(harness.TIMEOUT)
            self.assertIn(caught.exception.errno, (errno.EPIPE, errno.ECONNRESET))


if __name__ == '__main__':
    python_case.main()
