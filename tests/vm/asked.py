# SPDX-License-Identifier: MIT
"""What a program in the guest may ask of the host: one line each, answered by "ok ..." or "error ...".

  screendump DEVICE[:HEAD] FILE   what that display device shows now, as /run/vm/FILE (PPM): "ok W H"
  key NAME...                     presses these keys together and lets go: ctrl alt f2 (QEMU's names)
  press NAME.. / release NAME..   one half of it
  move DX DY                      moves the mouse
  place X Y                       puts the tablet there, 0 to 32767
  button NAME down|up             left, middle, right, wheel-up, wheel-down
  qmp JSON                        anything else that QEMU's machine protocol can do: "ok JSON"
"""

import json

import picture
import qmp


def screendump(machine, device, file):
    path = machine.share / file
    device, _, head = device.partition(':')
    if machine.window:  # what OpenGL draws there, screendump does not have
        machine.window.dump(path)
    else:
        machine.qmp.call('screendump', filename=str(path), device=device, head=int(head or 0))
    shown = picture.read(path)
    return f'{shown.width} {shown.height}'


def send(machine, *events):
    machine.qmp.call('input-send-event',
                     events=[{'type': kind, 'data': data} for kind, data in events])
    return ''


def key_events(names, down):
    return [('key', {'down': down, 'key': {'type': 'qcode', 'data': name}}) for name in names]


def key(machine, *names):
    send(machine, *key_events(names, True))
    return send(machine, *key_events(reversed(names), False))


def press(machine, *names):
    return send(machine, *key_events(names, True))


def release(machine, *names):
    return send(machine, *key_events(names, False))


def move(machine, dx, dy):
    return send(machine, ('rel', {'axis': 'x', 'value': int(dx)}), ('rel', {'axis': 'y', 'value': int(dy)}))


def place(machine, x, y):
    return send(machine, ('abs', {'axis': 'x', 'value': int(x)}), ('abs', {'axis': 'y', 'value': int(y)}))


def button(machine, name, state):
    return send(machine, ('btn', {'down': state == 'down', 'button': name}))


VERBS = {function.__name__: function
         for function in (screendump, key, press, release, move, place, button)}


def answer(machine, line):
    verb, _, rest = line.strip().partition(' ')
    try:
        if verb == 'qmp':
            request = json.loads(rest)
            return 'ok ' + json.dumps(machine.qmp.send(request))
        return f'ok {VERBS[verb](machine, *rest.split())}'.rstrip()
    except KeyError:
        return f'error no such request: {verb}'
    except (qmp.Error, OSError, TypeError, ValueError) as error:
        return f'error {verb}: {error}'.replace('\n', ' ')
