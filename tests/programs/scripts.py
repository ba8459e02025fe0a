#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The scripts that judge: a summary that hid a failure would be worse than none."""

import json

import harness


class Summary(harness.Case):
    def summary(self, steps, *directories, says='{} says\n'):
        results = self.runtime / 'results'
        log = self.runtime / 'log'
        log.write_text('first\nthe reason\n')
        results.write_text(''.join(f'{name}\t{result}\t1\t{log}\n' for name, result in steps))
        paths = []
        for number, tests in enumerate(directories):
            path = self.runtime / f'build-{number}'
            (path / 'meson-logs').mkdir(parents=True)
            lines = [json.dumps({'name': name, 'result': result, 'duration': 0.5,
                                 'stdout': says.format(name), 'stderr': ''})
                     for name, result in tests]
            paths.append(path / 'meson-logs' / 'testlog.json')
            paths[-1].write_text('\n'.join(lines))
        result = self.run_program(harness.SCRIPTS / 'summary.py', results, *paths)
        return result.returncode, result.stdout.decode()

    def test_counts_all(self):
        status, text = self.summary([('lint', 'OK')], [('a', 'OK'), ('b', 'SKIP')], [('a', 'OK')])
        self.assertEqual(status, 0)
        self.assertEqual(text.splitlines()[-1], '3 passed, 0 failed, 1 skipped')
        self.assertIn('b: b says', text)

    def test_every_failure_fails(self):
        for bad in ('FAIL', 'ERROR', 'TIMEOUT', 'UNEXPECTEDPASS', 'INTERRUPT', 'SOMETHING'):
            status, text = self.summary([], [('a', 'OK'), ('b', bad)])
            self.assertEqual((status, text.splitlines()[-1]), (1, '1 passed, 1 failed, 0 skipped'))
            self.assertIn('b says', text)
            self.tearDownDirectories()

    def tearDownDirectories(self):
        for path in sorted(self.runtime.rglob('*'), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()

    def test_subtests_count_one_by_one(self):
        tap = ('1..3\n# booted\nok 1 - first # 2.5 s\n# it broke\nnot ok 2 - second\n'
               'ok 3 - third # SKIP no such device\n')
        status, text = self.summary([], [('vm', 'FAIL')], says=tap)
        self.assertEqual((status, text.splitlines()[-1]), (1, '1 passed, 1 failed, 1 skipped'))
        self.assertIn('it broke', text)
        self.assertIn('no such device', text)

    def test_a_failure_beside_the_subtests_counts(self):
        status, text = self.summary([], [('vm', 'TIMEOUT')], says='1..2\nok 1 - first\n')
        self.assertEqual((status, text.splitlines()[-1]), (1, '1 passed, 1 failed, 0 skipped'))

    def test_steps_count(self):
        status, text = self.summary([('lint', 'FAIL'), ('demo', 'SKIP')])
        self.assertEqual((status, text.splitlines()[-1]), (1, '0 passed, 1 failed, 1 skipped'))
        self.assertIn('demo: the reason', text)

    def test_results_that_are_missing_fail(self):
        (self.runtime / 'results').write_text('')
        result = self.run_program(harness.SCRIPTS / 'summary.py', self.runtime / 'results',
                                  self.runtime / 'no-such-build/meson-logs/testlog.json')
        self.assertEqual(result.returncode, 1)
        self.assertTrue(result.stdout.endswith(b'0 passed, 1 failed, 0 skipped\n'))


class Setup(harness.Case):
    def test_unknown_purpose(self):
        result = self.run_program(harness.SCRIPTS / 'setup.sh', 'frobnicate')
        self.assertEqual(result.returncode, 1)
        self.assertIn(b"unknown purpose 'frobnicate'", result.stderr)


if __name__ == '__main__':
    harness.main()
