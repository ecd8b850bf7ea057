"""Runs with the peers only: labels and a receipt as HTML through WeasyPrint, the way InvenTree prints labels.

    python peer_weasyprint.py TASK MATTER OUT TIMES [installed | fonttools]

One HTML document is rendered per label, codes as pictures in it (qrcode, python-barcode), and
the pages are put together at the end. With `installed` the font is one the system knows, so
that no document brings its own; the usual way is a template that names its font file. With
`fonttools` it does without libharfbuzz-subset, as it does wherever that library is not installed.
"""

import base64
import html
import io
import json
import os
import resource
import statistics
import sys
import time

TASK, MATTER, OUT, TIMES = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
INSTALLED = "installed" in sys.argv
with open(MATTER, encoding="utf-8") as file:
    GIVEN = json.load(file)
if INSTALLED:
    folder = os.path.dirname(GIVEN["fonts"][0])
    with open(OUT + ".conf", "w", encoding="utf-8") as file:
        file.write(f"<fontconfig><dir>{folder}</dir><cachedir>{OUT}.cache</cachedir></fontconfig>")
    os.environ["FONTCONFIG_FILE"] = OUT + ".conf"
    FACES, FAMILY = "", "'Noto Sans SC'"
else:
    FACES = "".join(
        f"@font-face{{font-family:desk;font-weight:{weight};src:url(file://{path})}}"
        for weight, path in zip((400, 700), GIVEN["fonts"], strict=True)
    )
    FAMILY = "desk"

import barcode  # noqa: E402 (the environment comes first)
import qrcode  # noqa: E402
from barcode.writer import ImageWriter  # noqa: E402
from weasyprint import HTML  # noqa: E402
from weasyprint.pdf import fonts  # noqa: E402

if "fonttools" in sys.argv:
    fonts.harfbuzz_subset = None
elif fonts.harfbuzz_subset is None:
    sys.exit("libharfbuzz-subset is not installed, and without it this peer is slower than it could be")

LABEL_CSS = (
    f"<style>{FACES}@page{{size:60mm 40mm;margin:0}}body{{margin:0;font-family:{FAMILY}}}"
    "span,img,div.b{position:absolute;white-space:nowrap;line-height:1}b{font-weight:700}div.b{background:#000}"
    "img{image-rendering:pixelated}</style>"
)
RECEIPT_CSS = (
    f"<style>{FACES}@page{{size:A5;margin:9mm}}body{{margin:0;font:9pt {FAMILY}}}h1{{font-size:19pt;margin:0}}"
    "h2{font-size:10pt;margin:5pt 0 1pt;border-bottom:.5pt solid #000}table{width:100%;border-collapse:collapse}"
    "td{vertical-align:top;padding:1pt 0}i{font-style:normal;font-size:6.5pt;color:#666}p{margin:2pt 0}"
    ".g td{border-bottom:.4pt solid #aaa}.n{text-align:right}.t{font-size:16pt;font-weight:700}"
    ".s td{border-bottom:.5pt solid #000;height:10mm}</style>"
)


def picture(text, is_qr):
    out = io.BytesIO()
    if is_qr:
        qrcode.make(text, box_size=5, border=0, error_correction=qrcode.ERROR_CORRECT_M).save(out)
    else:
        options = {"module_width": 0.25, "module_height": 13, "quiet_zone": 0, "write_text": False, "dpi": 300}
        barcode.get("code128", text, writer=ImageWriter()).write(out, options)
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()


def label(one):
    parts = []
    for left, top, size, bold, text in one["texts"]:
        words = html.escape(text)
        words = f"<b>{words}</b>" if bold else words
        parts.append(f'<span style="left:{left}mm;top:{top}mm;font-size:{size}mm">{words}</span>')
    for left, top, width, height in one["blocks"]:
        parts.append(f'<div class=b style="left:{left}mm;top:{top}mm;width:{width}mm;height:{height}mm"></div>')
    for left, top, width, height, is_qr, text in one["codes"]:
        place = f"left:{left}mm;top:{top}mm;width:{width}mm;height:{height}mm"
        parts.append(f'<img style="{place}" src="{picture(text, is_qr)}">')
    return HTML(string=LABEL_CSS + "".join(parts)).render()


