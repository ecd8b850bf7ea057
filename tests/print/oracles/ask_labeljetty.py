"""Runs with labeljetty: its BITMAP of every PNG of a folder, and its reading of every status byte."""

import json
import sys
import types
from pathlib import Path

from labeljetty.printer.tspl import TSPLPrinter, TSPLPrinterStatusMessage
from PIL import Image

folder = Path(sys.argv[1])
for file in sorted(folder.glob("*.png")):
    command = TSPLPrinter._bitmap_tspl(types.SimpleNamespace(), Image.open(file))
    file.with_suffix(".bitmap").write_bytes(command)
readings = [TSPLPrinterStatusMessage.from_raw_response(byte).model_dump() for byte in range(256)]
sys.stdout.write(json.dumps(readings))
