#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""examples/gpu in memory that a server on a real display lends: the picture as it is displayed, the
path, and that nothing was copied. usage: gpu.py DRIVER DEVICE, in the build directory."""

import json
import os
import re
import subprocess
import sys
import tempfile
import time

# Rows of the framebuffer object go down the display, as they lie in memory.
COLOURS = ((192, 32, 16), (32, 160, 64), (16, 48, 208), (240, 240, 64))


def ask(*request):
    return subprocess.run([os.path.join(os.environ['VM'], 'guest/ask'), *request], check=True,
                          capture_output=True, text=True).stdout


def wrong_pixels(path):
    """How many pixels of the dump (PPM) are not the example's."""
    with open(path, 'rb') as file:
        header = re.match(rb'P6\s+(\d+)\s+(\d+)\s+255\s', content := file.read())
    width, height = int(header[1]), int(header[2])
    data = content[header.end():]
    rows = [b''.join(bytes(COLOURS[half * 2 + column]) * count
                     for column, count in ((0, width // 2), (1, width - width // 2))) for half in (0, 1)]
    expected = b''.join(rows[y >= height // 2] for y in range(height))
    if data == expected:
        return 0
    return sum(data[i:i + 3] != expected[i:i + 3] for i in range(0, len(expected), 3))


def wait_for(what, seconds=60):
    until = time.monotonic() + seconds
    while not (answer := what()):
        if time.monotonic() > until:
            raise SystemExit(f'{what.__name__}: not within {seconds} s')
        time.sleep(0.2)
    return answer


def check(mode, device, environment):
    example = subprocess.Popen(['examples/gpu', mode], env=environment)

    def surface():
        if example.poll() is not None:
            raise SystemExit(f'examples/gpu {mode} ended with {example.returncode}')
        top = subprocess.run(['./framelend', 'top', '--once', '--json', '--display', 'gpu'], env=environment,
                             stdout=subprocess.PIPE, text=True, check=False)
        print(top.stdout)
        # An emulated machine needs its time until the first picture.
        if top.returncode != 0:
            return None
        shown = [one for one in json.loads(top.stdout)['surfaces'] if one['frames_per_second'] > 0]
        return shown and shown[0]

    def picture():
        ask('screendump', device, f'gpu-{mode}')
        return wrong_pixels(f'/run/vm/gpu-{mode}') == 0

    try:
        told = wait_for(surface)
        wait_for(picture)
    finally:
        example.terminate()
        example.wait()
    assert told['path'] in ('scanout', 'flush') and told['memory'] == 'gbm', told
    assert told['copied_bytes'] == 0, told


def main(driver, device):
    with tempfile.TemporaryDirectory() as runtime:
        environment = os.environ | {'XDG_RUNTIME_DIR': runtime, 'LEND_SESSION': 'direct',
                                    'LEND_DISPLAY': 'wayland:gpu', 'WAYLAND_DISPLAY': 'gpu'}
        server = subprocess.Popen(['./framelend', 'serve', '--output', f'kms:{driver}', '--socket', 'gpu'],
                                  env=environment)

        def socket():
            return os.path.exists(os.path.join(runtime, 'gpu'))

        try:
            wait_for(socket)
            for mode in ('draw', 'upload'):
                check(mode, device, environment)
        finally:
            server.terminate()
            server.wait()


main(*sys.argv[1:])
