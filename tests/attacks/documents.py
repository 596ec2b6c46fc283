"""Hostile documents, made from a seed: the same number is the same document on every machine.

Each kind is a function that takes chance and gives bytes; `document(number)` is one of them, as it is, cut short,
repeated, or with some bytes changed.
"""

import gzip
import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable

from pypdf import PdfWriter

Chance = random.Random
Kind = Callable[[Chance], bytes]
LARGEST = 3_000_000
"""Bytes of a document: many small ones attack more than a few large ones, and all of them are kept on disk."""


def document(number: int) -> tuple[str, bytes]:
    """The name of the kind, and the document of that number; the kinds take turns."""
    chance = random.Random(number)
    kind = KINDS[number % len(KINDS)]
    made = kind(chance)
    if number >= len(KINDS):  # the first round is unchanged
        made = chance.choice(CHANGES)(made, chance)
    return kind.__name__, made[:LARGEST]


# Pages and texts


def nested_elements(chance: Chance) -> bytes:
    tag = chance.choice(["div", "b", "table", "ul><li", "span", "font", "a", "p", "svg", "select", "template"])
    return b"<html>" + f"<{tag}>".encode() * chance.choice([500, 5_000, 80_000])


def comments(chance: Chance) -> bytes:
    return chance.choice([b"<!---->", b"<!-- -->\n", b"<!--", b"<!---", b"-->"]) * chance.randint(40, 20_000) + b"<"


def huge_table(chance: Chance) -> bytes:
    cell = chance.choice([b"<td>1", b"<td colspan=1000 rowspan=1000>", b"<tr><td>", b"<th><table>"])
    return b"<html><table>" + cell * chance.randint(5_000, 100_000)


def attributes(chance: Chance) -> bytes:
    many = b" ".join(b"a%d=%d" % (number, number) for number in range(chance.randint(1_000, 60_000)))
    return b"<html><p " + many + chance.choice([b">", b"", b"='", b'"'])


def entities(chance: Chance) -> bytes:
    return b"<html>" + chance.choice([b"&", b"&#", b"&amp", b"&#x110000;", b"&lt;", b"&nbsp"]) * chance.randint(
        999, 99_999
    )


def odd_charset(chance: Chance) -> bytes:
    names = ["punycode", "idna", "unicode_escape", "zip", "bz2", "hex", "utf-7", "rot13", "undefined", "utf-16", "hz"]
    name = chance.choice([*names, "raw_unicode_escape", "base64", "uu", "cp65001", "mbcs", "../../x", "\0"])
    head = f"<html><meta charset='{name}'>".encode()
    return head + chance.choice([b"a-9999", b"\\u1234", b"+AAA-", b"~{", b"\xff"]) * chance.randint(1_000, 400_000)


def marks_in_heaps(chance: Chance) -> bytes:
    heap = chance.choice(["\u0316\u0300", "\u0300", "\ufdfa", "\u1100\u1161\u11a8", "\u0f71\u0f72", "ﬃ", "İ", "\u202e"])
    return ("a" + heap * chance.randint(10_000, 300_000)).encode()


def words_of_no_language(chance: Chance) -> bytes:
    signs = "a1-./@:%&=?+é#~ ;\"'\\<_"
    word = "".join(chance.choice(signs) for _sign in range(chance.randint(1, 6)))
    return word.encode() * chance.randint(10_000, 300_000)


def one_long_line(chance: Chance) -> bytes:
    return chance.choice([b"a", b" ", b"\t", b"-\n", b"\n", b"\r", b"\xa0", b"\xe2\x80\xa6", b'"']) * 2_500_000


def control_characters(chance: Chance) -> bytes:
    return bytes(chance.randrange(256) for _byte in range(chance.randint(1, 5_000))) * chance.randint(1, 100)


def entity_bomb(chance: Chance) -> bytes:
    depth = chance.randint(3, 12)
    lines = "".join(f'<!ENTITY a{n + 1} "{f"&a{n};" * 10}">' for n in range(depth))
    return f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a0 "lol">{lines}]><x>&a{depth};</x>'.encode()


def external_entity(chance: Chance) -> bytes:
    where = chance.choice(["file:///etc/passwd", "file:///dev/zero", "http://127.0.0.1:1/", "/dev/random"])
    return f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "{where}">]><x>&a;&a;</x>'.encode()


def deep_xml(chance: Chance) -> bytes:
    return b"<?xml version='1.0'?>" + b"<a>" * chance.choice([300, 10_000, 500_000])


def deep_json(chance: Chance) -> bytes:
    return chance.choice([b"[", b'{"a":', b"[[],", b"[1e400,", b'["\\ud800",']) * chance.randint(1_000, 400_000)


def table_of_text(chance: Chance) -> bytes:
    return chance.choice([b"a,", b'"', b'"",', b";\n", b"a\tb\t", b"1,2\r"]) * chance.randint(10_000, 500_000)


