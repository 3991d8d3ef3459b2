//! Signing as Standard Webhooks 1.0.0 has it.
//!
//! 1. A secret is `whsec_` and the base64 of 32 random bytes ([`new_secret`]); [`check_secret`] reads foreign ones.
//! 2. [`sign`] gives the `webhook-signature` header: for every live secret, newest first, `v1,` and the base64 of the
//!    HMAC-SHA256 of `id.timestamp.body`, separated by spaces.

use crate::diagnostic::codes::notify as codes;
use crate::diagnostic::{Diagnostic, Words};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

const PREFIX: &str = "whsec_";

/// A new secret from the operating system's randomness.
///
/// # Errors
/// When the operating system has none to give.
pub fn new_secret() -> Result<String, Diagnostic> {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes)
        .map_err(|error| Diagnostic::general(&codes::NO_RANDOMNESS).reason(Words::foreign("系统随机数不可用", error)))?;
    Ok(format!("{PREFIX}{}", STANDARD.encode(bytes)))
}

/// Whether a secret can sign.
///
/// # Errors
/// When it has not the form of Standard Webhooks.
pub fn check_secret(secret: &str) -> Result<(), Diagnostic> {
    key(secret).map(|_| ()).ok_or_else(|| Diagnostic::general(&codes::SECRET_INVALID))
}

/// The value of the `webhook-signature` header. Secrets that cannot be read sign nothing.
pub fn sign(secrets: &[String], id: &str, timestamp_s: i64, body: &[u8]) -> String {
    let signatures = secrets.iter().filter_map(|secret| signature(&key(secret)?, id, timestamp_s, body));
    signatures.collect::<Vec<_>>().join(" ")
}

fn signature(key: &[u8], id: &str, timestamp_s: i64, body: &[u8]) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(format!("{id}.{timestamp_s}.").as_bytes());
    mac.update(body);
    Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}

fn key(secret: &str) -> Option<Vec<u8>> {
    let bytes = STANDARD.decode(secret.strip_prefix(PREFIX)?).ok()?;
    (24..=64).contains(&bytes.len()).then_some(bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// The example of the Standard Webhooks libraries' own tests.
    #[test]
    fn agrees_with_the_published_example() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned();
        let signed = sign(&[secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn two_live_secrets_sign_twice() {
        let secrets = [new_secret().unwrap(), new_secret().unwrap()];
        let signed = sign(&secrets, "m", 1, b"x");
        let parts: Vec<_> = signed.split(' ').collect();
        assert_eq!(parts, [sign(&secrets[..1], "m", 1, b"x"), sign(&secrets[1..], "m", 1, b"x")]);
        assert_ne!(parts[0], parts[1]);
    }

    #[test]
    fn secrets_of_a_wrong_form_are_refused() {
        for bad in ["", "whsec_", "whsec_AAAA", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_???"] {
            assert_eq!(check_secret(bad).unwrap_err().code.id, "SY0606", "{bad}");
        }
        assert!(check_secret(&new_secret().unwrap()).is_ok());
    }
}
