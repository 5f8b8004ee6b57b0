//! The one-time passwords of the portal: six digits, valid for one hour, single use.

use super::csr::is_vat_number;
use super::settings::{Environment, SandboxConfig};

const LIFETIME: i64 = 3600;

struct Otp {
    digits: String,
    env: Environment,
    /// The VAT number that it was issued for; `None` suits any.
    vat: Option<String>,
    expires: i64,
}

/// All open passwords of all environments.
#[derive(Default)]
pub(super) struct OtpRegister {
    open: Vec<Otp>,
}

impl OtpRegister {
    /// Issues a password and forgets expired ones.
    pub(super) fn issue(&mut self, env: Environment, vat: Option<&str>, config: &SandboxConfig) -> String {
        let now = config.now();
        self.open.retain(|otp| otp.expires > now);
        let mut digits = config.random_digits(6);
        while self.open.iter().any(|o| o.digits == digits.to_string()) && self.open.len() < 100_000 {
            digits = if digits >= 999_999 { 100_000 } else { digits + 1 };
        }
        let vat = vat.filter(|v| is_vat_number(v)).map(str::to_owned);
        self.open.push(Otp { digits: digits.to_string(), env, vat, expires: now + LIFETIME });
        digits.to_string()
    }

    /// Whether the password is good now for this VAT number; does not use it up.
    pub(super) fn accepts(&self, env: Environment, digits: &str, vat: &str, config: &SandboxConfig) -> bool {
        is_fixed(env, digits, config) || self.find(env, digits, vat, config.now()).is_some()
    }

    /// Uses the password up; the fixed one of the developer portal stays.
    pub(super) fn consume(&mut self, env: Environment, digits: &str, vat: &str, config: &SandboxConfig) {
        if let Some(at) = self.find(env, digits, vat, config.now()) {
            self.open.swap_remove(at);
        }
    }

    fn find(&self, env: Environment, digits: &str, vat: &str, now: i64) -> Option<usize> {
        self.open.iter().position(|otp| {
            let suits = otp.vat.as_deref().is_none_or(|bound| bound == vat);
            otp.env == env && otp.digits == digits && otp.expires > now && suits
        })
    }
}

fn is_fixed(env: Environment, digits: &str, config: &SandboxConfig) -> bool {
    env == Environment::DeveloperPortal && config.fixed_otp.as_deref() == Some(digits)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};
    use std::sync::{Arc, Mutex};

    use super::*;

    #[test]
    fn single_use_one_hour_bound_to_vat_and_environment() {
        let time = Arc::new(AtomicI64::new(1000));
        let clock = {
            let time = time.clone();
            Arc::new(move || time.load(Ordering::SeqCst))
        };
        let entropy = Arc::new(Mutex::new(|b: &mut [u8]| b.fill(7)));
        let config = SandboxConfig::new(([127, 0, 0, 1], 0).into(), clock, entropy);
        let (vat, other) = ("399999999900003", "311111111100003");
        let mut register = OtpRegister::default();
        let otp = register.issue(Environment::Core, Some(vat), &config);
        let second = register.issue(Environment::Core, None, &config);
        assert!(otp.len() == 6 && otp != second);
        assert!(register.accepts(Environment::Core, &otp, vat, &config));
        assert!(!register.accepts(Environment::Core, &otp, other, &config));
        assert!(!register.accepts(Environment::Simulation, &otp, vat, &config));
        assert!(register.accepts(Environment::Core, &second, other, &config));
        register.consume(Environment::Core, &otp, vat, &config);
        assert!(!register.accepts(Environment::Core, &otp, vat, &config));
        time.store(1000 + 3600, Ordering::SeqCst);
        assert!(!register.accepts(Environment::Core, &second, other, &config));
        assert!(register.accepts(Environment::DeveloperPortal, "123345", vat, &config));
        assert!(!register.accepts(Environment::Core, "123345", vat, &config));
    }
}
