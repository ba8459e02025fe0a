#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The README's programs are built as they are printed there; here they run."""

import json
import os

import harness

CLIENT = os.environ['FRAMELEND_README_CLIENT']
SERVER = os.environ['FRAMELEND_README_SERVER']


class Readme(harness.Case):
    def scanned_out(self, display):
        result = self.framelend('top', '--once', '--json', '--display', display)
        return [surface for surface in json.loads(result.stdout)['surfaces']
                if surface['path'] == 'scanout']

    def test_client(self):
        with self.server('--output', 'headless:800x600') as (_, name), \
                self.program(name, CLIENT):
            surface, = self.wait_until(lambda: self.scanned_out(name), 'its surface')
            self.assertEqual((surface['title'], surface['lent']), ('hello', True))
            result = self.framelend('shot', '--display', name, '-')
            self.assertEqual(harness.read_png(result.stdout),
                             (800, 600, [b'\x55' * 2400] * 600))

    def test_client_without_a_server(self):
        result = self.run_program(CLIENT)
        self.assertEqual((result.returncode, result.stdout.count(b'\n')), (1, 1))
        self.assertIn(b"cannot connect to 'wayland-0'", result.stdout)

    def test_server(self):
        with self.started(SERVER) as process:
            self.wait_until((self.runtime / 'framelend-0').exists, 'the socket')
            result = self.framelend('demo-client', '--frames', '3', '--display', 'framelend-0')
            self.assertRegex(result.stdout, b'^3 frames in 3 memfd buffers: scanout: ')
            self.assertIsNone(process.poll())


if __name__ == '__main__':
    harness.main()
