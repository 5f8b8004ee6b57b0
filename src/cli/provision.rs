//! `tilld provision`: from one file to a configured and onboarded till, and
//! from a table to such a file for each till of a chain.

use std::path::{Path, PathBuf};

use serde_json::json;
use zeroize::Zeroizing;

use super::hooks::ActiveUnit;
use super::otp::{self, OtpSource};
use super::{Failure, Hooks, Streams, till};
use crate::api::IdentityTask;
use crate::api::client::ClientError;
use crate::api::wire::{Certificate, Identity};
use crate::config::{self, ConfigError, DEFAULT_FILE, Existing, Named, OtpPlace, Provision};

/// Set up this till from one file: configuration, key, certificate
///
/// FILE is a whole configuration, and says in a section [onboarding] where the
/// OTP is: otp_file = "PATH", or otp = "123456" if nobody else can read FILE.
/// Without it the OTP comes from --otp-file, from the systemd credential
/// tilld.otp, or is asked for. Everything is checked before anything is
/// written or sent. Interrupted or refused, the same command goes on where it
/// stopped; on a till that is active it changes nothing and uses no OTP.
///
/// With --table, makes such a file for each row of a table instead. The first
/// row has the names of the keys, such as till.name or onboarding.otp_file; an
/// empty cell leaves what the template says.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  tilld provision till.toml\n  tilld provision till.toml --check\n  \
tilld provision till.toml --otp-file otp.txt --json\n  \
tilld provision --table tills.csv --template chain.toml --out set\n\n\
unit.serial_number may be left out: it is made once and kept. So may unit.common_name: the till's name and the \
VAT number.")]
pub struct Args {
    /// Provisioning file of this till
    #[arg(required_unless_present = "table", conflicts_with = "table")]
    file: Option<PathBuf>,
    /// Where the configuration is written; FILE.d/*.toml are read after it
    #[arg(long, value_name = "FILE", default_value = DEFAULT_FILE)]
    config: PathBuf,
    /// Replace what lies there with other content
    #[arg(long)]
    replace_config: bool,
    /// Only say what is to be mended; nothing is written or sent
    #[arg(long)]
    check: bool,
    /// Only write the configuration, where another account gets the certificate
    #[arg(long, conflicts_with_all = ["check", "table"])]
    config_only: bool,
    /// The result as one line of JSON
    #[arg(long)]
    json: bool,
    /// Table in CSV with a row for each till
    #[arg(long, value_name = "CSV", requires_all = ["template", "out"])]
    table: Option<PathBuf>,
    /// Provisioning file with what all tills of the table share
    #[arg(long, value_name = "FILE", requires = "table")]
    template: Option<PathBuf>,
    /// Folder for the files of the table
    #[arg(long, value_name = "DIR", requires = "table")]
    out: Option<PathBuf>,
    #[command(flatten)]
    otp: OtpSource,
}

/// Of the configuration, as the package has it.
const CONFIG_MODE: u32 = 0o640;
/// Of a provisioning file, which may hold an OTP.
const FILE_MODE: u32 = 0o600;

impl Args {
    pub fn run(self, hooks: &Hooks, streams: &mut Streams<'_>) -> Result<(), Failure> {
        self.otp.refuse_command_line()?;
        let file = match (&self.file, &self.table, &self.template, &self.out) {
            (_, Some(table), Some(template), Some(out)) => {
                return self.make_set(table, template, out, streams);
            }
            (Some(file), ..) => file.clone(),
            _ => return Err(Failure::Usage("name the provisioning file, or --table".to_owned())),
        };
        let done = self.one(&file, hooks, streams);
        if let (true, Err(Failure::Finding(words) | Failure::Usage(words))) = (self.json, &done) {
            let line = json!({"file": file, "state": "failed", "error": words});
            streams.say(&line.to_string())?;
        }
        done
    }

