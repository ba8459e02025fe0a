# SPDX-License-Identifier: MIT
"""The table: one row a program. Outputs have 640x480 pixels unless a row says otherwise, and one surface
fills the output."""

import os
import signal

import files
from picture import Changed, Colour, Either, Not, Same, Text
from stage import Act, Program

BLACK, WHITE = (0, 0, 0), (255, 255, 255)
SDL = '/usr/libexec/installed-tests/SDL2/'
MONO = 'DejaVu Sans Mono'
SWEEP = tuple(f'move {x} 240' for x in range(260, 381, 10))


def weston(program, expect, shown, **rest):
    arguments = tuple(rest.pop('arguments', ()))
    return Program(f'weston-{program}', 'weston', rest.pop('toolkit', 'toytoolkit (cairo)'),
                   (f'weston-{program}', *arguments), expect, shown, **rest)


def terminal(name, package, toolkit, command, green, red, **rest):
    area, hands = (40, 60, 300, 60), rest.pop('hands', ())
    text = Text((0, 100, 640, 380), 'This is the terminal.', sizes=rest.pop('sizes'), font=MONO)
    return Program(
        name, package, toolkit, command, (Colour(area, green, tolerance=12), text),
        'a block of colour, and words', (
            Act('types "red" and Return: the block turns red',
                () if hands else ('type red', 'key Return'),
                (Colour(area, red, tolerance=12), text), command=hands),),
        close=('type quit', 'key Return'), **rest)


def qt(name, toolkit):
    field = (40, 100, 560, 340)
    return Program(
        name, f'python3-{name.lower()}', toolkit, ('/usr/bin/python3', '{here}/qt.py', name), (
            Colour(field, (0x20, 0x40, 0x60)),
            Text((320, 0, 320, 80), 'Make it white', sizes=(12,))),
        'a field of colour, the words on a button', (
            Act('types "#c02010": the field has that colour', ('type #c02010',),
                (Colour(field, (0xc0, 0x20, 0x10)),)),
            Act('clicks on the button: the field turns white', ('move 580 30', 'click left'),
                (Colour(field, WHITE),))))


def x11(name, package, command, expect, shown, **rest):
    return Program(name, package, rest.pop('toolkit', 'X11'), command, expect, shown,
                   options=('--xwayland',), close=rest.pop('close', signal.SIGTERM),
                   status=rest.pop('status', (-signal.SIGTERM,)), **rest)


