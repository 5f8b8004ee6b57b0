//! Where the till's data lie: ledger, mark, directories, file systems.

use super::check::{Check, Level, Subject};
use super::facts::{Home, Identity, Known, LedgerFacts, Mark, Place, Till};
use super::limits;
use super::mounts::{Hazard, Mount, hazards};
use crate::text::Bilingual;

pub(super) fn checks(till: &Till) -> Vec<Check> {
    let home = &till.home;
    let mut checks = vec![ledger(till), mark(&till.ledger), data_directory(home)];
    if let Ok(place) = &home.data {
        checks.push(file_system(place));
        checks.push(disk_space(place));
    }
    checks.push(anchor(home));
    checks
}

fn ledger(till: &Till) -> Check {
    let subject = Subject::Ledger;
    let facts = match &till.ledger {
        Ok(facts) => facts,
        Err(because) => return Check::unknown(subject, because),
    };
    match &facts.trouble {
        None if facts.missing => not_started(till),
        None => Check::ok(
            subject,
            format!("invoices stored: {}", facts.documents),
            format!("الفواتير المحفوظة: {}", facts.documents),
        ),
        Some(trouble) => Check::new(
            subject,
            Level::Critical,
            Bilingual::new(
                format!("the ledger does not open: {}", trouble.en),
                format!("لا يمكن فتح السجل: {}", trouble.ar),
            ),
            Bilingual::new(
                "Leave the data directory as it is and copy it away first; then do what the message says. Never \
                 delete or restore single files of it.",
                "اترك مجلد البيانات كما هو وانسخه أولًا، ثم اتبع الرسالة. لا تحذف ملفًا منه ولا تسترجعه منفردًا.",
            ),
        ),
    }
}

/// Without a file, and without a mark that knows of one, nothing was sold here;
/// with an identity it may also be that both were taken away.
fn not_started(till: &Till) -> Check {
    let finding = Bilingual::new("not started yet: there is no ledger", "لم يُشغَّل بعد: لا يوجد سجل");
    let remedy = if matches!(till.identity, Ok(Identity::None { .. })) {
        Bilingual::new(
            "Onboard the till (tilld onboard), then start it: systemctl restart tilld.",
            "سجّل الجهاز (tilld onboard) ثم شغّله: systemctl restart tilld.",
        )
    } else {
        Bilingual::new(
            "Start a new till: systemctl restart tilld. If this till has sold before, its ledger was taken away: do not \
             start it, and look for the file.",
            "شغّل الجهاز الجديد: systemctl restart tilld. وإن كان قد باع من قبل فقد أُخذ سجله: لا تشغّله وابحث عن الملف.",
        )
    };
    Check::new(Subject::Ledger, Level::Warning, finding, remedy)
}

fn mark(found: &Known<LedgerFacts>) -> Check {
    let subject = Subject::Mark;
    let facts = match found {
        Ok(facts) => facts,
        Err(because) => return Check::unknown(subject, because),
    };
    match &facts.mark {
        Mark::Agrees | Mark::None if facts.silent.is_some() => silent(facts),
        Mark::Agrees => Check::ok(subject, "it agrees with the ledger", "مطابقة للسجل"),
        Mark::None => {
            Check::ok(subject, "none yet: nothing was issued here", "لا توجد بعد لأنه لم تصدر أي فاتورة")
        }
        Mark::Unknown(because) => Check::undecided(subject, because),
        Mark::Contradicts(what) => Check::new(
            subject,
            Level::Critical,
            what.clone(),
            Bilingual::new(
                "Copy the data directory away before anything else. tilld recover tells what it would do and changes \
                 nothing until it is told to.",
                "انسخ مجلد البيانات قبل كل شيء. يبين الأمر tilld recover ما سيفعله ولا يغير شيئًا حتى يؤمر.",
            ),
        ),
    }
}

