# SPDX-License-Identifier: MIT
"""An X server without a screen, and what QEMU shows in a window there."""

import pathlib
import re
import struct
import subprocess

from host import Trouble, need, run

SCREEN = '2560x1600x24'  # larger than any mode that tests set


class Window:
    """QEMU's, on an X server of its own that keeps its picture in a file of the folder."""

    def __init__(self, folder):
        server, = need('Xvfb')
        need('xwininfo')
        self.file = pathlib.Path(folder) / 'Xvfb_screen0'
        with open(pathlib.Path(folder) / 'xvfb.log', 'w') as log:
            self.process = subprocess.Popen(
                [server, '-displayfd', '1', '-fbdir', folder, '-screen', '0', SCREEN, '-noreset', '-nolisten', 'tcp'],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True)
        number = self.process.stdout.readline().strip()
        if not number:
            self.close()
            raise Trouble(f'Xvfb did not start; see {folder}/xvfb.log')
        self.display = f':{number}'

    def environment(self):
        return {'DISPLAY': self.display, 'SDL_VIDEODRIVER': 'x11', 'LIBGL_ALWAYS_SOFTWARE': '1'}

    def close(self):
        self.process.kill()
        self.process.wait()

    def place(self):
        """Of the largest window: x, y, width and height."""
        text = run('looking for the window', 'xwininfo', '-display', self.display, '-root', '-tree')
        found = re.findall(r'(\d+)x(\d+)\+-?\d+\+-?\d+ +\+(-?\d+)\+(-?\d+)', text)
        if not found:
            raise ValueError('QEMU has no window yet')
        width, height, x, y = max(([int(word) for word in words] for words in found),
                                  key=lambda words: words[0] * words[1])
        return x, y, width, height

    def dump(self, path):
        """Writes what the window shows, as a PPM."""
        x, y, width, height = self.place()
        data = self.file.read_bytes()
        header = struct.unpack('>25I', data[:100])
        start, row = header[0] + 12 * header[19], header[12]
        if header[11] != 32 or header[7] != 0:  # bits a pixel, least significant byte first
            raise ValueError(f'{self.file} is of a kind that is not known')
        pixels = bytearray(3 * width * height)
        for line in range(height):
            at = start + (y + line) * row + 4 * x
            words = data[at:at + 4 * width]
            for channel in range(3):
                pixels[3 * width * line + channel:3 * width * (line + 1):3] = words[2 - channel::4]
        path.write_bytes(b'P6 %d %d 255\n' % (width, height) + pixels)
