"""The first format: every table, index and search table as they were in the first release."""

from __future__ import annotations

from deskapp import cipher


def up(connection: cipher.Connection) -> None:
    """Create the tables of format 1 on an empty file and mark it as ours."""
    for statement in _STATEMENTS:
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id={cipher.APPLICATION_ID}")


_STATEMENTS = (
    """
    CREATE TABLE device_model (
        brand TEXT NOT NULL,
        brand_en TEXT NOT NULL,
        name TEXT NOT NULL,
        kind TEXT NOT NULL,
        unionpay_device_type TEXT NOT NULL,
        capabilities JSON NOT NULL,
        accessories JSON NOT NULL,
        serial_pattern TEXT NOT NULL,
        warranty_months INTEGER NOT NULL,
        key_load_on_board_change BOOLEAN NOT NULL,
        min_version TEXT NOT NULL,
        note TEXT NOT NULL,
        support_contact TEXT NOT NULL,
        active BOOLEAN NOT NULL,
        n INTEGER NOT NULL,
        id TEXT NOT NULL,
        CONSTRAINT pk_device_model PRIMARY KEY (n),
        CONSTRAINT uq_device_model_id UNIQUE (id)
    )
    """,
    """
    CREATE INDEX ix_device_model_name ON device_model (name)
    """,
    """
    CREATE TABLE device (
        serial_no TEXT NOT NULL,
        tusn TEXT NOT NULL,
        model_id TEXT NOT NULL,
        imei TEXT NOT NULL,
        iccid TEXT NOT NULL,
        ownership TEXT NOT NULL,
        manufactured_on TEXT NOT NULL,
        warranty_until TEXT NOT NULL,
        repair_warranty JSON NOT NULL,
        firmware_version TEXT NOT NULL,
        app_version TEXT NOT NULL,
        loaner BOOLEAN NOT NULL,
        do_not_wipe BOOLEAN NOT NULL,
        note TEXT NOT NULL,
        joined_into TEXT NOT NULL,
        merchant_id TEXT NOT NULL,
        terminal_no TEXT NOT NULL,
        n INTEGER NOT NULL,
        id TEXT NOT NULL,
        CONSTRAINT pk_device PRIMARY KEY (n),
        CONSTRAINT uq_device_id UNIQUE (id)
    )
    """,
    """
    CREATE INDEX ix_device_joined_into ON device (joined_into)
    """,
    """
    CREATE INDEX ix_device_serial_no ON device (serial_no)
    """,
    """
    CREATE INDEX ix_device_loaner ON device (loaner)
    """,
    """
    CREATE INDEX ix_device_tusn ON device (tusn)
    """,
    """
    CREATE INDEX ix_device_terminal_no ON device (terminal_no)
    """,
    """
    CREATE INDEX ix_device_model_id ON device (model_id)
    """,
    """
    CREATE INDEX ix_device_merchant_id ON device (merchant_id)
    """,
    """
    CREATE TABLE terminal_binding (
        device_id TEXT NOT NULL,
        merchant_id TEXT NOT NULL,
        terminal_no TEXT NOT NULL,
        valid_from TEXT NOT NULL,
        valid_to TEXT NOT NULL,
        place TEXT NOT NULL,
        n INTEGER NOT NULL,
        id TEXT NOT NULL,
        CONSTRAINT pk_terminal_binding PRIMARY KEY (n),
        CONSTRAINT uq_terminal_binding_id UNIQUE (id)
    )
    """,
    """
    CREATE INDEX ix_terminal_binding_terminal_no ON terminal_binding (terminal_no)
    """,
    """
    CREATE INDEX ix_terminal_binding_merchant_id ON terminal_binding (merchant_id)
    """,
    """
    CREATE INDEX ix_terminal_binding_device_id ON terminal_binding (device_id)
    """,
    """
    CREATE TABLE change_set (
        seq INTEGER NOT NULL,
        uid TEXT NOT NULL,
        station TEXT NOT NULL,
        hlc TEXT NOT NULL,
        at INTEGER NOT NULL,
        staff TEXT NOT NULL,
        command TEXT NOT NULL,
        body TEXT NOT NULL,
        prev TEXT NOT NULL,
        hash TEXT NOT NULL,
        signature TEXT NOT NULL,
        acked_at INTEGER NOT NULL,
        CONSTRAINT pk_change_set PRIMARY KEY (seq),
        CONSTRAINT uq_change_set_uid UNIQUE (uid)
    )
    """,
    """
    CREATE INDEX ix_change_set_staff ON change_set (staff)
    """,
    """
    CREATE INDEX ix_change_set_command ON change_set (command)
    """,
    """
    CREATE INDEX ix_change_set_at ON change_set (at)
    """,
    """
    CREATE TABLE changed_record (
        record_id TEXT NOT NULL,
        seq INTEGER NOT NULL,
        CONSTRAINT pk_changed_record PRIMARY KEY (record_id, seq)
    )
    """,
    """
    CREATE TABLE personal_value (
        op_uid TEXT NOT NULL,
        name TEXT NOT NULL,
        record_id TEXT NOT NULL,
        value TEXT NOT NULL,
        CONSTRAINT pk_personal_value PRIMARY KEY (op_uid, name)
    )
    """,
    """
    CREATE INDEX ix_personal_value_record_id ON personal_value (record_id)
    """,
    """
    CREATE TABLE record_key (
        record_id TEXT NOT NULL,
        "key" TEXT NOT NULL,
        CONSTRAINT pk_record_key PRIMARY KEY (record_id)
    )
    """,
    """
    CREATE TABLE group_version (
        record_id TEXT NOT NULL,
        name TEXT NOT NULL,
        op_uid TEXT NOT NULL,
        CONSTRAINT pk_group_version PRIMARY KEY (record_id, name)
    )
    """,
    """
    CREATE TABLE store_info (
        "key" TEXT NOT NULL,
        value TEXT NOT NULL,
        CONSTRAINT pk_store_info PRIMARY KEY ("key")
    )
    """,
    """
    CREATE TABLE counter (
        letter TEXT NOT NULL,
        day TEXT NOT NULL,
        value INTEGER NOT NULL,
        CONSTRAINT pk_counter PRIMARY KEY (letter)
    )
    """,
    """
    CREATE TABLE setting (
        "key" TEXT NOT NULL,
        value TEXT NOT NULL,
        CONSTRAINT pk_setting PRIMARY KEY ("key")
    )
    """,
    """
    CREATE TABLE draft (
        id TEXT NOT NULL,
        page TEXT NOT NULL,
        staff_id TEXT NOT NULL,
        title TEXT NOT NULL,
        form JSON NOT NULL,
        saved_at INTEGER NOT NULL,
        CONSTRAINT pk_draft PRIMARY KEY (id)
    )
    """,
    """
    CREATE INDEX ix_draft_page ON draft (page)
    """,
    """
    CREATE TABLE print_job (
        id TEXT NOT NULL,
        kind TEXT NOT NULL,
        subject_kind TEXT NOT NULL,
        subject_id TEXT NOT NULL,
        number TEXT NOT NULL,
        card TEXT NOT NULL,
        card_sha256 TEXT NOT NULL,
        copy_no INTEGER NOT NULL,
        of_job TEXT NOT NULL,
        reason TEXT NOT NULL,
        language TEXT NOT NULL,
        medium TEXT NOT NULL,
        printer TEXT NOT NULL,
        state TEXT NOT NULL,
        evidence TEXT NOT NULL,
        error TEXT NOT NULL,
        attempts INTEGER NOT NULL,
        created_at INTEGER NOT NULL,
        created_by TEXT NOT NULL,
        state_at INTEGER NOT NULL,
        resolved_by TEXT NOT NULL,
        CONSTRAINT pk_print_job PRIMARY KEY (id)
    )
    """,
    """
    CREATE INDEX ix_print_job_state ON print_job (state, created_at)
    """,
    """
    CREATE INDEX ix_print_job_number ON print_job (number)
    """,
    """
    CREATE INDEX ix_print_job_subject_id ON print_job (subject_id)
    """,
    """
    CREATE TABLE lookup_use (
        id INTEGER NOT NULL,
        at INTEGER NOT NULL,
        staff_id TEXT NOT NULL,
        record_id TEXT NOT NULL,
        reason TEXT NOT NULL,
        CONSTRAINT pk_lookup_use PRIMARY KEY (id)
    )
    """,
    """
    CREATE TABLE merchant (
        merchant_no TEXT NOT NULL,
        name TEXT NOT NULL,
        short_name TEXT NOT NULL,
        uscc TEXT NOT NULL,
        initials TEXT NOT NULL,
        address TEXT NOT NULL,
        district TEXT NOT NULL,
        tier TEXT NOT NULL,
        note TEXT NOT NULL,
        active BOOLEAN NOT NULL,
        joined_into TEXT NOT NULL,
        n INTEGER NOT NULL,
        id TEXT NOT NULL,
        CONSTRAINT pk_merchant PRIMARY KEY (n),
        CONSTRAINT uq_merchant_id UNIQUE (id)
    )
    """,
    """
    CREATE INDEX ix_merchant_merchant_no ON merchant (merchant_no)
    """,
    """
    CREATE INDEX ix_merchant_joined_into ON merchant (joined_into)
    """,
    """
    CREATE TABLE merchant_contact (
        merchant_id TEXT NOT NULL,
        name TEXT NOT NULL,
        relation TEXT NOT NULL,
        phone TEXT NOT NULL,
        main BOOLEAN NOT NULL,
        active BOOLEAN NOT NULL,
        n INTEGER NOT NULL,
        id TEXT NOT NULL,
        CONSTRAINT pk_merchant_contact PRIMARY KEY (n),
        CONSTRAINT uq_merchant_contact_id UNIQUE (id)
    )
    """,
    """
    CREATE INDEX ix_merchant_contact_phone ON merchant_contact (phone)
    """,
    """
    CREATE INDEX ix_merchant_contact_merchant_id ON merchant_contact (merchant_id)
    """,
    """
    CREATE TABLE service_contract (
        merchant_id TEXT NOT NULL,
        number TEXT NOT NULL,
        kind TEXT NOT NULL,
        starts_on TEXT NOT NULL,
        ends_on TEXT NOT NULL,
        warranty_months INTEGER NOT NULL,
        explained_by TEXT NOT NULL,
        open_questions TEXT NOT NULL,
        active BOOLEAN NOT NULL,
        n INTEGER NOT NULL,
        id TEXT NOT NULL,
        CONSTRAINT pk_service_contract PRIMARY KEY (n),
        CONSTRAINT uq_service_contract_id UNIQUE (id)
    )
    """,
    """
    CREATE INDEX ix_service_contract_merchant_id ON service_contract (merchant_id)
    """,
    """
    CREATE TABLE site (
        code TEXT NOT NULL,
        name TEXT NOT NULL,
        short_name TEXT NOT NULL,
        depot_code TEXT NOT NULL,
        is_outlet BOOLEAN NOT NULL,
        is_depot BOOLEAN NOT NULL,
        solo BOOLEAN NOT NULL,
        region TEXT NOT NULL,
        address TEXT NOT NULL,
        phone TEXT NOT NULL,
        hotline TEXT NOT NULL,
        complaint_phone TEXT NOT NULL,
        hours TEXT NOT NULL,
        service_times JSON NOT NULL,
        n INTEGER NOT NULL,
        id TEXT NOT NULL,
        CONSTRAINT pk_site PRIMARY KEY (n),
        CONSTRAINT uq_site_id UNIQUE (id)
    )
    """,
    """
    CREATE INDEX ix_site_code ON site (code)
    """,
    """
    CREATE TABLE staff (
        staff_no TEXT NOT NULL,
        name TEXT NOT NULL,
        badge_no TEXT NOT NULL,
        roles JSON NOT NULL,
        active BOOLEAN NOT NULL,
        language TEXT NOT NULL,
        n INTEGER NOT NULL,
        id TEXT NOT NULL,
        CONSTRAINT pk_staff PRIMARY KEY (n),
        CONSTRAINT uq_staff_id UNIQUE (id)
    )
    """,
    """
    CREATE INDEX ix_staff_staff_no ON staff (staff_no)
    """,
    """
    CREATE INDEX ix_staff_badge_no ON staff (badge_no)
    """,
    """
    CREATE TABLE staff_secret (
        staff_id TEXT NOT NULL,
        pin_hash TEXT NOT NULL,
        failures INTEGER NOT NULL,
        blocked_until INTEGER NOT NULL,
        must_change BOOLEAN NOT NULL,
        CONSTRAINT pk_staff_secret PRIMARY KEY (staff_id)
    )
    """,
    """
    CREATE TABLE voucher (
        token TEXT NOT NULL,
        staff_id TEXT NOT NULL,
        "right" TEXT NOT NULL,
        expires_at INTEGER NOT NULL,
        spent BOOLEAN NOT NULL,
        CONSTRAINT pk_voucher PRIMARY KEY (token)
    )
    """,
    """
    CREATE TABLE shelf (
        site_id TEXT NOT NULL,
        code TEXT NOT NULL,
        zone TEXT NOT NULL,
        use TEXT NOT NULL,
        label_no TEXT NOT NULL,
        active BOOLEAN NOT NULL,
        n INTEGER NOT NULL,
        id TEXT NOT NULL,
        CONSTRAINT pk_shelf PRIMARY KEY (n),
        CONSTRAINT uq_shelf_id UNIQUE (id)
    )
    """,
    """
    CREATE INDEX ix_shelf_code ON shelf (code)
    """,
    """
    CREATE INDEX ix_shelf_label_no ON shelf (label_no)
    """,
    """
    CREATE INDEX ix_shelf_site_id ON shelf (site_id)
    """,
    """
    CREATE TABLE calendar_day (
        site_id TEXT NOT NULL,
        day TEXT NOT NULL,
        works BOOLEAN NOT NULL,
        note TEXT NOT NULL,
        active BOOLEAN NOT NULL,
        n INTEGER NOT NULL,
        id TEXT NOT NULL,
        CONSTRAINT pk_calendar_day PRIMARY KEY (n),
        CONSTRAINT uq_calendar_day_id UNIQUE (id)
    )
    """,
    """
    CREATE INDEX ix_calendar_day_site_id ON calendar_day (site_id)
    """,
    """
    CREATE INDEX ix_calendar_day_day ON calendar_day (day)
    """,
    """
    CREATE TABLE repair_order (
        number TEXT NOT NULL,
        slip_no TEXT NOT NULL,
        slip_token TEXT NOT NULL,
        ticket_id TEXT NOT NULL,
        site_id TEXT NOT NULL,
        merchant_id TEXT NOT NULL,
        opened_at INTEGER NOT NULL,
        opened_by TEXT NOT NULL,
        deliverer_name TEXT NOT NULL,
        deliverer_phone TEXT NOT NULL,
        deliverer_id_type TEXT NOT NULL,
        deliverer_id_last4 TEXT NOT NULL,
        estimate_at INTEGER NOT NULL,
        ceiling_fen INTEGER NOT NULL,
        vendor_consent BOOLEAN NOT NULL,
        old_parts_back BOOLEAN NOT NULL,
        slip_blocked BOOLEAN NOT NULL,
        state TEXT NOT NULL,
        closed_at INTEGER NOT NULL,
        n INTEGER NOT NULL,
        id TEXT NOT NULL,
        CONSTRAINT pk_repair_order PRIMARY KEY (n),
        CONSTRAINT uq_repair_order_id UNIQUE (id)
    )
    """,
    """
    CREATE INDEX ix_repair_order_merchant_id ON repair_order (merchant_id)
    """,
    """
    CREATE INDEX ix_repair_order_number ON repair_order (number)
    """,
    """
    CREATE INDEX ix_repair_order_slip_no ON repair_order (slip_no)
    """,
    """
    CREATE INDEX ix_repair_order_deliverer_phone ON repair_order (deliverer_phone)
    """,
    """
    CREATE INDEX ix_repair_order_opened_at ON repair_order (opened_at)
    """,
    """
    CREATE INDEX ix_repair_order_ticket_id ON repair_order (ticket_id)
    """,
    """
    CREATE TABLE repair_item (
        order_id TEXT NOT NULL,
        line_no INTEGER NOT NULL,
        device_id TEXT NOT NULL,
        label_no TEXT NOT NULL,
        terminal_no TEXT NOT NULL,
        symptom_code TEXT NOT NULL,
        words TEXT NOT NULL,
        previous_item_id TEXT NOT NULL,
        shelf_id TEXT NOT NULL,
        technician_id TEXT NOT NULL,
        priority INTEGER NOT NULL,
        work_state TEXT NOT NULL,
        resumes TEXT NOT NULL,
        state_at INTEGER NOT NULL,
        holder TEXT NOT NULL,
        money_state TEXT NOT NULL,
        due_fen INTEGER NOT NULL,
        paid_fen INTEGER NOT NULL,
        done_due INTEGER NOT NULL,
        receipt_no TEXT NOT NULL,
        n INTEGER NOT NULL,
        id TEXT NOT NULL,
        CONSTRAINT pk_repair_item PRIMARY KEY (n),
        CONSTRAINT uq_repair_item_id UNIQUE (id)
    )
    """,
    """
    CREATE INDEX ix_repair_item_held ON repair_item (work_state, state_at) WHERE work_state NOT IN ('closed', 'cancelled', 'swapped', 'scrapped', 'picked_up')
    """,
    """
    CREATE INDEX ix_repair_item_previous_item_id ON repair_item (previous_item_id)
    """,
    """
    CREATE INDEX ix_repair_item_device_id ON repair_item (device_id)
    """,
    """
    CREATE INDEX ix_repair_item_label_no ON repair_item (label_no)
    """,
    """
    CREATE INDEX ix_repair_item_order_id ON repair_item (order_id)
    """,
    """
    CREATE INDEX ix_repair_item_receipt_no ON repair_item (receipt_no)
    """,
    """
    CREATE TABLE accessory_item (
        item_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        label_no TEXT NOT NULL,
        serial_no TEXT NOT NULL,
        note TEXT NOT NULL,
        returned_at INTEGER NOT NULL,
        n INTEGER NOT NULL,
        id TEXT NOT NULL,
        CONSTRAINT pk_accessory_item PRIMARY KEY (n),
        CONSTRAINT uq_accessory_item_id UNIQUE (id)
    )
    """,
    """
    CREATE INDEX ix_accessory_item_item_id ON accessory_item (item_id)
    """,
    """
    CREATE INDEX ix_accessory_item_label_no ON accessory_item (label_no)
    """,
    """
    CREATE TABLE work_event (
        item_id TEXT NOT NULL,
        move TEXT NOT NULL,
        to_state TEXT NOT NULL,
        resumes TEXT NOT NULL,
        second_by TEXT NOT NULL,
        reason TEXT NOT NULL,
        data JSON NOT NULL,
        at INTEGER NOT NULL,
        "by" TEXT NOT NULL,
        voids TEXT NOT NULL,
        n INTEGER NOT NULL,
        id TEXT NOT NULL,
        CONSTRAINT pk_work_event PRIMARY KEY (n),
        CONSTRAINT uq_work_event_id UNIQUE (id)
    )
    """,
    """
    CREATE INDEX ix_work_event_item_id ON work_event (item_id)
    """,
    """
    CREATE INDEX ix_work_event_at ON work_event (at)
    """,
    """
    CREATE TABLE item_record (
        item_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        words TEXT NOT NULL,
        data JSON NOT NULL,
        at INTEGER NOT NULL,
        "by" TEXT NOT NULL,
        voids TEXT NOT NULL,
        n INTEGER NOT NULL,
        id TEXT NOT NULL,
        CONSTRAINT pk_item_record PRIMARY KEY (n),
        CONSTRAINT uq_item_record_id UNIQUE (id)
    )
    """,
    """
    CREATE INDEX ix_item_record_kind ON item_record (kind)
    """,
    """
    CREATE INDEX ix_item_record_item_id ON item_record (item_id)
    """,
    """
    CREATE INDEX ix_item_record_at ON item_record (at)
    """,
    """
    CREATE TABLE custody_event (
        item_id TEXT NOT NULL,
        from_holder TEXT NOT NULL,
        to_holder TEXT NOT NULL,
        place TEXT NOT NULL,
        seal_in TEXT NOT NULL,
        seal_out TEXT NOT NULL,
        tamper_result TEXT NOT NULL,
        giver TEXT NOT NULL,
        taker TEXT NOT NULL,
        prev_hash TEXT NOT NULL,
        at INTEGER NOT NULL,
        "by" TEXT NOT NULL,
        voids TEXT NOT NULL,
        n INTEGER NOT NULL,
        id TEXT NOT NULL,
        CONSTRAINT pk_custody_event PRIMARY KEY (n),
        CONSTRAINT uq_custody_event_id UNIQUE (id)
    )
    """,
    """
    CREATE INDEX ix_custody_event_at ON custody_event (at)
    """,
    """
    CREATE INDEX ix_custody_event_item_id ON custody_event (item_id)
    """,
    """
    CREATE TABLE money_event (
        item_id TEXT NOT NULL,
        order_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        fen INTEGER NOT NULL,
        method TEXT NOT NULL,
        number TEXT NOT NULL,
        second_by TEXT NOT NULL,
        reason TEXT NOT NULL,
        data JSON NOT NULL,
        at INTEGER NOT NULL,
        "by" TEXT NOT NULL,
        voids TEXT NOT NULL,
        n INTEGER NOT NULL,
        id TEXT NOT NULL,
        CONSTRAINT pk_money_event PRIMARY KEY (n),
        CONSTRAINT uq_money_event_id UNIQUE (id)
    )
    """,
    """
    CREATE INDEX ix_money_event_item_id ON money_event (item_id)
    """,
    """
    CREATE INDEX ix_money_event_at ON money_event (at)
    """,
    """
    CREATE INDEX ix_money_event_order_id ON money_event (order_id)
    """,
    """
    CREATE INDEX ix_money_event_kind ON money_event (kind)
    """,
    """
    CREATE INDEX ix_money_event_number ON money_event (number)
    """,
    """
    CREATE TABLE pickup (
        order_id TEXT NOT NULL,
        receipt_no TEXT NOT NULL,
        item_ids JSON NOT NULL,
        collector_name TEXT NOT NULL,
        collector_is_agent BOOLEAN NOT NULL,
        id_type TEXT NOT NULL,
        id_last4 TEXT NOT NULL,
        proof TEXT NOT NULL,
        second_by TEXT NOT NULL,
        reason TEXT NOT NULL,
        data JSON NOT NULL,
        at INTEGER NOT NULL,
        "by" TEXT NOT NULL,
        voids TEXT NOT NULL,
        n INTEGER NOT NULL,
        id TEXT NOT NULL,
        CONSTRAINT pk_pickup PRIMARY KEY (n),
        CONSTRAINT uq_pickup_id UNIQUE (id)
    )
    """,
    """
    CREATE INDEX ix_pickup_order_id ON pickup (order_id)
    """,
    """
    CREATE INDEX ix_pickup_at ON pickup (at)
    """,
    """
    CREATE INDEX ix_pickup_receipt_no ON pickup (receipt_no)
    """,
    """
    CREATE TABLE print_fact (
        subject_kind TEXT NOT NULL,
        subject_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        number TEXT NOT NULL,
        copy_no INTEGER NOT NULL,
        reason TEXT NOT NULL,
        at INTEGER NOT NULL,
        "by" TEXT NOT NULL,
        voids TEXT NOT NULL,
        n INTEGER NOT NULL,
        id TEXT NOT NULL,
        CONSTRAINT pk_print_fact PRIMARY KEY (n),
        CONSTRAINT uq_print_fact_id UNIQUE (id)
    )
    """,
    """
    CREATE INDEX ix_print_fact_number ON print_fact (number)
    """,
    """
    CREATE INDEX ix_print_fact_at ON print_fact (at)
    """,
    """
    CREATE INDEX ix_print_fact_subject_id ON print_fact (subject_id)
    """,
    """
    CREATE TABLE review_card (
        kind TEXT NOT NULL,
        subject_kind TEXT NOT NULL,
        subject_id TEXT NOT NULL,
        words TEXT NOT NULL,
        data JSON NOT NULL,
        raised_at INTEGER NOT NULL,
        settled_at INTEGER NOT NULL,
        settled_by TEXT NOT NULL,
        settled_how TEXT NOT NULL,
        n INTEGER NOT NULL,
        id TEXT NOT NULL,
        CONSTRAINT pk_review_card PRIMARY KEY (n),
        CONSTRAINT uq_review_card_id UNIQUE (id)
    )
    """,
    """
    CREATE INDEX ix_review_card_subject_id ON review_card (subject_id)
    """,
    """
    CREATE TABLE part (
        part_no TEXT NOT NULL,
        name TEXT NOT NULL,
        name_en TEXT NOT NULL,
        fits JSON NOT NULL,
        price_fen INTEGER NOT NULL,
        warranty_days INTEGER NOT NULL,
        serialised BOOLEAN NOT NULL,
        min_quantity INTEGER NOT NULL,
        bin TEXT NOT NULL,
        active BOOLEAN NOT NULL,
        n INTEGER NOT NULL,
        id TEXT NOT NULL,
        CONSTRAINT pk_part PRIMARY KEY (n),
        CONSTRAINT uq_part_id UNIQUE (id)
    )
    """,
    """
    CREATE INDEX ix_part_part_no ON part (part_no)
    """,
    """
    CREATE TABLE stock_move (
        part_id TEXT NOT NULL,
        from_place TEXT NOT NULL,
        to_place TEXT NOT NULL,
        quantity INTEGER NOT NULL,
        serial_no TEXT NOT NULL,
        item_id TEXT NOT NULL,
        reason TEXT NOT NULL,
        data JSON NOT NULL,
        at INTEGER NOT NULL,
        "by" TEXT NOT NULL,
        voids TEXT NOT NULL,
        n INTEGER NOT NULL,
        id TEXT NOT NULL,
        CONSTRAINT pk_stock_move PRIMARY KEY (n),
        CONSTRAINT uq_stock_move_id UNIQUE (id)
    )
    """,
    """
    CREATE INDEX ix_stock_move_part_id ON stock_move (part_id)
    """,
    """
    CREATE INDEX ix_stock_move_item_id ON stock_move (item_id)
    """,
    """
    CREATE INDEX ix_stock_move_serial_no ON stock_move (serial_no)
    """,
    """
    CREATE INDEX ix_stock_move_at ON stock_move (at)
    """,
    """
    CREATE TABLE price_line (
        version TEXT NOT NULL,
        code TEXT NOT NULL,
        kind TEXT NOT NULL,
        name TEXT NOT NULL,
        name_en TEXT NOT NULL,
        fen INTEGER NOT NULL,
        region TEXT NOT NULL,
        valid_from TEXT NOT NULL,
        active BOOLEAN NOT NULL,
        n INTEGER NOT NULL,
        id TEXT NOT NULL,
        CONSTRAINT pk_price_line PRIMARY KEY (n),
        CONSTRAINT uq_price_line_id UNIQUE (id)
    )
    """,
    """
    CREATE INDEX ix_price_line_version ON price_line (version)
    """,
    """
    CREATE TABLE loan_event (
        kind TEXT NOT NULL,
        device_id TEXT NOT NULL,
        merchant_id TEXT NOT NULL,
        order_id TEXT NOT NULL,
        due_at INTEGER NOT NULL,
        words TEXT NOT NULL,
        data JSON NOT NULL,
        at INTEGER NOT NULL,
        "by" TEXT NOT NULL,
        voids TEXT NOT NULL,
        n INTEGER NOT NULL,
        id TEXT NOT NULL,
        CONSTRAINT pk_loan_event PRIMARY KEY (n),
        CONSTRAINT uq_loan_event_id UNIQUE (id)
    )
    """,
    """
    CREATE INDEX ix_loan_event_device_id ON loan_event (device_id)
    """,
    """
    CREATE INDEX ix_loan_event_merchant_id ON loan_event (merchant_id)
    """,
    """
    CREATE INDEX ix_loan_event_at ON loan_event (at)
    """,
    """
    CREATE INDEX ix_loan_event_order_id ON loan_event (order_id)
    """,
    """
    CREATE TABLE attachment (
        subject_kind TEXT NOT NULL,
        subject_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        mime TEXT NOT NULL,
        size INTEGER NOT NULL,
        caption TEXT NOT NULL,
        at INTEGER NOT NULL,
        "by" TEXT NOT NULL,
        voids TEXT NOT NULL,
        n INTEGER NOT NULL,
        id TEXT NOT NULL,
        CONSTRAINT pk_attachment PRIMARY KEY (n),
        CONSTRAINT uq_attachment_id UNIQUE (id)
    )
    """,
    """
    CREATE INDEX ix_attachment_sha256 ON attachment (sha256)
    """,
    """
    CREATE INDEX ix_attachment_at ON attachment (at)
    """,
    """
    CREATE INDEX ix_attachment_subject_id ON attachment (subject_id)
    """,
    """
    CREATE TABLE service_ticket (
        number TEXT NOT NULL,
        kind TEXT NOT NULL,
        channel TEXT NOT NULL,
        site_id TEXT NOT NULL,
        opened_at INTEGER NOT NULL,
        opened_by TEXT NOT NULL,
        merchant_id TEXT NOT NULL,
        caller_name TEXT NOT NULL,
        callback_phone TEXT NOT NULL,
        device_id TEXT NOT NULL,
        model_words TEXT NOT NULL,
        symptom_code TEXT NOT NULL,
        words TEXT NOT NULL,
        business_stopped BOOLEAN NOT NULL,
        priority INTEGER NOT NULL,
        answers JSON NOT NULL,
        response_due INTEGER NOT NULL,
        done_due INTEGER NOT NULL,
        state TEXT NOT NULL,
        waits_for TEXT NOT NULL,
        closed_at INTEGER NOT NULL,
        n INTEGER NOT NULL,
        id TEXT NOT NULL,
        CONSTRAINT pk_service_ticket PRIMARY KEY (n),
        CONSTRAINT uq_service_ticket_id UNIQUE (id)
    )
    """,
    """
    CREATE INDEX ix_service_ticket_merchant_id ON service_ticket (merchant_id)
    """,
    """
    CREATE INDEX ix_service_ticket_open ON service_ticket (priority, n) WHERE state NOT IN ('done', 'cancelled')
    """,
    """
    CREATE INDEX ix_service_ticket_number ON service_ticket (number)
    """,
    """
    CREATE INDEX ix_service_ticket_device_id ON service_ticket (device_id)
    """,
    """
    CREATE INDEX ix_service_ticket_callback_phone ON service_ticket (callback_phone)
    """,
    """
    CREATE INDEX ix_service_ticket_opened_at ON service_ticket (opened_at)
    """,
    """
    CREATE TABLE ticket_event (
        ticket_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        to_state TEXT NOT NULL,
        words TEXT NOT NULL,
        data JSON NOT NULL,
        at INTEGER NOT NULL,
        "by" TEXT NOT NULL,
        voids TEXT NOT NULL,
        n INTEGER NOT NULL,
        id TEXT NOT NULL,
        CONSTRAINT pk_ticket_event PRIMARY KEY (n),
        CONSTRAINT uq_ticket_event_id UNIQUE (id)
    )
    """,
    """
    CREATE INDEX ix_ticket_event_at ON ticket_event (at)
    """,
    """
    CREATE INDEX ix_ticket_event_ticket_id ON ticket_event (ticket_id)
    """,
    """
    CREATE VIRTUAL TABLE search_service_ticket USING fts5(grams, content='', columnsize=0, detail=none, tokenize='ascii')
    """,
    """
    CREATE VIRTUAL TABLE search_device USING fts5(grams, content='', columnsize=0, detail=none, tokenize='ascii')
    """,
    """
    CREATE VIRTUAL TABLE search_merchant USING fts5(grams, content='', columnsize=0, detail=none, tokenize='ascii')
    """,
    """
    CREATE VIRTUAL TABLE search_repair_order USING fts5(grams, content='', columnsize=0, detail=none, tokenize='ascii')
    """,
)
