//! How a till comes to its identity and keeps it: key, certificate request,
//! compliance CSID, the compliance checks, production CSID, active
//! (fatoora-api.md section 5); then its life, renewal and replacement (section
//! 6). Every state is stored, sealed, before the request that leaves it, so that
//! a till that was killed anywhere goes on where it was. A successor is made
//! beside the identity that stamps and touches it only by taking its place.

mod arabic;
mod authority;
mod bundles;
mod certificate;
mod device;
mod error;
mod flow;
mod identity;
pub mod life;
mod plan;
mod record;
mod samples;
mod steps;
mod trouble;
mod words;

pub use authority::CsidAuthority;
pub use bundles::{Bundles, Former, Promotion, bundles, promote, settle};
pub use certificate::Unfit;
pub use device::{Device, DeviceEvent, Forbidden};
pub use error::OnboardError;
pub use flow::Onboarding;
pub use identity::{Identity, device, load_identity, request};
pub use plan::Plan;
pub use record::{RecordError, Road};
pub use samples::Step;
pub use trouble::Trouble;
pub use words::{News, NoStamp, StartedOver};
