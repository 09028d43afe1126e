"""Texts in files, in gzip where the name ends in .gz."""

import gzip
import json


def read_json(path):
    """Of JSON, or of JSON in gzip where the name ends so."""
    data = path.read_bytes()
    return json.loads(gzip.decompress(data) if path.suffix == ".gz" else data)


def write_text(path, text):
    """As it is, or in gzip where the name ends so, the same bytes for the same text."""
    path.write_bytes(gzip.compress(text.encode(), mtime=0) if path.suffix == ".gz" else text.encode())


def write_json(path, value):
    path.write_text(json.dumps(value, indent=2) + "\n")