WESTON = [
    weston('simple-shm', (
        Either((Colour((195, 115, 250, 20), WHITE), Colour((0, 0, 640, 20), WHITE))),
        Either((Colour((195, 135, 20, 230), WHITE), Colour((0, 0, 20, 480), WHITE))),
        Not((215, 135, 210, 210), BLACK, 40000), Not((215, 135, 210, 210), WHITE, 40000)),
           'the white border and what moves within it', toolkit='none (wl_shm)'),
    weston('flower', (
        Not((315, 235, 10, 10), BLACK, 100),
        Colour((0, 0, 200, 100), BLACK)),
           'a flower amid black', acts=(
               Act('middle button: another flower', ('move 320 240', 'click middle'),
                   (Changed((220, 140, 200, 200), 100),)),)),
    weston('image', (Same((4, 4, 632, 472), files.first, share=0.93),),
           'the picture, enlarged', arguments=('{home}/1.png',), prepare=files.pictures),
    weston('clickdot', (Not((230, 180, 40, 40), BLACK, 20), Colour((300, 300, 300, 150), BLACK)),
           'crosshairs amid black', acts=(
               Act('clicks: the dot is there', ('move 400 350', 'click left'),
                   (Not((380, 330, 40, 40), BLACK, 20),)),)),
    weston('subsurfaces', (
        Colour((10, 10, 380, 460), (0, 163, 0), share=0.9), Colour((405, 5, 100, 30), (163, 33, 0), share=0.85),
        Colour((405, 250, 60, 200), (0, 54, 0), share=0.85), Not((480, 290, 80, 150), (0, 54, 0), 1000)),
           'three colours of three surfaces; a triangle of OpenGL by llvmpipe', acts=()),
    weston('scaler', (Colour((220, 96, 200, 288), (0, 0, 255)),),
           'nothing but blue within the cropped and enlarged part', arguments=('-b',)),
    weston('transformed', (
        Colour((318, 20, 4, 200), (255, 0, 0), share=0.2), Not((400, 230, 200, 20), BLACK, 200)),
           'the axes in their colours'),
    Program('weston-eventdemo', 'weston', 'toytoolkit (cairo)',
            ('stdbuf', '-oL', 'weston-eventdemo', '--log-key', '--log-button'),
            (Colour((130, 105, 240, 190), (255, 0, 0)), Colour((0, 0, 640, 80), BLACK)),
            'a red rectangle amid black', (
                Act('presses a key: it is told', ('key a',), (), prints='key key: 30'),
                Act('clicks: it is told', ('move 320 240', 'click left'), (), prints='button time')),
            runs='weston-eventdemo'),
    weston('simple-damage', (Colour((170, 140, 300, 6), WHITE), Colour((170, 140, 6, 200), WHITE),
                             Not((180, 150, 280, 180), BLACK, 100)),
           'the white frame and the ball within it', toolkit='none (wl_shm)'),
    weston('smoke', (Colour((0, 0, 640, 130), BLACK),), 'black', acts=(
        Act('moves the pointer over it: smoke', SWEEP, (Not((230, 150, 180, 180), BLACK, 200),)),)),
    weston('stacking', (
        Colour((300, 250, 300, 200), (0, 153, 153)),
        Text((0, 0, 300, 100), 'Fullscreen? 1'),), 'its colour and words', acts=(
            Act('key n: another window in front, with other words', ('key n',),
                (Changed((0, 0, 640, 480), 1000),)),), close=('key alt+F4', 'key alt+F4')),
    weston('fullscreen', (Colour((0, 0, 640, 10), (0, 0, 255)), Colour((0, 470, 640, 10), (0, 0, 255)),
                          Text((0, 0, 400, 60), 'Surface size: 640, 480')),
           'its frame and words', acts=(
               Act('key z: another size, in words', ('key z',), (Changed((0, 0, 400, 60)),)),)),
    weston('cliptest', (Colour((241, 200, 20, 4), (0, 255, 0), share=0.1),
                        Not((0, 0, 200, 60), (0, 0, 0), 200)), 'its rectangles and numbers'),
    weston('dnd', (Not((20, 20, 300, 300), BLACK, 3000), Colour((350, 250, 250, 200), BLACK)),
           'flowers amid black', acts=(
               Act('takes a flower: it hangs on the pointer',
                   ('move 120 50', 'buttondown left', 'move 200 100', 'move 420 320'),
                   (Not((380, 280, 100, 100), BLACK, 500),)),
               Act('lets it go: it is there, and no longer where it was', ('buttonup left',),
                   (Not((380, 280, 100, 100), BLACK, 500), Colour((105, 30, 40, 40), BLACK))))),
    weston('confine', (Colour((0, 0, 640, 480), BLACK),), 'black', acts=(
        Act('moves the pointer: a line', ('move 100 100', 'move 200 150', 'move 350 250'),
            (Not((90, 90, 240, 150), BLACK, 100),)),)),
    weston('simple-egl', (Not((270, 130, 100, 230), BLACK, 1000), Colour((0, 0, 150, 480), BLACK)),
           'the triangle amid black', toolkit='OpenGL ES 2 (EGL, llvmpipe)',
           close=('key Escape',)),
    weston('presentation-shm', (Not((0, 0, 640, 480), BLACK, 1000),), 'what it draws',
           toolkit='none (wl_shm)', fails='listener function for opcode 3 of xdg_toplevel is NULL',
           fails_in='10.', note='it binds whatever version of xdg_wm_base there is and knows only the first'),
    weston('editor', (Colour((300, 400, 100, 50), WHITE),), 'its page',
           fails='No text input manager global',
           note='it needs zwp_text_input_manager_v1, which is not offered'),
    terminal('weston-terminal', 'weston', 'toytoolkit (cairo)',
             ('weston-terminal', '--shell={here}/shell'), (0, 170, 0), (170, 0, 0),
             sizes=(14.667, 14)),
]

