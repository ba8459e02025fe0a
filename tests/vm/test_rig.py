#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The rig's own logic, as far as it needs no machine; guest/self-test has the rest."""

import importlib.machinery
import importlib.util
import io
import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True

import asked  # noqa: E402
import host  # noqa: E402
import initramfs  # noqa: E402
import kernels  # noqa: E402
import picture  # noqa: E402
from machines import MACHINES, Test  # noqa: E402

HERE = pathlib.Path(__file__).parent
sys.path.append(str(HERE.parents[1] / 'scripts'))
import summary  # noqa: E402

loader = importlib.machinery.SourceFileLoader('run', str(HERE / 'run'))
run = importlib.util.module_from_spec(importlib.util.spec_from_loader('run', loader))
loader.exec_module(run)

ROW = Test('thing', 'true', 7)


class Report(unittest.TestCase):
    def test_passes(self):
        self.assertEqual(run.report(3, ROW, 0, 'noise', '', 1.23), (True, 'ok 3 - thing # 1.2 s\n'))

    def test_fails_with_its_output(self):
        fine, text = run.report(1, ROW, 1, 'ok 1 - a lie\n', '[ 1.0] driver: odd\n', 1)
        self.assertFalse(fine)
        self.assertEqual(text, '# ok 1 - a lie\n# [ 1.0] driver: odd\nnot ok 1 - thing # exit code 1\n')

    def test_too_slow(self):
        self.assertIn('# ended after 7 s', run.report(1, ROW, 124, '', '', 7)[1])

    def test_an_oops_is_no_pass_and_no_skip(self):
        for code in (0, 77):
            fine, text = run.report(1, ROW, code, '', '[    3.5] Oops: divide error: 0000', 1)
            self.assertFalse(fine)
            self.assertTrue(text.endswith(f'not ok 1 - thing # exit code {code}\n'))

    def test_skips_with_its_reason(self):
        self.assertEqual(run.report(2, ROW, 77, 'a\nno seatd\n', '', 1),
                         (True, 'ok 2 - thing # SKIP no seatd\n'))

    def test_summary_counts_what_was_reported(self):
        text = '1..3\n# up\n' + ''.join(
            run.report(number, ROW, code, 'said', '', 2)[1] for number, code in ((1, 0), (2, 1), (3, 77)))
        found = [(name, result) for name, result, _, _ in summary.read_subtests('m', text)]
        self.assertEqual(found, [('m: thing', 'OK'), ('m: thing', 'FAIL'), ('m: thing', 'SKIP')])


class Picture(unittest.TestCase):
    def read(self, data):
        with tempfile.NamedTemporaryFile() as file:
            file.write(data)
            file.flush()
            return picture.read(pathlib.Path(file.name))

    def test_reads(self):
        shown = self.read(b'P6\n2 1\n255\n\n23456')  # a pixel may look like white space
        self.assertEqual((shown.width, shown.height, shown.at(0, 0)), (2, 1, (10, 50, 51)))

    def test_refuses(self):
        for data in (b'', b'P5\n1 1\n255\n123', b'P6\n2 1\n255\n12345', b'P6\n1 1\n255\n1234'):
            with self.assertRaises(ValueError):
                self.read(data)


class Asked(unittest.TestCase):
    def test_bad_requests_are_answered(self):
        for line in ('', 'nonsense', 'move 1', 'move a b', 'qmp {'):
            self.assertTrue(asked.answer(None, line + '\n').startswith('error '), line)


class Kernels(unittest.TestCase):
    def test_an_edit_that_does_not_fit_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / 'driver.c'
            for text in ('nothing', 'here here'):
                path.write_text(text)
                with self.assertRaisesRegex(host.Trouble, 'driver.c is not as expected'):
                    kernels.edit(path, 'here', 'there')
                self.assertEqual(path.read_text(), text)

    def test_every_machine_has_its_kernel_and_modules(self):
        known = {kernels.normal(name) for name in kernels.MODULES} | {'drm_kms_helper'}
        for name, spec in MACHINES.items():
            self.assertIn(spec.kernel, kernels.KERNELS, name)
            self.assertLessEqual({kernels.normal(module.split()[0]) for module in spec.modules}, known, name)
            tests = [test.name for test in spec.tests]
            self.assertEqual(len(tests), len(set(tests)), name)


class Initramfs(unittest.TestCase):
    def test_entries_are_aligned(self):
        archive = initramfs.Archive(io.BytesIO())
        archive.add('a', 0o100644, b'xyz')
        archive.add('TRAILER!!!', 0)
        data = archive.file.getvalue()
        self.assertEqual(data[:6], b'070701')
        self.assertEqual(data[110:112], b'a\0')
        self.assertEqual(data[112:116], b'xyz\0')
        self.assertEqual(data[116:122], b'070701')
        self.assertEqual(len(data) % 4, 0)


if __name__ == '__main__':
    unittest.main()
