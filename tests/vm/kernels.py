# SPDX-License-Identifier: MIT
"""The guests' kernels: Debian's own, with a few modules that Debian does not build.

A kernel that is ready is a folder build-vm/NAME with vmlinuz, initramfs, the modules and a stamp; it
is made beside its place and moved there when it is whole.
"""

import hashlib
import json
import lzma
import os
import re
import shutil
import subprocess
import time

import initramfs
import packages
from host import CACHE, SOURCE, Trouble, need, run

HERE = SOURCE / 'tests/vm'

# The init script needs these before it can see the host's files.
BOOT_MODULES = ('virtio_pci', '9p', '9pnet_virtio', 'overlay', 'virtio_console')

MODULES = BOOT_MODULES + (
    'vgem', 'virtio-gpu', 'bochs', 'cirrus', 'qxl', 'radeon', 'vkms', 'vmwgfx', 'simpledrm', 'bootscreen',
    'fuse', 'uinput', 'evdev', 'psmouse', 'virtio_input', 'usbhid', 'hid-generic')

# What Debian's gcc 12 built. Another compiler works as a rule; kbuild says so if it does not.
COMPILERS = ('x86_64-linux-gnu-gcc-12', 'gcc-12', 'gcc')


class Kernel:
    def __init__(self, name, suite, out_of_tree):
        self.name = name                # "6.12", as in linux-source-6.12
        self.suite = suite              # whose build of it
        self.out_of_tree = out_of_tree  # module: folder in drivers/gpu/drm
        self.folder = CACHE / name
        self.stamp = self.folder / 'stamp.json'

    def find(self):
        """Asks apt for the newest build; gives the packages' versions."""
        pattern = re.compile(rf'linux-headers-({re.escape(self.name)}\.[^ ,]*)-amd64 ')
        backport = self.suite.endswith('-backports')
        fields = packages.newest('linux-headers-amd64', lambda fields: (
            pattern.search(fields['Depends'] + ' ') and ('~bpo' in fields['Version']) == backport))
        release = pattern.search(fields['Depends'] + ' ').group(1)
        version = fields['Version']
        kbuild = next(packages.stanzas(f'linux-kbuild-{release}'), None)
        return {'release': f'{release}-amd64', 'packages': {
            f'linux-image-{release}-amd64': version,
            f'linux-headers-{release}-amd64': version,
            f'linux-headers-{release}-common': version,
            f'linux-kbuild-{release if kbuild else self.name}': version,
            f'linux-source-{self.name}': version}}

    def is_ready(self, wanted=None):
        """Prepared by these very scripts (and from these packages, if they are known)."""
        try:
            stamp = json.loads(self.stamp.read_text())
        except (OSError, ValueError):
            return False
        return stamp['scripts'] == scripts_hash() and wanted in (None, stamp['wanted'])

    @property
    def release(self):
        return json.loads(self.stamp.read_text())['wanted']['release']


KERNELS = {kernel.name: kernel for kernel in (
    Kernel('6.12', 'bookworm-backports', {
        'vkms': 'vkms', 'vmwgfx': 'vmwgfx', 'simpledrm': 'tiny', 'bootscreen': None}),
    Kernel('6.1', 'bookworm', {'vmwgfx': 'vmwgfx'}),
)}


def scripts_hash():
    hashed = hashlib.sha256()
    for name in ('kernels.py', 'packages.py', 'initramfs.py', 'guest/init', 'guest/bootscreen.c'):
        hashed.update((HERE / name).read_bytes())
    return hashed.hexdigest()


# ---- out of tree ------------------------------------------------------------------------------


def edit(path, pattern, replacement):
    """One place must match: a kernel that changed there is to be looked at, not guessed."""
    text, count = re.subn(pattern, replacement, path.read_text())
    if count != 1:
        raise Trouble(f'{path.name} is not as expected ({count} places match); '
                      'remedy: adapt tests/vm/kernels.py to the new kernel')
    path.write_text(text)


def edit_vkms(folder):
    # The kernel refuses one CRTC for two connectors unless their encoders say they may be cloned.
    edit(folder / 'vkms_output.c', r'\n\tdrm_mode_config_reset\(dev\);\n', r'''
	if (vkmsdev->config->writeback && !writeback)
		encoder->possible_clones = vkmsdev->output.wb_connector.encoder.possible_clones =
			drm_encoder_mask(encoder) |
			drm_encoder_mask(&vkmsdev->output.wb_connector.encoder);

	drm_mode_config_reset(dev);
''')


def edit_vmwgfx(folder):
    # QEMU's device has no pitchlock. Nothing that the driver does later needs it.
    edit(folder / 'vmwgfx_drv.c',
         r'\tret = -ENOSYS;\n\t\tDRM_ERROR\("Hardware has no pitchlock\\n"\);\n\t\tgoto out_err0;',
         r'\tDRM_INFO("no pitchlock: relaxed for framelend\'s tests\\n");')


EDITS = {'vkms': edit_vkms, 'vmwgfx': edit_vmwgfx}


