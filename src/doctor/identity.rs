//! The till's identity: vault, key, certificate, environment, seller.

use super::check::{Check, Level, Subject};
use super::facts::{Bundle, Facts, Identity, Settings, Till, Vault};
use super::limits;
use super::time::day;
use crate::text::Bilingual;

/// Seconds of a day.
const DAY: i64 = 86_400;

pub(super) fn checks(facts: &Facts, till: &Till) -> Vec<Check> {
    let mut checks = vec![vault(till), identity(till)];
    if let Ok(Identity::Active(bundle)) = &till.identity {
        checks.push(expiry(facts.now, &till.settings.name, bundle));
        checks.extend(successor(&till.settings.name, bundle));
        checks.extend(seller(&till.settings, bundle));
    }
    checks.extend(environment(facts, till));
    checks.push(endpoint(&till.settings));
    checks
}

fn vault(till: &Till) -> Check {
    let subject = Subject::Vault;
    match &till.vault {
        Ok(Vault::Sealed { source, bound: true }) => {
            Check::ok(subject, format!("sealed by {source}"), format!("مختومة بواسطة {source}"))
        }
        Ok(Vault::Sealed { source, bound: false }) => Check::new(
            subject,
            Level::Warning,
            Bilingual::new(format!("sealed by {source}"), format!("مختومة بواسطة {source}")),
            Bilingual::new(
                "Whoever copies the disk can sign in this shop's name. Seal the vault with a systemd credential \
                 (LoadCredentialEncrypted=tilld.vault-key).",
                "من ينسخ القرص يستطيع التوقيع باسم المتجر. اختم الخزنة ببيان اعتماد من systemd (LoadCredentialEncrypted=tilld.vault-key).",
            ),
        ),
        Ok(Vault::Missing) => Check::new(
            subject,
            Level::Critical,
            Bilingual::new("there is no vault yet", "لا توجد خزنة بعد"),
            onboard(),
        ),
        Ok(Vault::Shut(why)) => Check::new(
            subject,
            Level::Critical,
            Bilingual::new(format!("the vault does not open: {why}"), format!("لا تفتح الخزنة: {why}")),
            Bilingual::new(
                "Do what the message says. On another machine than the one it was sealed on it never opens: there, \
                 the till is onboarded anew.",
                "اتبع الرسالة. لا تفتح الخزنة على غير الجهاز الذي خُتمت عليه، وهناك يُسجَّل جهاز جديد.",
            ),
        ),
        Err(because) => Check::unknown(subject, because),
    }
}

fn onboard() -> Bilingual {
    Bilingual::new(
        "Get an OTP from the Fatoora portal and run: tilld onboard",
        "احصل على رمز تحقق من بوابة فاتورة ونفّذ: tilld onboard",
    )
}

/// What leads on from a step of onboarding, by the step's name.
fn next(state: &str) -> Bilingual {
    match state {
        "compliance" | "checking" => Bilingual::new(
            "Run tilld onboard again, it goes on where it stopped; no OTP is needed.",
            "أعد تنفيذ tilld onboard فيكمل من حيث توقف، ولا يلزم رمز تحقق.",
        ),
        "checks_failed" => Bilingual::new(
            "The authority found a fault in a compliance document. Run tilld onboard again, it says which one; no OTP is \
             needed unless the settings of the unit are corrected.",
            "وجدت الهيئة خطأ في أحد مستندات الامتثال. أعد تنفيذ tilld onboard فيذكره، ولا يلزم رمز تحقق ما لم تُصحَّح بيانات الوحدة \
             في الإعدادات.",
        ),
        _ => onboard(),
    }
}

/// The authority refused a renewal under this certificate. That may be its own
/// fault, and the till sells on: no reason to replace an identity in a hurry.
fn not_accepted(name: &str, bundle: &Bundle) -> Check {
    Check::new(
        Subject::Identity,
        Level::Warning,
        Bilingual::new(
            format!("the authority does not accept the certificate {}", bundle.certificate.subject),
            format!("لا تقبل الهيئة الشهادة {}", bundle.certificate.subject),
        ),
        Bilingual::new(
            format!(
                "Look on the Fatoora portal what became of the certificate and of the VAT registration. If the \
                 certificate is revoked, get an OTP there and run: tilld onboard --replace {name}. If it is good, run \
                 tilld renew again later. The till goes on selling."
            ),
            format!(
                "راجع حالة الشهادة والتسجيل الضريبي في بوابة فاتورة. إن كانت ملغاة فاحصل على رمز تحقق منها ونفّذ: \
                 tilld onboard --replace {name}، وإن كانت سارية فأعد tilld renew لاحقًا. ويستمر البيع."
            ),
        ),
    )
}

