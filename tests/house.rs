//! Holds the code to the map in ARCHITECTURE.md: which room may use which, and
//! what must be absent where. Reads the `use` lines and paths of the sources.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// For each room the rooms it may name. A room missing here is an error.
const ARROWS: &[(&str, &[&str])] = &[
    ("money", &[]),
    ("chain", &[]),
    ("text", &["money"]),
    ("invoice", &["money", "text"]),
    ("ubl", &["money", "chain", "invoice"]),
    ("stamp", &["money", "chain", "invoice", "ubl"]),
    ("xml", &["text"]),
    ("schema", &["text", "xml"]),
    ("rules", &["money", "chain", "text", "invoice", "xml"]),
    ("check", &["chain", "text", "stamp", "xml", "schema", "rules"]),
    ("receipt", &["money", "text"]),
    ("doctor", &["text"]),
    ("printer", &[]),
    ("fatoora", &["chain"]),
    ("keys", &["chain", "text", "invoice", "stamp", "fatoora"]),
    ("ledger", &["money", "chain", "text", "invoice", "ubl", "stamp", "rules"]),
    ("onboard", &["money", "chain", "text", "invoice", "stamp", "fatoora", "keys"]),
    ("report", &["chain", "text", "invoice", "rules", "check", "fatoora", "ledger"]),
    ("archive", &["chain", "text", "invoice", "stamp", "report", "ledger"]),
    ("config", &["invoice", "receipt", "printer", "fatoora", "keys"]),
    ("api", &["money", "chain", "text", "invoice"]),
    ("cli", &["chain", "text", "receipt", "printer", "xml", "rules", "check", "doctor", "config", "api"]),
    ("sandbox", &[]),
];

/// Free to use everything; nothing but the binary uses it.
const WIRING: &str = "daemon";

/// Rooms without I/O, clock or randomness.
const PURE: &[&str] = &[
    "money", "chain", "text", "invoice", "ubl", "stamp", "xml", "schema", "rules", "check", "receipt",
    "doctor",
];
const IMPURE: &[&str] = &[
    "tokio",
    "std::fs",
    "std::net",
    "std::io::",
    "std::env",
    "std::process",
    "SystemTime",
    "Instant::now",
    "getrandom",
    "rusqlite",
    "reqwest",
    "std::thread",
];

/// Libraries that only certain rooms may name.
const LIBRARIES: &[(&str, &[&str])] = &[
    ("rusqlite", &["ledger"]),
    ("flate2", &["archive"]),
    ("zstd", &["ledger"]),
    ("reqwest", &["fatoora", "api"]),
    ("rustls", &["fatoora", "api", "sandbox"]),
    ("axum", &["api", "sandbox"]),
    ("clap", &["cli"]),
    ("toml", &["config", "daemon"]),
    ("harfrust", &["receipt"]),
    ("qrcode", &["receipt"]),
    ("chacha20poly1305", &["keys"]),
    ("cryptoki", &["keys"]),
    ("k256", &["stamp", "check", "keys", "sandbox"]),
];

struct Source {
    room: String,
    path: PathBuf,
    text: String,
}

/// Every source line of the library, without comments and without test modules.
fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    for room in fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
        collect(&room, room.file_name().unwrap().to_str().unwrap(), &mut found);
    }
    assert!(found.len() > 100, "only {} files were found", found.len());
    found
}

fn collect(folder: &Path, room: &str, found: &mut Vec<Source>) {
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() && !path.ends_with("tests") {
            collect(&path, room, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") && !path.ends_with("tests.rs") {
            let whole = fs::read_to_string(&path).unwrap();
            let product = whole.split("\n#[cfg(test)]\nmod ").next().unwrap();
            let code = product.lines().filter(|line| !line.trim_start().starts_with("//"));
            let text = code.collect::<Vec<_>>().join("\n");
            found.push(Source { room: room.to_owned(), path, text });
        }
    }
}

/// Rooms named in `crate::room` paths, also in grouped imports.
fn named(text: &str) -> BTreeSet<String> {
    let mut rooms = BTreeSet::new();
    for (at, _) in text.match_indices("crate::") {
        let rest = &text[at + "crate::".len()..];
        let names: Vec<&str> = match rest.strip_prefix('{') {
            Some(group) => group.split('}').next().unwrap_or("").split(',').collect(),
            None => vec![rest],
        };
        for name in names {
            let name: String =
                name.trim().chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
            rooms.insert(name);
        }
    }
    rooms
}

#[test]
fn every_arrow_is_on_the_map() {
    let map: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| source.room != WIRING) {
        let allowed =
            map.get(source.room.as_str()).unwrap_or_else(|| panic!("{} is not on the map", source.room));
        for room in named(&source.text) {
            let known = map.contains_key(room.as_str()) || room == WIRING;
            if known && room != source.room && !allowed.contains(&room.as_str()) {
                wrong.push(format!("{}: {} -> {room}", source.path.display(), source.room));
            }
        }
    }
    assert!(wrong.is_empty(), "arrows that are not on the map:\n{}", wrong.join("\n"));
}

#[test]
fn the_map_has_no_arrow_that_nobody_uses() {
    let mut used: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for source in sources() {
        used.entry(source.room.clone()).or_default().extend(named(&source.text));
    }
    for (room, allowed) in ARROWS {
        for other in *allowed {
            assert!(used[*room].contains(*other), "the map allows {room} -> {other}, which nothing needs");
        }
    }
}

#[test]
fn the_arrows_run_one_way() {
    let mut placed: BTreeSet<&str> = BTreeSet::new();
    let mut rest: Vec<_> = ARROWS.to_vec();
    while !rest.is_empty() {
        let before = rest.len();
        rest.retain(|(room, uses)| {
            let ready = uses.iter().all(|other| placed.contains(other));
            if ready {
                placed.insert(room);
            }
            !ready
        });
        assert!(
            rest.len() < before,
            "a circle among {:?}",
            rest.iter().map(|(room, _)| room).collect::<Vec<_>>()
        );
    }
}

#[test]
fn the_pure_rooms_have_no_io_clock_or_randomness() {
    for source in sources().iter().filter(|source| PURE.contains(&source.room.as_str())) {
        for absent in IMPURE {
            assert!(!source.text.contains(absent), "{} names {absent}", source.path.display());
        }
    }
}

#[test]
fn each_library_stays_in_its_room() {
    for source in sources() {
        for (library, rooms) in LIBRARIES {
            let names = source.text.contains(&format!("{library}::"));
            assert!(
                !names || rooms.contains(&source.room.as_str()),
                "{} names {library}",
                source.path.display()
            );
        }
    }
}

#[test]
fn no_floats_near_money() {
    for source in sources() {
        if ["money", "invoice", "ubl", "stamp", "ledger", "chain"].contains(&source.room.as_str()) {
            for float in ["f32", "f64"] {
                assert!(!source.text.contains(float), "{} names {float}", source.path.display());
            }
        }
    }
}
