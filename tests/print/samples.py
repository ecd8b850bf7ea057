"""Cards as a branch would fill them, and the longest ones it could fill."""

from __future__ import annotations

from deskapp.rules import numbers, papers, transfers_code
from deskapp.rules.custody import TamperResult

NOW = 1_741_933_500_000  # 2025-03-14 14:25 in China
DAY = 86_400_000

SITE = papers.Site(
    name="鼓楼支局",
    code="FZ-D1",
    address="福州市鼓楼区八一七北路 68 号",
    phone="0591-8755****",
    hours="周一至周六 08:30-17:30",
    station="00123",
)


def device_label(**more: object) -> papers.DeviceLabelCard:
    values: dict[str, object] = {
        "number": "D001230000711",
        "site": SITE,
        "depot_code": "FZ-D1",
        "order_no": "R00123250314007D",
        "line_no": 2,
        "line_count": 3,
        "model": "联迪 APOS A8",
        "serial_no": "00005302NL8610024571",
        "merchant": "老街鱼丸店",
        "terminal_no": "10039112",
        "fault": "打印字迹淡，走纸不畅",
        "received_ms": NOW,
        "warranty": papers.WarrantyMark.IN,
        "shelf": "B-03-2",
        "accessories": 2,
    }
    return papers.DeviceLabelCard(**{**values, **more})  # type: ignore[arg-type]


def accessory_label(**more: object) -> papers.AccessoryLabelCard:
    values: dict[str, object] = {
        "number": "A001230000720",
        "site": SITE,
        "depot_code": "FZ-D1",
        "order_no": "R00123250314007D",
        "device_label_no": "D001230000711",
        "accessory": "电源适配器",
        "index": 1,
        "count": 2,
        "model": "联迪 APOS A8",
        "serial_no": "00005302NL8610024571",
        "merchant": "老街鱼丸店",
        "received_ms": NOW,
        "shelf": "B-03-2",
    }
    return papers.AccessoryLabelCard(**{**values, **more})  # type: ignore[arg-type]


def part_label() -> papers.PartLabelCard:
    return papers.PartLabelCard(
        number="P001230000738",
        site=SITE,
        part_no="PRT-HEAD-58-A8",
        name="热敏打印头 58 mm",
        fits="APOS A8, APOS A9",
        lot_or_serial="LOT2502-118",
        quantity=1,
        unit="件",
        received_ms=NOW,
        supplier="福州恒通电子",
        bin="P-01-4",
        condition=papers.PartCondition.NEW,
    )


def shelf_label() -> papers.ShelfLabelCard:
    return papers.ShelfLabelCard(
        number="L001230000746", site=SITE, location="B-03-2", zone="维修区", use=papers.ShelfUse.REPAIR
    )


def badge_label() -> papers.BadgeLabelCard:
    return papers.BadgeLabelCard(number="U001230000017", site=SITE, name="林晓燕", staff_no="350102017")


def test_label() -> papers.TestLabelCard:
    return papers.TestLabelCard(number="D001230000711", site=SITE, printer="前台标签机 Deli DL-820T")


test_label.__test__ = False  # type: ignore[attr-defined]


def pickup_slip() -> papers.PickupSlipCard:
    return papers.PickupSlipCard(
        number="K00123250314004P",
        token="7H2KQ9XM",
        site=SITE,
        order_no="R00123250314007D",
        received_ms=NOW,
        merchant="老街鱼丸店（鼓楼店）",
        merchant_no="100391*****0001",
        devices=(
            papers.SlipDevice(
                label_no="D001230000711",
                model="联迪 APOS A8",
                serial_no="00005302NL8610024571",
                terminal_no="10039112",
                fault="打印字迹淡，走纸不畅",
                accessories=("电源适配器", "数据线"),
                condition="外壳右下角有划痕，屏幕完好，防拆签完整",
                warranty=papers.WarrantyMark.IN,
            ),
            papers.SlipDevice(
                label_no="D001230000720",
                model="新大陆 SP60",
                serial_no="NLSP60A1234567",
                terminal_no="10039113",
                fault="不能开机",
                accessories=("充电底座",),
                condition="按键磨损，电池仓轻微进液痕迹",
                warranty=papers.WarrantyMark.PENDING,
            ),
        ),
        deliverer="陈女士",
        deliverer_phone="138****5678",
        estimate_ms=NOW + 5 * DAY,
        ceiling_fen=30_000,
        loaner_model="新大陆 SP60",
        loaner_serial_no="NLSP60B7654321",
        loaner_due_ms=NOW + 10 * DAY,
        parts_return=True,
        clerk="林晓燕",
    )


