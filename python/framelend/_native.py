# SPDX-License-Identifier: MIT
"""The C libraries as they are: structs and functions by their own names. tests/programs/python.py
compares the structs with the headers."""

import ctypes
from ctypes import (CFUNCTYPE, POINTER, Structure, c_char, c_char_p, c_double, c_int, c_int32, c_size_t,
                    c_uint8, c_uint32, c_uint64, c_void_p)

from . import _libraries

PLANES_MAX = 4
# Opaque pointers are c_void_p in arguments: plain integers, which nobody can dereference by accident.


class SizedStructure(Structure):
    """A struct that begins with its size."""

    def __init__(self, **fields):
        super().__init__(size=ctypes.sizeof(self), **fields)


class lend_rect(Structure):
    _fields_ = [('x', c_int32), ('y', c_int32), ('width', c_int32), ('height', c_int32)]


class lend_format(Structure):
    _fields_ = [('fourcc', c_uint32), ('opaque', c_uint32), ('name', c_char_p), ('n_planes', c_uint8),
                ('has_alpha', c_uint8), ('cpp', c_uint8 * PLANES_MAX),
                ('horizontal', c_uint8 * PLANES_MAX), ('vertical', c_uint8 * PLANES_MAX)]


class lend_plane(Structure):
    _fields_ = [('fd', c_int), ('offset', c_uint32), ('stride', c_uint32)]


class lend_buffer_info(SizedStructure):
    _fields_ = [('size', c_size_t), ('width', c_uint32), ('height', c_uint32), ('format', c_uint32),
                ('n_planes', c_uint32), ('modifier', c_uint64), ('planes', lend_plane * PLANES_MAX),
                ('memory', c_int), ('caching', c_int)]


class lend_verdict(Structure):
    _fields_ = [('allocator', c_char_p), ('state', c_int), ('depth', c_int), ('call', c_char_p),
                ('error', c_int), ('reason', c_char_p), ('remedy', c_char_p)]


lend_log_handler = CFUNCTYPE(None, c_void_p, c_int, c_char_p)


class lend_client_events(SizedStructure):
    _fields_ = [('size', c_size_t),
                ('disconnected', CFUNCTYPE(c_int, c_void_p, c_void_p, c_char_p)),
                ('reconnected', CFUNCTYPE(None, c_void_p, c_void_p))]


class lend_client_options(SizedStructure):
    _fields_ = [('size', c_size_t), ('display', c_char_p), ('log', lend_log_handler),
                ('log_data', c_void_p), ('events', POINTER(lend_client_events)), ('data', c_void_p),
                ('reconnect_ms', c_int32)]


class lend_input(SizedStructure):
    _fields_ = [('size', c_size_t), ('kind', c_int), ('modifiers', c_uint32), ('time', c_uint64),
                ('x', c_double), ('y', c_double), ('code', c_uint32), ('pressed', c_uint32),
                ('repeated', c_uint32), ('keysym', c_uint32), ('text', c_char * 32),
                ('scroll_x', c_double), ('scroll_y', c_double), ('clicks_x', c_int32),
                ('clicks_y', c_int32), ('id', c_int32)]


class lend_surface_events(SizedStructure):
    _fields_ = [('size', c_size_t),
                ('resize', CFUNCTYPE(None, c_void_p, c_void_p, c_uint32, c_uint32)),
                ('close', CFUNCTYPE(None, c_void_p, c_void_p)),
                ('path', CFUNCTYPE(None, c_void_p, c_void_p)),
                ('ready', CFUNCTYPE(None, c_void_p, c_void_p)),
                ('presented', CFUNCTYPE(None, c_void_p, c_void_p, c_uint64, c_uint64, c_uint32)),
                ('input', CFUNCTYPE(None, c_void_p, c_void_p, POINTER(lend_input)))]


class lend_surface_options(SizedStructure):
    _fields_ = [('size', c_size_t), ('width', c_uint32), ('height', c_uint32), ('format', c_uint32),
                ('mode', c_int), ('count', c_uint32), ('read', c_uint32), ('preserve', c_uint32),
                ('unpaced', c_uint32), ('fullscreen', c_uint32), ('output', c_char_p),
                ('title', c_char_p), ('app_id', c_char_p), ('events', POINTER(lend_surface_events)),
                ('data', c_void_p), ('gpu', c_uint32), ('modifiers', POINTER(c_uint64)),
                ('n_modifiers', c_size_t)]