    fn one(&self, file: &Path, hooks: &Hooks, streams: &mut Streams<'_>) -> Result<(), Failure> {
        let provision = config::provision(file, &self.config, &mut { hooks.random }).map_err(findings)?;
        let till = provision.settings.till.name.clone();
        if self.check {
            return self.say_good(&provision, streams);
        }
        if self.config_only {
            self.write(&provision, streams)?;
            return self.say_written(&provision, streams);
        }
        let socket = provision.settings.api.socket.clone();
        match till::ask(&socket, async |client| client.identity().await)? {
            Ok(known) => return self.through_the_till(file, &provision, &known, hooks, streams),
            Err(ClientError::NotRunning(_)) => {}
            Err(error) => return Err(till::refusal(&error)),
        }
        let before = (hooks.standing)(&provision.settings, &IdentityTask::Onboard)?;
        if let Some(conflict) = before.conflict {
            return Err(Failure::Finding(conflict));
        }
        let otp = if before.needs_otp { Some(self.read_otp(&provision.otp, streams)?) } else { None };
        self.write(&provision, streams)?;
        if let Some(unit) = &before.active {
            return self.report(&till, unit, true, streams);
        }
        let mut progress = |step: &str| streams.complain(&format!("{till}: {step}"));
        let unit = (hooks.provision)(&provision.settings, otp, &mut progress)?;
        self.report(&till, &unit, false, streams)?;
        if before.needs_otp {
            self.say_used(file, &provision, streams);
        }
        streams.complain(&format!("{till}: start the till now: systemctl restart tilld"));
        Ok(())
    }

    /// A till that runs onboards itself and goes on selling; its configuration is
    /// the one that it was started with.
    fn through_the_till(
        &self,
        file: &Path,
        provision: &Provision,
        known: &Identity,
        hooks: &Hooks,
        streams: &mut Streams<'_>,
    ) -> Result<(), Failure> {
        let till = &provision.settings.till.name;
        if self.existing(provision)? != Existing::Same {
            return Err(Failure::Finding(format!(
                "a till runs here, and {} is not what the provisioning file says. Nothing was changed. Stop the till \
                 (systemctl stop tilld) and run again",
                self.config.display()
            )));
        }
        super::identity::same_settings(known, &provision.settings, hooks)?;
        if let ("active", Some(certificate)) = (known.state.as_str(), &known.certificate) {
            return self.report(till, &unit(provision, certificate), true, streams);
        }
        let otp = if known.needs_otp { Some(self.read_otp(&provision.otp, streams)?) } else { None };
        streams.complain(&format!("{till}: the till runs and does this itself"));
        let socket = &provision.settings.api.socket;
        let done = till::ask(socket, async |client| client.onboard(otp.as_ref(), None).await)?;
        let done = done.map_err(|error| till::refusal(&error))?;
        self.report(till, &unit(provision, &done.certificate), false, streams)?;
        if otp.is_some() {
            self.say_used(file, provision, streams);
        }
        Ok(())
    }

    /// That an OTP which stays where it is can be thrown away.
    fn say_used(&self, file: &Path, provision: &Provision, streams: &mut Streams<'_>) {
        let place = match &provision.otp {
            _ if self.otp.otp_file.is_some() => return,
            OtpPlace::File(path) => path.as_path(),
            OtpPlace::Inline(_) => file,
            OtpPlace::Elsewhere => return,
        };
        let till = &provision.settings.till.name;
        streams.complain(&format!("{till}: the OTP in {} is used up.", place.display()));
    }

    fn say_written(&self, provision: &Provision, streams: &mut Streams<'_>) -> Result<(), Failure> {
        let name = &provision.settings.till.name;
        if self.json {
            return streams.say(&self.facts(provision, "configured"));
        }
        streams.say(&format!("{name}: the configuration is in place; the till has yet to be onboarded."))
    }

    fn facts(&self, provision: &Provision, state: &str) -> String {
        let settings = &provision.settings;
        json!({"till": settings.till.name, "state": state, "serial_number": settings.unit.serial_number,
            "environment": settings.fatoora.environment.word(), "vat_number": settings.seller.vat.as_str(),
            "config": self.config})
        .to_string()
    }

    fn say_good(&self, provision: &Provision, streams: &mut Streams<'_>) -> Result<(), Failure> {
        let name = &provision.settings.till.name;
        if self.json {
            return streams.say(&self.facts(provision, "checked"));
        }
        streams.say(&format!("{name}: the provisioning file is good."))?;
        if let OtpPlace::File(path) = &provision.otp
            && !path.exists()
        {
            streams.complain(&format!("{name}: {} with the OTP is not there yet.", path.display()));
        }
        Ok(())
    }

    /// The command line has the last word: an OTP that was refused is replaced there.
    fn read_otp(&self, place: &OtpPlace, streams: &mut Streams<'_>) -> Result<Zeroizing<String>, Failure> {
        match place {
            _ if self.otp.otp_file.is_some() => self.otp.read(streams),
            OtpPlace::Inline(otp) => Ok(otp.clone()),
            OtpPlace::File(path) => otp::from_file(path),
            OtpPlace::Elsewhere => self.otp.read(streams),
        }
    }

