# SPDX-License-Identifier: MIT
"""QEMU's machine protocol, as far as we need it."""

import json
import threading


class Error(Exception):
    """What QEMU answered, in its own words."""


class Client:
    """Talks over a connected socket; any thread may call."""

    def __init__(self, socket):
        self.file = socket.makefile('rw', encoding='utf-8')
        self.lock = threading.Lock()
        self.file.readline()
        self.call('qmp_capabilities')

    def call(self, command, **arguments):
        return self.send({'execute': command, 'arguments': arguments})

    def send(self, request):
        with self.lock:
            self.file.write(json.dumps(request) + '\n')
            self.file.flush()
            for line in self.file:
                answer = json.loads(line)
                if 'error' in answer:
                    raise Error(answer['error']['desc'])
                if 'return' in answer:
                    return answer['return']
        raise Error('QEMU is gone')
