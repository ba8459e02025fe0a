# SPDX-License-Identifier: MIT
"""What a screenshot is expected to show. Each check is a small object with words for the documents;
called with a picture (an array of rows, columns, RGB) it says what is wrong, or nothing."""

import dataclasses
import io
import typing

import cairo
import numpy


def read(file):
    """A PNG file's name, or its bytes."""
    surface = cairo.ImageSurface.create_from_png(io.BytesIO(file) if isinstance(file, bytes)
                                                 else str(file))
    pixels = numpy.ndarray((surface.get_height(), surface.get_width(), 4), 'uint8',
                           surface.get_data(), strides=(surface.get_stride(), 4, 1))
    return pixels[:, :, 2::-1].copy()


def cut(picture, area):
    """The part of the picture in (x, y, width, height); negative positions count from the far end."""
    x, y, width, height = area
    y, x = y % picture.shape[0], x % picture.shape[1]
    return picture[y:y + height, x:x + width].astype(int)


def distance(pixels, colour):
    """How far each pixel is from the colour, in its worst channel."""
    return numpy.abs(pixels - numpy.array(colour)).max(axis=2)


@dataclasses.dataclass
class Colour:
    """Most of an area has one colour."""
    area: tuple
    colour: tuple
    share: float = 0.98
    tolerance: int = 6
    words: str = ''

    def __call__(self, picture):
        pixels = cut(picture, self.area)
        found = (distance(pixels, self.colour) <= self.tolerance).mean()
        if found >= self.share:
            return None
        mean = tuple(int(value) for value in pixels.mean(axis=(0, 1)))
        return f'{self.area}: only {found:.3f} of {self.colour}; on average it is {mean}'


@dataclasses.dataclass
class Not:
    """Something else than one colour is there: at least so many pixels."""
    area: tuple
    colour: tuple
    pixels: int
    most: typing.Optional[int] = None
    words: str = ''

    def __call__(self, picture):
        found = int((distance(cut(picture, self.area), self.colour) > 24).sum())
        if found >= self.pixels and (self.most is None or found <= self.most):
            return None
        return f'{self.area}: {found} pixels are not {self.colour}, not {self.pixels} to {self.most}'


@dataclasses.dataclass
class Same:
    """An area shows a known picture: a file's name, or a function that gives an array."""
    area: tuple
    source: typing.Union[str, typing.Callable]
    share: float = 0.98
    tolerance: int = 12
    words: str = ''

    def __call__(self, picture):
        x, y, width, height = self.area
        known = self.source() if callable(self.source) else read(self.source)
        rows = numpy.arange(height) * known.shape[0] // height
        columns = numpy.arange(width) * known.shape[1] // width
        known = known[rows][:, columns].astype(int)
        found = (numpy.abs(cut(picture, self.area) - known).max(axis=2) <= self.tolerance).mean()
        if found >= self.share:
            return None
        return f'{self.area}: only {found:.3f} of it is the known picture'


def ink(words, font, size, metrics):
    """The words in white on black, cut to what is drawn. GTK and cairo's programs hint the letters'
    distances (metrics), others do not."""
    def context(surface):
        options = cairo.FontOptions()
        options.set_antialias(cairo.Antialias.GRAY)
        options.set_hint_metrics(metrics)
        result = cairo.Context(surface)
        family, _, style = font.partition(':')
        result.select_font_face(family, cairo.FontSlant.NORMAL,
                                cairo.FontWeight.BOLD if style else cairo.FontWeight.NORMAL)
        result.set_font_size(size)
        result.set_font_options(options)
        return result

    extents = context(cairo.ImageSurface(cairo.Format.A8, 1, 1)).text_extents(words)
    width, height = int(extents.width + 2), int(extents.height + 2)
    surface = cairo.ImageSurface(cairo.Format.A8, width, height)
    painter = context(surface)
    painter.move_to(-int(extents.x_bearing), -int(extents.y_bearing))
    painter.show_text(words)
    surface.flush()
    return numpy.ndarray((height, width), 'uint8', surface.get_data(),
                         strides=(surface.get_stride(), 1)).astype(float)


def likeness(grey, wanted):
    """The best normalised correlation of a picture's parts with one that is wanted, and where."""
    height, width = wanted.shape
    if grey.shape[0] < height or grey.shape[1] < width:
        return 0, (0, 0)
    wanted = wanted - wanted.mean()
    shape = tuple(map(sum, zip(grey.shape, wanted.shape)))

    def correlate(first, second):
        product = numpy.fft.rfft2(first, shape) * numpy.fft.rfft2(second[::-1, ::-1], shape)
        full = numpy.fft.irfft2(product, shape)
        return full[height - 1:grey.shape[0], width - 1:grey.shape[1]]

    box = numpy.ones_like(wanted)
    variance = correlate(grey ** 2, box) - correlate(grey, box) ** 2 / wanted.size
    norm = numpy.sqrt(numpy.maximum(variance, 1) * (wanted ** 2).sum())
    result = numpy.abs(correlate(grey, wanted)) / norm
    best = numpy.unravel_index(result.argmax(), result.shape)
    return float(result[best]), (int(best[1]), int(best[0]))


@dataclasses.dataclass
class Text:
    """Words are written somewhere in an area, dark on light or light on dark: the shapes that the font
    gives them are there. 9, 10 and 11 points are 12, 13.333 and 14.667 pixels."""
    area: tuple
    text: str
    sizes: tuple = (12, 13.333, 14, 14.667)
    font: str = 'DejaVu Sans'
    least: float = 0.8
    words: str = ''

    def __call__(self, picture):
        grey = cut(picture, self.area).mean(axis=2)
        found = max(likeness(grey, ink(self.text, self.font, size, metrics)) + (size,)
                    for size in self.sizes for metrics in (cairo.HintMetrics.ON, cairo.HintMetrics.OFF))
        if found[0] >= self.least:
            return None
        return (f'{self.area}: {self.text!r} is not written there; the best likeness is {found[0]:.2f} '
                f'at {found[1]} with size {found[2]}')


@dataclasses.dataclass
class Either:
    """One of several checks: programs differ from version to version."""
    checks: tuple

    def __call__(self, picture):
        wrong = [check(picture) for check in self.checks]
        return ' and '.join(wrong) if all(wrong) else None


@dataclasses.dataclass
class Changed:
    """An area is not what it was before the last act."""
    area: tuple
    pixels: int = 20
    words: str = ''
    before: typing.Optional[numpy.ndarray] = None

    def __call__(self, picture):
        different = numpy.abs(cut(picture, self.area) - cut(self.before, self.area)).max(axis=2) > 24
        if different.sum() >= self.pixels:
            return None
        return f'{self.area}: {int(different.sum())} pixels changed, not {self.pixels}'