def unpack_sources(kernel, deb, target):
    """The folders that we build from, out of linux-source's own archive."""
    prefix = f'linux-source-{kernel.name}'
    folders = sorted({f'{prefix}/drivers/gpu/drm/{folder}'
                      for folder in kernel.out_of_tree.values() if folder})
    with subprocess.Popen(['dpkg-deb', '--fsys-tarfile', deb], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as package, \
         subprocess.Popen(['tar', '-xO', f'./usr/src/{prefix}.tar.xz'], stdin=package.stdout,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as archive:
        run(f'unpacking {deb.name}', 'tar', '-x', '-C', target, '--strip-components=4',
            '--use-compress-program=xz -d -T0', *folders, stdin=archive.stdout)


def place_sources(kernel, sources, folder):
    """Lays a folder with a Makefile for each module."""
    for module, origin in kernel.out_of_tree.items():
        place = folder / module
        if origin == module:
            shutil.copytree(sources / origin, place)
            edit(place / 'Makefile', rf'obj-\$\(CONFIG_DRM_{module.upper()}\)\s*[+:]?=', 'obj-m :=')
        else:
            place.mkdir()
            source = sources / origin if origin else HERE / 'guest'
            shutil.copy(source / f'{module}.c', place)
            (place / 'Makefile').write_text(f'obj-m := {module}.o\n')
        EDITS.get(module, lambda place: None)(place)
    (folder / 'Makefile').write_text(f'obj-m := {" ".join(f"{module}/" for module in kernel.out_of_tree)}\n')


def build_modules(root, release, folder):
    """Builds against the unpacked headers, whose only absolute path is that of their other half."""
    headers = root / 'usr/src' / f'linux-headers-{release}'
    edit(headers / 'Makefile', '^include /usr', f'include {root}/usr')
    compiler = next((name for name in COMPILERS if shutil.which(name)), None)
    if not compiler:
        raise Trouble('no compiler for kernel modules (gcc-12); remedy: run scripts/setup.sh vm')
    log = folder / 'build.log'
    with open(log, 'w') as output:
        done = subprocess.run(
            ['make', '-C', headers, f'M={folder}', '-j2', f'CC={compiler}', 'CONFIG_DEBUG_INFO_BTF_MODULES=',
             'modules'], stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
    if done.returncode:
        kept = CACHE / f'build-{release}.log'
        shutil.copy(log, kept)
        said = next((line for line in log.read_text().splitlines() if 'error' in line.lower()), 'see the log')
        raise Trouble(f'modules for {release} do not build with {compiler}: {said.strip()}; log: {kept}')
    return list(folder.glob('*/*.ko'))


# ---- modules ----------------------------------------------------------------------------------


def normal(name):
    return name.replace('-', '_')


class Modules:
    """Picks modules with what they depend on out of a kernel's hundreds."""

    def __init__(self, folder, built):
        self.files = {normal(path.name.split('.')[0]): path for path in folder.rglob('*.ko*')}
        self.files.update({normal(path.stem): path for path in built})
        self.modinfo, = need('modinfo')

    def order(self, wanted):
        """Those of the wanted modules that are not built in, each after what it depends on."""
        order = []

        def add(name):
            if name in order or name not in self.files:
                return
            for needed in run(f'reading module {name}', self.modinfo, '-F', 'depends',
                              self.files[name]).strip().split(','):
                add(normal(needed))
            order.append(name)

        for name in wanted:
            add(normal(name))
        return order

    def copy(self, names, folder):
        """Copies them, decompressed and without debug information."""
        folder.mkdir(parents=True)
        for name in names:
            path = self.files[name]
            data = path.read_bytes()
            target = folder / f'{name}.ko'
            target.write_bytes(lzma.decompress(data) if path.suffix == '.xz' else data)
            run(f'stripping {name}', 'strip', '--strip-debug', target)


# ---- all of it --------------------------------------------------------------------------------


class Steps:
    """Says how long each step took."""

    def __init__(self):
        self.started = time.monotonic()

    def done(self, what):
        now = time.monotonic()
        print(f'vm: {what}: {now - self.started:.1f} s', flush=True)
        self.started = now


def prepare(kernel, wanted, steps):
    title, release = kernel.name, wanted['release']
    debs = packages.download(wanted['packages'])
    steps.done(f'{title}: downloaded {release}')

    work = CACHE / f'{title}.work'
    shutil.rmtree(work, ignore_errors=True)
    root, sources, build, ready = (work / part for part in ('root', 'sources', 'build', 'ready'))
    for folder in (root, sources, build, ready):
        folder.mkdir(parents=True)
    try:
        for package, deb in debs.items():
            if 'source' in package:
                unpack_sources(kernel, deb, sources)
            else:
                run(f'unpacking {deb.name}', 'dpkg-deb', '-x', deb, root)
        steps.done(f'{title}: unpacked')

        place_sources(kernel, sources, build)
        built = build_modules(root, release, build)
        steps.done(f'{title}: built {", ".join(sorted(kernel.out_of_tree))}')

        modules = Modules(root / 'lib/modules' / release, built)
        names = modules.order(MODULES)
        modules.copy(names, ready / 'lib/modules' / release / 'kernel')
        for name in ('modules.builtin', 'modules.builtin.modinfo', 'modules.order'):
            shutil.copy(root / 'lib/modules' / release / name, ready / 'lib/modules' / release)
        depmod, = need('depmod')
        run('listing modules', depmod, '-b', ready, release)
        initramfs.write(ready / 'initramfs', HERE / 'guest/init',
                        [ready / 'lib/modules' / release / 'kernel' / f'{module}.ko'
                         for module in modules.order(BOOT_MODULES)])
        shutil.copy(root / 'boot' / f'vmlinuz-{release}', ready / 'vmlinuz')
        (ready / 'stamp.json').write_text(json.dumps({'scripts': scripts_hash(), 'wanted': wanted}))
        shutil.rmtree(kernel.folder, ignore_errors=True)
        os.rename(ready, kernel.folder)
        steps.done(f'{title}: made {len(names)} modules and the initramfs ready')
    finally:
        shutil.rmtree(work, ignore_errors=True)
