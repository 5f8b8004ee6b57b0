//! The way to the platform, step by step. A till sells without it, so a broken
//! line alone is a warning; the age of the queue says when it becomes urgent.

use super::check::{Check, Level, Subject};
use super::facts::{Facts, Network, NetworkFault, Reply, Session, Step, Till, Trust};
use super::limits;
use super::time::day;
use crate::text::Bilingual;

pub(super) fn checks(facts: &Facts, till: &Till) -> Vec<Check> {
    let network = match &till.network {
        Ok(network) => network,
        Err(because) => return vec![Check::undecided(Subject::NetworkName, because)],
    };
    let tls = network.tls.as_ref().and_then(|step| tls(step, facts.now));
    [name(network), connection(network), tls, answer(network)].into_iter().flatten().collect()
}

/// A step that was taken, or what stands in its way; nothing to say of one
/// behind that.
fn step<T>(
    step: &Step<T>,
    done: impl FnOnce(&T, u64) -> Check,
    failed: impl FnOnce(&NetworkFault) -> Check,
) -> Option<Check> {
    match step {
        Step::Done { value, milliseconds } => Some(done(value, *milliseconds)),
        Step::Failed(fault) => Some(failed(fault)),
        Step::NotTaken => None,
    }
}

/// Whether the platform itself has answered.
pub(super) fn answered(network: &Network) -> bool {
    answer(network).is_some_and(|check| check.level == Level::Ok)
}

/// Who is spoken to first: the platform, or the proxy before it.
fn asked(network: &Network) -> &str {
    let proxy = network.proxy.as_deref();
    proxy.map_or(&network.host, |proxy| proxy.strip_prefix("http://").unwrap_or(proxy))
}

fn name(network: &Network) -> Option<Check> {
    let (subject, host) = (Subject::NetworkName, asked(network));
    step(
        &network.name,
        |addresses, ms| {
            let what = format!("{host}: {} ({ms} ms)", addresses.join(", "));
            Check::ok(subject, what.clone(), what)
        },
        |fault| {
            let (en, ar) = said(fault);
            Check::new(
                subject,
                Level::Warning,
                Bilingual::new(format!("no address for {host}: {en}"), format!("لا عنوان للاسم {host}: {ar}")),
                Bilingual::new(
                    "Look at the cable, the Wi-Fi and the router. If other sites open, the name server is the fault: \
                     resolvectl status shows it. Selling goes on.",
                    "افحص السلك والشبكة اللاسلكية والموجه. وإن فُتحت مواقع أخرى فالخلل في خادم الأسماء: resolvectl \
                     status. يستمر البيع.",
                ),
            )
        },
    )
}

fn connection(network: &Network) -> Option<Check> {
    let (subject, port) = (Subject::NetworkConnection, network.port);
    if let Step::Failed(NetworkFault::Proxy(status)) = network.connection {
        return Some(closed(network, status));
    }
    step(
        &network.connection,
        |address, ms| {
            let through = network.proxy.as_ref().map_or("", |_| "through the proxy ");
            let what = format!("{through}{address} ({ms} ms)");
            Check::ok(subject, what.clone(), what)
        },
        |fault| match &network.proxy {
            Some(_) => no_proxy(network, fault),
            None => no_way(network, fault, port),
        },
    )
}

fn no_way(network: &Network, fault: &NetworkFault, port: u16) -> Check {
    let (en, ar) = said(fault);
    Check::new(
        Subject::NetworkConnection,
        Level::Warning,
        Bilingual::new(
            format!("no connection to {} port {port}: {en}", network.host),
            format!("لا اتصال بـ {} المنفذ {port}: {ar}", network.host),
        ),
        Bilingual::new(
            format!(
                "Let the till out to TCP port {port} in the firewall of the shop and of the provider, or name the \
                 network's proxy in [fatoora] proxy. Selling goes on."
            ),
            format!(
                "اسمح للجهاز بمنفذ TCP {port} في جدار حماية المتجر ومزود الخدمة، أو اذكر وسيط الشبكة في [fatoora] proxy. \
                 يستمر البيع."
            ),
        ),
    )
}

/// The proxy itself does not answer.
fn no_proxy(network: &Network, fault: &NetworkFault) -> Check {
    let (proxy, (en, ar)) = (asked(network), said(fault));
    Check::new(
        Subject::NetworkConnection,
        Level::Warning,
        Bilingual::new(
            format!("no connection to the proxy {proxy}: {en}"),
            format!("لا اتصال بالوسيط {proxy}: {ar}"),
        ),
        Bilingual::new(
            "Ask whoever looks after the network whether the proxy is up and [fatoora] proxy names it rightly; take the \
             key out if there is none. Selling goes on.",
            "اسأل المسؤول عن الشبكة هل يعمل الوسيط وهل عنوانه صحيح في [fatoora] proxy، واحذف المفتاح إن لم يوجد وسيط. \
             يستمر البيع.",
        ),
    )
}

