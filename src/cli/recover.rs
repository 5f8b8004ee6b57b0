//! `tilld recover`: why a till refuses to start, and the ways out of it.

use super::{ConfigFile, Failure, Hooks, RecoverOptions, RecoverWord, Streams};

/// Say why the till does not start, and lead out of it
///
/// Without a further word it only tells: what is wrong, which invoices are at
/// stake, which ways there are. With one of the words, which repeat the till's
/// name, it closes the chains of the till's certificates for ever, keeps every
/// invoice for reading and sending, lets the numbers go on above every number that
/// is known, and binds the ledger to this machine. Then a new certificate comes.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  tilld recover                         only tells\n  tilld recover --close-chains T07      the newest ledger is lost, or this machine takes another's place\n  tilld recover --ledger-lost T07       the ledger file itself is lost\n\nStop the till first: systemctl stop tilld"
)]
pub struct Args {
    #[command(flatten)]
    config: ConfigFile,
    /// Close the chains; say the till's name
    #[arg(long, value_name = "TILLNAME", conflicts_with = "ledger_lost")]
    close_chains: Option<String>,
    /// Begin a new ledger in the place of a lost one; say the till's name
    #[arg(long, value_name = "TILLNAME")]
    ledger_lost: Option<String>,
    /// The highest invoice number that a receipt or the Fatoora portal shows
    #[arg(long, value_name = "NUMBER")]
    last_number: Option<String>,
    /// Move the till's key aside even if it may be usable; it is never deleted
    #[arg(long)]
    vault_aside: bool,
}

impl Args {
    pub fn run(self, hooks: &Hooks, streams: &mut Streams<'_>) -> Result<(), Failure> {
        let word = match (self.close_chains, self.ledger_lost) {
            (Some(till), _) => Some(RecoverWord::CloseChains(till)),
            (None, Some(till)) => Some(RecoverWord::LedgerLost(till)),
            (None, None) if self.last_number.is_some() || self.vault_aside => {
                let words = "--last-number and --vault-aside go with --close-chains or --ledger-lost";
                return Err(Failure::Usage(words.to_owned()));
            }
            (None, None) => None,
        };
        let settings = self.config.load()?;
        let options =
            RecoverOptions { settings, word, last_number: self.last_number, vault_aside: self.vault_aside };
        let told = (hooks.recover)(options)?;
        streams.say(&told.text)?;
        if told.found { Err(Failure::Shown) } else { Ok(()) }
    }
}
