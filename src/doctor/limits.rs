//! Every threshold of the doctor, with where it comes from. A limit belongs to
//! the worse side: 60 days left is a warning already, 12 hours of age too.

/// Days before the end of the certificate at which the till raises its voice
/// (`onboard::life`, which a test below the wiring holds this to).
pub const EXPIRY_STEPS: [i64; 5] = [60, 30, 14, 7, 1];
/// A renewal needs an OTP from the portal and somebody who gets it: from here on
/// it is a warning (the first step).
pub const EXPIRY_WARNING_DAYS: i64 = 60;
/// A week, with its weekend, is what is left to renew in (the fourth step).
pub const EXPIRY_CRITICAL_DAYS: i64 = 7;

/// Age of the oldest unreported invoice in seconds (fatoora-api.md section 4:
/// 12 h warning, 20 h critical, 24 h breach).
pub const QUEUE_WARNING: i64 = 12 * 3600;
pub const QUEUE_CRITICAL: i64 = 20 * 3600;
/// The last hour before the breach.
pub const QUEUE_LAST_HOUR: i64 = 23 * 3600;
/// Later reports are accepted with the warning BR-KSA-98.
pub const QUEUE_BREACH: i64 = 24 * 3600;

/// 2026-01-01T00:00:00Z. No till of this program was at work before; a machine
/// whose clock has lost its battery starts in 1970 or at the age of its image.
pub const CLOCK_EARLIEST: i64 = 1_767_225_600;
/// Seconds that the clock may be behind the last invoice: the tolerance of the
/// ledger, which issues nothing beyond.
pub const CLOCK_BEHIND: i64 = 120;
/// Seconds between the till's clock and the platform's. The platform compares
/// its own with the moment of issue (BR-KSA-04, BR-KSA-98); a clock that is kept
/// by NTP is right within a second, so more than a minute means that nothing keeps it.
pub const CLOCK_OFFSET_WARNING: i64 = 60;
/// A quarter of an hour: the ledger issues nothing beyond (`ledger::guard`, which
/// a test below the wiring holds all of these to).
pub const CLOCK_OFFSET_CRITICAL: i64 = 900;

/// Free bytes on the data's file system. An invoice takes about 2 KB for ever;
/// half a gigabyte is some 200,000 of them, years of a till.
pub const DISK_WARNING: u64 = 512 << 20;
/// Room for the write-ahead log at its largest (20 MB) and a day's sales, twice.
pub const DISK_CRITICAL: u64 = 64 << 20;
/// Free inodes: the daemon makes few files, receipts into a folder one each.
pub const INODES_WARNING: u64 = 5_000;
pub const INODES_CRITICAL: u64 = 100;

/// Free memory in bytes: twice what the daemon takes while it drains a queue.
pub const MEMORY_WARNING: u64 = 64 << 20;
/// What the daemon takes while it drains a queue (32 MiB).
pub const MEMORY_CRITICAL: u64 = 32 << 20;

/// Days before the end of the platform's own TLS certificate, for a test
/// authority or a company's proxy whose certificate nobody else watches.
pub const TLS_WARNING_DAYS: i64 = 7;