/// The proxy answers, but opens no way.
fn closed(network: &Network, status: u16) -> Check {
    let proxy = asked(network);
    let (level, remedy) = match status {
        407 => (
            Level::Critical,
            Bilingual::new(
                "Write NAME:PASSWORD for the proxy into the file of [fatoora] proxy_credentials_file (chmod 600) or the \
                 systemd credential tilld.proxy-credentials, and restart tilld. Selling goes on.",
                "اكتب NAME:PASSWORD للوسيط في ملف [fatoora] proxy_credentials_file (chmod 600) أو في بيان اعتماد systemd \
                 باسم tilld.proxy-credentials وأعد تشغيل tilld. يستمر البيع.",
            ),
        ),
        _ => (
            Level::Warning,
            Bilingual::new(
                format!(
                    "Have the proxy let the till through to {} port {} (CONNECT). Selling goes on.",
                    network.host, network.port
                ),
                format!(
                    "اطلب السماح في الوسيط بالاتصال بـ {} المنفذ {} (CONNECT). يستمر البيع.",
                    network.host, network.port
                ),
            ),
        ),
    };
    Check::new(
        Subject::NetworkConnection,
        level,
        Bilingual::new(
            format!("the proxy {proxy} opens no way to {} (HTTP {status})", network.host),
            format!("لا يفتح الوسيط {proxy} طريقا إلى {} (HTTP {status})", network.host),
        ),
        remedy,
    )
}

fn tls(found: &Step<Session>, now: i64) -> Option<Check> {
    let subject = Subject::NetworkTls;
    step(
        found,
        |session, ms| {
            let until = session.not_after.map_or(String::new(), |until| format!(", until {}", day(until)));
            let by = session.issuer.as_ref().map_or(String::new(), |issuer| format!(", by {issuer}"));
            let what = format!("{}{until}{by} ({ms} ms)", session.version);
            if !ends_soon(session, now) {
                return Check::ok(subject, what.clone(), what);
            }
            Check::new(
                subject,
                Level::Warning,
                Bilingual::new(format!("ends soon: {what}"), format!("تنتهي قريبًا: {what}")),
                Bilingual::new(
                    "Tell whoever looks after that server or proxy to renew its certificate.",
                    "أبلغ المسؤول عن هذا الخادم أو الوسيط ليجدد شهادته.",
                ),
            )
        },
        |fault| match fault {
            NetworkFault::Untrusted { trust, issuer, subject: shown } => {
                untrusted(trust, issuer.as_deref(), shown.as_deref())
            }
            other => {
                let (en, ar) = said(other);
                Check::new(
                    subject,
                    Level::Warning,
                    Bilingual::new(format!("no encryption: {en}"), format!("تعذر التشفير: {ar}")),
                    Bilingual::new(
                        "Something between the till and the platform breaks the connection: a filter, a proxy, a login \
                         page. Try another line (a phone's hotspot). Selling goes on.",
                        "شيء بين الجهاز والمنصة يقطع الاتصال: مرشح أو وسيط أو صفحة دخول. جرّب خطًا آخر كنقطة اتصال \
                         هاتف. يستمر البيع.",
                    ),
                )
            }
        },
    )
}

fn untrusted(trust: &Trust, issuer: Option<&str>, shown: Option<&str>) -> Check {
    let about = match (shown, issuer) {
        (Some(shown), Some(issuer)) => format!(" ({shown}, issued by {issuer})"),
        _ => String::new(),
    };
    let (en, ar) = match trust {
        Trust::Issuer => ("nobody that this till trusts issued it", "لم تصدره جهة يثق بها الجهاز"),
        Trust::Expired => ("it has expired by this till's clock", "انتهت صلاحيته بحسب ساعة الجهاز"),
        Trust::NotYet => ("it is not valid yet by this till's clock", "لم تبدأ صلاحيته بحسب ساعة الجهاز"),
        Trust::Name => ("it is for another name", "يخص اسمًا آخر"),
        Trust::Other(why) => (why.as_str(), why.as_str()),
    };
    let remedy = match trust {
        Trust::Expired | Trust::NotYet => Bilingual::new(
            "Set the clock right: timedatectl set-ntp true. If it is right, something between pretends to be the \
             platform; nothing is sent to it.",
            "اضبط الساعة: timedatectl set-ntp true. وإن كانت صحيحة فثمة من ينتحل المنصة ولا يُرسل إليه شيء.",
        ),
        Trust::Issuer | Trust::Name | Trust::Other(_) => Bilingual::new(
            "Something between pretends to be the platform: a login page, a filter, a proxy that opens encryption. \
             Nothing is sent to it. Sign in to the network, have this host passed through, or name the company's own \
             authority in [fatoora] extra_ca.",
            "ثمة من ينتحل المنصة: صفحة دخول أو مرشح أو وسيط يفك التشفير، ولا يُرسل إليه شيء. سجّل الدخول إلى الشبكة أو \
             استثنِ هذا العنوان أو اذكر جهة الشركة في [fatoora] extra_ca.",
        ),
    };
    Check::new(
        Subject::NetworkTls,
        Level::Critical,
        Bilingual::new(
            format!("the certificate of the server is not trusted: {en}{about}"),
            format!("شهادة الخادم غير موثوقة: {ar}{about}"),
        ),
        remedy,
    )
}