def lines() -> tuple[papers.ChargeLine, ...]:
    part = papers.LineKind.PART
    return (
        papers.ChargeLine(
            part, "热敏打印头 58 mm", "PRT-HEAD-58", "H1120045", "H1190872", 1, 18_500, 18_500, "2025-06-13"
        ),
        papers.ChargeLine(part, "走纸胶辊", "PRT-ROLL-58", "", "", 2, 2_252, 4_504, "2025-06-13"),
        papers.ChargeLine(papers.LineKind.LABOUR, "", "", "", "", 1, 8_000, 8_000, ""),
        papers.ChargeLine(papers.LineKind.INSPECTION, "", "", "", "", 1, 3_000, 3_000, ""),
    )


def repair_receipt(**more: object) -> papers.RepairReceiptCard:
    names = ("开机", "签到", "打印", "读卡", "扫码", "通信")
    values: dict[str, object] = {
        "number": "C00123250319002X",
        "site": SITE,
        "order_no": "R00123250314007D",
        "slip_no": "K00123250314004P",
        "received_ms": NOW,
        "repaired_ms": NOW + 3 * DAY,
        "collected_ms": NOW + 5 * DAY,
        "merchant": "老街鱼丸店（鼓楼店）",
        "merchant_no": "100391*****0001",
        "uscc": "92350102MA2XXXXX1T",
        "devices": (
            papers.ReceiptDevice(
                model="联迪 APOS A8",
                serial_no="00005302NL8610024571",
                terminal_no="10039112",
                fault="打印字迹淡，走纸不畅",
                cause="打印头老化，胶辊积灰硬化",
                action="更换打印头与胶辊，清洁走纸通道，升级应用",
                version_before="3.2.1",
                version_after="3.4.0",
                keys=papers.KeyStatus.RELOADED,
                keys_ms=NOW + 3 * DAY,
                tests=tuple(papers.CounterTest(name) for name in names),
            ),
        ),
        "lines": lines(),
        "discount_fen": 1_500,
        "discount_reason": "老客户",
        "total_fen": 32_504,
        "payment": "微信支付",
        "invoice_no": "25352000000012345678",
        "price_list": "2025-01",
        "old_parts": papers.OldParts.RETURNED,
        "advice": "每月用酒精棉清洁打印头一次，使用 58 mm 合格热敏纸，避免油污与潮湿。",
        "collector": "陈女士",
        "id_last4": "001X",
        "rating": 5,
        "clerk": "林晓燕",
        "technician": "吴建国",
        "inspector": "郑海",
        "complaint_phone": "11183",
    }
    return papers.RepairReceiptCard(**{**values, **more})  # type: ignore[arg-type]


def quote() -> papers.QuoteCard:
    return papers.QuoteCard(
        number="Q00123250315001H",
        site=SITE,
        order_no="R00123250314007D",
        quoted_ms=NOW + DAY,
        valid_until_ms=NOW + 8 * DAY,
        merchant="老街鱼丸店（鼓楼店）",
        contact="陈女士",
        contact_phone="138****5678",
        model="联迪 APOS A8",
        serial_no="00005302NL8610024571",
        terminal_no="10039112",
        fault="打印字迹淡，走纸不畅",
        cause="打印头老化，胶辊积灰硬化",
        action="建议更换打印头与胶辊，清洁走纸通道",
        lines=lines(),
        discount_fen=1_500,
        total_fen=32_504,
        declined_fee_fen=3_000,
        work_days=2,
        price_list="2025-01",
        technician="吴建国",
    )


