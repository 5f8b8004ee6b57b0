//! Attempts to change what was issued, through another program's connection
//! with every guard switched off that a connection can switch off.

use tilld::ledger::{AttemptRecord, Recovery, ReportState, audit};

use crate::support::{NOW, Till, keyed, sell, unit};

fn attempt() -> AttemptRecord {
    AttemptRecord {
        started_at: NOW,
        duration_ms: 120,
        endpoint: "reporting".to_owned(),
        http: Some(200),
        headers: vec![("request-id".to_owned(), "abc".to_owned())],
        body: br#"{"reportingStatus":"REPORTED"}"#.to_vec(),
        verdict: "accepted".to_owned(),
        error: None,
        cleared: None,
    }
}

fn till_with_history() -> Till {
    let till = Till::new();
    let why = Some("a test".to_owned());
    let closing = Recovery::CloseChains { actor: "uid 0".to_owned(), above: 0, why };
    let mut store = till.open_on(Some([7; 32]), &[], closing).unwrap();
    store.activate(unit(1)).unwrap();
    let first = store.append(keyed(1, "key-1", 1)).unwrap();
    store.append(keyed(2, "key-2", 2)).unwrap();
    store.begin_attempt(first.id, NOW).unwrap();
    store.finish_attempt(first.id, &attempt(), ReportState::Reported, 0).unwrap();
    store.close().unwrap();
    till
}

#[test]
fn raw_sql_cannot_change_or_remove_what_was_issued() {
    let till = till_with_history();
    let db = till.intruder();
    let tables = [
        "documents",
        "idempotency",
        "attempts",
        "facts",
        "dictionaries",
        "chains",
        "bindings",
        "activities",
        "floors",
    ];
    let copy_last =
        "INSERT INTO documents (id, uuid, number, serial, kind, issued, hash, previous, payable, tax,
                                            change, tenders, print, xml)
                     SELECT %ID%, uuid, number, serial, kind, issued, hash, %PREVIOUS%, payable, tax, change,
                            tenders, print, xml FROM documents ORDER BY id DESC LIMIT 1";
    let insert = |verb: &str, id: &str, previous: &str| {
        copy_last.replace("INSERT", verb).replace("%ID%", id).replace("%PREVIOUS%", previous)
    };
    let mut tries: Vec<String> = tables.iter().map(|table| format!("DELETE FROM {table}")).collect();
    let plain = tables.iter().filter(|table| !["documents", "attempts"].contains(table));
    tries.extend(plain.map(|table| format!("REPLACE INTO {table} SELECT * FROM {table} LIMIT 1")));
    tries.extend(
        [
            "UPDATE documents SET payable = 1",
            "UPDATE documents SET xml = x'00' WHERE id = (1 << 32) + 2",
            "UPDATE idempotency SET body = zeroblob(16)",
            "UPDATE attempts SET verdict = 'x'",
            "REPLACE INTO attempts SELECT id, started_at, duration_ms, endpoint, http, headers, body, body_length, verdict, error, state FROM attempts",
            "UPDATE facts SET value = x'00'",
            "UPDATE dictionaries SET content = x'00'",
            "UPDATE chains SET environment = 'production'",
            "UPDATE chains SET continues = NULL",
            "UPDATE bindings SET machine = zeroblob(32)",
            "UPDATE activities SET actor = 'nobody'",
            "INSERT INTO activities SELECT id + 9, at, actor, what, detail, hash FROM activities",
            "INSERT INTO bindings SELECT id + 2, machine, at, why FROM bindings",
            "UPDATE floors SET serial = 0",
            "INSERT INTO floors SELECT id + 2, 0, at FROM floors",
            "INSERT INTO idempotency SELECT slot, key, body, (1 << 32) + 2 FROM idempotency WHERE true ON CONFLICT DO UPDATE SET body = zeroblob(16)",
            "INSERT INTO attempts SELECT id + 2, started_at, duration_ms, endpoint, http, headers, body, body_length, verdict, error, state FROM attempts",
            "INSERT INTO attempts SELECT id + 1, started_at, duration_ms, endpoint, http, headers, body, body_length, verdict, error, state FROM attempts",
        ]
        .map(str::to_owned),
    );
    // A gap, a second use of an ICV, a wrong link, no link, and an earlier moment.
    tries.push(insert("INSERT", "(1 << 32) + 4", "hash"));
    tries.push(insert("INSERT OR REPLACE", "(1 << 32) + 2", "previous"));
    tries.push(insert("INSERT OR REPLACE", "(1 << 32) + 1", "NULL"));
    tries.push(insert("INSERT", "(1 << 32) + 3", "previous"));
    tries.push(insert("INSERT", "(1 << 32) + 3", "NULL"));
    tries.push(insert("INSERT", "(1 << 32) + 3", "hash").replace("issued,", "issued - 1,").replacen(
        "issued - 1,",
        "issued,",
        1,
    ));
    for sql in tries {
        let error = db.execute_batch(&sql).expect_err(&sql).to_string();
        let by_a_trigger = tables.iter().any(|table| error.starts_with(&format!("{table}: ")));
        assert!(by_a_trigger, "{sql}: {error}");
    }
    // The same row in its right place would be taken: the refusals above were not about its form.
    db.execute_batch(&insert("INSERT", "(1 << 32) + 3", "hash")).unwrap();
}

#[test]
fn what_was_changed_behind_the_triggers_is_found() {
    let edits = [
        ("UPDATE documents SET payable = payable + 100 WHERE id = (1 << 32) + 1", "payable amount"),
        ("UPDATE documents SET issued = issued - 86400 WHERE id = (1 << 32) + 1", "moment of issue"),
        ("UPDATE documents SET number = 'T1-000009' WHERE id = (1 << 32) + 2", "number"),
        ("UPDATE documents SET xml = (SELECT xml FROM documents WHERE id = (1 << 32) + 1)", "hash"),
        ("UPDATE documents SET xml = zeroblob(40) WHERE id = (1 << 32) + 2", "compressed"),
        ("UPDATE documents SET hash = zeroblob(32) WHERE id = (1 << 32) + 1", "hash"),
        ("DELETE FROM documents WHERE id = (1 << 32) + 1", "ICV"),
    ];
    for (sql, word) in edits {
        let till = till_with_history();
        let db = till.intruder();
        db.execute_batch("DROP TRIGGER documents_fixed; DROP TRIGGER documents_kept;").unwrap();
        db.execute_batch(sql).unwrap();
        drop(db);
        let report = audit::verify_chain(&till.dir(), |_| ()).unwrap();
        let found: Vec<&str> = report.findings.iter().map(|finding| finding.what.as_str()).collect();
        assert!(found.iter().any(|what| what.contains(word)), "{sql}: {found:?}");
        let opened = till.try_open(Recovery::Refuse);
        assert!(opened.is_err(), "the tail is verified on start: {sql}");
    }
}

#[test]
fn a_walk_reads_beside_the_writer() {
    let till = Till::new();
    let mut store = till.open();
    for n in 0..20 {
        sell(&mut store, n).unwrap();
    }
    let mut heard = Vec::new();
    let report = audit::verify_chain(&till.dir(), |done| heard.push(done)).unwrap();
    assert_eq!((report.documents, report.is_clean()), (20, true));
    assert_eq!(heard.last(), Some(&20));
    audit::check_file(&till.dir()).unwrap();
    sell(&mut store, 20).unwrap();
}
