#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""framelend probe, on drivers that a double plays: what it says, whole, and that nothing ends it.

With --write the texts in probe/ are written anew, to be read before they are committed.
"""

import json
import os
import pathlib
import re
import subprocess
import sys

import harness

TEXTS = pathlib.Path(__file__).parent / 'probe'
PERSONALITIES = pathlib.Path(__file__).parents[1] / 'fake-drm' / 'personalities'
WRITE = '--write' in sys.argv
PRELOAD = f'{os.environ["FRAMELEND_CARDS"]} {os.environ["FRAMELEND_FAKE_DRM"]}'


class Case(harness.Case):
    def setUp(self):
        super().setUp()
        self.environment['LEND_CACHE'] = 'off'

    def probe(self, personality, *arguments, inject='', cards='card0', **environment):
        return self.framelend('probe', *arguments, env=dict(
            self.environment, LD_PRELOAD=PRELOAD, TEST_CARDS=cards,
            ASAN_OPTIONS='verify_asan_link_order=0', LEND_FAKE_DRM_INJECT=inject,
            LEND_FAKE_DRM=str(PERSONALITIES / f'{personality}.txt'), **environment))

    def text(self, personality, *arguments, **options):
        result = self.probe(personality, *arguments, **options)
        self.assertEqual((result.returncode, result.stderr), (0, b''))
        text = result.stdout.decode()
        self.assertLessEqual(max(map(len, text.splitlines())), 80)
        return text

    def device(self, personality, *arguments, **options):
        result = self.probe(personality, '--json', *arguments, **options)
        self.assertEqual((result.returncode, result.stderr), (0, b''))
        device, = json.loads(result.stdout)['devices']
        return device

    @staticmethod
    def without_numbers(text):
        """Speeds and the kernel's release are not the same everywhere."""
        text = re.sub(r'\d+(?=\s+MB/s)', 'N', text)
        return re.sub(r'\b\d+\.\d+\.\d+[-+]\S+', 'RELEASE', text)

    @staticmethod
    def words(text):
        """On one line, since where lines break is a matter of numbers."""
        return re.sub(r'\s+', ' ', text)


def verdict(device, kind, name):
    found, = [entry for entry in device[kind] if entry['name'] == name]
    return found


class Text(Case):
    def test_whole(self):
        """Speeds aside; the files are what a person gets to read: read them when they change."""
        for name, arguments in (('vmwgfx-6.1', []), ('vkms', []), ('cirrus', []), ('vgem', []),
                                ('i915', ['--no-modeset']), ('qxl-6.12', [])):
            with self.subTest(personality=name):
                text = self.without_numbers(self.text(name, *arguments))
                path = TEXTS / f'{name}.txt'
                if WRITE:
                    path.write_text(text)
                self.assertEqual(self.words(text), self.words(path.read_text()))

    def test_answers(self):
        """The first sentence is the answer."""
        for name, answer in (
                ('vmwgfx-6.12', "vmwgfx (/dev/dri/card0): a client's framebuffer is shown without a "
                                'copy by the server: '),
                ('vmwgfx-5.10', "vmwgfx (/dev/dri/card0): a client's framebuffer is copied once a "
                                'frame: vmwgfx in Linux 5.10.0-30-amd64 marks its dumb buffers as '
                                'not shareable'),
                ('amdgpu', "amdgpu (/dev/dri/card0): a client's framebuffer is shown as it is, "
                           'without a copy: '),
                ('bochs-6.1', "bochs-drm (/dev/dri/card0): a client's framebuffer is copied once a "
                              'frame: bochs-drm in Linux 6.1.0-50-amd64 has no PRIME'),
                ('panfrost', 'panfrost (/dev/dri/card0): shows nothing: panfrost has no display.')):
            with self.subTest(personality=name):
                self.assertTrue(self.words(self.text(name)).startswith(answer), self.text(name))

    def test_every_personality(self):
        for path in sorted(PERSONALITIES.glob('*.txt')):
            with self.subTest(personality=path.stem):
                node = '/dev/dri/renderD128' if path.stem == 'render-node' else '/dev/dri/card0'
                device = self.device(path.stem, node)
                self.assertEqual(device['path'], node)
                self.assertEqual([entry['name'] for entry in device['allocators']],
                                 ['dumb', 'heap', 'udmabuf', 'memfd'])
                self.assertEqual(verdict(device, 'allocators', 'memfd')['state'], 'ok')
                self.assertEqual([client['kind'] for client in device['clients']],
                                 ['full-screen', 'windowed', 'GPU'])
                for entry in device['allocators'] + device['foreign'] + device['clients']:
                    self.assertRegex(entry['reason'], r'\.\Z')
                    self.assertNotIn('{', entry['reason'] + entry['remedy'])