def day_end(held: int = 12) -> papers.DayEndCard:
    return papers.DayEndCard(
        number="FZ-D1 2025-03-14",
        site=SITE,
        day="2025-03-14",
        received_count=9,
        returned_count=6,
        tickets_opened=14,
        tickets_closed=11,
        takings=(
            papers.TakingsLine("现金", 2, 26_000),
            papers.TakingsLine("微信支付", 3, 97_508),
            papers.TakingsLine("支付宝", 1, 12_000),
            papers.TakingsLine("对公转账", 1, 1_250_000),
        ),
        waivers=(papers.ExceptionLine("C00123250314003A", 8_000, "返修免工时费", "王主管"),),
        refunds=(),
        held=tuple(
            papers.HeldLine(
                f"D0012300{index:05d}",
                "新大陆 SP60",
                f"NLSP60A{index:07d}",
                "老街鱼丸店",
                "B-03-2",
                "待取机",
                index,
                None if index == 3 else index != 5,
            )
            for index in range(held)
        ),
        extra_on_shelf=("D001230000999",),
        open_calls=(papers.OpenCallLine("R00123250314007D", "三坊茶行", "139****0012", "通知取机", 2),),
        remarks="下午停电 20 分钟，UPS 正常。",
        clerk="林晓燕",
        supervisor="王主管",
    )


def register(count: int = 40) -> papers.RegisterCard:
    return papers.RegisterCard(
        number="FZ-D1 2025-03",
        site=SITE,
        first_day="2025-03-01",
        last_day="2025-03-31",
        lines=tuple(
            papers.RegisterLine(
                index,
                NOW + index * 3_600_000,
                "R00123250314007D",
                "D001230000711",
                "老街鱼丸店（鼓楼店）",
                "联迪 A8",
                f"NL8610{index:06d}",
                "适配器、数据线",
                "打印字迹淡",
                "陈女士",
                "林晓燕",
                NOW + index * DAY if index % 3 else None,
                "陈女士" if index % 3 else "",
                "林晓燕" if index % 3 else "",
                "C00123250319002X" if index % 3 else "",
                32_504 if index % 3 else None,
                "",
            )
            for index in range(1, count + 1)
        ),
    )


def recovery_code() -> papers.RecoveryCodeCard:
    return papers.RecoveryCodeCard(
        number="RECOVERY",
        code="7H2K-Q9XM-4TWB-C8RD-N5VE-J3PF-Y6ZA-M1GS",
        site=SITE,
        store_id="0190f3c2-7d1e-7000-8000-5a1b2c3d4e5f",
        made_ms=NOW,
        made_by="王主管",
    )


def service_card() -> papers.ServiceCardCard:
    return papers.ServiceCardCard(
        number="10039112",
        site=SITE,
        merchant="老街鱼丸店",
        merchant_no="100391*****0001",
        terminal_no="10039112",
        model="联迪 APOS A8",
        serial_no="00005302NL8610024571",
        hotline="0591-8755 1183",
        advice=(
            "不开机：长按电源键 10 秒，换插座再试。",
            "打印淡：换热敏纸，清洁打印头。",
            "不向来电者透露密码，工程师上门请核对工号。",
        ),
    )


def manifest(count: int = 6) -> papers.ManifestCard:
    return papers.ManifestCard(
        number="M00123250314002R",
        site=SITE,
        type=papers.ManifestType.OUT,
        from_name="鼓楼支局",
        from_address="福州市鼓楼区八一七北路 68 号",
        from_phone="0591-8755 1183",
        to_name="福州维修中心",
        to_address="福州市仓山区金山大道 618 号",
        to_phone="0591-8300 2200",
        created_ms=NOW,
        planned_ms=NOW + DAY,
        carrier="邮政内部邮路",
        waybill="EMS1234567890",
        vehicle="闽A·12345",
        bags=2,
        seals=("FZ0000871", "FZ0000872"),
        lines=tuple(
            papers.ManifestLine(
                label_no=f"D0012300{index:05d}",
                order_no="R00123250314007D",
                model="联迪 APOS A8",
                serial_no=f"NL8610{index:08d}",
                terminal_no="10039112",
                bag_seal=f"FZ000{index:04d}",
                accessories="适配器、数据线",
                fault="打印字迹淡",
                tamper_out=TamperResult.OK,
                tamper_in=TamperResult.SUSPECT if index == 3 else TamperResult.NOT_DUE,
                received=None if index != 3 else True,
                difference="封签破损" if index == 3 else "",
            )
            for index in range(count)
        ),
        handed_by="林晓燕",
        handed_ms=NOW,
        courier="陈建新",
        codes=tuple(
            transfers_code.codes(
                "M00123250314002R", papers.ManifestType.OUT, "FZ-A1", "FZ-D1", ["FZ0000871", "FZ0000872"],
                [(numbers.make_label("D", 123, 40 + 3 * index), f"NL8610{index:08d}", "FZ0000871", 2)
                 for index in range(count)],
            )
        ),
    )  # fmt: skip