def web_archive(chance: Chance) -> bytes:
    length = chance.choice([-1, 0, 10**18, 10**400])
    record = f"WARC/1.1\r\nWARC-Type: response\r\nContent-Length: {length}\r\n\r\nHTTP/1.1 200 OK\r\n\r\n".encode()
    made = record * chance.randint(1, 5_000)
    return gzip.compress(made) if chance.random() < 0.5 else made


# PDF


def _pdf(body: bytes) -> bytes:
    return b"%PDF-1.7\n" + body + b"\ntrailer<</Root 1 0 R/Size 99>>\nstartxref\n0\n%%EOF"


def pdf_cyclic_pages(chance: Chance) -> bytes:
    kids = b" ".join(chance.choice([b"2 0 R", b"3 0 R", b"1 0 R"]) for _kid in range(chance.randint(1, 2_000)))
    return _pdf(
        b"1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[" + kids + b"]/Count 999999999>>endobj"
        b" 3 0 obj<</Type/Pages/Parent 2 0 R/Kids[2 0 R 3 0 R]/Count -1>>endobj"
    )


def pdf_cyclic_references(chance: Chance) -> bytes:
    at = chance.randint(0, 10_000)
    return (
        b"%%PDF-1.5\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj 3 0 R endobj 3 0 obj 2 0 R endobj\n"
        b"xref\n0 99999999\n0000000000 65535 f \ntrailer<</Root 1 0 R/Prev %d/XRefStm %d>>\nstartxref\n%d\n%%%%EOF"
        % (chance.choice([110, at]), chance.choice([110, at]), chance.choice([110, at]))
    )


def pdf_many_pages(chance: Chance) -> bytes:
    count = chance.choice([10, 2_000, 30_000])
    return _pdf(
        b"1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids["
        + b"3 0 R " * count
        + b"]/Count %d>>endobj 3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 1e9 -1e308]/Contents 4 0 R>>endobj" % count
        + b"4 0 obj<</Length 20>>stream\nBT (a) Tj ET\nendstream endobj"
    )


def _pdf_of_stream(stream: bytes, filters: bytes) -> bytes:
    return _pdf(
        b"1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj"
        b" 3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>"
        b"/XObject<</X 6 0 R>>>>>>endobj 5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode 4 0 R>>endobj"
        b" 6 0 obj<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 6 0 R>>>>/Length 5>>stream\n/X Do"
        b"\nendstream endobj 4 0 obj<</Filter[%s]/Length %d>>stream\n"
        % (filters, len(stream))
        + stream
        + b"\nendstream endobj"
    )


