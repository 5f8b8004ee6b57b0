//! `tilld onboard`: gets this till its certificate.

use super::otp::OtpSource;
use super::{ConfigFile, Failure, Hooks, Streams, identity};
use crate::api::IdentityTask;

/// Get this till its certificate from Fatoora
///
/// Makes the till's key, asks for a compliance certificate with the OTP, passes
/// the checks and gets the certificate it sells with. If it is interrupted, run
/// it again: it goes on where it stopped. A till that runs does it itself and
/// sells right after it, without a restart.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  tilld onboard                       asks for the OTP\n  tilld onboard --otp-file otp.txt\n  \
pass show otp | tilld onboard --otp-file -\n  tilld onboard --replace T07         another identity for the till T07\n\n\
The OTP has 6 digits, comes from the Fatoora portal and is good for one hour."
)]
pub struct Args {
    #[command(flatten)]
    config: ConfigFile,
    /// Replace a live identity (lost, revoked, expired, or for another
    /// environment); repeat the till's name to say that it is meant
    #[arg(long, value_name = "TILLNAME")]
    replace: Option<String>,
    #[command(flatten)]
    otp: OtpSource,
}

impl Args {
    pub fn run(self, hooks: &Hooks, streams: &mut Streams<'_>) -> Result<(), Failure> {
        self.otp.refuse_command_line()?;
        let settings = self.config.load()?;
        let task = match self.replace {
            None => IdentityTask::Onboard,
            Some(till) if till == settings.till.name => IdentityTask::Replace { till },
            Some(other) => {
                return Err(Failure::Usage(format!(
                    "this is the till {}, not {other}: nothing was changed. A live identity is replaced only if \
                     --replace repeats the till's own name",
                    settings.till.name
                )));
            }
        };
        identity::change(settings, &self.otp, task, hooks, streams)
    }
}