/// The till sells without this witness, but a restored disk is noticed less surely.
fn silent(facts: &LedgerFacts) -> Check {
    let (path, why) = facts.silent.clone().unwrap_or_default();
    Check::new(
        Subject::Mark,
        Level::Warning,
        Bilingual::new(
            format!("the witness {path} does not keep the mark: {why}"),
            format!("الشاهد {path} لا يحفظ العلامة: {why}"),
        ),
        Bilingual::new(
            "Put its medium back, or look at owner, permissions and free space there. Selling goes on.",
            "أعد وسيطه أو افحص المالك والصلاحيات والمساحة هناك. يستمر البيع.",
        ),
    )
}

fn data_directory(home: &Home) -> Check {
    let subject = Subject::DataDirectory;
    let place = match &home.data {
        Ok(place) => place,
        Err(because) => return Check::unknown(subject, because),
    };
    let path = &place.path;
    if !place.exists {
        return Check::new(
            subject,
            Level::Critical,
            Bilingual::new(format!("{path} is not there"), format!("{path} غير موجود")),
            Bilingual::new(
                "If its disk is not mounted, mount it. A new till makes the directory when it is onboarded: \
                 tilld onboard.",
                "إن كان قرصه غير موصول فصله. والجهاز الجديد ينشئ المجلد عند التسجيل: tilld onboard.",
            ),
        );
    }
    if let Some(check) = ownership(subject, home, place) {
        return check;
    }
    if place.mode & 0o077 != 0 {
        return Check::new(
            subject,
            Level::Warning,
            Bilingual::new(
                format!("{path} is open to other users (mode {:04o})", place.mode),
                format!("{path} متاح لمستخدمين آخرين (الصلاحية {:04o})", place.mode),
            ),
            Bilingual::new(format!("Run: chmod 0700 {path}"), format!("نفّذ: chmod 0700 {path}")),
        );
    }
    Check::ok(
        subject,
        format!("{path}, user {}, mode {:04o}", place.owner, place.mode),
        format!("{path}، المستخدم {}، الصلاحية {:04o}", place.owner, place.mode),
    )
}

/// The directory or a file in it belongs to another user than the service.
fn ownership(subject: Subject, home: &Home, place: &Place) -> Option<Check> {
    let (wanted, name) = home.owner.as_ref()?;
    let directory = (place.owner != *wanted).then(|| (place.path.clone(), place.owner));
    let (path, owner) = directory.or_else(|| home.foreign.first().cloned())?;
    let more = match home.foreign.len() {
        0 | 1 => String::new(),
        count => format!(" (+{})", count - 1),
    };
    let finding = Bilingual::new(
        format!("{path} belongs to user {owner} and not to {name}, so the service cannot use it{more}"),
        format!("{path} ملك المستخدم {owner} لا {name} فلا تستطيع الخدمة استعماله{more}"),
    );
    let remedy = format!("systemctl stop tilld; chown -R {name}: {}; systemctl start tilld", place.path);
    let remedy = Bilingual::new(
        format!("A command was run as another user. Run: {remedy}"),
        format!("نُفّذ أمر بمستخدم آخر. نفّذ: {remedy}"),
    );
    Some(Check::new(subject, Level::Critical, finding, remedy))
}

fn file_system(place: &Place) -> Check {
    let subject = Subject::FileSystem;
    let mount = match &place.mount {
        Ok(mount) => mount,
        Err(because) => return Check::undecided(subject, because),
    };
    let found = hazards(mount);
    let worst = found.iter().max_by_key(|hazard| judged(hazard).0.weight());
    let Some(worst) = worst else {
        let what = format!("{} at {}", mount.kind, mount.point);
        return Check::ok(subject, what.clone(), what);
    };
    let (level, en, ar) = judged(worst);
    let Mount { point, kind, .. } = mount;
    Check::new(
        subject,
        level,
        Bilingual::new(format!("{kind} at {point}: {en}"), format!("{kind} على {point}: {ar}")),
        hazard_remedy(worst, point),
    )
}