class lend_path_info(SizedStructure):
    _fields_ = [('size', c_size_t), ('path', c_int), ('reason', c_char_p), ('memory', c_int),
                ('caching', c_int), ('count', c_uint32), ('own_copy', c_uint64), ('output', c_char_p)]


class lend_frame(Structure):
    _fields_ = [('pixels', c_void_p), ('stride', c_uint32), ('width', c_uint32), ('height', c_uint32),
                ('format', c_uint32), ('age', c_uint32), ('number', c_uint64), ('buffer', c_void_p)]


def load(name):
    reasons = []
    for folder in _libraries.FOLDERS[name]:
        try:
            return ctypes.CDLL(folder + name)
        except OSError as error:
            reasons.append(str(error))
    raise ImportError('; '.join(reasons))


libframelend = load(_libraries.BUFFER)
libframelend_client = load(_libraries.CLIENT)


def declare(library, result, name, *arguments):
    function = getattr(library, name)
    function.restype = result
    function.argtypes = arguments
    return function


def declare_buffer(*declaration):
    return declare(libframelend, *declaration)


def declare_client(*declaration):
    return declare(libframelend_client, *declaration)


# pylint: disable=invalid-name
lend_format_get = declare_buffer(POINTER(lend_format), 'lend_format_get', c_uint32)
lend_format_stride = declare_buffer(c_uint32, 'lend_format_stride', POINTER(lend_format), c_uint32, c_uint32)
lend_format_rows = declare_buffer(c_uint32, 'lend_format_rows', POINTER(lend_format), c_uint32, c_uint32)
lend_buffer_import = declare_buffer(c_int, 'lend_buffer_import', POINTER(lend_buffer_info), POINTER(c_void_p))
lend_buffer_destroy = declare_buffer(None, 'lend_buffer_destroy', c_void_p)
lend_buffer_describe = declare_buffer(c_int, 'lend_buffer_describe', c_void_p, POINTER(lend_buffer_info))
lend_buffer_begin = declare_buffer(c_int, 'lend_buffer_begin', c_void_p, c_int, POINTER(c_void_p))
lend_buffer_end = declare_buffer(c_int, 'lend_buffer_end', c_void_p)
lend_buffer_send = declare_buffer(c_int, 'lend_buffer_send', c_int, c_void_p)
lend_buffer_receive = declare_buffer(c_int, 'lend_buffer_receive', c_int, POINTER(c_void_p))
lend_buffer_error = declare_buffer(c_char_p, 'lend_buffer_error')
lend_verdict_format = declare_buffer(c_int, 'lend_verdict_format', POINTER(lend_verdict), c_char_p, c_size_t)

lend_client_connect = declare_client(c_int, 'lend_client_connect', POINTER(lend_client_options),
                                     POINTER(c_void_p))
lend_client_display = declare_client(c_char_p, 'lend_client_display', c_void_p)
lend_client_verdict = declare_client(POINTER(lend_verdict), 'lend_client_verdict', c_void_p, c_size_t)
lend_client_destroy = declare_client(None, 'lend_client_destroy', c_void_p)
lend_client_fd = declare_client(c_int, 'lend_client_fd', c_void_p)
lend_client_dispatch = declare_client(c_int, 'lend_client_dispatch', c_void_p, c_int)
lend_client_error = declare_client(c_char_p, 'lend_client_error', c_void_p)
lend_surface_create = declare_client(c_int, 'lend_surface_create', c_void_p, POINTER(lend_surface_options),
                                     POINTER(c_void_p))
lend_surface_destroy = declare_client(None, 'lend_surface_destroy', c_void_p)
lend_surface_set_title = declare_client(c_int, 'lend_surface_set_title', c_void_p, c_char_p)
lend_surface_path = declare_client(c_int, 'lend_surface_path', c_void_p, POINTER(lend_path_info))
lend_surface_verdict = declare_client(POINTER(lend_verdict), 'lend_surface_verdict', c_void_p, c_size_t)
lend_frame_begin = declare_client(c_int, 'lend_frame_begin', c_void_p, POINTER(lend_frame))
lend_frame_end = declare_client(c_int, 'lend_frame_end', c_void_p, POINTER(lend_rect), c_size_t)
lend_frame_end_fenced = declare_client(
    c_int, 'lend_frame_end_fenced', c_void_p, POINTER(lend_rect), c_size_t, c_int)
lend_frame_cancel = declare_client(c_int, 'lend_frame_cancel', c_void_p)
