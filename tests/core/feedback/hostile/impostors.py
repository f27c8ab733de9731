"""Files that are no pictures, most of them called photo.jpg."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import pickle
import tarfile

from core.feedback.sniff import Content
from tests.core.feedback.hostile.case import Case, Refused, holding
from tests.core.feedback.hostile.drawing import as_zip, box

SVG = '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'
PAGE = "<html><head><title>Sign in</title></head><body>später</body></html>"


def _as_tar() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("photo.jpg"))
    return out.getvalue()


WEB_PAGES = {
    "sign-in page": b"\n<!DOCTYPE HTML><html><title>Sign in</title><svg></svg></html>",
    "page without a type": PAGE.encode(),
    "page in UTF-16": PAGE.encode("utf-16"),
    "page with a byte order mark": PAGE.encode("utf-8-sig"),
    "page in an old alphabet": PAGE.encode("latin-1"),
    "page behind a comment": b"<!-- " + b"saved from an address " * 20 + b"-->" + PAGE.encode(),
    "page of XML": b'<?xml version="1.0"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0"><html/>',
    "script alone": b"<script>location='https://example.com'</script>",
    "page that goes on for a megabyte": PAGE.encode() * 15_000,
}
DRAWINGS = {
    "SVG": SVG.encode(),
    "SVG of XML": b'<?xml version="1.0"?>' + SVG.encode(),
    "SVG that includes a file": b'<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]><svg>&a;</svg>',
    "SVG of a billion laughs": b'<!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><svg>&b;</svg>',
    "SVG in UTF-16": SVG.encode("utf-16"),
}
OTHERS: dict[str, tuple[bytes, Content]] = {
    "nothing": (b"", Content.EMPTY),
    "spaces": (b" \r\n\t" * 40, Content.EMPTY),
    "one byte of nought": (b"\0", Content.UNKNOWN),
    "a kilobyte of nought": (bytes(1024), Content.UNKNOWN),
    "EPS": (b"%!PS-Adobe-3.0 EPSF-3.0\n(/etc/passwd) (r) file", Content.POSTSCRIPT),
    "EPS with a preview": (b"\xc5\xd0\xd3\xc6\x1e\0\0\0" + bytes(24), Content.POSTSCRIPT),
    "PDF": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", Content.PDF),
    "zip": (as_zip(), Content.ARCHIVE),
    "empty zip": (b"PK\x05\x06" + bytes(18), Content.ARCHIVE),
    "gzip, as of an SVG": (gzip.compress(SVG.encode(), mtime=0), Content.ARCHIVE),
    "bzip2": (bz2.compress(b"inside"), Content.ARCHIVE),
    "xz": (lzma.compress(b"inside"), Content.ARCHIVE),
    "zstandard": (b"\x28\xb5\x2f\xfd" + bytes(20), Content.ARCHIVE),
    "tar": (_as_tar(), Content.ARCHIVE),
    "rar": (b"Rar!\x1a\x07\x01\0" + bytes(20), Content.ARCHIVE),
    "7z": (b"7z\xbc\xaf\x27\x1c" + bytes(26), Content.ARCHIVE),
    "Word document": (as_zip("[Content_Types].xml"), Content.DOCUMENT),
    "OpenDocument": (as_zip("mimetype"), Content.DOCUMENT),
    "old Word document": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504), Content.DOCUMENT),
    "rich text": (b"{\\rtf1\\ansi{\\pict\\pngblip 89504e47}}", Content.DOCUMENT),
    "Photoshop": (b"8BPS\0\1" + bytes(30), Content.LAYERED),
    "GIMP": (b"gimp xcf v011\0" + bytes(30), Content.LAYERED),
    "MP4": (box(b"ftyp", b"isom\0\0\2\0isommp41"), Content.VIDEO),
    "QuickTime": (box(b"ftyp", b"qt  \0\0\2\0qt  "), Content.VIDEO),
    "WebM": (b"\x1aE\xdf\xa3" + bytes(40), Content.VIDEO),
    "AVI": (b"RIFF\xff\0\0\0AVI LIST", Content.VIDEO),
    "sound": (b"RIFF\xff\0\0\0WAVEfmt ", Content.UNKNOWN),
    "song": (b"ID3\x04\0\0\0\0\0\0" + bytes(40), Content.UNKNOWN),
    "Fuji raw": (b"FUJIFILMCCD-RAW 0201" + bytes(40), Content.RAW),
    "Olympus raw": (b"IIRO\x08\0\0\0" + bytes(40), Content.RAW),
    "Panasonic raw": (b"IIU\0\x08\0\0\0" + bytes(40), Content.RAW),
    "icon": (b"\0\0\1\0\1\0\x10\x10\0\0\1\0\x20\0" + bytes(40), Content.UNKNOWN),
    "JPEG XL": (b"\xff\x0a\xfa\x7f\x01" + bytes(40), Content.UNKNOWN),
    "JPEG 2000": (b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(40), Content.UNKNOWN),
    "program": (b"\x7fELF\x02\x01\x01\0" + bytes(40), Content.UNKNOWN),
    "Windows program": (b"MZ\x90\0\x03\0\0\0" + bytes(40), Content.UNKNOWN),
    "pickle": (pickle.dumps({"photo": [1, 2.5]}, protocol=4), Content.UNKNOWN),
    "shell script": (b"#!/bin/sh\nrm -rf ~\n", Content.TEXT),
    "words": ("Just some words, größer als sonst.".encode(), Content.TEXT),
    "words on bicycles": (b"BMX bicycles, and how to draw them", Content.TEXT),
    "an error in JSON": (b'{"ok": false, "error": "not_authed"}', Content.TEXT),
    "a pointer of Git LFS": (b"version https://git-lfs.github.com/spec/v1\n", Content.TEXT),
    "noise": (bytes((7919 * number >> 3) % 256 for number in range(1, 999)), Content.UNKNOWN),
}

CASES = (
    *(Case(name, holding(page), Refused(Content.WEB_PAGE)) for name, page in WEB_PAGES.items()),
    *(Case(name, holding(drawing), Refused(Content.SVG)) for name, drawing in DRAWINGS.items()),
    *(Case(name, holding(content), Refused(why)) for name, (content, why) in OTHERS.items()),
)
