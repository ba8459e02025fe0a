# SPDX-License-Identifier: MIT
"""The table of machines and of the tests that run in each. Add a test: a row here; see README.md."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Test:
    name: str
    command: str       # for the guest's shell, in the build directory; see README.md
    seconds: int = 60


@dataclasses.dataclass(frozen=True)
class Spec:
    kernel: str
    devices: tuple     # QEMU's, each with an id for screendumps
    modules: tuple     # in the order in which the cards shall be numbered, with their parameters
    tests: tuple
    append: str = ''   # to the kernel's command line
    gl: bool = False   # the host's OpenGL is its GPU: virtio-vga-gl, and no other display


INPUT_DEVICES = ('virtio-keyboard-pci', 'virtio-mouse-pci', 'virtio-tablet-pci')
# For a card that a test plugs in: {"execute": "device_add", "arguments": {"bus": "free", ...}}
FREE_SLOT = ('pcie-root-port,id=free,chassis=1,pref64-reserve=64M',)
INPUT_MODULES = ('evdev', 'uinput', 'virtio_input')


def unit(name, seconds=60):
    return Test(name, f'tests/unit/test-{name}', seconds)


def lend(kernel, *drivers):
    """Every card in the guest; those named must be there."""
    return Test('lend', f'tests/vm/lend $VM/expected/lend-{kernel}.txt {" ".join(drivers)}')


def record(personality, driver, display='-'):
    """The driver still says what its personality in tests/fake-drm does."""
    return Test(f'record-{personality}', f'tests/fake-drm/record-drm --check '
                f'$SOURCE/tests/fake-drm/personalities/{personality}.txt {driver} {display}')


def unmodified(program, *displays):
    """A program that knows nothing of us, shown from its own memory."""
    return tuple(Test(f'{program}-{driver}', f'python3 $VM/guest/unmodified.py {program} {driver} {device}', 240)
                 for driver, device in displays)


def gpu_lent(driver, device):
    """examples/gpu in memory that a server lends, as the display shows it."""
    return Test(f'gpu-lent-{driver}', f'python3 $VM/guest/gpu.py {driver} {device}', 240)


def refusals(*drivers):
    """They refuse what the double in tests/fake-drm refuses."""
    return tuple(Test(f'refusals-{driver}', f'tests/fake-drm/refusals {driver}') for driver in drivers)


def probe(*drivers):
    """What framelend probe says of them; those with a "-" are not made to show anything."""
    return Test('probe', f'python3 $VM/probe.py {" ".join(drivers)}')


# Those of src/alloc simulate their drivers. Not buffer_map: it measures copies of a few bytes, for which the
# emulated clock is too slow.
UNIT = tuple(unit(name) for name in (
    'buffer_dmabuf', 'buffer_formats', 'buffer_fuse', 'buffer_import', 'buffer_receive', 'buffer_send'))


def kms(*displays):
    """Pictures on a real display, compared with what is displayed: atomic commits and the older calls."""
    return tuple(Test(f'kms-{driver}{"-legacy" if old else ""}', f'tests/vm/kms {driver} {device} {old}'.rstrip())
                 for driver, device in displays for old in ('', 'legacy')
                 if not old or device != 'writeback')  # which is for atomic clients only


def screen(*drivers):
    """What a person sees of a server's clients, pixel by pixel: the tests of tests/protocol/screen*.c."""
    return tuple(Test(f'screen-{driver}', f'tests/vm/screen {driver}', 120) for driver in drivers)


def screen_gles2(driver, *tests):
    """Likewise, composited by OpenGL ES, which may round otherwise."""
    return Test(f'screen-gles2-{driver}', f'for name in {" ".join(tests)}; do '
                f'LEND_RENDERER=gles2 SCREEN_ROUNDING=1 tests/vm/screen {driver} $name || exit; done', 240)


def screen_kernel(*drivers):
    """Other masters, servers that are killed, fences, other devices, displays and cards that go."""
    return tuple(Test(f'screen-kernel-{driver}', f'tests/vm/screen-kernel {driver}', 120) for driver in drivers)


