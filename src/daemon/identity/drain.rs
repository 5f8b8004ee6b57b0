//! Before the present identity is renewed or replaced, what it stamped is sent
//! as far as that can be done in a bounded time (fatoora-api.md section 6).

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use crate::ledger::{Ledger, LedgerGone};
use crate::report::{self, Wake, Wakes};
use crate::text::Bilingual;

/// The ledger is asked this often.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// Wakes the driver and waits, at most for `within`, until the documents are
/// sent that the chain in use has now; gives how many of that chain are not sent
/// when it goes on. Does not wait for what only a person can mend.
pub async fn drain(
    ledger: &Ledger,
    wakes: &Wakes,
    report: &watch::Receiver<report::Status>,
    within: Duration,
) -> Result<u64, LedgerGone> {
    let deadline = Instant::now() + within;
    let last = ledger.run(|store| store.last_of_chain()).await?;
    let Some(last) = last else { return Ok(0) };
    wakes.ring(Wake::SyncNow);
    loop {
        let (earlier, all) =
            ledger.run(move |store| (store.on_their_way(Some(last)), store.on_their_way(None))).await?;
        let needs_person = report.borrow().pause.is_some_and(|pause| pause.reason.needs_person());
        if earlier == 0 || needs_person || Instant::now() >= deadline {
            return Ok(all);
        }
        sleep(LOOK_AGAIN.min(deadline.saturating_duration_since(Instant::now()))).await;
    }
}

/// What becomes of the documents that are still to be sent; none if there are none.
/// `usable`: the certificate that stamped them is still good. `moves`: the till
/// goes to another environment.
pub fn explained(left: u64, usable: bool, moves: bool) -> Option<Bilingual> {
    if left == 0 {
        return None;
    }
    Some(if moves {
        Bilingual::new(
            format!(
                "{left} documents of the former environment are not sent. They are kept, and held back: they are \
                 never sent to the new environment."
            ),
            format!(
                "لم يرسل {left} من مستندات البيئة السابقة. تبقى محفوظة وموقوفة ولا ترسل أبدا إلى البيئة الجديدة."
            ),
        )
    } else if usable {
        Bilingual::new(
            format!(
                "{left} documents of the former certificate are not sent yet. They go out by themselves with its \
                 credentials, and with the new ones if the authority no longer takes those."
            ),
            format!(
                "لم يرسل بعد {left} من المستندات المختومة بالشهادة السابقة. سترسل تلقائيا ببيانات اعتمادها، \
                 وبالبيانات الجديدة إن لم تعد الهيئة تقبلها."
            ),
        )
    } else {
        Bilingual::new(
            format!(
                "{left} documents of the former certificate, which is no longer good, are not sent yet. They are \
                 offered to the authority with its credentials and then with the new ones. What the authority refuses \
                 for the certificate is held back: `tilld status` names it, and support must report it by hand."
            ),
            format!(
                "لم يرسل بعد {left} من المستندات المختومة بالشهادة السابقة التي لم تعد صالحة. ستعرض على الهيئة ببيانات \
                 اعتمادها ثم بالبيانات الجديدة. وما ترفضه الهيئة بسبب الشهادة يوقف: يظهره tilld status ويجب على الدعم \
                 الإبلاغ عنه يدويا."
            ),
        )
    })
}
/// What is to be done about a certificate that was replaced: a renewal ends the
/// one before, a new onboarding does not, and what is left alive is flagged as
/// dormant (fatoora-api.md section 5).
pub fn left_alive(serial: &str) -> Bilingual {
    Bilingual::new(
        format!(
            "The former certificate (serial number {serial}) stays valid at the authority. Revoke it on the Fatoora \
             portal as soon as nothing stamped with it waits to be sent, or it is flagged there as dormant."
        ),
        format!(
            "تبقى الشهادة السابقة (الرقم التسلسلي {serial}) سارية لدى الهيئة. ألغها من بوابة فاتورة بعد أن تُرسل كل \
             المستندات المختومة بها، وإلا عُدّت هناك خاملة."
        ),
    )
}

/// As [`left_alive`], where the vault no longer knows what the ledger was stamped with.
pub fn earlier_alive() -> Bilingual {
    Bilingual::new(
        "This till has issued invoices under an earlier certificate, whose key is not in the vault any more. It stays \
         valid at the authority: revoke it on the Fatoora portal once nothing waits to be sent.",
        "أصدر هذا الجهاز فواتير بشهادة سابقة لم يعد مفتاحها في الخزنة. تبقى سارية لدى الهيئة: ألغها من بوابة فاتورة بعد \
         إرسال كل ما ينتظر.",
    )
}
