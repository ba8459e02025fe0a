#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Plots data as it comes into a lent framebuffer: from standard input, a number a line, or, on a
terminal, a wave of its own.

    ping localhost | sed -u -n 's/.*time=\\([0-9.]*\\).*/\\1/p' | live_plot.py
    vmstat 1 | awk '{print $15; fflush()}' | live_plot.py --title idle

matplotlib draws if it is installed (its picture is copied into the frame once), else numpy alone, right
in the frame.
"""

import argparse
import collections
import errno
import math
import os
import selectors
import sys
import time

import framelend
import numpy

PAPER, INK, GRID = 0xffffff, 0x1f77b4, 0xd0d0d0


class MatplotlibPlot:
    """A figure whose axes grow with the data."""

    def __init__(self, title):
        import matplotlib  # pylint: disable=import-outside-toplevel
        matplotlib.use('Agg')
        from matplotlib.backends.backend_agg import FigureCanvasAgg  # pylint: disable=import-outside-toplevel
        from matplotlib.figure import Figure  # pylint: disable=import-outside-toplevel
        self.figure = Figure(dpi=100)
        self.canvas = FigureCanvasAgg(self.figure)
        self.axes = self.figure.add_subplot(title=title)
        self.axes.grid(True)
        self.line, = self.axes.plot([], [], color=f'#{INK:06x}')

    def draw(self, frame, values):
        self.figure.set_size_inches(frame.width / 100, frame.height / 100)
        self.line.set_data(range(len(values)), values)
        self.axes.relim()
        self.axes.autoscale_view()
        self.canvas.draw()
        red_to_alpha = numpy.asarray(self.canvas.buffer_rgba())
        pixels = numpy.asarray(frame).view('u1').reshape(frame.height, frame.width, 4)
        pixels[:, :, 2::-1] = red_to_alpha[:frame.height, :frame.width, :3]


class NumpyPlot:
    """A line of the display's height for each number, joined to the one before."""

    def draw(self, frame, values):
        pixels = numpy.asarray(frame)
        pixels[:] = PAPER
        pixels[::max(frame.height // 10, 1)] = GRID
        if not values:
            return
        data = numpy.interp(numpy.linspace(0, len(values) - 1, frame.width), range(len(values)), values)
        low, high = data.min(), data.max()
        rows = ((high - data) / ((high - low) or 1) * (frame.height - 1)).astype(int)
        before = numpy.concatenate((rows[:1], rows[:-1]))
        every = numpy.arange(frame.height)[:, None]
        pixels[(every >= numpy.minimum(rows, before)) & (every <= numpy.maximum(rows, before))] = INK


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split('\n\n', maxsplit=1)[0])
    parser.add_argument('--title', default='live plot')
    parser.add_argument('--last', type=int, default=200, metavar='N', help='show so many numbers')
    parser.add_argument('--numpy', action='store_true', help='do not use matplotlib')
    return parser.parse_args()


def choose(arguments):
    try:
        return NumpyPlot() if arguments.numpy else MatplotlibPlot(arguments.title)
    except ImportError:
        return NumpyPlot()


class Program:
    """Waits for the display and for data, and draws when there is something new."""

    def __init__(self, arguments):
        self.plot = choose(arguments)
        self.values = collections.deque(maxlen=arguments.last)
        self.own_wave, self.rest = sys.stdin.isatty(), b''
        self.client = framelend.connect(on_reconnected=self.change)
        self.surface = framelend.Surface(self.client, 640, 400, title=arguments.title,
                                         on_resize=self.change)
        self.changed = True

    def change(self, *_):
        self.changed = True

    def draw(self):
        try:
            with self.surface.frame(timeout=0) as frame:
                self.plot.draw(frame, self.values)
            self.changed = False
        except framelend.Error as error:
            if error.errno != errno.EAGAIN:  # the display is not ready: an event will say so
                raise

    def read(self):
        """The numbers that have come, a line each; None at the end."""
        data = os.read(sys.stdin.fileno(), 65536)
        *lines, self.rest = (self.rest + data).split(b'\n')
        return [float(line) for line in lines if line.strip()] if data else None

    def add(self, numbers):
        self.values.extend(numbers)
        self.changed = self.changed or bool(numbers)

    def run(self):
        selector = selectors.PollSelector()
        selector.register(self.client, selectors.EVENT_READ)
        if not self.own_wave:
            selector.register(sys.stdin, selectors.EVENT_READ)
        while True:
            while self.client.dispatch(0):  # until all is handled and sent
                pass
            if self.changed:
                self.draw()
            ready = [key.fileobj for key, _ in selector.select(1 / 30 if self.own_wave else None)]
            if sys.stdin in ready and (numbers := self.read()) is None:
                selector.unregister(sys.stdin)
            elif sys.stdin in ready:
                self.add(numbers)
            if self.own_wave:
                self.add([math.sin(time.monotonic() * 3) + 0.3 * math.sin(time.monotonic() * 17)])


def main():
    try:
        Program(parse()).run()
    except framelend.Error as error:
        return None if error.errno == errno.ECANCELED else f'live_plot: {error}'  # closed by its user
    except KeyboardInterrupt:
        return None


if __name__ == '__main__':
    sys.exit(main())