def grid(entries, columns=4):
    rows = [entries[start : start + columns] for start in range(0, len(entries), columns)]
    cells = "</tr><tr>".join("".join(f"<td>{a} <i>{b}</i><br>{html.escape(c)}</td>" for a, b, c in row) for row in rows)
    return f"<table><tr>{cells}</tr></table>"


def receipt(one):
    story = "".join(f"<tr><td>{a} <i>{b}</i></td><td>{html.escape(c)}</td></tr>" for a, b, c in one["story"])
    lines = "".join(
        f"<tr><td>{a} <i>{b}</i></td><td class=n>{c}</td><td class=n>{d}</td><td class=n>{e}</td></tr>"
        for a, b, c, d, e in one["lines"]
    )
    body = (
        f"<table><tr><td><b>{one['office']}</b><h1>维修结算单</h1><i>REPAIR RECEIPT</i></td>"
        f"<td class=n>结算单号 <i>Receipt No</i><br><b>{one['number']}</b><br><i>正本 / ORIGINAL</i></td>"
        f'<td style="width:12mm"><img style="width:11mm" src="{picture(one["number"], True)}"></td></tr></table>'
        f"{grid(one['head'])}<h2>维修情况 <i>Repair</i></h2><p><b>{one['device']}</b></p>{grid(one['facts'], 3)}"
        f"<table>{story}<tr><td>现场测试 <i>Counter test</i></td><td>{' '.join('[x] ' + t for t in one['tests'])}</td></tr>"
        "</table><h2>费用 <i>Charges</i></h2><table class=g><tr><td>项目 <i>Item</i></td><td class=n>数量 <i>Qty</i></td>"
        f"<td class=n>单价 <i>Price</i></td><td class=n>金额 <i>Amount</i></td></tr>{lines}</table>"
        f"<table><tr><td>优惠 Discount</td><td class=n>{one['discount']}</td></tr>"
        f"<tr><td class=t>合计 Total</td><td class='n t'>￥{one['total']}</td></tr></table>"
        f"<p>人民币（大写） <i>In words</i> <b>{one['words']}</b></p>{grid(one['foot'])}<p>{one['advice']}</p>"
        f"<p>本单不作发票使用。</p><div class=s>{grid(one['signed'])}</div><p><i>{one['last']}</i></p>"
    )
    return HTML(string=RECEIPT_CSS + body).render()


def write(documents):
    documents[0].copy([page for one in documents for page in one.pages]).write_pdf(OUT)


def timed(make):
    """Seconds by the clock and of the processor."""
    start, cpu = time.perf_counter(), time.process_time()
    make()
    return time.perf_counter() - start, time.process_time() - cpu


def medians(found):
    told = {"seconds": statistics.median(one[0] for one in found), "cpu": statistics.median(one[1] for one in found)}
    return {**told, "least": min(one[0] for one in found)}


def main():
    labels, told = GIVEN["labels"], {}
    if TASK == "many":
        told = medians([timed(lambda: write([label(one) for one in labels]))])
    elif TASK == "fresh":
        write([label(labels[0])])
        told.update(at=time.monotonic(), cpu=time.process_time())
    elif TASK == "warm":
        for one in labels[:10]:
            write([label(one)])
        told = medians([timed(lambda one=one: write([label(one)])) for one in labels[10 : TIMES + 10]])
    elif TASK == "receipt":
        receipts = GIVEN["receipts"]
        for one in receipts[:10]:
            write([receipt(one)])
        told = medians([timed(lambda one=one: write([receipt(one)])) for one in receipts[10 : TIMES + 10]])
    told["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    told["bytes"] = os.path.getsize(OUT)
    sys.stdout.write(json.dumps(told) + "\n")


main()