TOOLKITS = [
    terminal('foot', 'foot', 'none (fcft, pixman)',
             ('foot', '--override=colors.regular1=aa0000', '--override=colors.regular2=00aa00', '{here}/shell'),
             (0, 170, 0), (170, 0, 0), sizes=(10.667, 11)),
    terminal('foot, typed into by wtype', 'wtype', 'none (fcft, pixman)',
             ('foot', '--override=colors.regular1=aa0000', '--override=colors.regular2=00aa00', '{here}/shell'),
             (0, 170, 0), (170, 0, 0), sizes=(10.667, 11), runs='wtype', hands=('wtype', 'red\n')),
    terminal('weston-terminal through waypipe', 'waypipe', 'toytoolkit (cairo)',
             ('{here}/remote', 'weston-terminal', '--shell={here}/shell'), (0, 170, 0), (170, 0, 0),
             sizes=(14.667, 14), runs='waypipe'),
    Program('imv', 'imv', 'OpenGL (EGL, llvmpipe)', ('imv-wayland', '{home}/1.png', '{home}/2.png'),
            (Same((0, 0, 640, 480), files.first, share=0.95),), 'the picture, enlarged', (
                Act('Right: the next picture', ('key Right',),
                    (Same((0, 0, 640, 480), files.second, share=0.95),)),), close=('key q',),
            prepare=files.pictures),
    Program('mpv --vo=wlshm', 'mpv', 'none (wl_shm)',
            ('mpv', '--no-config', '--vo=wlshm', '--pause', '--keep-open', '--no-audio',
             '--no-osd-bar', '--osd-level=0', '{home}/film.mkv'),
            (Same((0, 0, 640, 480), files.first, share=0.99),), 'the film', (
                Act('full stop: the next picture of the film', ('key period',),
                    (Same((0, 0, 640, 480), files.second, share=0.99),)),), close=('key q',),
            prepare=files.film),
    Program('gtk3-demo', 'gtk-3-examples', 'GTK 3', ('gtk3-demo',), (
        Text((0, 0, 250, 300), 'Button Boxes'), Text((220, 0, 420, 300), 'Demonstrates')),
            'words of the list and of the text', (
                Act('clicks on "Builder": its text', ('move 60 84', 'click left'),
                    (Text((220, 40, 420, 140), 'Demonstrates an interface'),)),)),
    Program('gtk3-widget-factory', 'gtk-3-examples', 'GTK 3', ('gtk3-widget-factory',), (
        Text((0, 0, 900, 700), 'togglebutton'),), 'words', output='headless:1500x800', heavy=True),
    Program('gtk4-demo', 'gtk-4-examples', 'GTK 4 (cairo)', ('gtk4-demo',), (
        Text((0, 0, 250, 300), 'Application Class'), Text((220, 0, 420, 300), 'collection')),
            'words of the list and of the text', (
                Act('clicks on "Builder": its text', ('move 60 325', 'click left'),
                    (Changed((250, 40, 390, 300), 200),)),)),
    Program('gtk4-widget-factory', 'gtk-4-examples', 'GTK 4 (cairo)', ('gtk4-widget-factory',), (
        Text((0, 0, 900, 700), 'togglebutton'),), 'words', output='headless:1500x800', heavy=True),
    Program('qt6ct', 'qt6ct', 'Qt 6', ('qt6ct',), (
        Text((0, 0, 700, 100), 'Appearance', sizes=(12,)),), 'words', (
            Act('clicks on the tab "Fonts": its page', ('move 115 65', 'click left'),
                (Text((0, 80, 700, 500), 'General:', sizes=(12,)),)),), output='headless:800x600', heavy=True),
    qt('PyQt5', 'Qt 5'),
    qt('PyQt6', 'Qt 6'),
    Program('qterminal', 'qterminal', 'Qt', ('qterminal', '-e', '{here}/shell'), (
        Text((0, 0, 640, 40), 'Actions', sizes=(12,)),), 'words of the menu', (),
            close=('type quit', 'key Return')),
    Program('testsprite2', 'libsdl2-tests', 'SDL 2', (SDL + 'testsprite2', SDL + 'icon.bmp'),
            (Colour((0, 100, 1, 200), (0, 255, 0), share=0.9), Not((0, 0, 640, 480), (160, 160, 160), 5000)),
            'its frame and sprites'),
    Program('testmouse', 'libsdl2-tests', 'SDL 2', (SDL + 'testmouse',),
            (Colour((0, 0, 640, 480), BLACK, share=0.99),), 'black', (
                Act('draws a line with the left button', ('drag 100 100 500 400',),
                    (Not((90, 90, 420, 320), BLACK, 300),)),)),
    Program('testwm2', 'libsdl2-tests', 'SDL 2', (SDL + 'testwm2',),
            (Not((0, 0, 640, 300), BLACK, 2000),), 'its words'),
    Program('testgles2', 'libsdl2-tests', 'SDL 2, OpenGL ES 2 (llvmpipe)', (SDL + 'testgles2',),
            (Not((150, 80, 340, 320), BLACK, 10000), Colour((0, 0, 100, 480), BLACK)),
            'the cube amid black', environment={'SDL_RENDER_DRIVER': 'opengles2'}),
]

