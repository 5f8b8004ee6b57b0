//! Where the one-time password comes from: a file, standard input, a systemd
//! credential, or the terminal. Never the command line, which every user of the
//! machine can read while the command runs, and the shell's history afterwards.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::{Failure, Streams};
use crate::config::otp_digits;

/// Name of the systemd credential that may hold the OTP.
pub const CREDENTIAL: &str = "tilld.otp";

/// More than any OTP with what editors put around it; a file that has more is another one.
const MOST_BYTES: usize = 64;
/// How often a slip of the finger may be mended before the command gives up.
const TRIES: usize = 3;
const QUESTION: &str = "OTP, the 6 digits of the Fatoora portal (they do not show while you type): ";

/// The options that say where the OTP is.
#[derive(Debug, Default, clap::Args)]
pub struct OtpSource {
    /// File with the OTP, or - for standard input. Without it: the systemd
    /// credential tilld.otp, else the terminal is asked
    #[arg(long, value_name = "FILE|-")]
    pub otp_file: Option<PathBuf>,
    // Only so that an OTP on the command line is refused with the reason, and
    // without showing it once more in an error of the command line's parser.
    #[arg(long = "otp", hide = true, value_name = "OTP", num_args = 0..)]
    named: Option<Vec<Stray>>,
    #[arg(hide = true, value_name = "OTP")]
    bare: Option<Stray>,
}

/// Something on the command line that must not be there; it is not kept.
#[derive(Clone, Copy, Debug)]
struct Stray;

impl From<String> for Stray {
    fn from(_: String) -> Stray {
        Stray
    }
}

impl OtpSource {
    /// The OTP in six ASCII digits, from the first source that is named: the
    /// option, the credential, the terminal. Digits of the Arabic script are
    /// taken as well.
    ///
    /// # Errors
    /// [`Failure::Usage`] if there is no OTP in the place that was named, or
    /// none to be had. The words never repeat what was found there.
    pub fn read(&self, streams: &mut Streams<'_>) -> Result<Zeroizing<String>, Failure> {
        self.refuse_command_line()?;
        let credentials = std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
        match &self.otp_file {
            Some(file) if file.as_path() == Path::new("-") => from_reader(streams.input, "standard input"),
            Some(file) => from_file(file),
            None => match credentials.map(|folder| folder.join(CREDENTIAL)).filter(|file| file.exists()) {
                Some(file) => from_file(&file),
                None => from_terminal(streams),
            },
        }
    }

    /// Refuses an OTP on the command line, wherever else one may be had; for
    /// commands that do not come to [`OtpSource::read`] at once.
    ///
    /// # Errors
    /// [`Failure::Usage`] with the reason and the ways that there are.
    pub fn refuse_command_line(&self) -> Result<(), Failure> {
        if self.named.is_none() && self.bare.is_none() {
            return Ok(());
        }
        Err(Failure::Usage(format!(
            "an OTP is not taken from the command line: every user of this machine can read it there while the \
             command runs, and it stays in the shell's history. Leave it out. {WAYS}"
        )))
    }
}

const WAYS: &str = "The ways to give an OTP: --otp-file FILE, --otp-file - for standard input, \
                    the systemd credential tilld.otp, or typing it when the command asks on a terminal";

/// The OTP in a file.
///
/// # Errors
/// [`Failure::Usage`] with the name of the file and never its content.
pub fn from_file(file: &Path) -> Result<Zeroizing<String>, Failure> {
    let name = file.display().to_string();
    match File::open(file) {
        Ok(mut opened) => from_reader(&mut opened, &name),
        Err(error) => Err(Failure::Usage(format!("{name} with the OTP cannot be read ({error})"))),
    }
}

fn from_reader(input: &mut dyn Read, name: &str) -> Result<Zeroizing<String>, Failure> {
    // Room for all of it from the start: growing would leave copies behind.
    let mut bytes = Zeroizing::new(vec![0; MOST_BYTES + 1]);
    let count = fill(input, &mut bytes)
        .map_err(|error| Failure::Usage(format!("{name} with the OTP cannot be read ({error})")))?;
    let text = bytes.get(..count).unwrap_or_default();
    let digits = if count > MOST_BYTES { Err("holds more than that") } else { otp_digits(text) };
    digits.map_err(|why| {
        Failure::Usage(format!("{name} does not hold an OTP, which is 6 digits and nothing else: it {why}"))
    })
}

