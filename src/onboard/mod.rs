//! How a till comes to its identity: key, certificate request, compliance
//! CSID, the compliance checks, production CSID, active (fatoora-api.md
//! section 5). Every state is stored, sealed, before the request that leaves
//! it, so that a till that was killed anywhere goes on where it was.

mod authority;
mod certificate;
mod device;
mod error;
mod flow;
mod identity;
mod record;
mod samples;

pub use authority::CsidAuthority;
pub use certificate::Unfit;
pub use device::{Device, DeviceEvent, Forbidden};
pub use error::{OnboardError, Trouble};
pub use flow::{Onboarding, Plan};
pub use identity::{Identity, device, load_identity, request};
pub use record::RecordError;
pub use samples::Step;
