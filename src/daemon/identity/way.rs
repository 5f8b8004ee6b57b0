//! The way to the platform that the settings name: its address, a further
//! authority to trust, the network's proxy and how the till names itself there.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::config::Settings;
use crate::fatoora::{Endpoint, Proxy};

/// Name of the credential that a unit passes on.
const CREDENTIAL: &str = "tilld.proxy-credentials";
/// Longer than any line that is taken.
const LONGEST: u64 = 1024;

/// The platform's address, or the one that stands in for it, and the way there.
///
/// # Errors
/// In words, with what to do; shows no secret.
pub fn endpoint(settings: &Settings) -> Result<Endpoint, String> {
    endpoint_with(settings, std::env::var_os("CREDENTIALS_DIRECTORY"))
}

fn endpoint_with(settings: &Settings, credentials: Option<OsString>) -> Result<Endpoint, String> {
    let fatoora = &settings.fatoora;
    let mut endpoint =
        Endpoint::new(fatoora.environment, fatoora.base_url.as_deref()).map_err(|error| error.to_string())?;
    if let Some(file) = &fatoora.extra_ca {
        let pem =
            std::fs::read(file).map_err(|error| format!("{} cannot be read ({error})", file.display()))?;
        endpoint = endpoint.with_extra_ca(pem);
    }
    let Some(address) = &fatoora.proxy else { return Ok(endpoint) };
    let mut proxy = Proxy::parse(address).map_err(|error| error.to_string())?;
    let credential = credentials.map(|folder| PathBuf::from(folder).join(CREDENTIAL));
    let passed = credential.filter(|path| path.exists());
    let from =
        passed.map(|path| (path, true)).or(fatoora.proxy_credentials_file.clone().map(|path| (path, false)));
    if let Some((path, passed)) = from {
        let line = secret(&path, passed).map_err(|why| format!("{}: {why}", path.display()))?;
        proxy = proxy.with_credentials(&line).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(endpoint.with_proxy(proxy))
}

/// The file's bytes, if nobody else can read them; what systemd passes on is
/// guarded by systemd.
fn secret(path: &Path, passed: bool) -> Result<Zeroizing<Vec<u8>>, String> {
    let failed = |error: io::Error| format!("it cannot be read ({error})");
    let mut file = File::open(path).map_err(failed)?;
    let about = file.metadata().map_err(failed)?;
    let mode = about.mode() & 0o7777;
    if !about.is_file() || about.len() > LONGEST {
        return Err("it is not a file with one line NAME:PASSWORD".to_owned());
    }
    if !passed && mode & 0o077 != 0 {
        return Err(format!(
            "others than its owner can read the proxy's password there (mode {mode:04o}). Change the password, write \
             the new one there, and run: chmod 600 {}",
            path.display()
        ));
    }
    // Room for all of it, so that no unwiped copy is left by a growing buffer.
    let mut bytes = Zeroizing::new(Vec::with_capacity(1024));
    file.by_ref().take(LONGEST).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn write(path: &Path, text: &str, mode: u32) {
        fs::write(path, text).unwrap();
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn the_proxys_password_comes_from_where_only_the_till_reads() {
        let dir = tempfile::tempdir().unwrap();
        let (main, own, passed) =
            (dir.path().join("till.toml"), dir.path().join("line"), dir.path().join("passed"));
        let demo = include_str!("../../../assets/demo/till.toml");
        fs::write(&main, demo.replace("[printer]\n", "[printer]\ntarget = \"none\"\n")).unwrap();
        let mut settings = crate::config::load(&main).unwrap();
        settings.fatoora.base_url = None;
        assert!(endpoint_with(&settings, None).is_ok(), "no proxy");
        settings.fatoora.proxy = Some("http://192.168.1.1:3128".to_owned());
        let shown = |credentials: Option<&Path>, settings: &Settings| {
            endpoint_with(settings, credentials.map(|path| path.as_os_str().to_owned()))
                .map(|endpoint| format!("{endpoint:?}"))
        };
        assert!(shown(None, &settings).unwrap().contains("credentials: false"));
        settings.fatoora.proxy_credentials_file = Some(own.clone());
        assert!(shown(None, &settings).unwrap_err().contains("cannot be read"));
        write(&own, "till:hush\n", 0o644);
        let open = shown(None, &settings).unwrap_err();
        assert!(open.contains("chmod 600") && !open.contains("hush"), "{open}");
        write(&own, "hush\n", 0o600);
        let odd = shown(None, &settings).unwrap_err();
        assert!(odd.contains("NAME:PASSWORD") && !odd.contains("hush"), "{odd}");
        write(&own, "till:hush\n", 0o600);
        let good = shown(None, &settings).unwrap();
        assert!(good.contains("credentials: true") && !good.contains("hush"), "{good}");
        // What systemd passes on comes first, whatever its mode.
        fs::create_dir(&passed).unwrap();
        assert!(shown(Some(&passed), &settings).is_ok(), "the unit passes none");
        write(&own, "", 0o600);
        write(&passed.join(CREDENTIAL), "till:other", 0o440);
        assert!(shown(Some(&passed), &settings).unwrap().contains("credentials: true"));
    }
}
