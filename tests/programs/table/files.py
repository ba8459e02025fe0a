# SPDX-License-Identifier: MIT
"""Pictures and films with known colours, for the programs that show them."""

import subprocess

import cairo
import numpy

RED, GREEN, BLUE, GREY = (200, 30, 40), (20, 160, 60), (30, 50, 190), (120, 120, 120)


def quarters(*colours):
    """A picture of 320x240 with a colour in each quarter and a ramp across."""
    pixels = numpy.zeros((240, 320, 3), 'uint8')
    for index, colour in enumerate(colours):
        y, x = index // 2 * 120, index % 2 * 160
        pixels[y:y + 120, x:x + 160] = colour
    pixels[110:130] = (numpy.arange(320) * 255 // 319).astype('uint8')[None, :, None]
    return pixels


def first():
    return quarters(RED, GREEN, BLUE, GREY)


def second():
    return quarters(GREY, BLUE, GREEN, RED)


def save(pixels, path):
    height, width, _ = pixels.shape
    surface = cairo.ImageSurface(cairo.Format.RGB24, width, height)
    view = numpy.ndarray((height, width, 4), 'uint8', surface.get_data(),
                         strides=(surface.get_stride(), 4, 1))
    view[:, :, :3] = pixels[:, :, ::-1]
    surface.mark_dirty()
    surface.write_to_png(str(path))


def pictures(home):
    save(first(), home / '1.png')
    save(second(), home / '2.png')


def film(home):
    """Two pictures, a second each, twice as large, without loss."""
    pictures(home)
    subprocess.run(['ffmpeg', '-v', 'error', '-framerate', '1', '-i', home / '%d.png', '-c:v', 'ffv1',
                    '-vf', 'scale=iw*2:ih*2:flags=neighbor', '-pix_fmt', 'bgr0', home / 'film.mkv'], check=True, timeout=120,
                   stdin=subprocess.DEVNULL)
