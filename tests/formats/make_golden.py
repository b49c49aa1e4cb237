"""Writes tests/golden/formats/* with numpy and the standard library: the oracle that shares no code with src/formats.

Run from the repository root: python3 tests/formats/make_golden.py
Values are fixed formulas, repeated in the tests, so that a golden file never hides what it holds.
"""
import json
import struct
from pathlib import Path

import numpy as np

OUT = Path("tests/golden/formats")
OUT.mkdir(parents=True, exist_ok=True)

# [3, 4]: 0, 1, ..., 11 minus 5 for signed types, so that byte order and storage order both show.
BASE = np.arange(12).reshape(3, 4)
TYPES = ["<f2", ">f2", "<f4", ">f4", "<f8", ">f8", "|i1", "<i2", ">i2", "<i4", ">i4", "<i8", ">i8",
         "|u1", "<u2", ">u2", "<u4", ">u4", "<u8", ">u8"]


def file_name(descr: str, order: str) -> str:
    endian = {"<": "le", ">": "be", "|": "b"}[descr[0]]
    return f"{descr[1:]}_{endian}_{order}.npy"


for descr in TYPES:
    signed = descr[1] in "fi"
    values = (BASE - 5 if signed else BASE) * (0.5 if descr[1] == "f" else 1)
    for order in "CF":
        np.save(OUT / file_name(descr, order), np.asarray(values, dtype=descr, order=order))
np.save(OUT / "b1_b_C.npy", BASE % 3 == 0)
np.save(OUT / "vector.npy", np.array([0.1, -2.5, 1e300]))
np.save(OUT / "half_specials.npy",
        np.array([6e-8, 6.1e-5, 65504, -0.0, np.inf, -np.inf, np.nan, 1 / 3], dtype="<f2"))
for version in [(2, 0), (3, 0)]:
    with open(OUT / f"version_{version[0]}.npy", "wb") as file:
        np.lib.format.write_array(file, BASE.astype("<f8"), version=version)
np.save(OUT / "objects.npy", np.array([1, "a"], dtype=object), allow_pickle=True)
np.save(OUT / "structured.npy", np.zeros(2, dtype=[("a", "<f4"), ("b", "<i4")]))
np.save(OUT / "complex.npy", np.zeros(2, dtype="<c8"))
np.save(OUT / "text.npy", np.array(["a", "b"]))
np.save(OUT / "cube.npy", np.zeros((2, 2, 2)))
np.save(OUT / "empty.npy", np.zeros((0, 4)))

rows = np.asfortranarray(BASE * 0.25)
labels = np.array([0, 1, 0], dtype="<i8")
np.savez(OUT / "stored.npz", X=rows, y=labels)
np.savez_compressed(OUT / "deflated.npz", X=rows, y=labels)
np.savez_compressed(OUT / "no_label.npz", X=rows)
np.savez_compressed(OUT / "no_rows.npz", data=rows, y=labels)
np.savez_compressed(OUT / "zeros.npz", X=np.zeros((20000, 4)))


def safetensors(entries, metadata):
    """The format by its README: length, JSON without spaces, padding, data; entries are in file order already."""
    header, body = {}, b""
    if metadata:
        header["__metadata__"] = metadata
    for name, dtype, array in entries:
        raw = array.tobytes()
        offsets = [len(body), len(body) + len(raw)]
        header[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": offsets}
        body += raw
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + body


(OUT / "model.safetensors").write_bytes(safetensors(
    [("steps", "U64", np.array([7], dtype="<u8")),
     ("mean", "F64", np.array([0.1, -0.2], dtype="<f8")),
     ("decoder.bias", "F32", np.array([1.5, -2.5, 3.5], dtype="<f4")),
     ("encoder.weight", "F32", (np.arange(6) / 4).astype("<f4").reshape(2, 3)),
     ("scalar", "F32", np.array(2.5, dtype="<f4")),
     ("mask", "U8", np.array([1, 0, 1], dtype="u1"))],
    {"format": "elbow", "größe": "naïve \"quoted\""}))
(OUT / "empty.safetensors").write_bytes(safetensors([], {}))
