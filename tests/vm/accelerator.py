# SPDX-License-Identifier: MIT
"""KVM is used only if one boot has shown that it works: many machines have it and it hangs."""

import os
import tempfile

from host import CACHE, Trouble
from machine import Machine

KNOWN = CACHE / 'accelerator'
TRIAL_SECONDS = 10


def is_there():
    return os.access('/dev/kvm', os.R_OK | os.W_OK)


def known():
    """"kvm" if a trial has shown that it works, else "tcg"."""
    return KNOWN.read_text() if is_there() and KNOWN.exists() else 'tcg'


def find(kernel):
    """What is known, after a trial boot if there was none yet."""
    if is_there() and not KNOWN.exists():
        KNOWN.write_text('kvm' if boots(kernel) else 'tcg')
    return known()


def boots(kernel):
    with tempfile.TemporaryDirectory(prefix='vm-') as share:
        machine = Machine(kernel, share, accelerator='kvm', seconds=TRIAL_SECONDS,
                          environment={'BUILD': '/'})
        try:
            machine.boot()
            return machine.run('true', 5)[0] == 0
        except Trouble:
            return False
        finally:
            machine.stop()