fn judged(hazard: &Hazard) -> (Level, &'static str, &'static str) {
    match hazard {
        Hazard::ReadOnly => {
            (Level::Critical, "it is read-only, so no sale can be stored", "للقراءة فقط فلا يمكن حفظ أي بيع")
        }
        Hazard::InMemory => (
            Level::Critical,
            "it lies in memory, and a power cut takes every invoice with it",
            "في الذاكرة، وانقطاع الكهرباء يمحو كل الفواتير",
        ),
        Hazard::Remote => (
            Level::Critical,
            "it lies on another machine, where neither locks nor flushes hold: invoices can be lost or doubled",
            "على جهاز آخر حيث لا يُضمن القفل ولا الحفظ: قد تُفقد الفواتير أو تتكرر",
        ),
        Hazard::NoBarrier => (
            Level::Critical,
            "it is mounted without barriers, so a power cut loses the last sales",
            "موصول بلا حواجز كتابة فانقطاع الكهرباء يضيع آخر المبيعات",
        ),
        Hazard::Layer => (
            Level::Warning,
            "it is a layer over another file system (container, read-only system) that may vanish at a restart",
            "طبقة فوق نظام ملفات آخر (حاوية أو نظام للقراءة فقط) قد تزول عند إعادة التشغيل",
        ),
        Hazard::Writeback => (
            Level::Warning,
            "data=writeback: a power cut can leave old content in new files",
            "الوضع data=writeback: قد يترك انقطاع الكهرباء محتوى قديمًا في ملفات جديدة",
        ),
        Hazard::NoJournal => (
            Level::Warning,
            "it has no journal, so a power cut can damage the whole file system",
            "بلا سجل تغييرات فقد يتلف انقطاع الكهرباء نظام الملفات كله",
        ),
        Hazard::Synchronous => (
            Level::Warning,
            "it is mounted with sync: each write waits, sales are slow and flash wears out",
            "موصول بالخيار sync: كل كتابة تنتظر فيبطؤ البيع وتبلى ذاكرة الفلاش",
        ),
    }
}

fn hazard_remedy(hazard: &Hazard, point: &str) -> Bilingual {
    match hazard {
        Hazard::ReadOnly => Bilingual::new(
            format!(
                "Look into dmesg: a failing disk is often made read-only. Copy the data away, check the disk, then: mount -o remount,rw {point}"
            ),
            format!(
                "راجع dmesg: كثيرًا ما يصير القرص التالف للقراءة فقط. انسخ البيانات وافحص القرص ثم: mount -o remount,rw {point}"
            ),
        ),
        Hazard::NoBarrier | Hazard::Writeback | Hazard::Synchronous => Bilingual::new(
            format!("Take that option out of /etc/fstab and restart the machine (mount point {point})."),
            format!("احذف هذا الخيار من /etc/fstab ثم أعد تشغيل الجهاز (نقطة الوصل {point})."),
        ),
        Hazard::InMemory | Hazard::Remote | Hazard::Layer | Hazard::NoJournal => Bilingual::new(
            "Stop tilld and move data_dir and anchor to a local disk with ext4 or another journaling file system; in \
             a container, to a volume.",
            "أوقف tilld وانقل data_dir و anchor إلى قرص محلي بنظام ext4 أو مثله، وفي الحاويات إلى volume.",
        ),
    }
}

