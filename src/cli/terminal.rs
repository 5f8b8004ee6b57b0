//! Plain text for people: aligned rows, nothing that could move the cursor.

use std::io::{self, Read, Write};

use zeroize::Zeroizing;

use super::Failure;

/// Where a command writes and reads.
pub struct Streams<'a> {
    pub out: &'a mut dyn Write,
    pub err: &'a mut dyn Write,
    pub input: &'a mut dyn Read,
    /// Asks on the terminal for something that does not show while it is typed.
    pub ask: fn(&str) -> io::Result<Zeroizing<String>>,
}

impl Streams<'_> {
    /// A line of the result.
    pub fn say(&mut self, line: &str) -> Result<(), Failure> {
        self.write(plain(line).as_bytes())?;
        self.write(b"\n")
    }

    /// Bytes of the result, unchanged.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.out.write_all(bytes).and_then(|()| self.out.flush()).map_err(|error| match error.kind() {
            // Whoever read along has seen enough (`tilld show X | head`).
            std::io::ErrorKind::BrokenPipe => Failure::Shown,
            _ => Failure::Finding(format!("the result cannot be written ({error})")),
        })
    }

    /// Words for a person, apart from the result. Where they cannot be shown
    /// there is nobody to tell.
    pub fn complain(&mut self, words: &str) {
        let _ = writeln!(self.err, "{}", plain(words));
    }
}

/// Rows of a name and its value, the values in one column.
#[derive(Default)]
pub struct Rows(Vec<(&'static str, String)>);

impl Rows {
    pub fn add(&mut self, name: &'static str, value: impl Into<String>) {
        self.0.push((name, value.into()));
    }

    pub fn show(&self, streams: &mut Streams<'_>) -> Result<(), Failure> {
        let width = self.0.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (name, value) in &self.0 {
            // A second line of a value stands below the first.
            let value = value.replace('\n', &format!("\n{:width$}  ", ""));
            streams.say(&format!("{name:width$}  {value}"))?;
        }
        Ok(())
    }
}

/// Without control characters: what a POS application sent as its reference
/// must not steer the terminal. Line ends stay.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { '\u{FFFD}' } else { c }).collect()
}

/// `2026-03-14T21:05:09+03:00` as people write it.
pub fn moment(text: &str) -> String {
    text.trim_end_matches("+03:00").replace('T', " ")
}
