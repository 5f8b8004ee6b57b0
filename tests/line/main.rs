//! The line to the platform: what is refused and gets nothing, proxies, waits
//! without end, and the sandbox over TLS.

mod proxied;
mod refused;
mod sandboxed;
mod slow;
mod stage;