    fn write(&self, provision: &Provision, streams: &mut Streams<'_>) -> Result<(), Failure> {
        let target = &self.config;
        match self.existing(provision)? {
            Existing::Same => return Ok(()),
            Existing::Nothing => {}
            Existing::Other if self.replace_config => {}
            Existing::Other => {
                return Err(Failure::Finding(format!(
                    "{} is there already and says something else than the provisioning file. Nothing was changed. \
                     If the provisioning file is the right one, run again with --replace-config",
                    target.display()
                )));
            }
        }
        config::install(target, &provision.text, CONFIG_MODE)
            .map_err(|error| self.failed("written", &error))?;
        streams.complain(&format!(
            "{}: the configuration is written to {}",
            provision.settings.till.name,
            target.display()
        ));
        Ok(())
    }

    fn existing(&self, provision: &Provision) -> Result<Existing, Failure> {
        provision.existing(&self.config).map_err(|error| self.failed("read", &error))
    }

    fn failed(&self, what: &str, error: &std::io::Error) -> Failure {
        Failure::Finding(format!("the configuration {} cannot be {what} ({error})", self.config.display()))
    }

    fn report(
        &self,
        till: &str,
        unit: &ActiveUnit,
        before: bool,
        streams: &mut Streams<'_>,
    ) -> Result<(), Failure> {
        let ActiveUnit { serial_number, environment, vat_number, certificate, key, valid_until } = unit;
        if self.json {
            let line = json!({"till": till, "state": "active", "already": before, "serial_number": serial_number,
                "environment": environment, "vat_number": vat_number, "valid_until": valid_until,
                "certificate_serial": certificate, "key_sha256": key, "config": self.config});
            return streams.say(&line.to_string());
        }
        let word = if before { "was active already" } else { "active" };
        streams.say(&format!(
            "{till}: {word} in {environment}, VAT {vat_number}, serial {serial_number}, valid until {valid_until}"
        ))
    }

    fn make_set(
        &self,
        table: &Path,
        template: &Path,
        out: &Path,
        streams: &mut Streams<'_>,
    ) -> Result<(), Failure> {
        let read = |path: &Path| {
            std::fs::read_to_string(path).map(Zeroizing::new).map_err(|error| {
                let hint = if error.kind() == std::io::ErrorKind::InvalidData {
                    "; in a spreadsheet, save it as \"CSV UTF-8\""
                } else {
                    ""
                };
                Failure::Usage(format!("{} cannot be read ({error}{hint})", path.display()))
            })
        };
        let (rows, base) = (read(table)?, read(template)?);
        let named = |path, text| Named { path, text };
        let files = config::till_files(named(table, &rows), named(template, &base)).map_err(findings)?;
        let count = files.len();
        if !self.check {
            self.write_set(&files, out)?;
        }
        if self.json {
            let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
            return streams.say(&json!({"folder": out, "files": names, "written": !self.check}).to_string());
        }
        let done = if self.check { "would be in" } else { "are in" };
        streams.say(&format!("{count} provisioning files {done} {}", out.display()))
    }

    /// Looks at every file before it writes the first one.
    fn write_set(&self, files: &[config::TillFile], out: &Path) -> Result<(), Failure> {
        let failed = |path: &Path, error: std::io::Error| {
            Failure::Finding(format!("{} cannot be written ({error})", path.display()))
        };
        std::fs::create_dir_all(out).map_err(|error| failed(out, error))?;
        for file in files {
            let path = out.join(&file.name);
            let other = std::fs::read(&path).is_ok_and(|bytes| bytes != file.text.as_bytes());
            if other && !self.replace_config {
                return Err(Failure::Finding(format!(
                    "{} is there already with other content. No file was changed. To replace such files, run again \
                     with --replace-config",
                    path.display()
                )));
            }
        }
        for file in files {
            let path = out.join(&file.name);
            config::install(&path, &file.text, FILE_MODE).map_err(|error| failed(&path, error))?;
        }
        Ok(())
    }
}

/// The identity that a running till tells of, which is that of its configuration.
fn unit(provision: &Provision, certificate: &Certificate) -> ActiveUnit {
    let settings = &provision.settings;
    // A moment such as 2031-03-14T21:05:09+03:00: its day is enough.
    let day = certificate.valid_until.split('T').next().unwrap_or_default();
    ActiveUnit {
        serial_number: settings.unit.serial_number.clone(),
        environment: settings.fatoora.environment.word().to_owned(),
        vat_number: settings.seller.vat.as_str().to_owned(),
        certificate: certificate.serial_number.clone(),
        key: None,
        valid_until: day.to_owned(),
    }
}

fn findings(error: ConfigError) -> Failure {
    if error.unreadable { Failure::Usage(error.to_string()) } else { Failure::Finding(error.to_string()) }
}