XWAYLAND = [
    x11('xeyes', 'x11-apps', ('xeyes', '-geometry', '200x200+100+100'), (
        Colour((130, 120, 20, 20), WHITE, share=0.5), Colour((400, 300, 200, 100), BLACK)),
        'the whites of its eyes', acts=(
            Act('moves the pointer: they follow', ('move 300 300', 'move 600 200'), (Changed((100, 100, 200, 200), 50),)),)),
    x11('x11perf', 'x11-apps', ('x11perf', '-shmput500', '-repeat', '1', '-time', '2'),
        (Not((0, 0, 600, 480), BLACK, 1000),), 'the picture that it puts', close=(), status=(0,),
        output='headless:800x700'),
    x11('glxgears', 'mesa-utils', ('glxgears', '-geometry', '300x300+0+0'), (
        Not((0, 0, 300, 300), BLACK, 5000), Colour((400, 0, 200, 400), BLACK)),
        'gears in their colours', toolkit='GLX (llvmpipe)', close=('move 150 150', 'key Escape'), status=(0,)),
]

WEB = [
    Program('Firefox', 'firefox-esr', 'GTK 3, software WebRender',
            ('firefox-esr', '--kiosk', '--no-remote', '--profile', '{home}/profile',
             'file://{here}/page.html'),
            (Colour((20, 300, 600, 150), (0x20, 0x60, 0x40)), Colour((30, 130, 180, 80), (0x20, 0x10, 0xc0))),
            'the colours of a page', (
                Act('types "#c02010" in the page: it has that colour', ('type #c02010',),
                    (Colour((20, 300, 600, 150), (0xc0, 0x20, 0x10)),)),
                Act('clicks on a field: it turns green', ('move 100 160', 'click left'),
                    (Colour((30, 130, 180, 80), (0x10, 0xc0, 0x20)),))),
            prepare=lambda home: os.mkdir(home / 'profile'), heavy=True),
]

GROUPS = {'weston': WESTON, 'toolkits': TOOLKITS, 'x11': XWAYLAND, 'web': WEB}