fn identity(till: &Till) -> Check {
    let (subject, name) = (Subject::Identity, &till.settings.name);
    match &till.identity {
        Err(because) => Check::unknown(subject, because),
        Ok(Identity::None { state }) => Check::new(
            subject,
            Level::Critical,
            Bilingual::new(
                format!("this till has no certificate to sell with (onboarding: {state})"),
                format!("لا شهادة لهذا الجهاز ليبيع بها (التسجيل: {state})"),
            ),
            next(state),
        ),
        Ok(Identity::Broken(why)) => Check::new(
            subject,
            Level::Critical,
            Bilingual::new(why.clone(), format!("الهوية المخزنة غير صالحة: {why}")),
            Bilingual::new(
                format!(
                    "Do what the message says. A damaged vault comes from a backup of this machine; if there is none, run: \
                 tilld onboard --replace {name}"
                ),
                format!(
                    "اتبع الرسالة. تُسترجع الخزنة التالفة من نسخة احتياطية لهذا الجهاز، وإلا نفّذ: tilld onboard --replace {name}"
                ),
            ),
        ),
        Ok(Identity::Active(bundle)) if bundle.revoked => not_accepted(name, bundle),
        Ok(Identity::Active(bundle)) => {
            let certificate = &bundle.certificate;
            let by = if bundle.checked_here { "key and certificate match" } else { "in use by the daemon" };
            let ar = if bundle.checked_here {
                "المفتاح يطابق الشهادة"
            } else {
                "تستعملها الخدمة"
            };
            let serial =
                certificate.serial.as_ref().map_or(String::new(), |serial| format!(", serial {serial}"));
            let issuer = certificate.issuer.as_ref().map_or(String::new(), |issuer| format!(", by {issuer}"));
            Check::ok(
                subject,
                format!("{by}: {}{serial}{issuer}", certificate.subject),
                format!("{ar}: {}{serial}{issuer}", certificate.subject),
            )
        }
    }
}

fn expiry(now: i64, name: &str, bundle: &Bundle) -> Check {
    let subject = Subject::Expiry;
    let certificate = &bundle.certificate;
    if let Some(from) = certificate.not_before.filter(|from| now < *from) {
        return Check::new(
            subject,
            Level::Critical,
            Bilingual::new(
                format!("valid only from {}, which this clock has not reached", day(from)),
                format!("تبدأ صلاحيتها {} ولم تبلغه ساعة الجهاز", day(from)),
            ),
            Bilingual::new(
                "Set the clock right: timedatectl set-ntp true",
                "اضبط الساعة: timedatectl set-ntp true",
            ),
        );
    }
    let left = certificate.not_after - now;
    let until = day(certificate.not_after);
    if left <= 0 {
        return Check::new(
            subject,
            Level::Critical,
            Bilingual::new(
                format!("the certificate ended on {until}: the till stamps nothing any more"),
                format!("انتهت الشهادة في {until}: لا يختم الجهاز أي فاتورة"),
            ),
            Bilingual::new(
                format!(
                    "Get an OTP from the Fatoora portal and run: tilld renew; if the platform refuses that, tilld onboard \
                 --replace {name}. If the date is wrong, set the clock right."
                ),
                format!(
                    "احصل على رمز تحقق من بوابة فاتورة ونفّذ: tilld renew، وإن رُفض: tilld onboard --replace {name}. وإن كان التاريخ خاطئًا فاضبط الساعة."
                ),
            ),
        );
    }
    // A begun day counts, as in the till's own alarms.
    let days = left / DAY + i64::from(left % DAY > 0);
    let step = limits::EXPIRY_STEPS.iter().copied().filter(|step| left <= step * DAY).min();
    let level = match step {
        None => Level::Ok,
        Some(step) if step <= limits::EXPIRY_CRITICAL_DAYS => Level::Critical,
        Some(_) => Level::Warning,
    };
    let (mut en, mut ar) =
        (format!("until {until}, {days} days"), format!("حتى {until}، الباقي {days} يومًا"));
    let Some(step) = step else { return Check::ok(subject, en, ar) };
    en.push_str(&format!(" (alarm of {step})"));
    ar.push_str(&format!(" (إنذار {step})"));
    Check::new(
        subject,
        level,
        Bilingual::new(en, ar),
        Bilingual::new(
            "Get an OTP from the Fatoora portal and run: tilld renew; the till sells on meanwhile.",
            "احصل على رمز تحقق من بوابة فاتورة ونفّذ: tilld renew، ويستمر البيع أثناء ذلك.",
        ),
    )
}

/// A renewal or replacement that was begun; nothing to say without one.
fn successor(name: &str, bundle: &Bundle) -> Option<Check> {
    let subject = Subject::Successor;
    let state = bundle.successor.as_ref()?;
    if bundle.in_the_making {
        return Some(Check::ok(subject, format!("it is at: {state}"), format!("وصل إلى: {state}")));
    }
    Some(Check::new(
        subject,
        Level::Warning,
        Bilingual::new(
            format!("a renewal was begun and has stopped at: {state}"),
            format!("بدأ تجديد الشهادة وتوقف عند: {state}"),
        ),
        Bilingual::new(
            format!(
                "Run it again, it goes on where it stopped: tilld renew, or tilld onboard --replace {name} if the identity \
             was being replaced. The till sells with the old certificate meanwhile."
            ),
            format!(
                "أعد تنفيذه فيكمل من حيث توقف: tilld renew، أو tilld onboard --replace {name} إن كان استبدالًا. ويستمر البيع \
             بالشهادة الحالية."
            ),
        ),
    ))
}

