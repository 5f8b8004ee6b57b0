//! `tilld onboard`: gets this till its certificate.

use super::otp::OtpSource;
use super::{ConfigFile, Failure, Hooks, OnboardOptions, Streams};

/// Get this till its certificate from Fatoora
///
/// Makes the till's key, asks for a compliance certificate with the OTP, passes
/// the checks and gets the certificate it sells with. If it is interrupted, run
/// it again: it goes on where it stopped.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  tilld onboard                       asks for the OTP\n  tilld onboard --otp-file otp.txt\n  \
pass show otp | tilld onboard --otp-file -\n\n\
The OTP has 6 digits, comes from the Fatoora portal and is good for one hour."
)]
pub struct Args {
    #[command(flatten)]
    config: ConfigFile,
    #[command(flatten)]
    otp: OtpSource,
}

impl Args {
    pub fn run(self, hooks: &Hooks, streams: &mut Streams<'_>) -> Result<(), Failure> {
        self.otp.refuse_command_line()?;
        let settings = self.config.load()?;
        let otp = self.otp.read(streams)?;
        (hooks.onboard)(OnboardOptions { settings, otp })
    }
}
