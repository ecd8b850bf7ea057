"""Runs with zplkit, python-escpos and zebrafy: what they make of our papers and our bytes.

ask_encoders.py render FOLDER     every NAME.zpl that sizes.json names becomes NAME.zplkit.png
ask_encoders.py encode FOLDER     every NAME.png there becomes NAME.gsv0, NAME.column, NAME.ascii, NAME.z64
"""

import io
import json
import re
import sys
from pathlib import Path

from PIL import Image


def render(folder: Path) -> None:
    import zplkit
    from zplkit.rendering import Limits

    dots = json.loads((folder / "sizes.json").read_text())
    for name, (_width, _height, per_mm) in dots.items():
        source = (folder / f"{name}.zpl").read_bytes()
        options = zplkit.Options(profile="specification", dpi={8: 203, 12: 300}[per_mm])
        # It refuses what it does not know; what is refused is told, so that a test can say what may be.
        while True:
            try:
                document = zplkit.render(source, options, limits=Limits(graphic_bytes=10_000_000))
                break
            except Exception as problem:
                unknown = re.search(r"unsupported command (\w\w)", str(problem))
                if unknown is None:
                    raise
                sys.stdout.write(f"unknown {unknown[1]}\n")
                source = re.sub(rb"\^" + unknown[1].encode() + rb"[^^]*", b"", source)
        (label,) = document.labels
        drawn = label.rasterize()
        picture = Image.frombytes("L", (drawn.width, drawn.height), bytes(drawn.pixels))
        picture.save(folder / f"{name}.zplkit.png")
        for warning in document.warnings:
            sys.stdout.write(f"warning {name} {warning}\n")


def encode(folder: Path) -> None:
    from escpos.printer import Dummy
    from zebrafy import ZebrafyImage

    for file in sorted(folder.glob("*.png")):
        picture = Image.open(file)
        for name, more in (
            ("gsv0", {"impl": "bitImageRaster", "fragment_height": 128}),
            ("column", {"impl": "bitImageColumn"}),
        ):
            printer = Dummy()
            printer.image(picture, center=False, **more)
            file.with_suffix(f".{name}").write_bytes(printer.output)
        grey = io.BytesIO()
        picture.convert("L").save(grey, "PNG")
        for kind in ("ASCII", "Z64"):
            made = ZebrafyImage(grey.getvalue(), format=kind, invert=False, dither=False, complete_zpl=False).to_zpl()
            file.with_suffix(f".{kind.lower()}").write_text(made)


{"render": render, "encode": encode}[sys.argv[1]](Path(sys.argv[2]))
