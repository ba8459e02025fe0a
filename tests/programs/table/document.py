# SPDX-License-Identifier: MIT
"""docs/programs.md's table and its picture, from what the rows' programs did."""

import io
import re
import subprocess

import cairo

BEGIN = '<!-- The table: written by make programs. -->'
END = '<!-- The table ends. -->'
COLUMNS, PANE, LINE = 6, (240, 180), 18


def version(package):
    result = subprocess.run(['dpkg-query', '-W', '-f', '${Version}', package], capture_output=True,
                            text=True, check=False)
    return re.sub(r'^\d+:|[-+~].*$', '', result.stdout) or '?'


def cell(text):
    return text.replace('|', '\\|').replace('\n', ' ')


def closing(close):
    if isinstance(close, tuple):
        keys = [line.split(' ', 1) for line in close if line.split(' ', 1)[0] in ('key', 'type')]
        return f'{keys[0][1]}' if keys else 'itself'
    return close.name


def row(program, told):
    paths = dict.fromkeys(f'`{path}`: {reason}' for path, reason in told['paths'])
    reacts = '; '.join(act.words for act in program.acts) or '-'
    cells = (program.name, f'{program.package} {version(program.package)}', program.toolkit,
             '<br>'.join(paths), program.shown, reacts, closing(program.close))
    return '| ' + ' | '.join(map(cell, cells)) + ' |'


def failure(program, told):
    return (f'| {program.name} | {program.package} {version(program.package)} | {program.toolkit} '
            f'| ends: `{cell(told["words"])}` | {program.note} |')


def table(played):
    """Of (program, what is told of it)."""
    works = [(program, told) for program, told in played if 'picture' in told]
    fails = [(program, told) for program, told in played if 'words' in told]
    lines = [BEGIN, '',
             '| Program | Version | Toolkit | Path, and why | Compared | What it does when used | Closed by |',
             '|---|---|---|---|---|---|---|',
             *(row(*pair) for pair in works), '']
    if fails:
        lines += ['These do not run:', '', '| Program | Version | Toolkit | What happens | Why |',
                  '|---|---|---|---|---|', *(failure(*pair) for pair in fails), '']
    return '\n'.join(lines + [END])


def replace(text, new):
    before, rest = text.split(BEGIN)
    return before + new + rest.split(END)[1]


def named(text):
    """The programs that the document's table has."""
    inside = text.split(BEGIN)[1].split(END)[0]
    first = [line.split(' | ')[0].removeprefix('| ') for line in inside.splitlines()
             if line.startswith('| ')]
    return [name for name in first if name != 'Program']


def sheet(pictures, path):
    """All of (name, PNG) in one picture."""
    width, height = PANE
    rows = -(-len(pictures) // COLUMNS)
    surface = cairo.ImageSurface(cairo.Format.RGB24, COLUMNS * (width + 8) + 8,
                                 rows * (height + LINE + 8) + 8)
    painter = cairo.Context(surface)
    painter.set_source_rgb(1, 1, 1)
    painter.paint()
    painter.select_font_face('DejaVu Sans')
    painter.set_font_size(12)
    for index, (name, png) in enumerate(pictures):
        x, y = index % COLUMNS * (width + 8) + 8, index // COLUMNS * (height + LINE + 8) + 8
        painter.set_source_rgb(0, 0, 0)
        painter.move_to(x, y + 12)
        painter.show_text(name)
        image = cairo.ImageSurface.create_from_png(io.BytesIO(png))
        scale = min(width / image.get_width(), height / image.get_height())
        painter.save()
        painter.translate(x, y + LINE)
        painter.scale(scale, scale)
        painter.set_source_surface(image, 0, 0)
        painter.get_source().set_filter(cairo.Filter.GOOD)
        painter.paint()
        painter.restore()
    surface.write_to_png(str(path))
