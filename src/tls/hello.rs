//! A ClientHello for servers up to TLS 1.2, made to be understood by as many of them as can be
//! ([RFC 5246 section 7.4.1.2](https://www.rfc-editor.org/rfc/rfc5246#section-7.4.1.2)).
//!
//! It is never followed by a key exchange: a server of these versions shows its certificate in the clear, before
//! anything is agreed on. So it offers what no one should use any more.

/// Cipher suites with a certificate, stronger first: ECDHE and DHE with AEADs, then CBC, static RSA and ECDH, then
/// what only old servers have (3DES, RC4, DES, export, none). IANA's TLS registry has their names.
const CIPHER_SUITES: &[u16] = &[
    0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0x009e, 0x009f, 0xccaa, // AEAD
    0x00a2, 0x00a3, // DHE_DSS with GCM
    0xc009, 0xc013, 0xc00a, 0xc014, 0xc023, 0xc027, 0xc024, 0xc028, // ECDHE with CBC
    0x0033, 0x0039, 0x0067, 0x006b, 0x0032, 0x0038, 0x0040, 0x006a, // DHE with CBC
    0xc0ac, 0xc0ad, 0xc0ae, 0xc0af, 0xc09e, 0xc09f, // CCM
    0xc072, 0xc073, 0xc076, 0xc077, 0x0045, 0x0088, 0x00be, 0x00c4, // Camellia
    0x009c, 0x009d, 0x003c, 0x003d, 0x002f, 0x0035, 0xc09c, 0xc09d, 0x0041, 0x0084, 0x00ba, 0x00c0,
    0x0096, // RSA
    0xc02d, 0xc031, 0xc02e, 0xc032, 0xc004, 0xc00e, 0xc005, 0xc00f, 0xc025, 0xc029, 0xc026,
    0xc02a, // ECDH
    0x0030, 0x0036, 0x0031, 0x0037, // DH
    0xc008, 0xc012, 0xc003, 0xc00d, 0x0016, 0x0013, 0x000a, // 3DES
    0xc007, 0xc011, 0xc002, 0xc00c, 0x0005, 0x0004, // RC4
    0x0015, 0x0012, 0x0009, 0x0014, 0x0011, 0x0008, 0x0006, 0x0003, // DES, export
    0xc006, 0xc010, 0x003b, 0x0002, 0x0001, // none
    0x00ff, // TLS_EMPTY_RENEGOTIATION_INFO_SCSV (RFC 5746)
];

/// Named groups (RFC 8422, RFC 7919): a server shows a certificate only if it shares its curve with the client.
const GROUPS: &[u16] = &[
    29, 23, 24, 25, 30, 26, 27, 28, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3,
    2, 1, 256, 257, 258, 259, 260,
];

/// Signature schemes (RFC 8446 section 4.2.3, and hash and signature pairs of RFC 5246), MD5 and DSA included.
const SIGNATURE_SCHEMES: &[u16] = &[
    0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0804, 0x0805, 0x0806, 0x0809, 0x080a, 0x080b, 0x0401, 0x0501,
    0x0601, 0x0402, 0x0502, 0x0602, 0x0303, 0x0301, 0x0302, 0x0203, 0x0201, 0x0202, 0x0101,
];

/// The record that holds the ClientHello. `version` is the highest one offered.
pub(super) fn client_hello(version: u16, random: &[u8; 32], server_name: Option<&str>) -> Vec<u8> {
    let mut body = version.to_be_bytes().to_vec();
    body.extend(random);
    body.push(0); // session_id
    vector(&mut body, 2, |suites| numbers(suites, CIPHER_SUITES));
    body.extend([1, 0]); // compression_methods: null
    // Extensions are TLS 1.0's at the earliest, and a server of SSL 3.0 need not skip them.
    vector(&mut body, 2, |extensions| {
        if let Some(name) = server_name {
            extension(extensions, 0, |data| {
                vector(data, 2, |list| {
                    list.push(0); // host_name
                    vector(list, 2, |host| host.extend(name.as_bytes()));
                });
            });
        }
        extension(extensions, 10, |data| {
            vector(data, 2, |list| numbers(list, GROUPS))
        });
        extension(extensions, 11, |data| data.extend([1, 0])); // ec_point_formats: uncompressed
        extension(extensions, 13, |data| {
            vector(data, 2, |list| numbers(list, SIGNATURE_SCHEMES))
        });
        extension(extensions, 23, |_| {}); // extended_master_secret
    });
    let mut message = vec![1];
    vector(&mut message, 3, |contents| contents.extend(body));
    // A record of version 3.1, whatever is offered within (RFC 5246 appendix E.1).
    let mut record = vec![22, 3, 1];
    vector(&mut record, 2, |contents| contents.extend(message));
    record
}

fn numbers(out: &mut Vec<u8>, numbers: &[u16]) {
    out.extend(numbers.iter().flat_map(|number| number.to_be_bytes()));
}

fn extension(out: &mut Vec<u8>, kind: u16, data: impl FnOnce(&mut Vec<u8>)) {
    out.extend(kind.to_be_bytes());
    vector(out, 2, data);
}

/// A vector with a length of so many octets before it.
fn vector(out: &mut Vec<u8>, octets: usize, contents: impl FnOnce(&mut Vec<u8>)) {
    let mut inner = Vec::new();
    contents(&mut inner);
    // A server name has at most 255 octets: all lengths here fit.
    let length = u32::try_from(inner.len()).unwrap_or(u32::MAX).to_be_bytes();
    out.extend(length.iter().skip(length.len().saturating_sub(octets)));
    out.extend(inner);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_in_the_hello_is_that_of_what_follows() {
        let record = client_hello(0x0303, &[7; 32], Some("example.com"));
        let length = |at: usize| usize::from(record[at]) << 8 | usize::from(record[at + 1]);
        assert_eq!(&record[..3], [22, 3, 1]);
        assert_eq!(length(3), record.len() - 5);
        assert_eq!(length(7), record.len() - 9);
        let suites = 5 + 4 + 2 + 32 + 1;
        let extensions = suites + 2 + length(suites) + 2;
        assert_eq!(extensions + 2 + length(extensions), record.len());
        assert!(
            record.len() < 600,
            "{}: old middleboxes drop long ones",
            record.len()
        );
    }
}
