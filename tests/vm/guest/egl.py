# SPDX-License-Identifier: MIT
"""An EGL program that knows nothing of us, on a display whose GPU it uses: shown from its own buffers.

usage: egl.py DRIVER DEVICE     (run by machines.py, in the build directory)
"""

import json
import os
import subprocess
import sys
import tempfile
import time

SECONDS = 60
STEP = 7     # of the dump's pixels one in so many is looked at: the guest is slow


def wait_for(what, found):
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        result = found()
        if result:
            return result
        time.sleep(0.3)
    sys.exit(f'{what} did not come within {SECONDS} s')


def surface():
    """What the server says of the program's surface once it has shown some frames."""
    top = subprocess.run(['./framelend', 'top', '--once', '--json'], capture_output=True, text=True)
    rows = json.loads(top.stdout or '{"surfaces": []}')['surfaces']
    return next((row for row in rows if row['program'] == 'weston-simple-egl' and row['frames'] > 10), None)


def is_seen(device):
    """Are there pixels that are all but pure red, green and blue? Each of its corners has one."""
    subprocess.run([os.environ['VM'] + '/guest/ask', 'screendump', device, 'egl.ppm'], check=True,
                   stdout=subprocess.DEVNULL)
    with open('/run/vm/egl.ppm', 'rb') as file:
        data = file.read()
    header, pixels = data.split(b' 255\n', 1) if b' 255\n' in data[:40] else data.split(b'\n255\n', 1)
    counts = [0, 0, 0]
    for at in range(0, len(pixels), 3 * STEP):
        pixel = pixels[at:at + 3]
        for channel in range(3):
            counts[channel] += pixel[channel] > 200 and sum(pixel) - pixel[channel] < 60
    print(counts)
    # The triangle turns, and is a line at times; it never covers much of the picture.
    return min(counts) > 0 and max(counts) < len(pixels) // 3 // STEP / 8


def main(driver, device):
    os.environ['XDG_RUNTIME_DIR'] = tempfile.mkdtemp()
    os.environ['LEND_SESSION'] = 'direct'
    server = subprocess.Popen(['./framelend', 'serve', '--output', f'kms:{driver}', '--socket', 'egl', '--',
                               'weston-simple-egl', '-f', '-o'])
    os.environ['LEND_DISPLAY'] = 'egl'
    os.environ['WAYLAND_DISPLAY'] = 'egl'
    try:
        row = wait_for('the picture', surface)
        print(row)
        assert row['memory'] == 'dmabuf', 'it did not draw by the GPU'
        assert row['path'] in ('scanout', 'flush'), row['reason']
        assert row['copied_bytes'] == 0, 'its pixels were copied'
        wait_for('the triangle', lambda: is_seen(device))
    finally:
        server.terminate()
        server.wait()


if __name__ == '__main__':
    main(*sys.argv[1:])