def custody_record(count: int = 5) -> papers.CustodyCard:
    holders = ("在商户处", "在架上 A-01", "由承运人保管 维修中心", "在架上 D-01", "在隔离区")
    return papers.CustodyCard(
        number="D001230000711",
        site=SITE,
        order_no="R00123250314007D",
        model="联迪 APOS A8",
        serial_no="NL861000000003",
        terminal_no="10039112",
        lines=tuple(
            papers.CustodyLine(
                NOW + index * DAY, holders[index % 5], holders[(index + 1) % 5], "M00123250314002R", "FZ0000871",
                TamperResult.SUSPECT if index == 4 else TamperResult.OK, "林晓燕", "陈建新", "9F86D081884C",
                "M00123250314002R", "在架上 B-03-2" if index == 3 else "",
            )
            for index in range(count)
        ),
        gaps=1, suspicions=1, hops=count, holder="在隔离区", made_ms=NOW, made_by="郑海",
        proof="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        named="60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
    )  # fmt: skip


def stocktake() -> papers.StocktakeCard:
    return papers.StocktakeCard(
        number="FZ-D1-20250314",
        site=SITE,
        counted_ms=NOW,
        scope="B-03-2",
        expected=18,
        found=17,
        lines=(
            papers.StocktakeLine("未找到", "D001230000711", "联迪 APOS A8", "NL861000000003", "B-03-2", "无"),
            papers.StocktakeLine("架位不符", "D001230000729", "新大陆 N910", "NL910S00000009", "A-01", "C-04"),
        ),
        remarks="B-03-2 已复盘一次。",
        counted_by="林晓燕",
    )


def discrepancy_note() -> papers.DiscrepancyCard:
    return papers.DiscrepancyCard(
        number="M00123250314002R",
        site=SITE,
        from_name="鼓楼支局",
        to_name="福州维修中心",
        carrier="邮政内部邮路",
        waybill="EMS1234567890",
        found_ms=NOW + DAY,
        place="收发室 1 号台",
        lines=(
            papers.DiscrepancyLine(
                "D001230000711", "R00123250314007D", "联迪 APOS A8", "NL861000000003", "封签破损", "FZ0000871 完好",
                "FZ0000871 断开，有“VOID”残留", "FZ0000871", 3, "隔离待查",
            ),
            papers.DiscrepancyLine(
                "D001230000720", "R00123250314007D", "新大陆 SP60", "NLSP60A1234567", "附件缺失", "充电底座 1 个", "无",
                "FZ0000872", 1, "电话询问移交方",
            ),
        ),
        remarks="外袋无破损，封签在袋内断开。",
        finder="郑海",
        witness="陈建新",
    )  # fmt: skip


def inspection_sheet(**more: object) -> papers.InspectionCard:
    values: dict[str, object] = {
        "number": "T00123250314009C",
        "site": SITE,
        "plan": "2025 年一季度巡检",
        "merchant": "老街鱼丸店（鼓楼店）",
        "merchant_no": "100391*****0001",
        "address": "鼓楼区八一七北路",
        "contact": "陈女士",
        "contact_phone": "138****5678",
        "engineer": "吴建国",
        "badge_no": "U001230000058",
        "devices": (
            papers.InspectedDevice("10039112", "联迪 APOS A8", "00005302NL8610024571", "0000530200123456789"),
            papers.InspectedDevice("10039113", "新大陆 SP60", "NLSP60A1234567", ""),
        ),
    }
    return papers.InspectionCard(**{**values, **more})  # type: ignore[arg-type]


def bench_traveller() -> papers.BenchTravellerCard:
    steps = ("收件", "检测", "报价", "备件", "维修", "灌密", "质检", "装袋封签")
    return papers.BenchTravellerCard(
        number="D001230000711",
        site=SITE,
        order_no="R00123250314007D",
        line_no=1,
        line_count=2,
        received_ms=NOW,
        due_ms=NOW + 5 * DAY,
        merchant="老街鱼丸店",
        model="联迪 APOS A8",
        serial_no="00005302NL8610024571",
        tusn="0000530200123456789",
        terminal_no="10039112",
        firmware="3.2.1",
        shelf="B-03-2",
        warranty=papers.WarrantyMark.IN,
        ceiling_fen=30_000,
        fault="打印字迹淡，走纸不畅",
        condition="外壳右下角有划痕，屏幕完好，防拆签完整",
        accessories=("电源适配器", "数据线"),
        steps=(
            papers.BenchStep("收件", "林晓燕", NOW, papers.CheckResult.PASS, "封签完好"),
            *(papers.BenchStep(name) for name in steps[1:]),
        ),
    )


