#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""framelend probe on the guest's real drivers: what it says of each is what is so.

probe.py DRIVER... (those that must be there); $BUILD and $KERNEL as tests have them. A driver after
which there is a "-" is probed without showing anything.
"""

import json
import os
import subprocess
import sys
import tempfile

FRAMELEND = os.path.join(os.environ['BUILD'], 'framelend')
KERNEL = os.environ['KERNEL']

# driver: how the text begins after its name, in 6.12 and in 6.1
AS_IT_IS = "a client's framebuffer is shown as it is, without a copy: "
FLUSHED = "a client's framebuffer is shown without a copy by the server: "
COPIED = "a client's framebuffer is copied once a frame: "
ANSWERS = {
    '6.12': {'vkms': AS_IT_IS, 'bochs-drm': AS_IT_IS, 'virtio_gpu': FLUSHED, 'cirrus': FLUSHED,
             'qxl': FLUSHED, 'vmwgfx': FLUSHED, 'simpledrm': FLUSHED,
             'radeon': "a client's framebuffer should be shown as it is, without a copy: ",
             'vgem': 'shows nothing: vgem has no display.'},
    '6.1': {'virtio_gpu': FLUSHED, 'cirrus': FLUSHED,
            'bochs-drm': COPIED + 'bochs-drm in Linux',
            'qxl': COPIED + 'qxl in Linux',
            'vmwgfx': COPIED + 'vmwgfx in Linux',
            'vgem': 'shows nothing: vgem has no display.'},
}
REMEDIES = {'bochs-drm': 'Run Linux 6.6 or later', 'qxl': 'Run Linux 6.6 or later',
            'vmwgfx': 'Run Linux 6.9 or later'}
# Memory of other origin, on 6.12: state and depth, of udmabuf.
FOREIGN = {'vkms': ('ok', 'seen'), 'cirrus': ('unverified', 'commit'),
           'simpledrm': ('unverified', 'commit'), 'virtio_gpu': ('failed', 'framebuffer'),
           'bochs-drm': ('failed', 'framebuffer'), 'qxl': ('failed', 'framebuffer'),
           'radeon': ('failed', 'framebuffer'), 'vmwgfx': ('not tried', 'none')}

failures = []


def check(condition, *words):
    if not condition:
        failures.append(' '.join(str(word) for word in words))


def probe(*arguments, **environment):
    result = subprocess.run([FRAMELEND, 'probe', *arguments], check=False, capture_output=True,
                            text=True, timeout=60, env=dict(os.environ, **environment))
    check(result.returncode == 0 and not result.stderr, arguments, result.returncode, result.stderr)
    return result.stdout


def one(entries, name):
    return next(entry for entry in entries if entry['name'] == name)


def check_text(driver, options):
    text = ' '.join(probe(driver, *options).split())
    start = text.partition('): ')[2]
    check(text.startswith(f'{driver} (/dev/dri/card'), driver, text[:80])
    check(start.startswith(ANSWERS[KERNEL][driver]), driver, text[:300])
    if ANSWERS[KERNEL][driver].startswith(COPIED):
        check(f'Remedy: {REMEDIES[driver]}' in text, driver, 'has no remedy')
    check('not known yet' not in text, driver, 'leaves something unexplained:', text)


def check_memory(driver, device):
    dumb = one(device['allocators'], 'dumb')
    memfd = one(device['allocators'], 'memfd')
    shared = not ANSWERS[KERNEL][driver].startswith(COPIED)
    check(dumb['mapped'] == shared, driver, dumb)
    check(dumb['state'] != 'failed' or not shared, driver, dumb)
    check(memfd['state'] == 'ok' and memfd['write_mb_s'] > 0, driver, memfd)
    check(not shared or dumb['write_mb_s'] > 0, driver, 'was not measured')


def check_device(driver, options):
    device, = json.loads(probe(driver, '--json', *options))['devices']
    check(device['driver'] == driver and device['kernel'] == os.uname().release, device)
    check(driver == 'vgem' or device['connectors'], driver, 'has no connector')
    check(driver == 'vgem' or options or device['shown'], driver, device['unshown_reason'])
    check_memory(driver, device)
    if KERNEL == '6.12' and driver in FOREIGN:
        found = one(device['foreign'], 'udmabuf')
        check((found['state'], found['depth']) == FOREIGN[driver], driver, found)


def check_remembered():
    """A picture that was read back outlasts the process."""
    with tempfile.TemporaryDirectory() as cache:
        probe('vkms', LEND_CACHE='on', XDG_CACHE_HOME=cache)
        with open(f'{cache}/framelend/findings', encoding='utf-8') as file:
            lines = [line.split('\t') for line in file.read().splitlines()[1:]]
        depths = {line[4]: line[5] for line in lines if line[2] == 'vkms'}
        check(depths.get('udmabuf') == 'seen' and depths.get('dumb') == 'map', depths)


def check_taken(driver):
    """Another program has the display, and the probe leaves it alone."""
    device, = json.loads(probe(driver, '--json'))['devices']
    with open(device['path'], 'rb'):
        other, = json.loads(probe(driver, '--json'))['devices']
    check(not other['master'] and not other['shown'], driver, 'was taken from its master')
    check('another program has the display' in other['unshown_reason'], driver,
          other['unshown_reason'])


def main():
    for name in sys.argv[1:]:
        driver = name.rstrip('-')
        options = ['--no-modeset'] if name.endswith('-') else []
        check_text(driver, options)
        check_device(driver, options)
        if driver == 'vkms':
            check_remembered()
        if driver == 'cirrus':
            check_taken(driver)
    print('\n'.join(failures) if failures else f'{len(sys.argv) - 1} drivers, as they are')
    return 1 if failures else 0


sys.exit(main())
