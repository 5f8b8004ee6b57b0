#!/usr/bin/env python3
"""Prints how many bytes of a binary are embedded TrueType fonts.

A font is found by its table directory: the version 1.0 mark, a plausible number
of tables, and sorted tags that all lie behind one another within the file. The
length of a font is the end of its last table. Needs no knowledge of which fonts
were built in, so it stays right when they change.
"""
import struct
import sys


def font_length(data: bytes, start: int) -> int:
    """Length of the font at `start`, or 0 when there is none."""
    count, search_range = struct.unpack_from(">HH", data, start + 4)
    if not 9 <= count <= 40 or search_range != 16 * (1 << (count.bit_length() - 1)):
        return 0
    if start + 12 + 16 * count > len(data):
        return 0
    tags, end = [], 0
    for index in range(count):
        tag, _, offset, length = struct.unpack_from(">4sIII", data, start + 12 + 16 * index)
        tags.append(tag)
        end = max(end, offset + length)
    required = {b"cmap", b"glyf", b"head", b"hhea", b"hmtx", b"loca", b"maxp"}
    if not required <= set(tags) or start + end > len(data):
        return 0
    return end


def main() -> None:
    with open(sys.argv[1], "rb") as binary:
        data = binary.read()
    total, at = 0, 0
    while (at := data.find(b"\x00\x01\x00\x00\x00", at)) >= 0 and at + 12 <= len(data):
        length = font_length(data, at)
        total += length
        at += max(length, 1)
    print(total)


if __name__ == "__main__":
    main()