def loan_agreement(**more: object) -> papers.LoanAgreementCard:
    values: dict[str, object] = {
        "number": "NLSP60B7654321-250314",
        "site": SITE,
        "order_no": "R00123250314007D",
        "merchant": "老街鱼丸店（鼓楼店）",
        "merchant_no": "100391*****0001",
        "contact": "陈女士",
        "contact_phone": "138****5678",
        "model": "新大陆 SP60",
        "serial_no": "NLSP60B7654321",
        "accessories": ("电源适配器",),
        "tamper": "完好",
        "lent_ms": NOW,
        "due_ms": NOW + 7 * DAY,
        "instead_of": "联迪 APOS A8 00005302NL8610024571",
        "clerk": "林晓燕",
    }
    return papers.LoanAgreementCard(**{**values, **more})  # type: ignore[arg-type]


def call_note() -> papers.CallNoteCard:
    return papers.CallNoteCard(
        number="R00123250314007D",
        site=SITE,
        slip_no="K00123250314004P",
        merchant="老街鱼丸店（鼓楼店）",
        contact="陈女士",
        contact_phone="138****5678",
        reason="通知取机",
        since_ms=NOW - 2 * DAY,
        devices=("联迪 APOS A8 24571", "新大陆 SP60 34567"),
        shelf="B-03-2",
        due_fen=32_504,
        attempts=(
            papers.CallAttempt(NOW - DAY, "电话", "无人接听", "林晓燕", "响铃 8 声"),
            papers.CallAttempt(NOW, "电话", "约定再来", "林晓燕", "周五上午来取"),
        ),
        noted_by="林晓燕",
        noted_ms=NOW,
    )


def missed_note() -> papers.MissedNoteCard:
    return papers.MissedNoteCard(
        number="T00123250314009C",
        site=SITE,
        merchant="老街鱼丸店",
        place="鼓楼区八一七北路",
        came_ms=NOW,
        engineer="吴建国",
        badge_no="U001230000058",
        reason="巡检",
        phone="0591-8755 1183",
        next_try="2025-03-17 上午",
    )


def refund() -> papers.RefundCard:
    return papers.RefundCard(
        number="C00123250320001Z",
        site=SITE,
        receipt_no="C00123250319002X",
        order_no="R00123250314007D",
        merchant="老街鱼丸店（鼓楼店）",
        merchant_no="100391*****0001",
        paid_ms=NOW + 5 * DAY,
        paid_fen=32_504,
        refunded_ms=NOW + 6 * DAY,
        total_fen=8_000,
        method="微信支付（原路返还）",
        reason="工时费多收一次",
        invoice_no="25352000000012345678",
        collector="陈女士",
        id_last4="001X",
        allowed_by="王主管",
        clerk="林晓燕",
        complaint_phone="11183",
    )


def key_run(count: int = 3) -> papers.KeyRunCard:
    done = (
        ("TMK-01", "A1B2C3", "已灌装", "灌装成功"), ("", "", "失败", "设备报 E07，送厂检测"),
        ("", "", "未灌装", "设备未送到"),
    )  # fmt: skip
    return papers.KeyRunCard(
        number="KL00123-250314-01",
        site=SITE,
        opened_ms=NOW,
        closed_ms=NOW + 3_600_000,
        authorised_by="王主管",
        custodian_a="孙一",
        custodian_b="孙二",
        method="母POS",
        key_set="TMK-2025-03",
        lines=tuple(
            papers.KeyRunLine(
                f"D00123000{place:03d}1",
                "联迪 APOS A8",
                f"NL8610024{place:03d}",
                "10039112",
                *done[place % 3][:2],
                done[place % 3][2],
                done[place % 3][3],
                NOW + place * 60_000,
            )
            for place in range(count)
        ),  # fmt: skip
        loaded=(count + 2) // 3,
        failed=(count + 1) // 3,
        left_out=count // 3,
        words="母POS 编号 MP-02",
    )


