//! Protocols, cipher suites and alerts by the names that Java and the RFCs have for them.

use rustls::{AlertDescription, CipherSuite, ProtocolVersion};

/// `TLSv1.3`, as Java and OpenSSL call it.
pub(super) fn protocol_name(version: ProtocolVersion) -> String {
    match version {
        ProtocolVersion::TLSv1_3 => String::from("TLSv1.3"),
        ProtocolVersion::TLSv1_2 => String::from("TLSv1.2"),
        other => format!("{other:?}"),
    }
}

/// IANA's name.
pub(super) fn suite_name(suite: &CipherSuite) -> String {
    /// What old JVMs offer and rustls has no name for.
    const OLD: &[(u16, &str)] = &[
        (0x0005, "TLS_RSA_WITH_RC4_128_SHA"),
        (0x000a, "TLS_RSA_WITH_3DES_EDE_CBC_SHA"),
        (0x002f, "TLS_RSA_WITH_AES_128_CBC_SHA"),
        (0x0033, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA"),
        (0x0035, "TLS_RSA_WITH_AES_256_CBC_SHA"),
        (0x0039, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA"),
        (0x003c, "TLS_RSA_WITH_AES_128_CBC_SHA256"),
        (0x003d, "TLS_RSA_WITH_AES_256_CBC_SHA256"),
        (0x0067, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256"),
        (0x006b, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256"),
        (0x009c, "TLS_RSA_WITH_AES_128_GCM_SHA256"),
        (0x009d, "TLS_RSA_WITH_AES_256_GCM_SHA384"),
        (0x009e, "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256"),
        (0x009f, "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384"),
    ];
    if let CipherSuite::Unknown(number) = suite {
        let known = OLD.iter().find(|(known, _)| known == number);
        return known.map_or_else(|| format!("{number:#06x}"), |(_, name)| (*name).to_owned());
    }
    let name = format!("{suite:?}");
    name.strip_prefix("TLS13_")
        .map_or_else(|| name.clone(), |rest| format!("TLS_{rest}"))
}

/// The alert's name in RFC 8446 section 6, and RFC 5246 section 7.2 for those that TLS 1.3 dropped.
pub(super) fn alert_name(alert: AlertDescription) -> String {
    let name = match alert {
        AlertDescription::UnknownCA => "unknown_ca",
        AlertDescription::UnrecognisedName => "unrecognized_name",
        AlertDescription::UnknownPSKIdentity => "unknown_psk_identity",
        AlertDescription::Unknown(number) => return format!("alert {number}"),
        other => return snake_case(&format!("{other:?}")),
    };
    name.to_owned()
}

fn snake_case(name: &str) -> String {
    name.chars()
        .enumerate()
        .fold(String::new(), |mut out, (at, letter)| {
            if at > 0 && letter.is_ascii_uppercase() {
                out.push('_');
            }
            out.push(letter.to_ascii_lowercase());
            out
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alerts_have_the_names_of_the_rfc() {
        for (alert, name) in [
            (AlertDescription::UnknownCA, "unknown_ca"),
            (AlertDescription::CertificateRequired, "certificate_required"),
            (AlertDescription::BadCertificate, "bad_certificate"),
            (AlertDescription::UnrecognisedName, "unrecognized_name"),
            (AlertDescription::NoApplicationProtocol, "no_application_protocol"),
            (AlertDescription::Unknown(200), "alert 200"),
        ] {
            assert_eq!(alert_name(alert), name);
        }
    }
}
