//! Alerts ([RFC 8446 section 6](https://www.rfc-editor.org/rfc/rfc8446#section-6)) in plain words.

use std::fmt;

/// An alert's description: what one side of a handshake tells the other when it gives up.
///
/// `Display` is its name in the RFCs, `handshake_failure`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Alert(u8);

impl Alert {
    /// `close_notify`: no failure, the end of the connection.
    pub const CLOSE_NOTIFY: Self = Self(0);
    /// `handshake_failure`
    pub const HANDSHAKE_FAILURE: Self = Self(40);
    /// `protocol_version`
    pub const PROTOCOL_VERSION: Self = Self(70);
    /// `unrecognized_name`
    pub const UNRECOGNIZED_NAME: Self = Self(112);

    /// The alert of this number.
    #[must_use]
    pub const fn new(description: u8) -> Self {
        Self(description)
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }

    /// Its name in the RFCs; `None` where none has it.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        Some(match self.0 {
            0 => "close_notify",
            10 => "unexpected_message",
            20 => "bad_record_mac",
            21 => "decryption_failed",
            22 => "record_overflow",
            30 => "decompression_failure",
            40 => "handshake_failure",
            41 => "no_certificate",
            42 => "bad_certificate",
            43 => "unsupported_certificate",
            44 => "certificate_revoked",
            45 => "certificate_expired",
            46 => "certificate_unknown",
            47 => "illegal_parameter",
            48 => "unknown_ca",
            49 => "access_denied",
            50 => "decode_error",
            51 => "decrypt_error",
            60 => "export_restriction",
            70 => "protocol_version",
            71 => "insufficient_security",
            80 => "internal_error",
            86 => "inappropriate_fallback",
            90 => "user_canceled",
            100 => "no_renegotiation",
            109 => "missing_extension",
            110 => "unsupported_extension",
            111 => "certificate_unobtainable",
            112 => "unrecognized_name",
            113 => "bad_certificate_status_response",
            114 => "bad_certificate_hash_value",
            115 => "unknown_psk_identity",
            116 => "certificate_required",
            120 => "no_application_protocol",
            121 => "ech_required",
            _ => return None,
        })
    }

    /// What a server means that sends it to a client.
    #[must_use]
    pub const fn meaning_from_server(self) -> &'static str {
        match self.0 {
            0 => "the server ends the connection",
            40 => {
                "the server finds no cipher suite, key exchange or signature it shares with the client, or wants a client certificate"
            }
            41 | 116 => "the server requires a client certificate",
            42..=46 => "the server does not accept the client's certificate",
            47 | 50 | 109 | 110 => "the server does not understand the client's greeting",
            48 => "the server does not know the authority of the client's certificate",
            49 => "the server does not let this client in",
            51 => "the client's key does not match its certificate, or a signature is wrong",
            70 => "the server speaks none of the offered versions of TLS",
            71 => "the server wants stronger algorithms than were offered",
            80 => "the server failed within itself; its own log tells why",
            112 => "the server has no certificate for this name",
            120 => "the server speaks no application protocol that was offered",
            _ => "the server refuses",
        }
    }
}

impl fmt::Display for Alert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "alert {}", self.0),
        }
    }
}
