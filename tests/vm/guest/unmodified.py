# SPDX-License-Identifier: MIT
"""Programs that know nothing of us, shown from their own memory: no pixel is copied.

usage: unmodified.py PROGRAM DRIVER DEVICE     (run by machines.py, in the build directory; DEVICE "-": no dumps)
"""

import json
import os
import subprocess
import sys
import tempfile
import time

SECONDS = 60
STEP = 7  # of the dump's pixels one in so many is looked at: the guest is slow


def is_triangle(counts, looked_at):
    """It turns, and is a line at times; it never covers much of the picture."""
    return min(counts) > 0 and max(counts) < looked_at / 8


def is_red(counts, looked_at):
    return counts[0] > 0.9 * looked_at


# What it is called with, the memory that it draws in, and what is to be seen.
PROGRAMS = {
    'weston-simple-egl': (['-f', '-o'], 'dmabuf', is_triangle),
    'foot': (['--override=colors.regular1=f00000', 'sh', '-c', r"printf '\033[41m\033[2J'; sleep 60"],
             'udmabuf', is_red),
}


def wait_for(what, found):
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        result = found()
        if result:
            return result
        time.sleep(0.3)
    sys.exit(f'{what} did not come within {SECONDS} s')


def surface(program):
    """What the server says of the program's surface once it is shown as it is."""
    top = subprocess.run(['./framelend', 'top', '--once', '--json'], capture_output=True, text=True)
    rows = json.loads(top.stdout or '{"surfaces": []}')['surfaces']
    print(rows)
    return next((row for row in rows if row['program'] == program and row['path'] in ('scanout', 'flush')), None)


def is_seen(device, picture):
    """Counts what is all but pure red, green and blue."""
    subprocess.run([os.environ['VM'] + '/guest/ask', 'screendump', device, 'program.ppm'], check=True,
                   stdout=subprocess.DEVNULL)
    with open('/run/vm/program.ppm', 'rb') as file:
        data = file.read()
    pixels = data[data.index(b'255', 0, 40) + 4:]
    counts, looked_at = [0, 0, 0], range(0, len(pixels), 3 * STEP)
    for at in looked_at:
        pixel = pixels[at:at + 3]
        for channel in range(3):
            counts[channel] += pixel[channel] > 200 and sum(pixel) - pixel[channel] < 60
    print(counts, 'of', len(looked_at))
    return picture(counts, len(looked_at))


def main(program, driver, device):
    arguments, memory, picture = PROGRAMS[program]
    os.environ['XDG_RUNTIME_DIR'] = tempfile.mkdtemp()
    os.environ['LEND_SESSION'] = 'direct'
    server = subprocess.Popen(['./framelend', 'serve', '--output', f'kms:{driver}', '--socket', 'here', '--',
                               program, *arguments])
    os.environ['LEND_DISPLAY'] = os.environ['WAYLAND_DISPLAY'] = 'here'
    try:
        row = wait_for('the program, shown as it is,', lambda: surface(program))
        assert row['memory'] == memory, row['memory']
        assert row['copied_bytes'] == 0, 'its pixels were copied'
        if device != '-':
            wait_for('the picture', lambda: is_seen(device, picture))
    finally:
        server.terminate()
        server.wait()


if __name__ == '__main__':
    main(*sys.argv[1:])
