//! The clocks beside the till's own: the kernel's word on whether it is kept
//! right, and the platform's.

use super::network::Way;
use crate::doctor::{Known, could_not};
use crate::text::Bilingual;

/// Whether something disciplines the clock, be it chrony, systemd-timesyncd or
/// the host of a virtual machine (adjtimex(2)). Reading needs no privilege.
pub(super) fn synchronised() -> Known<bool> {
    // SAFETY: `timex` is a struct of integers, for which zero is a value; its
    // mode 0 only reads. The kernel writes into it alone, within the call.
    let state = unsafe {
        let mut clock: libc::timex = std::mem::zeroed();
        libc::adjtimex(&mut clock)
    };
    match state {
        libc::TIME_ERROR => Ok(false),
        0.. => Ok(true),
        _ => {
            let why = std::io::Error::last_os_error().to_string();
            let what = Bilingual::new(
                "the kernel does not tell whether the clock is kept right",
                "لا يبين النظام هل تُضبط الساعة تلقائيًا",
            );
            Err(could_not(what, &why))
        }
    }
}

/// Seconds that the platform's clock is ahead of this one.
pub(super) fn ahead(way: &Known<Way>) -> Known<i64> {
    way.as_ref().ok().and_then(|way| way.ahead).ok_or_else(|| {
        Bilingual::new(
            "the platform's clock is not known: it has not answered with a date",
            "ساعة المنصة غير معروفة لأنها لم تجب بتاريخ",
        )
    })
}