fn disk_space(place: &Place) -> Check {
    let subject = Subject::DiskSpace;
    let free = match place.free {
        Ok(free) => free,
        Err(ref because) => return Check::undecided(subject, because),
    };
    let inodes = place.free_inodes.unwrap_or(u64::MAX);
    let level = if free < limits::DISK_CRITICAL || inodes < limits::INODES_CRITICAL {
        Level::Critical
    } else if free < limits::DISK_WARNING || inodes < limits::INODES_WARNING {
        Level::Warning
    } else {
        Level::Ok
    };
    let mib = free >> 20;
    let (mut en, mut ar) = (format!("{mib} MiB are free"), format!("المتاح {mib} ميبيبايت"));
    if inodes < limits::INODES_WARNING {
        en.push_str(&format!(", and room for {inodes} files"));
        ar.push_str(&format!("، ومتسع لعدد {inodes} من الملفات"));
    }
    if level == Level::Ok {
        return Check::ok(subject, en, ar);
    }
    Check::new(
        subject,
        level,
        Bilingual::new(en, ar),
        Bilingual::new(
            "Make room: journalctl --vacuum-size=200M, old logs, receipts in folders, downloads. Never delete \
             anything in the data directory.",
            "وفّر مساحة: journalctl --vacuum-size=200M والسجلات والإيصالات القديمة والتنزيلات. لا تحذف شيئًا من مجلد البيانات.",
        ),
    )
}

fn anchor(home: &Home) -> Check {
    let subject = Subject::Anchor;
    let place = match &home.anchor {
        Ok(place) => place,
        Err(because) => return Check::unknown(subject, because),
    };
    let path = &place.path;
    if !place.exists {
        return Check::new(
            subject,
            Level::Warning,
            Bilingual::new(format!("the folder of {path} is not there"), format!("مجلد {path} غير موجود")),
            Bilingual::new(
                "If its disk is not mounted, mount it before the till starts; otherwise the start makes the folder.",
                "إن كان قرصه غير موصول فصله قبل تشغيل الجهاز، وإلا فسينشأ المجلد عند التشغيل.",
            ),
        );
    }
    if let Ok(mount) = &place.mount {
        let found = hazards(mount);
        let gone = [Hazard::ReadOnly, Hazard::InMemory].iter().find(|bad| found.contains(bad));
        if let Some(bad) = gone {
            let (level, ..) = judged(bad);
            return Check::new(
                subject,
                level,
                Bilingual::new(
                    format!("{path} lies on {} at {}, where it does not last", mount.kind, mount.point),
                    format!("{path} على {} في {} حيث لا يدوم", mount.kind, mount.point),
                ),
                Bilingual::new(
                    "Set [till] anchor to a place on a disk that stays, outside of data_dir.",
                    "اضبط [till] anchor على موضع في قرص دائم خارج data_dir.",
                ),
            );
        }
    }
    if home.virtual_machine && !home.witness {
        return set_back_unnoticed(path);
    }
    let same = home.data.as_ref().is_ok_and(|data| data.device == place.device);
    let (en, ar) = if same {
        (
            format!(
                "{path}, on the same file system as the data: a restored folder is noticed, a whole copied or restored disk only by the other witnesses"
            ),
            format!(
                "{path} على نظام الملفات نفسه: يُكتشف استرجاع المجلد، أما استرجاع القرص كله أو نسخه فبالشواهد الأخرى فقط"
            ),
        )
    } else {
        (
            format!("{path}, on another file system than the data"),
            format!("{path} على نظام ملفات غير نظام البيانات"),
        )
    };
    Check::ok(subject, en, ar)
}

/// After the whole disk of a virtual machine was set back and the machine was
/// started again, nothing on it remembers.
fn set_back_unnoticed(path: &str) -> Check {
    Check::new(
        Subject::Anchor,
        Level::Warning,
        Bilingual::new(
            format!(
                "{path} is on a virtual machine, and there is no witness: a snapshot that is restored goes unnoticed"
            ),
            format!("{path} على جهاز افتراضي بلا شاهد: لا يُكتشف استرجاع لقطة سابقة منه"),
        ),
        Bilingual::new(
            "Set [till] witness to a file on a medium that snapshots do not take back, such as a network mount, and \
             restart tilld.",
            "اضبط [till] witness على ملف في وسيط لا تعيده اللقطات، كقرص شبكي، ثم أعد تشغيل tilld.",
        ),
    )
}
