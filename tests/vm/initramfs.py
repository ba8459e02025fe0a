# SPDX-License-Identifier: MIT
"""Writes a small initramfs (cpio, "newc"), device nodes included, without being root."""

import os
import stat

from host import INSTALL, Trouble

BUSYBOX = '/bin/busybox'
FOLDERS = ('bin', 'dev', 'host', 'lower', 'modules', 'proc', 'sys', 'upper')


class Archive:
    def __init__(self, file):
        self.file = file
        self.inode = 0

    def align(self):
        self.file.write(b'\0' * (-self.file.tell() % 4))

    def add(self, name, mode, data=b'', device=(0, 0)):
        self.inode += 1
        fields = (self.inode, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(name) + 1, 0)
        self.file.write(b'070701' + ''.join(f'{field:08x}' for field in fields).encode())
        self.file.write(name.encode() + b'\0')
        self.align()
        self.file.write(data)
        self.align()


def is_static(program):
    return b'/lib64/ld-linux' not in program[:4096]


def write(path, init, modules):
    """modules are loaded by init in the order given."""
    try:
        with open(BUSYBOX, 'rb') as file:
            busybox = file.read()
    except OSError:
        raise Trouble(f'{BUSYBOX} is missing; {INSTALL}') from None
    if not is_static(busybox):
        raise Trouble(f'{BUSYBOX} is not static; {INSTALL}')
    with open(path, 'wb') as file:
        archive = Archive(file)
        for folder in FOLDERS:
            archive.add(folder, stat.S_IFDIR | 0o755)
        archive.add('dev/console', stat.S_IFCHR | 0o600, device=(5, 1))
        archive.add('bin/busybox', stat.S_IFREG | 0o755, busybox)
        archive.add('init', stat.S_IFREG | 0o755, init.read_bytes())
        for module in modules:
            archive.add(f'modules/{module.name}', stat.S_IFREG | 0o644, module.read_bytes())
        archive.add('modules/order', stat.S_IFREG | 0o644,
                    ''.join(f'{module.name}\n' for module in modules).encode())
        archive.add('TRAILER!!!', 0)
    os.chmod(path, 0o644)
