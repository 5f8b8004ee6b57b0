//! Asks for something secret on the terminal: what is typed does not show. The
//! terminal is the process's own (`/dev/tty`), so that a command whose input
//! and output are pipes can still ask.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};

use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

const TERMINAL: &str = "/dev/tty";
/// More than anybody types here; what comes beyond it is dropped.
const LINE_BYTES: usize = 256;

const INTERRUPT: u8 = 0x03;
const END: u8 = 0x04;
const ERASE_LINE: u8 = 0x15;
const BACKSPACE: [u8; 2] = [0x08, 0x7F];

/// Asks a question on the process's terminal and gives what was typed up to
/// Enter, which may be empty.
///
/// # Errors
/// [`io::ErrorKind::Interrupted`] on Ctrl-C, [`io::ErrorKind::UnexpectedEof`] on
/// Ctrl-D or a terminal that went away, anything else if there is no terminal.
pub fn ask_hidden(question: &str) -> io::Result<Zeroizing<String>> {
    ask_on(&OpenOptions::new().read(true).write(true).open(TERMINAL)?, question)
}

/// Shows nothing of what is typed while it lives, and puts the terminal back
/// as it was, also when the reading fails.
struct Hidden<'a> {
    terminal: &'a File,
    before: Termios,
}

impl Hidden<'_> {
    fn on(terminal: &File) -> io::Result<Hidden<'_>> {
        let before = tcgetattr(terminal)?;
        let mut hidden = before.clone();
        // Without signals as well: one that ended the process here would leave the
        // terminal without echo.
        hidden.local_modes.remove(
            LocalModes::ECHO
                | LocalModes::ECHONL
                | LocalModes::ICANON
                | LocalModes::ISIG
                | LocalModes::IEXTEN,
        );
        hidden.special_codes[SpecialCodeIndex::VMIN] = 1;
        hidden.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(terminal, OptionalActions::Now, &hidden)?;
        Ok(Hidden { terminal, before })
    }
}

impl Drop for Hidden<'_> {
    fn drop(&mut self) {
        // A terminal that is gone needs nothing put back.
        let _ = tcsetattr(self.terminal, OptionalActions::Now, &self.before);
    }
}

fn ask_on(terminal: &File, question: &str) -> io::Result<Zeroizing<String>> {
    let _hidden = Hidden::on(terminal)?;
    let mut out = terminal;
    out.write_all(question.as_bytes())?;
    let line = read_line(&mut &*terminal);
    // The Enter that was typed did not show either.
    out.write_all(b"\n")?;
    let text = std::str::from_utf8(&line?).map(|text| Zeroizing::new(text.to_owned()));
    text.map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "what was typed is not text in UTF-8"))
}

/// Reads byte by byte up to Enter, with the usual keys to correct it.
fn read_line(input: &mut impl Read) -> io::Result<Zeroizing<Vec<u8>>> {
    // Room for all of it from the start: growing would leave copies behind.
    let mut line = Zeroizing::new(Vec::with_capacity(LINE_BYTES));
    let mut byte = Zeroizing::new([0u8; 1]);
    loop {
        match input.read(byte.as_mut()) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        }
        match byte[0] {
            b'\n' | b'\r' => return Ok(line),
            INTERRUPT => return Err(io::ErrorKind::Interrupted.into()),
            END => return Err(io::ErrorKind::UnexpectedEof.into()),
            ERASE_LINE => line.clear(),
            key if BACKSPACE.contains(&key) => erase(&mut line),
            other if line.len() < LINE_BYTES => line.push(other),
            _ => {}
        }
    }
}

/// Takes the last letter back, which has several bytes in UTF-8 unless it is ASCII.
fn erase(line: &mut Vec<u8>) {
    while let Some(byte) = line.pop() {
        let continues = byte & 0b1100_0000 == 0b1000_0000;
        if !continues {
            break;
        }
    }
}

#[cfg(test)]
mod tests {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

    use super::*;

    /// Both ends of a pseudo-terminal: what a person has before her, and what the program has.
    fn terminal() -> (File, File) {
        let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&person).unwrap();
        unlockpt(&person).unwrap();
        let name = ptsname(&person, Vec::new()).unwrap();
        let flags = rustix::fs::OFlags::RDWR | rustix::fs::OFlags::NOCTTY;
        let program = rustix::fs::open(&name, flags, rustix::fs::Mode::empty()).unwrap();
        (File::from(person), File::from(program))
    }

    /// What the program gets, and what the person sees, of keys that are struck
    /// once the question stands there.
    fn typed(keys: &'static [u8]) -> (io::Result<Zeroizing<String>>, String, bool) {
        let (mut person, program) = terminal();
        let asked = std::thread::spawn(move || {
            let answer = ask_on(&program, "OTP: ");
            (answer, program)
        });
        let mut seen = vec![0; 5];
        person.read_exact(&mut seen).unwrap();
        person.write_all(keys).unwrap();
        let (answer, program) = asked.join().unwrap();
        let echo_is_back = tcgetattr(&program).unwrap().local_modes.contains(LocalModes::ECHO);
        let mut rest = [0; 64];
        let count = person.read(&mut rest).unwrap();
        seen.extend_from_slice(&rest[..count]);
        (answer, String::from_utf8(seen).unwrap(), echo_is_back)
    }

    #[test]
    fn what_is_typed_does_not_show() {
        for (keys, wanted) in [
            (&b"123456\r"[..], "123456"),
            (b"12x\x7f3456\n", "123456"),
            (b"999\x15123456\n", "123456"),
            ("١٢٣٤٥٩\u{8}٦\r".as_bytes(), "١٢٣٤٥٦"),
            (b"\n", ""),
        ] {
            let (answer, seen, echo) = typed(keys);
            assert_eq!(answer.unwrap().as_str(), wanted);
            assert_eq!((seen.as_str(), echo), ("OTP: \r\n", true), "{keys:?}");
        }
    }

    #[test]
    fn leaving_puts_the_terminal_back() {
        for (keys, kind) in
            [(&b"12\x03"[..], io::ErrorKind::Interrupted), (b"12\x04", io::ErrorKind::UnexpectedEof)]
        {
            let (answer, seen, echo) = typed(keys);
            assert_eq!(answer.unwrap_err().kind(), kind);
            assert_eq!((seen.as_str(), echo), ("OTP: \r\n", true));
        }
    }

    #[test]
    fn what_is_no_terminal_is_not_asked() {
        let file = tempfile::tempfile().unwrap();
        assert!(ask_on(&file, "OTP: ").is_err());
    }

    #[test]
    fn an_endless_line_is_cut() {
        let mut keys = vec![b'1'; 10 * LINE_BYTES];
        keys.push(b'\n');
        assert_eq!(read_line(&mut keys.as_slice()).unwrap().len(), LINE_BYTES);
    }
}
