//! The command line: one file per subcommand. Commands that concern a running
//! till talk to it through the API; those that start something call the
//! [`Hooks`] that `main.rs` gives. Exit codes: 0 done, 1 something was found or
//! refused, 2 the command was not understood or the configuration not usable.

mod activity;
mod attempts;
mod attention;
mod audit;
mod check;
mod check_words;
mod config_check;
mod correct;
mod credit;
mod demo;
mod doctor;
mod documents;
mod events;
mod hooks;
mod identity;
mod issue;
mod onboard;
mod otp;
mod prompt;
mod provision;
mod queue;
mod recover;
mod release;
mod renew;
mod reprint;
mod sandbox;
mod sell;
mod serve;
mod show;
mod status;
mod sync;
mod terminal;
mod till;
mod verify;
mod warnings;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use hooks::{
    ActiveUnit, ArchiveVerified, DemoOptions, ExportOptions, Exported, Failure, Hooks, OnboardOptions,
    ProvisionHook, RecoverOptions, RecoverWord, SandboxOptions, Standing, Told,
};
pub use terminal::Streams;

use crate::config::{self, DEFAULT_FILE, Settings};

const ABOUT: &str = "A point-of-sale daemon that signs, stores, prints and reports ZATCA e-invoices";

const EXAMPLES: &str = "\
First steps, without any configuration or network:
  tilld demo                      a whole morning at a till, in ./demo-out

On a till:
  tilld config check              read /etc/tilld/tilld.toml and say what to mend
  tilld onboard                   get the certificate; asks for the OTP of the Fatoora portal
  tilld provision till.toml       both of these from one file, unattended
  tilld serve                     run the till (systemd does this)
  tilld sell sale.json            make a sale, as a POS application would
  tilld credit --number T07-000001 --whole --reason goods_returned
                                  take goods back
  tilld correct --number T07-000001
                                  issue a rejected invoice once more
  tilld show T07-000001           an invoice and what has become of it
  tilld reprint T07-000001        a copy of a receipt
  tilld release T07-000001        let a held invoice go again
  tilld sync now                  send what waits at once
  tilld warnings                  what the authority warned of
  tilld status                    what waits, what is wrong, what to do
  tilld queue                     the documents that wait for the authority
  tilld attention                 what somebody has to do, and the command that does it
  tilld events                    what happens, as it happens
  tilld doctor                    why the till does not work, and how to mend it
  tilld verify                    check every stored invoice anew
  tilld audit export --from 2026-01-01 --to 2026-01-31 --out january.zip
                                  a period as one file for an auditor
  tilld activity                  what was done to the till, when and by whom
  tilld recover                   why the till does not start, and the ways out
  tilld check invoice.xml         judge any e-invoice, ours or another's

Exit codes: 0 done; 1 something was found or refused; 2 wrong usage or configuration.
tilld doctor ends as monitoring plugins do: 0 ok, 1 warning, 2 critical, 3 unknown.";

#[derive(Debug, Parser)]
#[command(name = "tilld", version, about = ABOUT, after_help = EXAMPLES, propagate_version = true)]
#[command(subcommand_required = true, arg_required_else_help = true, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Args),
    Demo(demo::Args),
    Sell(sell::Args),
    Credit(credit::Args),
    Correct(correct::Args),
    Show(show::Args),
    Reprint(reprint::Args),
    Release(release::Args),
    Sync(sync::Args),
    Warnings(warnings::Args),
    Status(status::Args),
    Queue(queue::Args),
    Attention(attention::Args),
    Events(events::Args),
    Doctor(doctor::Args),
    Verify(verify::Args),
    Audit(audit::Args),
    Activity(activity::Args),
    Recover(recover::Args),
    Check(check::Args),
    Onboard(onboard::Args),
    Renew(renew::Args),
    Provision(provision::Args),
    Sandbox(sandbox::Args),
    Config(config_check::Args),
}

/// The whole program on the process's own streams.
pub fn main(hooks: &Hooks) -> ExitCode {
    // Not locked: the threads of a daemon write their log meanwhile.
    let (mut out, mut err, mut input) = (std::io::stdout(), std::io::stderr(), std::io::stdin());
    let mut streams = Streams { out: &mut out, err: &mut err, input: &mut input, ask: prompt::ask_hidden };
    ExitCode::from(run(std::env::args_os(), hooks, &mut streams))
}

/// Runs one command line, the program's name first, and gives its exit code.
pub fn run<I>(args: I, hooks: &Hooks, streams: &mut Streams<'_>) -> u8
where
    I: IntoIterator,
    I::Item: Into<OsString> + Clone,
{
    let done = match Cli::try_parse_from(args) {
        Ok(cli) => cli.command.run(hooks, streams),
        // Help and version are asked for, the rest is a mistake.
        Err(told) if !told.use_stderr() => streams.say(told.render().to_string().trim_end()),
        Err(told) => Err(Failure::Usage(told.render().to_string().trim_end().to_owned())),
    };
    match done {
        Ok(()) => 0,
        Err(failure) => {
            let code = failure.exit_code();
            if let Some(words) = failure.words() {
                streams.complain(&words);
            }
            code
        }
    }
}

impl Command {
    fn run(self, hooks: &Hooks, streams: &mut Streams<'_>) -> Result<(), Failure> {
        match self {
            Command::Serve(args) => args.run(hooks),
            Command::Demo(args) => args.run(hooks),
            Command::Sell(args) => args.run(streams),
            Command::Credit(args) => args.run(streams),
            Command::Correct(args) => args.run(streams),
            Command::Show(args) => args.run(hooks, streams),
            Command::Reprint(args) => args.run(streams),
            Command::Release(args) => args.run(streams),
            Command::Sync(args) => args.run(streams),
            Command::Warnings(args) => args.run(hooks, streams),
            Command::Status(args) => args.run(streams),
            Command::Queue(args) => args.run(streams),
            Command::Attention(args) => args.run(streams),
            Command::Events(args) => args.run(streams),
            Command::Doctor(args) => args.run(hooks, streams),
            Command::Verify(args) => args.run(hooks, streams),
            Command::Audit(args) => args.run(hooks, streams),
            Command::Activity(args) => args.run(hooks, streams),
            Command::Recover(args) => args.run(hooks, streams),
            Command::Check(args) => args.run(streams),
            Command::Onboard(args) => args.run(hooks, streams),
            Command::Renew(args) => args.run(hooks, streams),
            Command::Provision(args) => args.run(hooks, streams),
            Command::Sandbox(args) => args.run(hooks),
            Command::Config(args) => args.run(streams),
        }
    }
}

/// The option that names the configuration, wherever a command reads it.
#[derive(Debug, clap::Args)]
struct ConfigFile {
    /// Configuration file; FILE.d/*.toml are read after it
    #[arg(long, value_name = "FILE", default_value = DEFAULT_FILE)]
    config: PathBuf,
}

impl ConfigFile {
    fn load(&self) -> Result<Settings, Failure> {
        load(&self.config)
    }
}

/// A configuration that is not usable is a matter of usage for every command
/// but `config check`.
fn load(file: &Path) -> Result<Settings, Failure> {
    config::load(file).map_err(|error| Failure::Usage(error.to_string()))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
