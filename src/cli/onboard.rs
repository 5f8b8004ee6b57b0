//! `tilld onboard`: gets this till its certificate. The OTP is read from a file
//! or from standard input, never from the command line, where every user of the
//! machine could see it.

use std::io::Read;
use std::path::{Path, PathBuf};

use zeroize::{Zeroize as _, Zeroizing};

use super::{ConfigFile, Failure, Hooks, OnboardOptions, Streams};

/// Get this till its certificate from Fatoora
///
/// Makes the till's key, asks for a compliance certificate with the OTP, passes
/// the checks and gets the certificate it sells with. If it is interrupted, run
/// it again: it goes on where it stopped.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  tilld onboard --otp-file otp.txt\n  tilld onboard --otp-file -      type the OTP, then Enter and Ctrl-D\n\n\
The OTP has 6 digits, comes from the Fatoora portal and is good for one hour."
)]
pub struct Args {
    #[command(flatten)]
    config: ConfigFile,
    /// File with the OTP, or - for standard input
    #[arg(long, value_name = "FILE|-")]
    otp_file: PathBuf,
}

/// More than any OTP, so that a wrong file is not read to its end.
const OTP_FILE_BYTES: u64 = 64;

impl Args {
    pub fn run(self, hooks: &Hooks, streams: &mut Streams<'_>) -> Result<(), Failure> {
        let settings = self.config.load()?;
        let otp = read_otp(&self.otp_file, streams)?;
        (hooks.onboard)(OnboardOptions { settings, otp })
    }
}

fn read_otp(file: &Path, streams: &mut Streams<'_>) -> Result<Zeroizing<String>, Failure> {
    // Room for all of it from the start: growing would leave copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(OTP_FILE_BYTES as usize * 2));
    let read = if file == Path::new("-") {
        streams.input.take(OTP_FILE_BYTES).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(file).and_then(|file| file.take(OTP_FILE_BYTES).read_to_end(&mut bytes))
    };
    if let Err(error) = read {
        bytes.zeroize();
        return Err(Failure::Usage(format!("{} cannot be read ({error})", file.display())));
    }
    let digits = bytes.trim_ascii();
    if digits.len() != 6 || !digits.iter().all(u8::is_ascii_digit) {
        let words = format!("{} does not hold an OTP: 6 digits and nothing else", file.display());
        return Err(Failure::Usage(words));
    }
    Ok(Zeroizing::new(digits.iter().map(|digit| char::from(*digit)).collect()))
}
