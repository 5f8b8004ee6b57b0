//! The two state machines of a stored document, with every transition of each
//! in one function. States are stored by name.

use std::fmt;

use thiserror::Error;

/// How far a document has come on its way to the authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReportState {
    /// Waits for its turn.
    Queued,
    /// Its bytes may have left; the answer is not known.
    InFlight,
    Reported,
    ReportedWithWarnings,
    /// A standard document that the authority stamped.
    Cleared,
    /// Refused for good; it keeps its place in the chain.
    Rejected,
    /// Waits for an operator.
    Held,
}

/// Where a receipt is on its way to paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PrintState {
    Pending,
    /// Bytes are going to the printer.
    Printing,
    Printed,
    /// The program ended, or the line broke, while it printed: only a person
    /// can see whether paper came out. It is not printed again unasked.
    Unconfirmed,
    /// The printer said why not.
    Failed,
}

/// A step that a state machine does not have. It is a fault of the program.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{machine}: no way leads from {from} to {to}; this is a fault of the program, please report it")]
pub struct IllegalTransition {
    pub machine: &'static str,
    pub from: &'static str,
    pub to: &'static str,
}

impl ReportState {
    pub const ALL: [ReportState; 7] = [
        ReportState::Queued,
        ReportState::InFlight,
        ReportState::Reported,
        ReportState::ReportedWithWarnings,
        ReportState::Cleared,
        ReportState::Rejected,
        ReportState::Held,
    ];

    /// The name under which it is stored.
    pub const fn name(self) -> &'static str {
        match self {
            ReportState::Queued => "Queued",
            ReportState::InFlight => "InFlight",
            ReportState::Reported => "Reported",
            ReportState::ReportedWithWarnings => "ReportedWithWarnings",
            ReportState::Cleared => "Cleared",
            ReportState::Rejected => "Rejected",
            ReportState::Held => "Held",
        }
    }

    pub fn from_name(name: &str) -> Option<ReportState> {
        ReportState::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Nothing more will be sent.
    pub const fn is_final(self) -> bool {
        use ReportState::*;
        matches!(self, Reported | ReportedWithWarnings | Cleared | Rejected)
    }

    /// The report machine.
    pub fn step(self, to: ReportState) -> Result<ReportState, IllegalTransition> {
        use ReportState::*;
        match (self, to) {
            // an attempt begins
            (Queued, InFlight)
            // transient, interrupted or unknown: the same bytes again, later
            | (InFlight, Queued)
            // the authority answered
            | (InFlight, Reported | ReportedWithWarnings | Cleared | Rejected)
            // an operator must look, and lets it go again
            | (Queued | InFlight, Held)
            | (Held, Queued) => Ok(to),
            _ => Err(IllegalTransition { machine: "report", from: self.name(), to: to.name() }),
        }
    }
}

impl PrintState {
    pub const ALL: [PrintState; 5] = [
        PrintState::Pending,
        PrintState::Printing,
        PrintState::Printed,
        PrintState::Unconfirmed,
        PrintState::Failed,
    ];

    /// The name under which it is stored.
    pub const fn name(self) -> &'static str {
        match self {
            PrintState::Pending => "Pending",
            PrintState::Printing => "Printing",
            PrintState::Printed => "Printed",
            PrintState::Unconfirmed => "Unconfirmed",
            PrintState::Failed => "Failed",
        }
    }

    pub fn from_name(name: &str) -> Option<PrintState> {
        PrintState::ALL.into_iter().find(|state| state.name() == name)
    }

    /// The print machine.
    pub fn step(self, to: PrintState) -> Result<PrintState, IllegalTransition> {
        use PrintState::*;
        match (self, to) {
            (Pending, Printing)
            | (Printing, Printed | Unconfirmed | Failed)
            // not a byte went out: the printer was not there
            | (Pending, Failed)
            // the operator mended the printer, or saw that no paper came out
            | (Failed | Unconfirmed, Pending)
            // the operator saw the paper
            | (Unconfirmed, Printed) => Ok(to),
            _ => Err(IllegalTransition { machine: "print", from: self.name(), to: to.name() }),
        }
    }
}

impl fmt::Display for ReportState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for PrintState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back() {
        for state in ReportState::ALL {
            assert_eq!(ReportState::from_name(state.name()), Some(state));
        }
        for state in PrintState::ALL {
            assert_eq!(PrintState::from_name(state.name()), Some(state));
        }
    }

    #[test]
    fn what_is_final_stays() {
        for from in ReportState::ALL {
            let exits = ReportState::ALL.into_iter().filter(|to| from.step(*to).is_ok()).count();
            assert_eq!(exits == 0, from.is_final(), "{from}");
        }
        assert!(ReportState::Queued.step(ReportState::Reported).is_err(), "an answer needs an attempt");
    }

    #[test]
    fn paper_that_came_out_is_never_pending_again() {
        for to in PrintState::ALL {
            assert!(PrintState::Printed.step(to).is_err());
        }
        assert!(PrintState::Printing.step(PrintState::Pending).is_err());
        assert!(PrintState::Pending.step(PrintState::Printed).is_err());
    }
}
