//! What is written is read back; everything else is refused without harm.

use std::fs::File;
use std::io::{Read as _, Write as _};

use super::*;

fn blank() -> File {
    tempfile::tempfile().unwrap()
}

fn written(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(blank(), blank());
    for (at, (name, content)) in files.iter().enumerate() {
        match at % 2 {
            0 => zip.add(name, content).unwrap(),
            _ => zip.add_from(name, *content).unwrap(),
        }
    }
    let (file, length) = zip.finish().unwrap();
    let mut bytes = Vec::new();
    let mut part = rewound(file);
    part.read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes.len() as u64, length);
    bytes
}

fn rewound(mut file: File) -> File {
    use std::io::Seek as _;
    file.rewind().unwrap();
    file
}

fn file_of(bytes: &[u8]) -> File {
    let mut file = blank();
    file.write_all(bytes).unwrap();
    file
}

/// All files of an archive, or the first fault.
fn read(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, ZipFault> {
    let zip = ZipFile::open(file_of(bytes))?;
    zip.list()
        .map(|entry| {
            let entry = entry?;
            let content = zip.content(&entry, 1 << 20)?;
            Ok((entry.name, content))
        })
        .collect()
}

const FILES: &[(&str, &[u8])] = &[("a/1.xml", b"<a/>"), ("a/2.json", b""), ("b.txt", &[b'x'; 5_000])];

#[test]
fn what_is_written_is_read_and_always_the_same_bytes() {
    let bytes = written(FILES);
    assert_eq!(bytes, written(FILES));
    let found = read(&bytes).unwrap();
    let wanted: Vec<(String, Vec<u8>)> =
        FILES.iter().map(|(name, content)| ((*name).to_owned(), content.to_vec())).collect();
    assert_eq!(found, wanted);
    assert_eq!(read(&written(&[])).unwrap(), []);
}

#[test]
fn every_torn_and_every_flipped_archive_is_refused() {
    let bytes = written(FILES);
    for length in 0..bytes.len() {
        assert!(read(&bytes[..length]).is_err(), "cut at {length}");
    }
    for at in 0..bytes.len() {
        for bit in [1, 0x10, 0x80] {
            let mut flipped = bytes.clone();
            flipped[at] ^= bit;
            // A name may become another one, which the manifest would miss.
            if let Ok(found) = read(&flipped) {
                let contents: Vec<&Vec<u8>> = found.iter().map(|(_, content)| content).collect();
                assert_eq!(contents, FILES.iter().map(|(_, content)| content).collect::<Vec<_>>(), "{at}");
            }
        }
    }
    assert_eq!(read(&[&bytes[..], b"more"].concat()), Err(ZipFault::Ending));
    assert_eq!(read(&[b"before", &bytes[..]].concat()), Err(ZipFault::Ending));
}

#[test]
fn names_that_lead_elsewhere_are_neither_written_nor_read() {
    let mut zip = ZipWriter::new(blank(), blank());
    let long = "x".repeat(NAME_BYTES + 1);
    for name in ["", "/etc/passwd", "../a", "a/../b", "a//b", "a/", ".", "a\\b", "a b", "ملف", &long] {
        assert!(zip.add(name, b"").is_err(), "{name}");
        assert!(!is_name(name));
    }
    let bytes = written(&[("a-/b", b"x")]);
    for forged in [&b"../b"[..], b"/a/b", b"a/./"] {
        let mut wrong = bytes.clone();
        for at in 0..wrong.len() - 4 {
            if &bytes[at..at + 4] == b"a-/b" {
                wrong[at..at + 4].copy_from_slice(forged);
            }
        }
        assert_eq!(read(&wrong), Err(ZipFault::Name));
    }
}

#[test]
fn a_bomb_is_not_unpacked() {
    let zeros = vec![0u8; 8 << 20];
    let bytes = written(&[("bomb", &zeros)]);
    assert!(bytes.len() < 20_000);
    assert_eq!(read(&bytes), Err(ZipFault::TooLarge));
    // One that understates its size, in both places.
    let mut lying = bytes.clone();
    let size = (zeros.len() as u32).to_le_bytes();
    for at in 0..lying.len() - 4 {
        if bytes[at..at + 4] == size {
            lying[at..at + 4].copy_from_slice(&100u32.to_le_bytes());
        }
    }
    assert_eq!(read(&lying), Err(ZipFault::Content));
}

#[test]
fn entries_that_overlap_or_leave_gaps_are_refused() {
    // Two entries of the list for the same content.
    let one = written(&[("a", b"content")]);
    let zip = ZipFile::open(file_of(&one)).unwrap();
    let list = one[zip.list_at as usize..zip.list_end as usize].to_vec();
    let twice = [&one[..zip.list_at as usize], &list, &list, &ending(2, zip.list_at, 2 * list.len() as u64)];
    assert_eq!(read(&twice.concat()), Err(ZipFault::Entry));
    let gap = [&one[..zip.list_at as usize], b"gap", &list, &ending(1, zip.list_at + 3, list.len() as u64)];
    assert_eq!(read(&gap.concat()), Err(ZipFault::Entry));
}

#[test]
fn more_entries_than_16_bits_count_come_back() {
    let mut zip = ZipWriter::new(blank(), blank());
    let count = 66_000;
    for n in 0..count {
        zip.add(&format!("n/{n:06}"), b"x").unwrap();
    }
    let (file, _) = zip.finish().unwrap();
    let zip = ZipFile::open(file).unwrap();
    assert_eq!((zip.entries, zip.list().filter(Result::is_ok).count()), (count, count as usize));
}

#[test]
fn offsets_beyond_32_bits_have_their_field() {
    let sizes = Sizes { crc: 1, packed: 2, size: 3 };
    let near = central_entry("a", sizes, MAX_32 - 1);
    let far = central_entry("a", sizes, MAX_32);
    assert_eq!(far.len(), near.len() + usize::from(OFFSET_64_BYTES));
    assert_eq!(&far[far.len() - 8..], &MAX_32.to_le_bytes());
    assert_eq!(ending(1, MAX_32, 10).len() as u64, END_BYTES + END_64_BYTES + LOCATOR_64_BYTES);
}
