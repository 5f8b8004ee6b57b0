//! `tilld renew`: a new certificate before the present one ends.

use super::otp::OtpSource;
use super::{ConfigFile, Failure, Hooks, Streams, identity};
use crate::api::IdentityTask;

/// Renew this till's certificate before it ends
///
/// Asks for a new certificate under the present one, passes the checks if the
/// authority wants them, and switches between two sales. The till goes on
/// selling; what the old certificate signed is still sent. If it is interrupted,
/// run it again: it goes on where it stopped.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  tilld renew                         asks for the OTP\n  tilld renew --otp-file otp.txt\n\n\
The OTP has 6 digits, comes from the Fatoora portal (renewal) and is good for one hour."
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
        identity::change(self.config.load()?, &self.otp, IdentityTask::Renew, hooks, streams)
    }
}