def pdf_bomb(chance: Chance) -> bytes:
    fill = chance.choice([b" ", b"q ", b"BT /F 1 Tf (a) Tj ET ", b"[", b"(", b"<<", b"/X Do "])
    times = chance.randint(1, 3)
    packed = fill * (chance.choice([100_000, 20_000_000, 200_000_000]) // len(fill))
    for _time in range(times):
        packed = zlib.compress(packed, 9)
    return _pdf_of_stream(packed, b"/FlateDecode " * times)


def pdf_odd_filters(chance: Chance) -> bytes:
    names = [
        b"/LZWDecode ",
        b"/RunLengthDecode ",
        b"/ASCII85Decode ",
        b"/ASCIIHexDecode ",
        b"/DCTDecode ",
        b"/JBIG2Decode ",
    ]
    filters = b"".join(chance.choice(names) for _name in range(chance.randint(1, 50)))
    return _pdf_of_stream(chance.randbytes(chance.randint(10, 200_000)), filters)


def pdf_operators(chance: Chance) -> bytes:
    bits = [
        b"q ",
        b"Q ",
        b"BT ",
        b"ET ",
        b"/F 1e308 Tf ",
        b"(a\\",
        b"<ff",
        b"[(a)-99999999]TJ ",
        b"nan 0 0 1 0 0 cm ",
        b"/X Do ",
    ]
    return _pdf_of_stream(b"".join(chance.choice(bits) for _bit in range(chance.randint(10, 50_000))), b"")


def pdf_font_map(chance: Chance) -> bytes:
    ranges = b"<0000> <ffff> <0041>\n" * chance.randint(1, 500)
    return _pdf_of_stream(b"1 begincodespacerange <00><ffffffff> endcodespacerange 9 beginbfrange " + ranges, b"")


def pdf_locked(chance: Chance) -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    writer.encrypt(chance.choice(["", "secret"]), algorithm="RC4-128")
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def pdf_nested_objects(chance: Chance) -> bytes:
    opening = chance.choice([b"[", b"<</a", b"<</a[", b"("])
    return _pdf(b"1 0 obj" + opening * chance.choice([500, 50_000, 500_000]) + b"endobj")


# Archives


def zip_bomb(chance: Chance) -> bytes:
    return _zipped(
        {chance.choice(["word/document.xml", "xl/workbook.xml", "mimetype"]): b"\0" * chance.choice([10**6, 10**8])}
    )


def zip_of_many(chance: Chance) -> bytes:
    return _zipped({f"{number}": b"" for number in range(chance.choice([10, 20_000]))})


def zip_that_lies(chance: Chance) -> bytes:
    made = bytearray(_zipped({"word/document.xml": b"<w/>"}))
    end = made.rfind(b"PK\5\6")
    fields = (
        chance.choice([0xFFFF, 0, 60_000]),
        0xFFFF,
        chance.choice([0xFFFFFFFF, 0]),
        chance.choice([0xFFFFFFFF, 0, 5]),
    )
    struct.pack_into("<HHLL", made, end + 8, *fields)
    return bytes(made)


def open_document(chance: Chance) -> bytes:
    return b"PK\3\4" + b"\0" * 26 + b"mimetypeapplication/vnd.oasis.opendocument." + b"a" * chance.randint(1, 10_000)


def _zipped(files: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()


def gzip_bomb(chance: Chance) -> bytes:
    return gzip.compress(b"<html>" + b"a" * chance.choice([10**6, 10**8]))


# Images


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">L", len(content)) + kind + content + struct.pack(">L", zlib.crc32(kind + content))


def png_of_gigapixels(chance: Chance) -> bytes:
    side = chance.choice([60_000, 2**31 - 1, 0])
    head = struct.pack(">LLBBBBB", side, side, chance.choice([1, 8, 16]), chance.choice([0, 2, 3, 6]), 0, 0, 0)
    pixels = zlib.compress(b"\0" * chance.choice([100, 50_000_000]), 9)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def png_text_bomb(chance: Chance) -> bytes:
    head = struct.pack(">LLBBBBB", 1, 1, 8, 0, 0, 0, 0)
    text = _chunk(chance.choice([b"zTXt", b"iCCP"]), b"a\0\0" + zlib.compress(b" " * 100_000_000, 9))
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + text * chance.randint(1, 20) + _chunk(b"IEND", b"")


def tiff_with_loops(chance: Chance) -> bytes:
    entries = chance.choice([1, 1_000, 65_535])
    entry = struct.pack("<HHLL", chance.choice([256, 257, 273, 330]), chance.choice([3, 4, 5, 99]), 2**31, 8)
    return b"II*\0" + struct.pack("<LH", 8, entries) + entry * min(entries, 2_000) + struct.pack("<L", 8)


def jpeg_of_segments(chance: Chance) -> bytes:
    size = struct.pack(">HBHHB", 11, 8, 65_535, 65_535, 1) + b"\1\x11\0"
    return b"\xff\xd8\xff\xc0" + size + b"\xff\xe1\xff\xff" * chance.randint(1, 100_000)


def gif_of_frames(chance: Chance) -> bytes:
    frame = b",\0\0\0\0\xff\xff\xff\xff\0\2\1\0\0"
    return b"GIF89a\xff\xff\xff\xff\0\0\0" + frame * chance.randint(1, 100_000) + b";"


def webp_that_lies(chance: Chance) -> bytes:
    return b"RIFF" + struct.pack("<L", 0xFFFFFFFF) + b"WEBPVP8X" + chance.randbytes(1_000)


def old_office(chance: Chance) -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\xfe\xff\xff\xff" * chance.randint(1, 100_000)


KINDS: list[Kind] = [
    *(nested_elements, comments, huge_table, attributes, entities, odd_charset, marks_in_heaps, words_of_no_language),
    *(one_long_line, control_characters, entity_bomb, external_entity, deep_xml, deep_json, table_of_text, web_archive),
    *(pdf_cyclic_pages, pdf_cyclic_references, pdf_many_pages, pdf_bomb, pdf_odd_filters, pdf_operators, pdf_font_map),
    *(pdf_locked, pdf_nested_objects, zip_bomb, zip_of_many, zip_that_lies, open_document, gzip_bomb),
    *(png_of_gigapixels, png_text_bomb, tiff_with_loops, jpeg_of_segments, gif_of_frames, webp_that_lies, old_office),
]


# Mutations


def _as_it_is(made: bytes, chance: Chance) -> bytes:
    return made


def _cut(made: bytes, chance: Chance) -> bytes:
    return made[: chance.randint(1, len(made))]


def _with_holes(made: bytes, chance: Chance) -> bytes:
    changed = bytearray(made)
    for _hole in range(chance.randint(1, 200)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _twice(made: bytes, chance: Chance) -> bytes:
    return made[: LARGEST // 2] * 2


def _under_a_false_name(made: bytes, chance: Chance) -> bytes:
    return chance.choice([b"%PDF-1.7\n", b"<html>", b"\x89PNG\r\n\x1a\n", b"PK\3\4", b"<?xml version='1.0'?>"]) + made


CHANGES = [_as_it_is, _cut, _with_holes, _twice, _under_a_false_name]