class Display(Case):
    def test_left_alone(self):
        device = self.device('vkms', '--no-modeset')
        self.assertFalse(device['shown'])
        self.assertIn('leave the display as it is', device['unshown_reason'])
        self.assertEqual(verdict(device, 'allocators', 'dumb')['depth'], 'framebuffer')
        self.assertEqual(verdict(device, 'allocators', 'dumb')['state'], 'unverified')
        self.assertIn('should be shown', self.text('vkms', '--no-modeset'))

    def test_not_master(self):
        device = self.device('cirrus', inject='kms master=taken')
        self.assertEqual((device['master'], device['shown']), (False, False))
        self.assertIn('another program has the display', device['unshown_reason'])
        self.assertIn('text console', device['unshown_remedy'])
        self.assertEqual(verdict(device, 'allocators', 'dumb')['depth'], 'framebuffer')
        self.assertEqual(device['clients'][0]['path'], 'flush')

    def test_stale_picture(self):
        """Every call succeeds and the display goes on showing the old picture."""
        device = self.device('vkms', inject='kms foreign=stale')
        found = verdict(device, 'foreign', 'udmabuf')
        self.assertEqual((found['state'], found['depth'], found['error']), ('failed', 'seen', 'EIO'))
        self.assertIn('shows something else', found['reason'])
        self.assertEqual(verdict(device, 'allocators', 'dumb')['depth'], 'seen')

    def test_refusals(self):
        """A commit that fails, whichever: the client's memory is copied, and it says so."""
        for line, depth in (('drmModeAddFB2 own -> EINVAL', 'framebuffer'),
                            ('drmModeAtomicCommit test -> ERANGE', 'test')):
            with self.subTest(line=line):
                device = self.device('amdgpu', inject=line)
                dumb = verdict(device, 'allocators', 'dumb')
                if dumb['state'] == 'failed':
                    self.assertEqual(dumb['depth'], depth)
                    self.assertEqual(device['clients'][0]['path'], 'copy')
                else:  # the first picture, of the driver's own, was refused already
                    self.assertFalse(device['shown'])

    def test_nothing_connected(self):
        device = self.device('vkms', inject='connector Virtual-1 disconnected')
        self.assertIn('nothing is connected', device['unshown_reason'])
        self.assertEqual(device['connectors'][0]['connected'], False)

    def test_commit_calls_that_fail(self):
        for call in ('drmModeGetResources', 'drmModeGetConnector', 'drmModeGetPlane',
                     'drmModeAddFB2', 'drmModeAtomicCommit', 'drmModeCreatePropertyBlob',
                     'drmModeCreateDumbBuffer', 'drmPrimeHandleToFD', 'drmPrimeFDToHandle',
                     'drmModeMapDumbBuffer', 'drmSetClientCap', 'drmModeRmFB', 'UDMABUF_CREATE',
                     'memfd_create', 'mmap', 'DMA_BUF_IOCTL_SYNC', 'drmHandleEvent'):
            for error in ('EIO', 'EMFILE'):
                with self.subTest(call=call, error=error):
                    result = self.probe('vkms', '--json', inject=f'{call} -> {error}')
                    self.assertEqual((result.returncode, result.stderr), (0, b''))
                    json.loads(result.stdout)


class Devices(Case):
    def test_by_name(self):
        for name in ('card0', '/dev/dri/card0', 'vkms'):
            self.assertEqual(self.device('vkms', name)['path'], '/dev/dri/card0')

    def test_all(self):
        result = self.probe('vkms', '--json', cards='card0 card1',
                            inject='open /dev/dri/card1 -> ok')
        devices = json.loads(result.stdout)['devices']
        self.assertEqual([device['path'] for device in devices],
                         ['/dev/dri/card0', '/dev/dri/card1'])
        # Each is offered the other's memory.
        self.assertEqual([entry['name'] for entry in devices[0]['foreign']],
                         ['heap', 'udmabuf', 'vkms (/dev/dri/card1)'])

    def test_dangerous_neighbour(self):
        """Memory of a driver that has crashed others is not given to them."""
        result = self.probe('vmwgfx-6.12', '--json', 'card0', cards='card0 card1',
                            inject='open /dev/dri/card1 -> ok')
        device, = json.loads(result.stdout)['devices']
        found = verdict(device, 'foreign', 'vmwgfx (/dev/dri/card1)')
        self.assertEqual(found['state'], 'not tried')
        self.assertIn('crashed', found['reason'])

    def test_none(self):
        result = self.probe('vkms', cards='none')
        self.assert_complaint(result, 1, 'no display device', '/dev/dri', 'driver')
        result = self.probe('vkms', cards='')
        self.assert_complaint(result, 1, 'no display device')

    def test_unknown(self):
        for name, words in (('nosuchdriver', ["'nosuchdriver'", 'framelend probe']),
                            ('/nowhere/card9', ['/nowhere/card9', 'No such file']),
                            ('/dev/null', ['/dev/null', 'not a DRM device']),
                            ('/' + 'x' * 300, ['long'])):
            self.assert_complaint(self.probe('vkms', name), 1, *words)

    def test_no_permission(self):
        result = self.probe('vkms', inject='open /dev/dri/card0 -> EACCES')
        self.assertEqual((result.returncode, result.stderr), (1, b''))
        text = self.words(result.stdout.decode())
        self.assertIn('this user may not open /dev/dri/card0 (Permission denied). Remedy: Log in '
                      "on the machine's own screen, or run it as root.", text)
        result = self.probe('vkms', '--json', inject='open /dev/dri/card0 -> EACCES')
        device, = json.loads(result.stdout)['devices']
        self.assertEqual(device['error'], 'EACCES')
        self.assertEqual((device['allocators'], device['clients']), ([], []))

    def test_odd_names(self):
        """A driver that calls itself something strange does no harm."""
        for name in ('{driver}', '%s%n', '"\\', 'x' * 200, '\x1b[31m'):
            with self.subTest(name=name):
                inject = f'drmGetVersion -> {name}'
                text = self.probe('vkms', inject=inject).stdout
                self.assertNotIn(b'\x1b', text)
                device, = json.loads(self.probe('vkms', '--json', inject=inject).stdout)['devices']
                self.assertTrue(name.startswith(device['driver']))