def screen_vt(*drivers):
    """VTs are switched while a server is on display."""
    return tuple(Test(f'screen-vt-{driver}', f'tests/vm/screen-vt {driver}', 120) for driver in drivers)


def bare(*drivers):
    """Programs that have the display to themselves, without a server."""
    # The bound that "preserve" keeps to is one for small displays.
    conform = ('LEND_SESSION=direct LEND_DISPLAY=kms:{}:640x480 tests/programs/test-conform '
               '$(tests/programs/test-conform list | grep -vx preserve)')
    return tuple(Test(f'bare-{driver}', f'tests/vm/bare {driver}', 300) for driver in drivers) + tuple(
        Test(f'bare-conform-{driver}', conform.format(driver), 120) for driver in drivers
        if driver not in ('simpledrm', 'vmwgfx'))  # which have no such mode


RIG = (Test('rig', '$VM/guest/self-test'),)

# Who may open devices, on real VTs and cards; input devices by uinput.
VT = Test('session_vt', 'tests/unit/session/test-session-vt')
SEAT = (VT, Test('session_uevents', 'tests/unit/session/test-session-uevents'),
        Test('input_uinput', 'tests/unit/input/test-input-uinput', 120))

MACHINES = {
    '6.12': Spec(
        kernel='6.12',
        devices=('virtio-gpu-pci,id=virtio,max_outputs=2', 'bochs-display,id=bochs', 'cirrus-vga,id=cirrus',
                 *FREE_SLOT, *INPUT_DEVICES),
        modules=('vkms enable_overlay=1', 'vgem', 'virtio-gpu', 'bochs', 'cirrus', 'fuse', *INPUT_MODULES),
        tests=(*RIG, *UNIT, *SEAT, lend('6.12', 'vkms', 'vgem', 'virtio_gpu', 'bochs-drm', 'cirrus'),
               probe('vkms', 'vgem', 'virtio_gpu', 'bochs-drm', 'cirrus'),
               record('vkms', 'vkms'), record('vgem', 'vgem'), record('virtio-gpu', 'virtio_gpu', 'virtio'),
               record('bochs-6.12', 'bochs-drm', 'bochs'), record('cirrus', 'cirrus', 'cirrus'),
               *refusals('vkms', 'virtio_gpu', 'bochs-drm', 'cirrus'),
               *kms(('vkms', 'writeback'), ('virtio_gpu', 'virtio'), ('bochs-drm', 'bochs'), ('cirrus', 'cirrus')),
               *screen('vkms', 'virtio_gpu', 'bochs-drm', 'cirrus'),
               *screen_kernel('vkms', 'virtio_gpu', 'bochs-drm', 'cirrus'), *screen_vt('vkms', 'virtio_gpu', 'cirrus'),
               *bare('vkms', 'virtio_gpu', 'bochs-drm', 'cirrus'),
               *unmodified('foot', ('vkms', '-'), ('cirrus', 'cirrus')))),
    '6.12-qxl': Spec(
        kernel='6.12',
        devices=('qxl-vga,id=qxl', 'virtio-gpu-pci,id=virtio', *INPUT_DEVICES),
        modules=('qxl', 'virtio-gpu', *INPUT_MODULES),
        tests=(lend('6.12', 'qxl', 'virtio_gpu'),
               probe('qxl', 'virtio_gpu'), record('qxl-6.12', 'qxl', 'qxl'),
               *kms(('qxl', 'qxl')), *screen('qxl'), *screen_kernel('qxl'), *bare('qxl'))),
    # Alone: without a MOB, another device that imports its buffers makes the kernel oops.
    '6.12-vmwgfx': Spec(
        kernel='6.12',
        devices=('vmware-svga,id=vmware', *INPUT_DEVICES),
        modules=('vmwgfx', *INPUT_MODULES),
        append='video=Virtual-1:1280x720e',  # QEMU's device reports no display
        tests=(lend('6.12', 'vmwgfx'),
               probe('vmwgfx'), record('vmwgfx-6.12', 'vmwgfx', 'vmware'),
               *kms(('vmwgfx', 'vmware')), *screen('vmwgfx'), *screen_kernel('vmwgfx'), *bare('vmwgfx'))),
    # The driver is Debian's source unchanged; only who announces the screen memory is ours.
    '6.12-simpledrm': Spec(
        kernel='6.12',
        devices=('VGA,id=vga,addr=0x10', *INPUT_DEVICES),
        modules=('bootscreen address=$(head -n 1 /sys/bus/pci/devices/0000:00:10.0/resource | cut -d" " -f1)',
                 'simpledrm', *INPUT_MODULES),
        append='vga=0x38f initcall_blacklist=vesafb_driver_init,simplefb_driver_init',
        tests=(lend('6.12', 'simpledrm'),
               probe('simpledrm'), record('simpledrm', 'simpledrm', 'vga'),
               *kms(('simpledrm', 'vga')), *screen('simpledrm'), *screen_kernel('simpledrm'), *bare('simpledrm'))),
    # QEMU's RV100 has no memory clock, by which the driver divides when a mode is set a second time.
    '6.12-radeon': Spec(
        kernel='6.12',
        devices=('ati-vga,model=rv100,id=radeon', *INPUT_DEVICES),
        modules=('drm_kms_helper fbdev_emulation=0', 'radeon', *INPUT_MODULES),
        append='video=VGA-1:1280x720e video=DVI-I-1:d video=SVIDEO-1:d',
        tests=(lend('6.12', 'radeon'),
               probe('radeon-'),)),
    # virgl: the guest's OpenGL runs on the host's, which is llvmpipe where there is no GPU.
    '6.12-virgl': Spec(
        kernel='6.12',
        devices=('virtio-vga-gl,id=virtio', *INPUT_DEVICES),
        modules=('virtio-gpu', 'vgem', *INPUT_MODULES),
        gl=True,
        tests=(screen_gles2('virtio_gpu', 'glass_above_damage', 'windows_side_by_side'),
               lend('6.12', 'virtio_gpu'), gpu_lent('virtio_gpu', 'virtio'),
               *unmodified('weston-simple-egl', ('virtio_gpu', 'virtio')))),
    '6.1': Spec(
        kernel='6.1',
        devices=('virtio-gpu-pci,id=virtio', 'bochs-display,id=bochs', 'qxl,id=qxl', 'cirrus-vga,id=cirrus',
                 *INPUT_DEVICES),
        modules=('virtio-gpu', 'bochs', 'qxl', 'cirrus', 'vgem', 'fuse', *INPUT_MODULES),
        tests=(*UNIT, VT, lend('6.1', 'virtio_gpu', 'bochs-drm', 'qxl', 'cirrus', 'vgem'),
               probe('virtio_gpu', 'bochs-drm', 'qxl', 'cirrus', 'vgem'),
               record('bochs-6.1', 'bochs-drm', 'bochs'), record('qxl-6.1', 'qxl', 'qxl'),
               *kms(('virtio_gpu', 'virtio'), ('bochs-drm', 'bochs'), ('qxl', 'qxl'), ('cirrus', 'cirrus')),
               *screen('virtio_gpu', 'bochs-drm', 'qxl', 'cirrus'), *screen_kernel('cirrus'),
               *bare('virtio_gpu', 'bochs-drm', 'qxl', 'cirrus'))),
    '6.1-vmwgfx': Spec(
        kernel='6.1',
        devices=('vmware-svga,id=vmware', *INPUT_DEVICES),
        modules=('vmwgfx', *INPUT_MODULES),
        append='video=Virtual-1:1280x720e',
        tests=(lend('6.1', 'vmwgfx'),
               probe('vmwgfx'), record('vmwgfx-6.1', 'vmwgfx', 'vmware'),
               *kms(('vmwgfx', 'vmware')), *screen('vmwgfx'))),
}

if __name__ == '__main__':
    print('\n'.join(MACHINES))  # for meson