/// Whether the settings still are those that the certificate was asked for
/// with; nothing to say if the bundle could not be seen.
fn seller(settings: &Settings, bundle: &Bundle) -> Option<Check> {
    let (subject, name) = (Subject::Seller, &settings.name);
    let mut asked = bundle.unit.clone();
    if let Some(vat) = &bundle.certificate.vat {
        asked.retain(|(key, _)| *key != VAT);
        asked.push((VAT, vat.clone()));
    }
    if asked.is_empty() {
        return None;
    }
    let now = |key: &str| settings.unit.iter().find(|(name, _)| *name == key).map(|(_, value)| value);
    let mut other = asked.iter().filter_map(|(key, was)| {
        let is = now(key)?;
        (is != was).then(|| (*key, was.clone(), is.clone()))
    });
    let Some((key, was, is)) = other.next() else {
        return Some(Check::ok(
            subject,
            "VAT number and unit are those of the settings",
            "الرقم الضريبي والوحدة يطابقان الإعدادات",
        ));
    };
    let more = match other.count() {
        0 => String::new(),
        count => format!(" (+{count})"),
    };
    let level =
        if key == VAT || bundle_vat_differs(settings, bundle) { Level::Critical } else { Level::Warning };
    Some(Check::new(
        subject,
        level,
        Bilingual::new(
            format!("{key} is \"{is}\" in the settings and \"{was}\" in the certificate{more}"),
            format!("{key} في الإعدادات \"{is}\" وفي الشهادة \"{was}\"{more}"),
        ),
        Bilingual::new(
            format!(
                "Set the settings back, or onboard the till with the new facts: tilld onboard --replace {name}"
            ),
            format!("أعد الإعدادات كما كانت، أو سجّل الجهاز بالبيانات الجديدة: tilld onboard --replace {name}"),
        ),
    ))
}

/// Name of the one fact without which the daemon does not start.
pub(super) const VAT: &str = "seller.vat_number";

fn bundle_vat_differs(settings: &Settings, bundle: &Bundle) -> bool {
    let now = settings.unit.iter().find(|(key, _)| *key == VAT).map(|(_, value)| value);
    let was = bundle.certificate.vat.as_ref();
    now.zip(was).is_some_and(|(now, was)| now != was)
}

fn environment(facts: &Facts, till: &Till) -> Option<Check> {
    let (subject, name) = (Subject::Environment, &till.settings.name);
    let wanted = &till.settings.environment;
    let bundle = match &till.identity {
        Ok(Identity::Active(bundle)) => bundle.environment.as_ref(),
        _ => None,
    };
    let running = facts.answer().map(|answer| &answer.environment);
    if let Some(own) = bundle.filter(|own| *own != wanted) {
        return Some(Check::new(
            subject,
            Level::Critical,
            Bilingual::new(
                format!(
                    "the certificate is good in {own}, and the settings name {wanted}: the till does not start"
                ),
                format!("الشهادة صالحة في بيئة {own} والإعدادات تذكر {wanted}: لا يعمل الجهاز"),
            ),
            Bilingual::new(
                format!(
                    "Set [fatoora] environment back to \"{own}\", or onboard the till for {wanted}: tilld onboard --replace {name}"
                ),
                format!(
                    "أعد [fatoora] environment إلى \"{own}\"، أو سجّل الجهاز في {wanted}: tilld onboard --replace {name}"
                ),
            ),
        ));
    }
    if let Some(running) = running.filter(|running| *running != wanted) {
        return Some(Check::new(
            subject,
            Level::Warning,
            Bilingual::new(
                format!("the daemon works in {running}, and the settings name {wanted}"),
                format!("الخدمة تعمل في {running} والإعدادات تذكر {wanted}"),
            ),
            Bilingual::new(
                "The settings were changed after the start. Restart it, or set them back.",
                "تغيرت الإعدادات بعد التشغيل. أعد تشغيل الخدمة أو أعد الإعدادات.",
            ),
        ));
    }
    if bundle.is_none() && running.is_none() {
        return None;
    }
    let legal = if wanted == "production" { "" } else { ", without legal effect" };
    let ar = if wanted == "production" { "" } else { "، بلا أثر نظامي" };
    Some(Check::ok(subject, format!("{wanted}{legal}"), format!("{wanted}{ar}")))
}

fn endpoint(settings: &Settings) -> Check {
    let subject = Subject::Endpoint;
    match &settings.address_override {
        None => Check::ok(
            subject,
            format!("the platform's own for {}", settings.environment),
            format!("عنوان المنصة لبيئة {}", settings.environment),
        ),
        Some(address) => Check::new(
            subject,
            Level::Warning,
            Bilingual::new(
                format!("OVERRIDDEN: invoices go to {address} and not to the authority"),
                format!("عنوان بديل: ترسل الفواتير إلى {address} لا إلى الهيئة"),
            ),
            Bilingual::new(
                "Right for tests with a sandbox. In a shop take base_url out of [fatoora] and restart tilld.",
                "مناسب للاختبار. أما في المتجر فاحذف base_url من [fatoora] وأعد تشغيل tilld.",
            ),
        ),
    }
}