/// Fills the buffer up to the end of the input.
fn fill(input: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut count = 0;
    while let Some(rest) = buffer.get_mut(count..).filter(|rest| !rest.is_empty()) {
        match input.read(rest) {
            Ok(0) => break,
            Ok(more) => count += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(count)
}

fn from_terminal(streams: &mut Streams<'_>) -> Result<Zeroizing<String>, Failure> {
    for _ in 0..TRIES {
        let typed = (streams.ask)(QUESTION).map_err(|error| match error.kind() {
            io::ErrorKind::Interrupted | io::ErrorKind::UnexpectedEof => {
                Failure::Usage("no OTP was typed; nothing was done".to_owned())
            }
            io::ErrorKind::InvalidData => Failure::Usage(error.to_string()),
            _ => {
                Failure::Usage(format!("an OTP is needed, and there is no terminal to ask for it on. {WAYS}"))
            }
        })?;
        match otp_digits(typed.as_bytes()) {
            Ok(otp) => return Ok(otp),
            Err(why) => streams
                .complain(&format!("That is not an OTP, which is 6 digits and nothing else: it {why}.")),
        }
    }
    Err(Failure::Usage("no OTP was typed; nothing was done".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Result<String, Failure> {
        from_reader(&mut &text[..], "otp.txt").map(|otp| otp.as_str().to_owned())
    }

    fn why(text: &[u8]) -> String {
        let Err(Failure::Usage(words)) = read(text) else { panic!("{text:?} must be refused") };
        words
    }

    #[test]
    fn what_a_file_holds_is_read() {
        assert_eq!(read("\u{FEFF}١٢٣٤٥٦\r\n".as_bytes()).unwrap(), "123456");
        assert_eq!(read(b"123456").unwrap(), "123456");
    }

    #[test]
    fn whatever_else_is_refused_without_being_shown() {
        for (bad, reason) in [
            (&b""[..], "is empty"),
            (b"1234567", "has more than 6 digits"),
            (b"otp=123456", "has something else than digits"),
            (&[b'1'; 4096], "holds more than that"),
            (&[b' '; 65], "holds more than that"),
        ] {
            let words = why(bad);
            assert!(words.starts_with("otp.txt does not hold an OTP") && words.ends_with(reason), "{words}");
            assert!(!words.contains("1234") && !words.contains("65432"), "{words}");
        }
    }

    #[test]
    fn an_endless_file_is_not_read_to_its_end() {
        let Err(Failure::Usage(words)) = from_reader(&mut io::repeat(b'1'), "x") else {
            panic!("must be refused")
        };
        assert!(words.ends_with("holds more than that"));
        let none = from_file(Path::new("/nowhere/otp")).unwrap_err();
        assert!(
            matches!(none, Failure::Usage(words) if words.starts_with("/nowhere/otp with the OTP cannot"))
        );
        assert!(from_file(Path::new("/")).is_err());
    }

    fn asked(ask: fn(&str) -> io::Result<Zeroizing<String>>) -> (Result<Zeroizing<String>, Failure>, String) {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut streams = Streams { out: &mut out, err: &mut err, input: &mut io::empty(), ask };
        let answer = from_terminal(&mut streams);
        (answer, String::from_utf8(err).unwrap())
    }

    #[test]
    fn the_terminal_is_asked_again_after_a_slip() {
        use std::sync::atomic::{AtomicUsize, Ordering};
        static ASKED: AtomicUsize = AtomicUsize::new(0);
        let (otp, err) = asked(|question| {
            assert!(question.contains("do not show"));
            let answers = ["12345", "", "٦٥٤٣٢١"];
            Ok(Zeroizing::new(answers[ASKED.fetch_add(1, Ordering::SeqCst)].to_owned()))
        });
        assert_eq!(otp.unwrap().as_str(), "654321");
        assert!(err.contains("has fewer than 6 digits") && err.contains("is empty"), "{err}");
        let (none, err) = asked(|_| Ok(Zeroizing::new("nonsense".to_owned())));
        assert!(matches!(none, Err(Failure::Usage(words)) if words.contains("no OTP was typed")));
        assert_eq!(err.lines().count(), TRIES);
    }

    #[test]
    fn without_a_terminal_the_ways_are_named() {
        let (none, _) = asked(|_| Err(io::Error::from_raw_os_error(6)));
        let Err(Failure::Usage(words)) = none else { panic!("must be refused") };
        for way in ["--otp-file FILE", "--otp-file -", "tilld.otp", "terminal"] {
            assert!(words.contains(way), "{words}");
        }
        let (left, _) = asked(|_| Err(io::ErrorKind::Interrupted.into()));
        assert!(matches!(left, Err(Failure::Usage(words)) if words.contains("nothing was done")));
    }
}
