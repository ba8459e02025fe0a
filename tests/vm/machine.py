# SPDX-License-Identifier: MIT
"""One virtual machine: boots a prepared kernel with the host's files and runs commands in it.

    with Machine(kernel, folder, devices=['bochs-display,id=bochs'], modules=['bochs']) as machine:
        code, output = machine.run('ls /dev/dri', seconds=10)
"""

import dataclasses
import os
import pathlib
import shlex
import shutil
import socket
import subprocess
import tempfile
import threading
import time

import asked
import qmp
import window
from host import SOURCE, Trouble, need

BOOT_SECONDS = 90
MEMORY = '2G'

# loglevel=5: warnings too, since what a driver warns of belongs to the test that made it do so.
APPEND = ('console=ttyS0 loglevel=5 panic=-1 mitigations=off random.trust_cpu=on tsc=reliable '
          'no_timer_check fbcon=nodefer vt.global_cursor_default=0')


class Died(Trouble):
    """The guest, or QEMU, is gone or does not answer any more."""


@dataclasses.dataclass
class Ports:
    """Sockets that QEMU connects to: they are there before it, so nobody waits for a file."""
    folder: str = dataclasses.field(default_factory=lambda: tempfile.mkdtemp(prefix='vm-'))

    def __post_init__(self):
        self.listeners = {}
        for name in ('qmp', 'run', 'ask'):
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(f'{self.folder}/{name}')
            listener.listen(1)
            listener.settimeout(20)
            self.listeners[name] = listener

    def options(self):
        words = []
        for name in self.listeners:
            words += ['-chardev', f'socket,id={name},path={self.folder}/{name}']
        words += ['-mon', 'chardev=qmp,mode=control', '-device', 'virtio-serial-pci']
        for name in ('run', 'ask'):
            words += ['-device', f'virtserialport,chardev={name},name={name}']
        return words

    def accept(self, name):
        connection, _ = self.listeners[name].accept()
        connection.settimeout(None)
        return connection

    def close(self):
        for listener in self.listeners.values():
            listener.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Machine:
    """share is the folder that the guest sees as /run/vm; the console is kept there too."""

    def __init__(self, kernel, share, devices=(), modules=(), append='', environment=None,
                 accelerator='tcg', terminal=False, seconds=BOOT_SECONDS, gl=False):
        self.kernel, self.share = kernel, pathlib.Path(share).resolve()
        self.devices, self.modules, self.append = devices, modules, append
        self.environment = environment or {}
        self.accelerator, self.terminal, self.seconds = accelerator, terminal, seconds
        self.console = self.share / 'console.log'
        self.gl = gl  # the guest's GPU is the host's OpenGL, which QEMU only has in a window
        self.process = self.ports = self.replies = self.window = None
        self.commands = 0

    # ---- up and down ----

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        """Boots, a second time if the guest did not come up."""
        try:
            self.boot()
        except Died:
            shutil.copy(self.console, self.share / 'console-of-first-try.log')
            self.boot()

    def boot(self):
        self.write_session()
        self.console.write_bytes(b'')
        self.ports = Ports()
        log = self.share / 'qemu.log'
        self.window = window.Window(self.share) if self.gl else None
        try:
            with open(log, 'w') as output:
                self.process = subprocess.Popen(
                    self.command_line(), stdin=None if self.terminal else subprocess.DEVNULL,
                    stdout=None if self.terminal else output, stderr=output,
                    env={**os.environ, **self.window.environment()} if self.window else None)
            self.qmp = qmp.Client(self.ports.accept('qmp'))
            self.replies = self.ports.accept('run').makefile('rw', encoding='utf-8', errors='replace')
            threading.Thread(target=self.answer_requests, args=[self.ports.accept('ask')],
                             daemon=True).start()
        except OSError as error:
            self.stop()
            raise Trouble(f'QEMU did not start: {log.read_text().strip() or error}') from None
        if not self.terminal and self.wait_for('ready', self.seconds) is None:
            self.stop()
            raise Died(f'the guest did not come up within {self.seconds} s; see {self.console}')
        if (self.share / 'failed').exists():
            self.stop()
            raise Trouble((self.share / 'failed').read_text().strip())

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
        if self.ports:
            self.ports.close()
        if self.window:
            self.window.close()

    def command_line(self):
        qemu, = need('qemu-system-x86_64')
        words = [
            qemu, '-accel', self.accelerator, '-M', 'q35', '-cpu', 'max', '-smp', '1', '-m', MEMORY,
            '-nodefaults', '-no-user-config', '-no-reboot', '-display', 'sdl,gl=on' if self.gl else 'none',
            '-kernel', self.kernel.folder / 'vmlinuz', '-initrd', self.kernel.folder / 'initramfs',
            '-append', f'{APPEND} {self.append}',
            '-fsdev', 'local,id=host,path=/,security_model=none,readonly=on,multidevs=remap',
            '-device', 'virtio-9p-pci,fsdev=host,mount_tag=host',
            '-fsdev', f'local,id=share,path={self.share},security_model=none,multidevs=remap',
            '-device', 'virtio-9p-pci,fsdev=share,mount_tag=share',
            *self.ports.options()]
        if self.terminal:
            words += ['-chardev', f'stdio,id=console,signal=off,logfile={self.console}']
        else:
            words += ['-chardev', f'file,id=console,path={self.console}']
        words += ['-serial', 'chardev:console']
        for device in self.devices:
            words += ['-device', device]
        return [str(word) for word in words]

    def write_session(self):
        """What the guest does once it has the host's files: see guest/session."""
        environment = {
            'SOURCE': SOURCE, 'VM': SOURCE / 'tests/vm', 'KERNEL': self.kernel.name,
            'MODULES': self.kernel.folder, 'TERMINAL': 'yes' if self.terminal else '', **self.environment}
        lines = [f'export {name}={shlex.quote(str(value))}\n' for name, value in environment.items()]
        lines += ['drivers() {\n', *(f'\tload {module}\n' for module in self.modules), '\t:\n}\n']
        lines += ['. "$VM/guest/session"\n']
        (self.share / 'session').write_text(''.join(lines))

    # ---- the guest's requests ----

    def answer_requests(self, connection):
        file = connection.makefile('rw', encoding='utf-8', errors='replace')
        try:
            for line in file:
                file.write(asked.answer(self, line) + '\n')
                file.flush()
        except OSError:
            pass  # QEMU is gone

    # ---- ours ----

    def wait_for(self, word, seconds):
        """The rest of the guest's next line that begins with this word, or None after that time."""
        timer = threading.Timer(seconds, self.process.kill)
        timer.start()
        try:
            for line in self.replies:
                first, _, rest = line.strip().partition(' ')
                if first == word:
                    return rest
        except OSError:
            pass
        finally:
            timer.cancel()
        return None

    def run(self, command, seconds=60):
        """Runs a shell command in the guest; gives its exit code (124: it was too slow) and output."""
        self.commands += 1
        log = self.share / f'{self.commands}.log'
        try:
            self.replies.write(f'{self.commands} {seconds} {command}\n')
            self.replies.flush()
            code = self.wait_for(f'{self.commands}', seconds + 30)
        except OSError:
            code = None
        output = log.read_text(errors='replace') if log.exists() else ''
        if code is None:
            raise Died(f'{output}\nthe guest does not answer any more')
        log.unlink()
        return int(code), output

    def kernel_said(self, since=0):
        """What came to the console, and where that ends."""
        data = self.console.read_bytes()
        return data[since:].decode(errors='replace').replace('\r', ''), len(data)