def scrap_record() -> papers.ScrapCard:
    return papers.ScrapCard(
        number="D001230000711",
        site=SITE,
        order_no="R00123250314007D",
        merchant="老街鱼丸店（鼓楼店）",
        model="联迪 APOS A8",
        serial_no="NL8610024571",
        tusn="00005302NL8610024571",
        terminal_no="10039112",
        owner="银行产权",
        consent="农商行 陈经理 BF-2025-018",
        reason="进水腐蚀，主板无法修复",
        keys_erased="随安全模块一并销毁",
        method="安全模块钻孔",
        kept_parts=("PRT-A8 ×1", "BAT-A8 ×1 BT99120031"),
        scrapped_ms=NOW,
        photos=3,
        done_by="王主管",
        witness="张建国",
        second_witness="陈涛",
        decided="销毁 银行来函",
    )


def swap_note(**more: object) -> papers.SwapNoteCard:
    values: dict[str, object] = {
        "number": "R00123250314007D-2",
        "site": SITE,
        "order_no": "R00123250314007D",
        "merchant": "老街鱼丸店（鼓楼店）",
        "merchant_no": "100391*****0001",
        "contact": "陈女士",
        "contact_phone": "138****5678",
        "swapped_ms": NOW,
        "reason": "主板腐蚀，无法修复",
        "old_model": "联迪 APOS A8",
        "old_serial_no": "NL8610024571",
        "old_label_no": "D001230000711",
        "model": "新大陆 SP60",
        "serial_no": "NLSP60B7654321",
        "tusn": "00005302NLSP60B7654321",
        "label_no": "D001230000728",
        "terminal_no": "10039112",
        "terminal_words": "保留",
        "binding_ticket": "UMS-2025-0318",
        "keys": "密钥已灌装",
        "key_slot": "TMK-01",
        "check_value": "A1B2C3",
        "keys_ms": NOW - DAY,
        "warranty_until": "2026-05-01",
        "warranty_words": "原机剩余质保期",
        "accessories": ("电源适配器", "数据线"),
        "tamper": "完好",
        "clerk": "林晓燕",
    }
    return papers.SwapNoteCard(**{**values, **more})  # type: ignore[arg-type]


def collect_notice() -> papers.CollectNoticeCard:
    return papers.CollectNoticeCard(
        number="R00123250314007D",
        site=SITE,
        slip_no="K00123250314004P",
        merchant="老街鱼丸店（鼓楼店）",
        contact="陈女士",
        devices=("联迪 APOS A8 10024571", "新大陆 SP60 B7654321"),
        ready_ms=NOW - 31 * DAY,
        days=31,
        step="书面通知并写明期限",
        until="2025-05-15",
        due_fen=32_504,
        storage_fee="每日 1.00 元，自第 61 日起",
        words="如已委托他人，请电话告知。",
        clerk="林晓燕",
        printed_ms=NOW,
    )


def parts_order() -> papers.PartsOrderCard:
    return papers.PartsOrderCard(
        number="20250314-0930",
        site=SITE,
        made_ms=NOW,
        lines=(
            papers.PartToOrder("BAT-A8", "锂电池", "联迪 APOS A8", "E-1", 1, 2, 4, 5, 8),
            papers.PartToOrder("PRT-SP60", "热敏打印头组件", "新大陆 SP60", "E-2", 0, 0, 3, 0, 3),
        ),
        made_by="陈涛",
    )


def command_sheet() -> papers.CommandSheetCard:
    return papers.CommandSheetCard(number="00123", site=SITE)


ALL: dict[str, papers.Card] = {
    "device_label": device_label(),
    "accessory_label": accessory_label(),
    "part_label": part_label(),
    "shelf_label": shelf_label(),
    "badge_label": badge_label(),
    "test_label": test_label(),
    "pickup_slip": pickup_slip(),
    "repair_receipt": repair_receipt(),
    "quote": quote(),
    "day_end": day_end(),
    "register": register(),
    "recovery_code": recovery_code(),
    "service_card": service_card(),
    "manifest": manifest(),
    "custody_record": custody_record(),
    "stocktake": stocktake(),
    "discrepancy_note": discrepancy_note(),
    "inspection_sheet": inspection_sheet(),
    "bench_traveller": bench_traveller(),
    "loan_agreement": loan_agreement(),
    "call_note": call_note(),
    "missed_note": missed_note(),
    "refund": refund(),
    "key_run": key_run(),
    "scrap_record": scrap_record(),
    "swap_note": swap_note(),
    "collect_notice": collect_notice(),
    "parts_order": parts_order(),
    "command_sheet": command_sheet(),
}
