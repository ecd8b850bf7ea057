"""The cards that are measured, each with numbers and names of its own, so that nothing is merely remembered."""

from __future__ import annotations

from datetime import date

from deskapp.rules import papers
from deskapp.rules.numbers import make, make_label
from tests.print import samples

_DAY = date(2025, 3, 19)
_MERCHANTS = (
    "老街鱼丸店", "三坊七巷肉燕馆", "鼓楼新华书店", "晋安区便民超市", "台江五金交电商行", "仓山水果批发部", "马尾海鲜大排档",
    "乌山茶叶专柜", "闽江渔家乐", "长乐机场便利店", "连江鲍鱼养殖合作社",
)  # fmt: skip
_STORIES = (
    ("打印字迹淡，走纸不畅", "打印头老化，胶辊积灰硬化", "更换打印头与胶辊，清洁走纸通道，升级应用"),
    ("开机后反复重启，充电指示灯不亮", "电池鼓包，电源管理芯片损坏", "更换电池与主板，重新灌装密钥，老化测试两小时"),
    ("读卡失败，挥卡无反应", "射频天线排线脱落", "重接排线并加固，读写各二十次均正常"),
    ("屏幕触摸漂移，按键失灵", "进水腐蚀按键板", "更换按键板与显示屏，清洗主板"),
)


def labels(count: int) -> list[papers.DeviceLabelCard]:
    """Return labels with numbers, serials and names of their own."""
    return [
        samples.device_label(
            number=make_label("D", 123, index + 1),
            serial_no=f"00005302NL86{index:08d}",
            merchant=f"老街鱼丸店{index % 97}",
            terminal_no=f"{10039112 + index}",
        )
        for index in range(count)
    ]


def receipts(count: int) -> list[papers.RepairReceiptCard]:
    """Return receipts with numbers, merchants, stories and sums of their own."""
    made = []
    for index in range(count):
        fault, cause, action = _STORIES[index % len(_STORIES)]
        device = samples.repair_receipt().devices[0]
        told = papers.ReceiptDevice(
            model=device.model, serial_no=f"00005302NL86{index:08d}", terminal_no=f"{10039112 + index}",
            fault=fault, cause=cause, action=action, version_before="3.2.1", version_after=f"3.4.{index}",
            keys=device.keys, keys_ms=device.keys_ms, tests=device.tests,
        )  # fmt: skip
        made.append(
            samples.repair_receipt(
                number=make("C", 123, _DAY, index + 1),
                order_no=make("R", 123, _DAY, index + 1),
                slip_no=make("K", 123, _DAY, index + 1),
                merchant=f"{_MERCHANTS[index % len(_MERCHANTS)]}{index + 1}号店",
                devices=(told,),
                total_fen=32_504 + 37 * index,
                invoice_no=f"{25352000000012345678 + 101 * index}",
            )
        )
    return made