fn answer(network: &Network) -> Option<Check> {
    let subject = Subject::NetworkAnswer;
    step(&network.answer, judged, |fault| {
        let (en, ar) = said(fault);
        Check::new(
            subject,
            Level::Warning,
            Bilingual::new(format!("no answer: {en}"), format!("لا رد: {ar}")),
            Bilingual::new(
                "If it lasts for hours, try another line (a phone's hotspot). Selling goes on, and documents are \
                     sent by themselves.",
                "إن استمر ذلك ساعات فجرّب خطًا آخر كنقطة اتصال هاتف. يستمر البيع وترسل المستندات تلقائيًا.",
            ),
        )
    })
}

/// Any answer of the platform is one, its refusal of a question without
/// credentials too; a page for people, and a redirection, come from somebody else.
fn judged(reply: &Reply, ms: u64) -> Check {
    let subject = Subject::NetworkAnswer;
    let status = reply.status;
    if status >= 500 {
        return Check::new(
            subject,
            Level::Warning,
            Bilingual::new(
                format!("the platform is in trouble (HTTP {status})"),
                format!("المنصة متعثرة (HTTP {status})"),
            ),
            Bilingual::new(
                "Nothing to do: documents are sent again by themselves. If it lasts for hours, ask the authority.",
                "لا يلزم شيء: يعاد إرسال المستندات تلقائيًا. وإن استمر ساعات فراجع الهيئة.",
            ),
        );
    }
    if reply.html || (300..400).contains(&status) {
        let to = reply.location.as_ref().map_or(String::new(), |to| format!(", to {to}"));
        return Check::new(
            subject,
            Level::Warning,
            Bilingual::new(
                format!("a page for people answers instead of the platform (HTTP {status}{to})"),
                format!("تجيب صفحة ويب بدل المنصة (HTTP {status}{to})"),
            ),
            Bilingual::new(
                "This network asks for a login, or a proxy stands between: open any site in a browser on this line and \
                 sign in, or have the platform's host passed through.",
                "تطلب هذه الشبكة تسجيل الدخول أو فيها وسيط: افتح أي موقع في متصفح على هذا الخط وسجّل الدخول، أو استثنِ \
                 عنوان المنصة.",
            ),
        );
    }
    let what = format!("HTTP {status} ({ms} ms)");
    Check::ok(subject, what.clone(), what)
}

/// A fault in a few words.
pub(super) fn said(fault: &NetworkFault) -> (String, String) {
    match fault {
        NetworkFault::NoAddress(why) => (why.clone(), why.clone()),
        NetworkFault::Slow(seconds) => {
            (format!("no answer within {seconds} s"), format!("لا رد خلال {seconds} ثانية"))
        }
        NetworkFault::Refused => ("the connection is refused".to_owned(), "الاتصال مرفوض".to_owned()),
        NetworkFault::Unreachable(why) | NetworkFault::Handshake(why) | NetworkFault::NoAnswer(why) => {
            (why.clone(), why.clone())
        }
        NetworkFault::Proxy(status) => {
            (format!("the proxy refuses (HTTP {status})"), format!("يرفض الوسيط (HTTP {status})"))
        }
        NetworkFault::Untrusted { .. } => {
            ("the certificate is not trusted".to_owned(), "الشهادة غير موثوقة".to_owned())
        }
    }
}

/// Whether a session ends so soon that somebody should know; only public
/// certificates renew themselves.
fn ends_soon(session: &Session, now: i64) -> bool {
    session.not_after.is_some_and(|until| until.saturating_sub(now) <= limits::TLS_WARNING_DAYS * 86_400)
}
