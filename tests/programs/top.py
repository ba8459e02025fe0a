#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""framelend top: what it says is so, and what clients say of themselves harms nobody."""

import json
import os
import pty
import re
import select
import subprocess

import harness


class Top(harness.Case):
    def setUp(self):
        super().setUp()
        context = self.server('--output', 'headless:320x200@60', '--output',
                              'headless:300x180@59.94,tile')
        self.process, self.display = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)

    def top(self, *arguments):
        result = self.framelend('top', '--once', '--display', self.display, *arguments)
        self.assertEqual((result.returncode, result.stderr), (0, b''))
        return result.stdout

    def sample(self):
        return json.loads(self.top('--json'))

    def wait_for_titles(self, *titles):
        def find():
            sample = self.sample()
            found = {surface['title']: surface for surface in sample['surfaces']
                     if surface['frames'] > 0 and surface['path'] != 'none'}
            return sample if set(titles) <= set(found) else None
        return self.wait_until(find, f'surfaces {titles}')

    def test_nothing_there(self):
        sample = self.sample()
        self.assertEqual(sample['surfaces'], [])
        outputs = [{key: output[key] for key in ('name', 'width', 'height', 'refresh_mhz', 'layout')}
                   for output in sample['outputs']]
        self.assertEqual(outputs, [
            {'name': 'headless-1', 'width': 320, 'height': 200, 'refresh_mhz': 60000,
             'layout': 'full'},
            {'name': 'headless-2', 'width': 300, 'height': 180, 'refresh_mhz': 59940,
             'layout': 'tile'}])

    def test_rates(self):
        with self.program(self.display, harness.PATTERN, 'moving', '320', '200', '1000000') as moving:
            self.wait_for_titles('moving')
            sample = self.sample()
            surface, = sample['surfaces']
            self.assertEqual(surface['pid'], moving.pid)
            self.assertEqual(surface['role'], 'xdg_toplevel')
            self.assertEqual((surface['output'], surface['path']), ('headless-1', 'scanout'))
            self.assertEqual((surface['width'], surface['height']), (320, 200))
            self.assertEqual((surface['format'], surface['memory'], surface['lent']),
                             ('XRGB8888', 'memfd', True))
            self.assertNotEqual(surface['reason'], '')
            self.assertGreater(surface['frames_per_second'], 0)
            self.assertLessEqual(surface['frames_per_second'], 70)
            self.assertEqual(surface['copied_per_second'], 0)
            self.assertGreaterEqual(surface['commits'], surface['frames'])
            self.assertIn(surface['unreleased'], (1, 2, 3))
            output = sample['outputs'][0]
            self.assertGreater(output['scanout_per_second'], 0)
            client, = [client for client in sample['clients'] if client['pid'] == moving.pid]
            self.assertEqual(client['uid'], os.getuid())
            self.assertGreaterEqual(client['bytes'], 320 * 200 * 4)
            self.assertEqual(client['surfaces'], 1)

    def test_still_surface_has_no_rate(self):
        with self.program(self.display, harness.PATTERN, 'still', '64', '64'):
            self.wait_for_titles('still')
            surface, = self.sample()['surfaces']
            self.assertEqual((surface['frames_per_second'], surface['copied_per_second']), (0, 0))

    def test_titles_cannot_do_harm(self):
        """Escape sequences, quotes, broken UTF-8: it stays a table, and JSON."""
        title = b'\x1b[31m "a\\b" \xc3\xbc \xff\xc3\n\x7f\xc2\x9b end'
        clean = '?[31m "a\\b" ü ????? end'
        with self.program(self.display, harness.PATTERN, title, '64', '64') as process:
            self.wait_for_titles(clean)
            table = self.top()
        self.assertNotIn(b'\x1b', table)
        self.assertEqual([line for line in table.decode().splitlines() if '?[31m' in line][0][:7],
                         f'{process.pid:7}')

    def test_table(self):
        with self.program(self.display, harness.PATTERN, 'moving', '64', '64', '1000000') as moving:
            self.wait_for_titles('moving')
            lines = self.top().decode().splitlines()
        self.assertRegex(lines[0], r'\AOUTPUT +SIZE +REFRESH +LAYOUT +FRAMES/S +SCANOUT/S +COPIED/S\Z')
        self.assertRegex(lines[1], r'\Aheadless-1 +320x200 +60 Hz +full ')
        self.assertRegex(lines[2], r'\Aheadless-2 +300x180 +59.94 Hz +tile ')
        self.assertRegex(lines[4], r'\A +PID PROGRAM +TITLE +SIZE +PATH +MEMORY .* OUTPUT +WHY\Z')
        self.assertRegex(lines[5], rf'\A +{moving.pid} \S+ +moving +\d+x\d+ +scanout +lent memfd ')

    def test_goes_on_until_the_server_goes(self):
        with self.started(harness.FRAMELEND, 'top', '--json', '--interval', '0.1', '--display',
                          self.display, stderr=subprocess.PIPE) as process:
            times = [json.loads(process.stdout.readline())['time'] for _ in range(4)]
            self.assertEqual(times, sorted(set(times)))
            self.process.terminate()
            self.process.wait(timeout=harness.TIMEOUT)
            _, complaint = process.communicate(timeout=harness.TIMEOUT)
            self.assertEqual(process.returncode, 1)
            self.assertRegex(complaint.decode(), r'\Aframelend top: .*went away.*\n\Z')

    def test_terminal_is_redrawn(self):
        leader, follower = pty.openpty()
        command = [harness.FRAMELEND, 'top', '--once', '--display', self.display]
        try:
            result = self.run_program(*command, stdout=follower)
            self.assertEqual(result.returncode, 0)
            text = b''
            while not re.search(rb'headless-1 +320x200', text): # it comes in pieces
                self.assertTrue(select.select([leader], [], [], 10)[0], text)
                text += os.read(leader, 65536)
        finally:
            os.close(follower)
            os.close(leader)
        self.assertTrue(text.startswith(b'\x1b[H\x1b[J'), text)

    def test_reader_that_left(self):
        reader, writer = os.pipe()
        os.close(reader)
        result = self.framelend('top', '--interval', '0.1', '--display', self.display,
                                stdout=writer)
        os.close(writer)
        self.assertNotEqual(result.returncode, 0)


if __name__ == '__main__':
    harness.main()