class Remembered(Case):
    def cached(self, **options):
        cache = self.runtime / 'cache'
        cache.mkdir(mode=0o700, exist_ok=True)
        return self.device('vkms', LEND_CACHE='on', XDG_CACHE_HOME=str(cache), **options)

    def probe(self, *arguments, **options):
        self.environment.pop('LEND_CACHE', None)
        return super().probe(*arguments, **options)

    def test_what_was_seen(self):
        """A picture that was read back is remembered, and raises what the table says."""
        self.cached(inject='drmGetVersion -> newdrm')
        text = (self.runtime / 'cache' / 'framelend' / 'findings').read_text()
        self.assertIn('\tnewdrm\t/dev/dri/card0 \tudmabuf\tseen\t-\t', text)
        device = self.cached(inject='drmGetVersion -> newdrm;drmPrimeHandleToFD -> ENOSYS')
        self.assertEqual(device['clients'][0]['memory'], 'udmabuf')
        device = self.cached(inject='drmGetVersion -> otherdrm;drmPrimeHandleToFD -> ENOSYS',
                             cards='card0')
        self.assertNotEqual(device['driver'], 'newdrm')


class Report(Case):
    def test_one_file(self):
        result = self.probe('vmwgfx-6.1', '--report')
        self.assertEqual((result.returncode, result.stderr), (0, b''))
        self.assertRegex(result.stdout.decode(),
                         r'\AThe report is in framelend-report-\d{8}-\d{6}\.txt\. Read it, .*\n\Z')
        path, = self.runtime.glob('framelend-report-*.txt')
        text = path.read_text()
        for words in ('framelend: ', 'kernel: Linux 6.1.0-50-amd64', 'device nodes', 'modules',
                      'Run Linux 6.9 or later'):
            self.assertIn(words, text)
        begin, end = text.index('\n[\n') + 1, text.index('\n]\n') + 3
        device, = json.loads(text[begin:end])
        self.assertEqual(device['driver'], 'vmwgfx')
        self.assertNotRegex(text, rf'\b{re.escape(os.uname().nodename)}[ .]|/root/|/home/|serial')

    def test_cannot_write(self):
        result = self.framelend('probe', '--report', cwd='/proc', env=dict(
            self.environment, LD_PRELOAD=PRELOAD, TEST_CARDS='card0',
            ASAN_OPTIONS='verify_asan_link_order=0',
            LEND_FAKE_DRM=str(PERSONALITIES / 'vkms.txt')))
        self.assert_complaint(result, 1, 'cannot create framelend-report-', 'change to a folder')

    def test_never_overwrites(self):
        """All names of the next seconds are taken."""
        script = ('for i in 0 1 2 3 4 5 6 7 8 9; do echo mine > "framelend-report-$(date -d '
                  '"+$i seconds" +%Y%m%d-%H%M%S).txt"; done')
        subprocess.run(['sh', '-c', script], cwd=self.runtime, check=True)
        result = self.probe('vgem', '--report')
        self.assert_complaint(result, 1, 'File exists')
        for path in self.runtime.glob('framelend-report-*.txt'):
            self.assertEqual(path.read_text(), 'mine\n')

    def test_full_disk(self):
        for arguments in ([], ['--json']):
            with open('/dev/full', 'wb') as full:
                result = self.framelend('probe', 'card0', *arguments, stdout=full, env=dict(
                    self.environment, LD_PRELOAD=PRELOAD, TEST_CARDS='card0',
                    ASAN_OPTIONS='verify_asan_link_order=0',
                    LEND_FAKE_DRM=str(PERSONALITIES / 'vkms.txt')))
            self.assert_complaint(result, 1, 'standard output', 'No space left')


if __name__ == '__main__':
    harness.main(argv=[argument for argument in sys.argv if argument != '--write'])
