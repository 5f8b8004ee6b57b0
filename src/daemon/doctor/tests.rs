//! What the doctor says must be what the till itself says and does.

use crate::doctor::limits;
use crate::ledger::guard;
use crate::onboard::life::Alarm;

#[test]
fn the_steps_to_the_end_of_a_certificate_are_the_tills_alarms() {
    assert_eq!(limits::EXPIRY_STEPS, Alarm::ALL.map(Alarm::days));
}

#[test]
fn the_limits_of_the_clock_are_the_guards() {
    let of_doctor = [
        limits::CLOCK_EARLIEST,
        limits::CLOCK_BEHIND,
        limits::CLOCK_OFFSET_WARNING,
        limits::CLOCK_OFFSET_CRITICAL,
    ];
    assert_eq!(of_doctor, [guard::EARLIEST, guard::TOLERANCE, guard::NEAR, guard::FAR]);
}
